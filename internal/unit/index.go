package unit

// The index of the search path: which names there are, which of them are links
// to others, and which folders of drop-ins and dependencies. It is built with
// one listing per directory, so that loading a unit costs one look-up and one
// read even with 100,000 units around.

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// An entry is what the search path has under a unit's name.
type entry struct {
	path   string // absolute, in a search directory
	alias  Name   // the link's target on the search path; empty for a file
	masked bool   // linked to /dev/null
	linked bool   // a link to a file outside the search path
}

// An index is immutable, but for the lists of folders' contents, which Loader guards.
type index struct {
	entries  map[Name]entry
	aliases  map[Name][]Name      // all names that are links to this one, directly, sorted
	folders  map[string][]string  // "x.service.d" and the like → paths, highest priority first
	ranks    map[string]int       // directory → position on the search path
	contents map[string][]listing // path of a folder → what is in it, read when asked for
	faults   map[Name][]Problem   // what is wrong with entries of this name
	problems []Problem            // directories that cannot be read
}

// A listing is one file of a folder.
type listing struct {
	name string
	path string
	link bool
	dir  bool
}

// folderSuffixes end the names of directories that belong to units.
var folderSuffixes = []string{".d", ".wants", ".requires", ".upholds"}

func newIndex(fsys fs.FS, dirs []string) *index {
	ix := &index{
		entries:  map[Name]entry{},
		aliases:  map[Name][]Name{},
		folders:  map[string][]string{},
		ranks:    map[string]int{},
		contents: map[string][]listing{},
		faults:   map[Name][]Problem{},
	}
	s := scanner{index: ix, fsys: fsys}
	seen := map[string]bool{}
	var real []string
	for _, d := range dirs {
		ix.ranks[d] = len(ix.ranks)
		r, err := resolve(fsys, d)
		if err != nil {
			ix.problems = append(ix.problems, Problem{Place: Place{File: d}, What: err.Error()})
			continue
		}
		if !seen[r] { // /lib/systemd/system and /usr/lib/systemd/system are often the same
			seen[r] = true
			s.given, real = append(s.given, d), append(real, r)
		}
	}
	s.search = append(slices.Clone(dirs), real...)
	for i := range s.given {
		s.scan(s.given[i], real[i])
	}
	for n, e := range ix.entries {
		if e.alias != "" {
			ix.aliases[e.alias] = append(ix.aliases[e.alias], n)
		}
	}
	for _, names := range ix.aliases {
		slices.Sort(names)
	}
	return ix
}

// A scanner fills an index.
type scanner struct {
	*index
	fsys   fs.FS
	given  []string // search directories as they were given
	search []string // the same and what they link to
}

// scan adds what is in one directory. Entries that are there already come from
// directories of higher priority and win.
func (s *scanner) scan(dir, real string) {
	list, err := fs.ReadDir(s.fsys, relative(real))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.problems = append(s.problems, Problem{Place: Place{File: dir}, What: "cannot read directory: " + plainError(err).Error()})
		}
		if len(list) == 0 {
			return
		}
	}
	for _, e := range list {
		p := path.Join(dir, e.Name())
		if i := strings.LastIndexByte(e.Name(), '.'); i > 0 && slices.Contains(folderSuffixes, e.Name()[i:]) {
			if e.IsDir() || e.Type()&fs.ModeSymlink != 0 {
				s.folders[e.Name()] = append(s.folders[e.Name()], p)
			}
			continue
		}
		n, err := ParseName(e.Name())
		if err != nil {
			continue // other files may lie there as well
		}
		if _, ok := s.entries[n]; ok {
			continue
		}
		switch {
		case e.Type().IsRegular():
			s.entries[n] = entry{path: p}
		case e.Type()&fs.ModeSymlink != 0:
			s.link(n, p, path.Join(real, e.Name()))
		default:
			s.fault(n, p, "", "is %s, not a file; ignored", kindOf(e.Type()))
		}
	}
}

// link adds a symbolic link: a mask, an alias or a file elsewhere.
func (s *scanner) link(n Name, p, real string) {
	target, err := fs.ReadLink(s.fsys, relative(real))
	if err != nil {
		s.fault(n, p, "", "cannot read link: %v", plainError(err))
		return
	}
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(real), target)
	}
	target = path.Clean(target)
	if end, err := resolve(s.fsys, target); target == "/dev/null" || err == nil && end == "/dev/null" && !s.onPath(target) {
		s.entries[n] = entry{path: p, masked: true}
		return
	}
	if !s.onPath(target) || path.Base(target) == string(n) {
		s.entries[n] = entry{path: p, linked: true}
		return
	}
	alias, err := checkAlias(n, path.Base(target))
	if err != nil {
		s.fault(n, p, "", "%v; link ignored", err)
		return
	}
	s.entries[n] = entry{path: p, alias: alias}
}

// onPath reports whether the file lies in a search directory.
func (s *scanner) onPath(file string) bool { return slices.Contains(s.search, path.Dir(file)) }

func (s *scanner) fault(n Name, file, hint, format string, args ...any) {
	s.faults[n] = append(s.faults[n], Problem{Place: Place{File: file}, What: fmt.Sprintf(format, args...), Hint: hint})
}

// checkAlias says whether a link called n may point to a unit called target.
func checkAlias(n Name, target string) (Name, error) {
	t, err := ParseName(target)
	if err != nil {
		return "", fmt.Errorf("link to %q: %w", target, err)
	}
	if slices.Contains([]Type{TypeSlice, TypeMount, TypeAutomount, TypeSwap, TypeScope}, n.Type()) {
		return "", fmt.Errorf("a %s cannot have other names", n.Type())
	}
	switch {
	case n.Type() != t.Type():
		return "", fmt.Errorf("a %s cannot be another name of %q", n.Type(), target)
	case n.IsInstance() && t.IsTemplate():
	case n.IsTemplate() != t.IsTemplate() || n.IsInstance() != t.IsInstance():
		return "", fmt.Errorf("%q cannot be another name of %q: of plain unit, template and instance they must be the same", n, target)
	case n.Instance() != t.Instance():
		return "", fmt.Errorf("%q cannot be another name of %q: their instances differ", n, target)
	}
	return t, nil
}

// lookup returns the entry under n or, if n is an instance, under its template.
// An instance that is a link to its own template is as if it were not there.
func (ix *index) lookup(n Name) (entry, bool) {
	e, ok := ix.entries[n]
	if n.IsInstance() && (!ok || e.alias == n.Template()) {
		e, ok = ix.entries[n.Template()]
	}
	return e, ok
}

// pathOf returns where the entry lies that lookup finds.
func (ix *index) pathOf(n Name) string {
	e, _ := ix.lookup(n)
	return e.path
}

// faultsOf returns what is wrong with the entries of these names and of their templates.
func (ix *index) faultsOf(names ...Name) []Problem {
	if len(ix.faults) == 0 {
		return nil
	}
	seen := map[Name]bool{}
	var all []Problem
	for _, n := range names {
		for _, m := range []Name{n, n.Template()} {
			if !seen[m] {
				seen[m] = true
				all = append(all, ix.faults[m]...)
			}
		}
	}
	return all
}

// follow goes through aliases to the name that a unit really has. The entry is
// its file or mask; without one, err says why.
func (ix *index) follow(n Name) (Name, entry, error) {
	for range 64 { // longer chains are circles
		e, ok := ix.lookup(n)
		if !ok {
			return n, entry{}, fs.ErrNotExist
		}
		if e.alias == "" {
			return n, e, nil
		}
		next := e.alias
		if next.IsTemplate() && n.IsInstance() {
			next = next.WithInstance(n.Instance())
		}
		if next == n {
			break
		}
		n = next
	}
	return n, entry{}, errLinks
}

// names collects all other names of the unit n.
func (ix *index) names(n Name) []Name {
	seen := map[Name]bool{n: true}
	var all []Name
	var add func(n Name)
	add = func(n Name) {
		direct := ix.aliases[n]
		if n.IsInstance() {
			for _, a := range ix.aliases[n.Template()] {
				switch {
				case a.IsTemplate():
					a = a.WithInstance(n.Instance())
					if own, ok := ix.entries[a]; ok && own.alias != a.Template() {
						continue // a file of its own shadows the template's alias
					}
				case a.Instance() != n.Instance():
					continue
				}
				direct = append(direct[:len(direct):len(direct)], a)
			}
		}
		for _, a := range direct {
			if !seen[a] {
				seen[a] = true
				all = append(all, a)
				add(a)
			}
		}
	}
	add(n)
	slices.Sort(all)
	return all
}
