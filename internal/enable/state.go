package enable

import (
	"path"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A State is that of a unit file, in the words of systemctl is-enabled.
type State string

// The states of systemctl(1).
const (
	Enabled        State = "enabled"
	EnabledRuntime State = "enabled-runtime"
	Linked         State = "linked"
	LinkedRuntime  State = "linked-runtime"
	Alias          State = "alias"
	MaskedState    State = "masked"
	MaskedRuntime  State = "masked-runtime"
	Static         State = "static"
	Disabled       State = "disabled"
	Indirect       State = "indirect"
	GeneratedState State = "generated"
	Transient      State = "transient"
	Bad            State = "bad"
)

// On tells whether is-enabled succeeds. For a transient unit it does not,
// whatever systemctl(1) says.
func (s State) On() bool {
	return slices.Contains([]State{Enabled, EnabledRuntime, Static, Alias, Indirect, GeneratedState}, s)
}

// HasPreset tells whether it is of use to say what the presets want.
func (s State) HasPreset() bool {
	return !slices.Contains([]State{"", Alias, Static, GeneratedState, Transient}, s)
}

// State is the state of the unit file of that name.
func (f *Files) State(name string) (State, error) {
	if !valid(name) {
		return "", Invalid
	}
	c := f.context(&f.said)
	i, err := c.discover(name, load|follow)
	if err != nil {
		return "", err
	}
	dir := path.Dir(i.file)
	switch {
	case i.mode == masked && f.isRuntime(dir):
		return MaskedRuntime, nil
	case i.mode == masked:
		return MaskedState, nil
	case name != path.Base(i.file) && !unit.Name(i.name).IsInstance():
		return Alias, nil
	case slices.Contains(f.Generated, dir):
		return GeneratedState, nil
	case slices.Contains(f.Paths.Transient, dir):
		return Transient, nil
	}
	if s := c.byLinks(i, true); s != "" {
		return s, nil
	}
	switch {
	case c.byLinks(i, false) != "":
		return Indirect, nil
	case i.rules() > 0:
		return Disabled, nil
	case len(i.also) > 0:
		return Indirect, nil
	}
	return Static, nil
}

// byLinks is the state that links to the unit give it; with known, only links of
// names that its [Install] section has count.
func (c *context) byLinks(i *info, known bool) State {
	lower := false // than the unit file itself
	runtime, anywhere := false, false
	var same State // a link of the unit's own name
	for _, dir := range c.Search {
		found, sameName := c.linksIn(dir, i, known, lower)
		switch {
		case found && (dir == c.Config || slices.Contains(c.Others, dir) && !c.isRuntime(dir)):
			return Enabled
		case found && c.isRuntime(dir):
			runtime = true
		case found:
			anywhere = true
		case sameName && dir == c.Config:
			same = Linked
		case sameName && c.isRuntime(dir) && same == "":
			same = LinkedRuntime
		}
		lower = lower || below(i.file, dir)
	}
	switch {
	case runtime:
		return EnabledRuntime
	case anywhere && unit.Name(i.name).IsInstance():
		return Static
	}
	return same
}

// linksIn looks for links to the unit in a folder of unit files and the folders
// of dependencies in it. sameName is a link of the unit's own name.
func (c *context) linksIn(dir string, i *info, known, lower bool) (found, sameName bool) {
	counts := func(name string) bool { return !known || i.knows(name) }
	for _, d := range c.tree.dependencies(dir) {
		for _, l := range c.tree.linksIn(d) {
			if (l.name == i.name || valid(l.name) && string(unit.Name(l.name).Template()) == i.name) && counts(l.name) {
				return true, sameName
			}
		}
	}
	for _, l := range c.tree.linksIn(dir) {
		byTarget := path.Base(l.target) == i.name
		byName := !lower && l.name == i.name
		if byName && byTarget {
			sameName = true
		} else if (byName || byTarget) && counts(l.name) {
			return true, sameName
		}
	}
	return false, sameName
}

// dependencies are the folders of dependencies in a folder of unit files.
func (t *tree) dependencies(dir string) []string {
	all, ok := t.deps[dir]
	if ok {
		return all
	}
	for _, e := range t.list(dir) {
		if dot := strings.LastIndexByte(e.name, '.'); e.mode.IsDir() && dot >= 0 && isSuffix(e.name[dot:]) {
			all = append(all, path.Join(dir, e.name))
		}
	}
	t.deps[dir] = all
	return all
}

func isSuffix(s string) bool {
	return slices.ContainsFunc(kinds, func(k struct{ directive, suffix string }) bool { return k.suffix == s })
}

// knows tells whether enabling the unit makes links of that name.
func (i *info) knows(name string) bool {
	n := unit.Name(i.name)
	return name == i.name || slices.Contains(i.lists["Alias"], name) ||
		i.instance != "" && n.IsTemplate() && name == string(n.WithInstance(i.instance))
}

// A UnitFile is a row of list-unit-files.
type UnitFile struct {
	Name   string
	Path   string // as from outside the root
	State  State
	Preset string // enabled or disabled; "" where it is of no use
}

// List is all unit files whose names match a pattern, and whose states and types
// are among those given, sorted by type and name. An empty list lets all pass.
func (f *Files) List(patterns, states, types []string) []UnitFile {
	var rows []UnitFile
	seen := map[string]bool{}
	for _, dir := range f.Search {
		if dir == f.Hidden {
			continue
		}
		for _, e := range f.tree.list(dir) {
			matches := len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return glob(p, e.name) })
			if !matches || !valid(e.name) || seen[e.name] || !e.mode.IsRegular() && !isLink(e.mode) {
				continue
			}
			s, err := f.State(e.name)
			if err != nil {
				s = Bad
			}
			if len(states) > 0 && !slices.Contains(states, string(s)) {
				continue
			}
			seen[e.name] = true
			if len(types) > 0 && !slices.Contains(types, string(unit.Name(e.name).Type())) {
				continue
			}
			row := UnitFile{Name: e.name, Path: f.out(path.Join(dir, e.name)), State: s}
			if s.HasPreset() {
				row.Preset = f.PresetWord(e.name)
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b UnitFile) int {
		if c := strings.Compare(path.Ext(a.Name), path.Ext(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return rows
}

// PresetWord is Preset in the words of systemctl.
func (f *Files) PresetWord(name string) string {
	if f.Preset(name) {
		return "enabled"
	}
	return "disabled"
}
