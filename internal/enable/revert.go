package enable

import (
	"path"
	"slices"
)

// Revert removes what the administrator has added to units: drop-ins and, if the
// vendor has a file of the unit, files and masks in its place.
func (f *Files) Revert(names ...string) Result {
	var r Result
	c := f.context(&r)
	var todo []string
	for _, n := range names {
		if !valid(n) {
			r.Err = Invalid
			return r
		}
		todo = append(todo, f.ours(n)...)
	}
	marked := map[string]bool{}
	for k, p := range todo {
		if slices.Contains(todo[:k], p) {
			continue
		}
		m, _, err := f.tree.mode(p)
		if err != nil {
			continue
		}
		kind := Removed
		if m.IsDir() {
			kind = RemovedFolder
			for _, e := range f.tree.list(p) {
				if e.mode.IsRegular() || isLink(e.mode) {
					r.add(Change{Kind: Removed, Path: f.out(path.Join(p, e.name)), Real: f.real(path.Join(p, e.name))})
				}
			}
		}
		f.tree.remove(p)
		r.add(Change{Kind: kind, Path: f.out(p), Real: f.real(p)})
		marked[p] = true
	}
	for _, dir := range []string{f.Paths.Runtime, f.Config} {
		if dir != "" {
			r.keep(c.sweep(marked, dir))
		}
	}
	return r
}

// ours are the files and folders of a unit that are not the vendor's.
func (f *Files) ours(name string) []string {
	var todo, instead []string
	vendor := false
	for _, dir := range f.Search {
		p := path.Join(dir, name)
		own := dir == f.Config || dir == f.Paths.Runtime
		if m, _, err := f.tree.mode(p); err == nil {
			switch {
			case own && (m.IsRegular() || isLink(m)):
				instead = append(instead, p)
			case m.IsRegular() && slices.ContainsFunc(f.Vendor, func(v string) bool { return below(p, v) }):
				vendor = true
			}
		}
		if own || slices.Contains(f.Control, dir) || slices.Contains(f.Transient, dir) {
			if m, _, err := f.tree.mode(p + ".d"); err == nil && m.IsDir() {
				todo = append(todo, p+".d")
			}
		}
	}
	if vendor {
		todo = append(todo, instead...)
	}
	return todo
}
