package unit

// The road from a name to a Unit: find the name in the index, follow aliases,
// read the file, apply its items through the table of directives, then those of
// the drop-ins, then the dependency folders, and last check what only the whole
// unit can tell.

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// A Loader loads units from a search path. It may be used by several goroutines
// at once. It looks at the directories once and remembers them until Refresh.
type Loader struct {
	FS   fs.FS    // its root is the root directory; links need fs.ReadLinkFS, which os.DirFS has
	Path []string // absolute directories, the first having the highest priority
	Host *Host    // for specifiers; nil is an unknown host

	mu     sync.Mutex
	index  *index
	forced map[Name]entry // files to take whatever the search path says, for Verify
}

// Refresh forgets the directories, so that the next use looks at them again.
func (l *Loader) Refresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index = nil
}

func (l *Loader) ix() *index {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil {
		l.index = newIndex(l.FS, l.Path)
		for n, e := range l.forced {
			l.index.entries[n] = e
		}
	}
	return l.index
}

// List returns all names on the search path, sorted: units, templates, aliases,
// masks, and instances that have a file or link of their own.
func (l *Loader) List() []Name {
	ix := l.ix()
	all := make([]Name, 0, len(ix.entries))
	for n := range ix.entries {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// Problems tells which directories of the search path cannot be read. Ones that
// do not exist are no problem.
func (l *Loader) Problems() []Problem { return l.ix().problems }

// Load reads a unit. It always returns one; State tells whether it is any good.
// Its Name is the real one if name is an alias. A template is loaded to be
// instantiated and to be shown, not to be started; values that depend on the
// instance may be missing from it.
func (l *Loader) Load(name Name) *Unit {
	ix := l.ix()
	real, e, err := ix.follow(name)
	missing := real
	if err != nil {
		real = name
	}
	host := l.Host
	if host == nil {
		host = &Host{}
	}
	b := newBuilder(real, host)
	b.loader, b.index = l, ix
	u := b.c.Unit
	u.Problems = ix.faultsOf(name, real)
	switch {
	case errors.Is(err, errLinks):
		u.State = NotFound
		b.problem(Place{File: ix.entries[real].path}, "", "%v", err)
	case err != nil && missing == name && needsNoFile(name): // but it may have drop-ins
		b.dropIns()
		b.folders()
		b.finish()
	case err != nil:
		u.State = NotFound
		if missing != name {
			b.problem(Place{File: ix.pathOf(name)}, "", "is another name of %q, which does not exist", missing)
		}
	case e.masked:
		u.State, u.Fragment, u.Aliases = Masked, e.path, ix.names(real)
	default:
		u.Aliases = ix.names(real)
		b.build(e)
	}
	return u
}

// needsNoFile tells whether a unit is there without a file: devices come from the
// kernel, slices from their names.
func needsNoFile(n Name) bool {
	return n.Type() == TypeDevice || n.Type() == TypeSlice && validSlice(n)
}

// A builder makes one unit.
type builder struct {
	loader *Loader
	index  *index
	c      *Context

	sections []string // those of the unit's type
	items    []Item   // everything that is applied to a template
	unsure   bool     // a value of a template could not be judged without an instance
}

func newBuilder(n Name, h *Host) *builder {
	u := newUnit(n)
	u.State = Loaded
	return &builder{c: &Context{Unit: u, Host: h}, sections: SectionsOf(n.Type())}
}

// build reads and applies everything that belongs to the unit of entry e.
func (b *builder) build(e entry) {
	u := b.c.Unit
	u.Fragment, u.source = e.path, e.path
	place := Place{File: e.path}
	source, err := resolve(b.loader.FS, e.path)
	var data []byte
	switch {
	case source == "/dev/null":
		err = errEmpty
	case err == nil:
		data, err = readFile(b.loader.FS, source)
	}
	if e.linked {
		u.source = source
	}
	switch {
	case errors.Is(err, errEmpty):
		u.State = Masked
		return
	case errors.Is(err, fs.ErrNotExist) && e.linked:
		u.State, u.Fragment, u.source = NotFound, "", ""
		b.problem(place, "", "links to %q, which does not exist", source)
		return
	case errors.Is(err, fs.ErrNotExist):
		u.State, u.Fragment, u.source = NotFound, "", ""
		b.problem(place, "", "does not exist")
		return
	case err != nil:
		b.refuse(LoadError, place, "", "", "cannot be read: %v", err)
		return
	}
	if reason := notRun[u.Name.Type()]; reason != "" {
		b.problem(place, "", "%s", reason)
		u.Problems[len(u.Problems)-1].Note = true
	}
	items, problems := ParseFile(e.path, data)
	u.Problems = append(u.Problems, problems...)
	for _, p := range problems {
		if p.Fatal && u.State == Loaded {
			u.State, u.Refused = LoadError, p.String()
		}
	}
	b.applyAll(items, false)
	b.dropIns()
	b.folders()
	b.finish()
	if u.Name.IsTemplate() {
		u.items, u.host = b.items, b.c.Host
		u.plain = !slices.ContainsFunc(b.items, varies)
	}
}

// notRun explains the types of unit that are understood, but never run.
var notRun = map[Type]string{
	TypeMount:     "mount units are not acted on: mounting is left to fstab(5), mount(8) or the container's runtime",
	TypeAutomount: "automount units are not acted on: they need the kernel's autofs and a manager of mounts",
	TypeSwap:      "swap units are not acted on: swapping is left to fstab(5) and swapon(8)",
	TypeScope:     "scope units are not acted on: they are made at run time by programs and never by files",
}

// sections lists which section a unit of each type has besides those of all.
var sections = map[Type]string{
	TypeService: "Service", TypeSocket: "Socket", TypeTimer: "Timer", TypePath: "Path", TypeSlice: "Slice",
}

// foreign are the sections of the types in notRun.
var foreign = map[Type]string{
	TypeMount: "Mount", TypeAutomount: "Automount", TypeSwap: "Swap", TypeScope: "Scope",
}

// applyAll applies the items of one file. In a drop-in, what would refuse the
// unit only ends the file, as in systemd.
func (b *builder) applyAll(items []Item, dropIn bool) {
	b.c.Unit.Settings = slices.Grow(b.c.Unit.Settings, len(items))
	for _, it := range items {
		if !b.apply(it, dropIn) && dropIn {
			return
		}
	}
}

// apply applies one item and reports false if it was fatal.
func (b *builder) apply(it Item, dropIn bool) bool {
	u := b.c.Unit
	if !slices.Contains(b.sections, it.Section) {
		extension := strings.HasPrefix(it.Section, "X-") && it.Section != "X-Wakesock"
		if it.Key == "" && !extension && it.Section != foreign[u.Name.Type()] {
			b.problem(it.Place, b.sectionHint(it.Section), "section [%s] is not known in a .%s file, ignored", clip(it.Section), u.Name.Type())
		}
		return true
	}
	if it.Key == "" || strings.HasPrefix(it.Key, "X-") {
		return true
	}
	d := Lookup(it.Section, it.Key)
	if d == nil {
		u.Problems = append(u.Problems, Problem{
			Place: it.Place, Section: it.Section, Name: clip(it.Key),
			What: "unknown directive, ignored", Hint: b.nameHint(it),
		})
		return true
	}
	if u.Name.IsTemplate() {
		b.items = append(b.items, it)
	}
	b.c.Place = it.Place
	err := d.assign(b.c, it.Value)
	unsure := u.Name.IsTemplate() && variesByInstance(it.Value)
	if !unsure {
		u.Problems = append(u.Problems, b.c.problems...)
	}
	b.c.problems = nil
	if err == nil {
		u.Settings = append(u.Settings, Setting{it.Section, it.Key, it.Value, it.Place})
		return true
	}
	if unsure {
		b.unsure = true
		return true
	}
	if fatal := d.refuses(it.Value); fatal && !dropIn {
		b.refuse(BadSetting, it.Place, it.Section, it.Key, "%v", err)
		return false
	} else if fatal {
		u.Problems = append(u.Problems, Problem{Place: it.Place, Section: it.Section, Name: it.Key,
			What: err.Error() + "; the rest of the drop-in is ignored"})
		return false
	}
	u.Problems = append(u.Problems, Problem{Place: it.Place, Section: it.Section, Name: it.Key, What: err.Error() + ", ignored"})
	return true
}

// refuses reports whether a bad value refuses the unit, because starting without
// it would run the wrong thing or as the wrong user. Where a '-' says that failure
// is no harm, a wrong value is none, either.
func (d *Directive) refuses(value string) bool {
	return d.Fatal && !(strings.HasPrefix(value, "-") && slices.Contains(forgiving, d.Name))
}

var forgiving = []string{"WorkingDirectory", "SELinuxContext", "AppArmorProfile", "SmackProcessLabel"}

// sectionHint helps with a section that is not known.
func (b *builder) sectionHint(section string) string {
	for _, t := range types {
		if section != "" && (foreign[t] == section || slices.Contains(SectionsOf(t), section)) {
			return fmt.Sprintf("it belongs in a .%s file", t)
		}
	}
	for _, s := range b.sections {
		if distance(strings.ToLower(s), strings.ToLower(strings.TrimSpace(section))) <= 1+len(s)/5 {
			return fmt.Sprintf("did you mean [%s]?", s)
		}
	}
	return ""
}

// nameHint helps with a directive that is not known.
func (b *builder) nameHint(it Item) string {
	if n := Nearest(it.Section, it.Key); n != "" {
		return fmt.Sprintf("did you mean %s=?", n)
	}
	elsewhere := ""
	for _, s := range Sections() {
		if Lookup(s, it.Key) == nil {
			continue
		}
		if slices.Contains(b.sections, s) {
			return fmt.Sprintf("it belongs in [%s]", s)
		}
		if elsewhere == "" {
			elsewhere = fmt.Sprintf("it belongs in [%s] of another unit", s)
		}
	}
	return elsewhere
}

// problem notes something wrong with the files of the unit.
func (b *builder) problem(p Place, hint, format string, args ...any) {
	u := b.c.Unit
	u.Problems = append(u.Problems, Problem{Place: p, What: fmt.Sprintf(format, args...), Hint: hint})
}

// refuse notes why the unit cannot be used.
func (b *builder) refuse(state LoadState, p Place, section, name, format string, args ...any) {
	u := b.c.Unit
	problem := Problem{Place: p, Section: section, Name: name, What: fmt.Sprintf(format, args...), Fatal: true}
	u.Problems = append(u.Problems, problem)
	if u.State == Loaded {
		u.State, u.Refused = state, problem.String()
	}
}
