package enable

import (
	"io/fs"
	"path"
	"slices"

	"wakesock/internal/unit"
)

func isLink(m fs.FileMode) bool { return m&fs.ModeSymlink != 0 }

func contains(list []unit.Type, t unit.Type) bool { return slices.Contains(list, t) }

// Disable removes all links to units, those that enable would make and others.
func (f *Files) Disable(o Options, names ...string) Result {
	var r Result
	r.Rules = 1 // nobody is told that there was nothing to do
	r.Err = f.disable(&r, o, names)
	return r
}

func (f *Files) disable(r *Result, o Options, names []string) error {
	if f.folder(o) == "" {
		return NoFolder
	}
	c := f.context(r)
	for _, n := range names {
		if !valid(n) {
			return Invalid
		}
		if _, err := c.add(n, false); err != nil {
			return err
		}
	}
	return c.sweep(c.mark(), f.folder(o))
}

// mark names the units whose links are to go: those that wait, and those that
// their Also= names.
func (c *context) mark() map[string]bool {
	marked := map[string]bool{}
	for i := c.next(); i != nil; i = c.next() {
		_, err := c.traverse(i, load|follow)
		name := i.name
		if i.file != "" {
			name = c.out(i.file)
		}
		switch {
		case err == Severed:
			c.result.add(Change{Kind: IsDangling, Path: name})
		case err == NoUnit && i.auxiliary:
		case err != nil:
			_ = c.result.fail(err, name, "")
		case i.mode == masked:
			c.result.add(Change{Kind: IsMasked, Path: name})
			continue
		case i.mode != regular:
			continue
		}
		marked[i.name] = true
	}
	return marked
}

// sweep removes, in a folder and those in it, every link whose name or target is
// marked, and then the links to those links. A mark is a name or a path.
func (c *context) sweep(marked map[string]bool, folder string) (first error) {
	if len(marked) == 0 {
		return nil
	}
	for again := true; again; {
		again = false
		var walk func(dir string)
		walk = func(dir string) {
			for _, e := range c.tree.list(dir) {
				p := path.Join(dir, e.name)
				switch {
				case e.mode.IsDir():
					walk(p)
				case isLink(e.mode) && valid(e.name):
					found, err := c.isMarked(p, marked)
					if err != nil {
						err = c.result.fail(err, c.out(p), "")
						if first == nil {
							first = err
						}
					}
					if !found {
						continue
					}
					c.tree.remove(p)
					c.result.add(Change{Kind: Removed, Path: c.out(p), Real: c.real(p)})
					again = again || !marked[p]
					marked[p] = true
				}
			}
		}
		walk(folder)
	}
	return first
}

func (c *context) isMarked(p string, marked map[string]bool) (bool, error) {
	n := unit.Name(path.Base(p))
	if marked[string(n)] || n.IsInstance() && marked[string(n.Template())] {
		return true, nil
	}
	end, err := c.tree.resolve(p)
	if err != nil {
		return false, err
	}
	return marked[end] || marked[path.Base(end)], nil
}

// Reenable is Disable and then Enable, for which the links are as the files ask.
func (f *Files) Reenable(o Options, names ...string) Result {
	var r Result
	bases, files := make([]string, len(names)), make([]string, len(names))
	for k, n := range names {
		bases[k], files[k] = path.Base(n), n
		if path.IsAbs(n) || valid(n) && unit.Name(n).IsInstance() {
			continue
		}
		// The link that a unit is known by may go: then its file is what is enabled
		// again, or the unit that it is another name of.
		c := f.context(&Result{})
		i, err := c.discover(n, load|follow)
		switch {
		case err != nil:
		case f.onPath(i.file):
			files[k] = i.name
		default:
			files[k] = i.file
		}
	}
	if r.Err = f.disable(&r, o, bases); r.Err == nil {
		r.Rules, r.Err = f.enable(&r, o, files)
	}
	return r
}
