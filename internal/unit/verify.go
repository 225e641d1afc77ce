package unit

// Verification of unit files, what systemd-analyze verify is to systemd: all
// that loading finds, and what can only be seen by looking around.

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Verify loads the unit files given by absolute path and returns everything that
// is wrong with them, in their order. Their directories join the front of the
// loader's search path, so that units which belong together find each other. An
// instance need not be there if its template is.
func Verify(l *Loader, paths []string) []Problem {
	v := &Loader{FS: l.FS, Host: l.Host, forced: map[Name]entry{}}
	var problems []Problem
	var names []Name
	for _, p := range paths {
		n, err := ParseName(path.Base(p))
		if err != nil {
			problems = append(problems, Problem{Place: Place{File: p}, What: err.Error()})
			continue
		}
		names = append(names, n)
		if _, err := fs.Lstat(l.FS, relative(p)); err == nil || !n.IsInstance() {
			v.forced[n] = entry{path: path.Clean(p)}
		}
		v.Path = append(v.Path, path.Dir(path.Clean(p)))
	}
	v.Path = unique(append(v.Path, l.Path...))
	problems = append(problems, v.Problems()...)
	for _, n := range names {
		problems = append(problems, v.verify(n)...)
	}
	return problems
}

// verify checks one unit.
func (l *Loader) verify(n Name) []Problem {
	u := l.Load(n)
	problems := slices.Clone(u.Problems)
	switch u.State {
	case NotFound:
		if len(problems) == 0 {
			problems = append(problems, Problem{Place: Place{File: string(n)}, What: "no such unit"})
		}
		return problems
	case Masked:
		return append(problems, Problem{Place: Place{File: u.Fragment}, What: "is masked, it cannot be started"})
	case LoadError:
		return problems
	case Loaded, BadSetting:
	}
	problems = append(problems, u.Notes()...)
	c := checker{loader: l, unit: u}
	c.triggered()
	c.programs()
	c.dependencies()
	c.legacyPaths()
	return append(problems, c.problems...)
}

// Notes tells which of the unit's settings have no effect here, and why.
func (u *Unit) Notes() []Problem {
	var notes []Problem
	fresh := newUnit(u.Name)
	for _, s := range u.Settings {
		d := Lookup(s.Section, s.Name)
		if d == nil || d.Standing != NotEnforced || s.Value == "" {
			continue
		}
		if d.Security && d.show(u) == d.show(fresh) {
			continue // no protection is asked for
		}
		notes = append(notes, Problem{
			Place: s.Place, Section: s.Section, Name: s.Name, What: "not enforced: " + d.Reason, Note: true,
		})
	}
	return notes
}

// Unprotected tells which of the unit's settings that protect have no effect
// here, one problem for each directive that is not at its default.
func (u *Unit) Unprotected() []Problem {
	var found []Problem
	fresh := newUnit(u.Name)
	for i, s := range u.Settings {
		d := Lookup(s.Section, s.Name)
		if d == nil || !d.Security || d.Standing != NotEnforced || d.show(u) == d.show(fresh) ||
			slices.ContainsFunc(u.Settings[i+1:], func(later Setting) bool { return later.Section == s.Section && later.Name == s.Name }) {
			continue
		}
		found = append(found, Problem{
			Place: s.Place, Section: s.Section, Name: s.Name, What: "not enforced: " + d.Reason,
		})
	}
	return found
}

// A checker looks at what surrounds a unit.
type checker struct {
	loader   *Loader
	unit     *Unit
	problems []Problem
}

func (c *checker) add(s Setting, note bool, hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{
		Place: s.Place, Section: s.Section, Name: s.Name, What: fmt.Sprintf(format, args...), Hint: hint, Note: note,
	})
}

// setting finds the last assignment of one of the directives; without one it
// stands for the file.
func (u *Unit) setting(section string, names ...string) Setting {
	for i := len(u.Settings) - 1; i >= 0; i-- {
		if s := u.Settings[i]; s.Section == section && slices.Contains(names, s.Name) {
			return s
		}
	}
	return Setting{Place: Place{File: u.Fragment}}
}

// exists reports whether there is a unit of that name that can be started.
func (c *checker) exists(n Name) LoadState { return c.loader.Load(n).State }

// triggered checks that a socket, timer or path has a unit to start.
func (c *checker) triggered() {
	u := c.unit
	t := u.Triggered()
	if t == "" || u.State != Loaded {
		return
	}
	state := c.exists(t)
	switch {
	case state == Loaded:
	case u.Name.Type() == TypeSocket && u.Socket.Accept && state == NotFound:
		hint := ""
		if plain := t.WithoutInstance(); c.exists(plain) == Loaded {
			hint = fmt.Sprintf("there is %s: rename it, or write Accept=no", plain)
		}
		c.add(u.setting("Socket", "Accept"), false, hint, "no %s; Accept=yes needs a template", t)
	case u.Name.Type() == TypeSocket && state == NotFound:
		hint := ""
		if template := t.WithInstance(""); !t.IsInstance() && c.exists(template) == Loaded {
			hint = fmt.Sprintf("there is %s: did you mean Accept=yes?", template)
		}
		c.add(u.setting("Socket", "Service"), false, hint, "no %s, which a connection would start", t)
	case state == NotFound:
		section := map[Type]string{TypeTimer: "Timer", TypePath: "Path"}[u.Name.Type()]
		c.add(u.setting(section, "Unit"), false, "", "no %s to start", t)
	default:
		c.add(Setting{Place: Place{File: u.Fragment}}, false, "wakesock verify it, too", "%s, which it starts, is no good: %s", t, state)
	}
}

// programs checks that the programs of all commands are there.
func (c *checker) programs() {
	u := c.unit
	if u.Exec == nil || slices.ContainsFunc(u.Settings, func(s Setting) bool { return s.Name == "RootDirectory" || s.Name == "RootImage" }) {
		return
	}
	dirs := u.Exec.ExecSearchPath
	if len(dirs) == 0 {
		dirs = DefaultExecPath
	}
	var commands []Command
	if s := u.Service; s != nil {
		commands = slices.Concat(s.ExecCondition, s.ExecStartPre, s.ExecStart, s.ExecStartPost, s.ExecReload,
			s.ExecReloadPost, s.ExecStop, s.ExecStopPost)
	}
	if s := u.Socket; s != nil {
		commands = slices.Concat(commands, s.ExecStartPre, s.ExecStartPost, s.ExecStopPre, s.ExecStopPost)
	}
	for _, cmd := range commands {
		if cmd.Ignore {
			continue
		}
		if _, err := LookPath(c.loader.FS, cmd.Path, dirs); err != nil {
			c.add(c.at(cmd.Place), false, "", "%v", err)
		}
	}
}

// at finds the assignment in a place.
func (c *checker) at(p Place) Setting {
	for _, s := range c.unit.Settings {
		if s.Place == p {
			return s
		}
	}
	return Setting{Place: p}
}

// dependencies checks that the units exist that this one cannot do without, and
// notes which others do not.
func (c *checker) dependencies() {
	u := c.unit
	for _, k := range []struct {
		name  string
		units []Name
		note  bool
	}{
		{"Requires", u.Common.Requires, false},
		{"Requisite", u.Common.Requisite, false},
		{"BindsTo", u.Common.BindsTo, false},
		{"Wants", u.Common.Wants, true},
		{"Upholds", u.Common.Upholds, true},
		{"OnFailure", u.Common.OnFailure, true},
		{"OnSuccess", u.Common.OnSuccess, true},
	} {
		for _, n := range k.units {
			switch n.Type() {
			case TypeDevice, TypeMount, TypeSwap, TypeScope, TypeSlice, TypeAutomount, TypeTarget:
				continue // they come to be without files, or are known without them
			case TypeService, TypeSocket, TypeTimer, TypePath:
			}
			if n.IsTemplate() || c.exists(n) != NotFound {
				continue
			}
			c.add(c.naming(k.name, n), k.note, "", "no unit %q", n)
		}
	}
}

// naming finds the assignment that names a unit.
func (c *checker) naming(directive string, n Name) Setting {
	for _, s := range c.unit.Settings {
		if s.Section == "Unit" && s.Name == directive && slices.Contains(strings.Fields(s.Value), string(n)) {
			return s
		}
	}
	return c.unit.setting("Unit", directive)
}

// legacyPaths notes paths below /var/run, which is an old name of /run.
func (c *checker) legacyPaths() {
	for _, s := range c.unit.Settings {
		switch s.Name {
		case "PIDFile", "ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO":
			if rest, ok := strings.CutPrefix(s.Value, "/var/run/"); ok {
				c.add(s, true, "write /run/"+rest, "/var/run is an old name of /run")
			}
		}
	}
}
