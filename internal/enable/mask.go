package enable

import (
	"path"
	"slices"

	"wakesock/internal/unit"
)

// Mask links units to /dev/null, so that nothing can start them.
func (f *Files) Mask(o Options, names ...string) Result {
	var r Result
	c, dir := f.context(&r), f.folder(o)
	if dir == "" {
		r.Err = NoFolder
		return r
	}
	for _, n := range names {
		if !valid(n) {
			r.keep(Invalid)
			continue
		}
		if err := c.link("/dev/null", path.Join(dir, n), o.Force); err != nil {
			r.keep(err)
		}
	}
	return r
}

// Unmask removes what Mask has made.
func (f *Files) Unmask(o Options, names ...string) Result {
	var r Result
	c, dir := f.context(&r), f.folder(o)
	if dir == "" {
		r.Err = NoFolder
		return r
	}
	var todo []string
	for _, n := range names {
		if !valid(n) {
			r.Err = Invalid
			return r
		}
		p := path.Join(dir, n)
		switch yes, err := f.isMask(p); {
		case err != nil:
			r.Err = err
			return r
		case yes && !slices.Contains(todo, p):
			todo = append(todo, p)
		}
	}
	marked := map[string]bool{}
	for _, p := range todo {
		f.tree.remove(p)
		r.add(Change{Kind: Removed, Path: f.out(p), Real: f.real(p)})
		marked[p] = true
	}
	r.keep(c.sweep(marked, dir))
	return r
}

// Link makes unit files known that lie outside the search path.
func (f *Files) Link(o Options, files ...string) Result {
	var r Result
	c, dir := f.context(&r), f.folder(o)
	if dir == "" {
		r.Err = NoFolder
		return r
	}
	var todo []string
	for _, p := range files {
		if r.Err = f.linkable(p); r.Err != nil {
			_ = r.fail(r.Err, p, "")
			return r
		}
		if !f.onPath(path.Clean(p)) && !slices.Contains(todo, p) {
			todo = append(todo, p)
		}
	}
	for _, p := range todo {
		if err := c.link(path.Clean(p), path.Join(dir, path.Base(p)), o.Force); err != nil {
			r.keep(err)
		}
	}
	return r
}

// linkable tells what speaks against a link to the file.
func (f *Files) linkable(p string) error {
	if !path.IsAbs(p) {
		return Invalid
	}
	if !valid(path.Base(p)) {
		return BadName
	}
	m, _, err := f.tree.mode(p)
	switch {
	case err != nil:
		return err
	case m.IsDir():
		return IsFolder
	case isLink(m):
		return IsLink
	case !m.IsRegular():
		return NotRegular
	case !f.onPath(path.Clean(p)) && f.underPath(path.Clean(p)):
		return UnderPath
	}
	return nil
}

// AddDependency makes links for units as if they had directive (WantedBy,
// RequiredBy or UpheldBy) with that target.
func (f *Files) AddDependency(o Options, directive, target string, names ...string) Result {
	var r Result
	r.Rules = 1
	c := f.context(&r)
	r.Err = func() error {
		if !valid(target) {
			return r.fail(BadName, target, "")
		}
		if f.folder(o) == "" {
			return NoFolder
		}
		t, err := c.check(target, follow)
		if err != nil {
			return err
		}
		for _, n := range names {
			i, err := c.check(n, follow)
			if err != nil {
				return err
			}
			i.lists = map[string][]string{directive: {t.name}}
		}
		_, err = c.apply(o, follow, false)
		return err
	}()
	return r
}

// defaultTarget is the unit that a manager starts unless told otherwise.
const defaultTarget = "default.target"

// SetDefault makes default.target another name of a target.
func (f *Files) SetDefault(o Options, name string) Result {
	var r Result
	c := f.context(&r)
	r.Err = func() error {
		if !valid(name) || unit.Name(name).Type() != unit.TypeTarget || name == defaultTarget {
			return Invalid
		}
		i, err := c.check(name, 0)
		if err != nil {
			return err
		}
		return c.link(i.file, path.Join(f.Config, defaultTarget), o.Force)
	}()
	return r
}

// Default is the target that default.target stands for.
func (f *Files) Default() (string, error) {
	c := f.context(&f.said)
	i, err := c.check(defaultTarget, follow)
	if err != nil {
		return "", err
	}
	return i.name, nil
}
