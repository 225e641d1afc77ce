package enable

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"wakesock/internal/unit"
)

// Enable makes the links that the [Install] sections of units ask for; names may
// be absolute paths of unit files.
func (f *Files) Enable(o Options, names ...string) Result {
	var r Result
	r.Rules, r.Err = f.enable(&r, o, names)
	return r
}

func (f *Files) enable(r *Result, o Options, names []string) (int, error) {
	if f.folder(o) == "" {
		return 0, NoFolder
	}
	c := f.context(r)
	for _, n := range names {
		if _, err := c.check(n, load|follow); err != nil {
			return 0, err
		}
	}
	return c.apply(o, load, false)
}

// apply makes the links of all units that wait; lenient leaves out without a
// word what cannot be.
func (c *context) apply(o Options, d depth, lenient bool) (rules int, err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	for i := c.next(); i != nil; i = c.next() {
		if _, e := c.traverse(i, d); e != nil {
			if i.auxiliary {
				c.result.add(Change{Kind: NoAuxiliary, Source: i.name})
				continue
			}
			return rules, c.result.fail(e, i.name, "")
		}
		switch i.mode {
		case masked:
			c.result.add(Change{Kind: IsMasked, Path: c.out(i.file)})
			rules++
		case regular:
			n, e := c.install(i, o, lenient)
			rules += n
			note(e)
		case unknown, linked, alias:
		}
	}
	return rules, err
}

// install makes the links of one unit.
func (c *context) install(i *info, o Options, lenient bool) (rules int, err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	dir := c.folder(o)
	if !c.onPath(i.file) {
		if err := c.link(i.file, path.Join(dir, i.name), o.Force); err != nil {
			return 0, err
		}
	}
	for _, a := range i.lists["Alias"] {
		switch err := c.aliasLink(i, a, dir, o.Force); err {
		case errSelf: // which is no rule
		default:
			rules++
			note(err)
		}
	}
	for _, k := range kinds {
		list := i.lists[k.directive]
		if len(list) == 0 {
			continue
		}
		rules += len(list)
		note(c.dependencies(i, list, dir, k.suffix, lenient))
	}
	return rules, err
}

// errSelf is an alias that is the unit's own name.
var errSelf = errors.New("another name that is the unit's own")

// aliasLink makes the link that one word of Alias= asks for.
func (c *context) aliasLink(i *info, word, dir string, force bool) error {
	name, err := c.expand(i, word)
	if err != nil {
		return c.result.fail(err, word, "")
	}
	if strings.Contains(name, "/") {
		if err := c.pathAlias(i, name); err != nil {
			return err
		}
	} else {
		if valid(name) && unit.Name(name).IsTemplate() && unit.Name(i.name).IsInstance() {
			name = string(unit.Name(name).WithInstance(unit.Name(i.name).Instance()))
		}
		switch _, err := aliasOf(name, i.name); err {
		case nil:
		case IsLink:
			return errSelf
		default:
			return c.result.fail(err, name, i.name)
		}
	}
	p := path.Join(dir, name)
	dangling := false
	if real, err := c.tree.resolve(p); err == nil && real != p {
		_, _, err := c.tree.mode(real)
		dangling = err == NoUnit
	}
	return c.link(i.file, p, force || dangling)
}

// aliasOf says whether a unit may have another name, and why not; the error is
// IsLink if that is its own.
func aliasOf(name, target string) (why string, err error) {
	n, err := unit.ParseName(name)
	if err != nil {
		return "", BadAlias
	}
	t := unit.Name(target)
	switch {
	case !valid(target):
		return "", BadAlias
	case n == t:
		return "", IsLink
	case !contains(mayBeAlias, n.Type()):
		return "symlinks are not allowed for units of this type", BadAlias
	case n.IsInstance() && t.IsTemplate():
	case n.IsInstance() != t.IsInstance() || n.IsTemplate() != t.IsTemplate():
		return fmt.Sprintf("symlink target name type \"%s\" does not match source", target), BadAlias
	case n.Instance() != t.Instance():
		return fmt.Sprintf("unit symlink target \"%s\" instance name doesn't match", target), BadAlias
	}
	if n.Type() != t.Type() {
		return fmt.Sprintf("symlink target \"%s\" has incompatible suffix", target), BadAlias
	}
	return "", nil
}

// pathAlias judges the old way to ask for a dependency: Alias=x.target.wants/y.service.
func (c *context) pathAlias(i *info, name string) error {
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	of, ok := strings.CutSuffix(dir, ".wants")
	if !ok {
		of, ok = strings.CutSuffix(dir, ".requires")
	}
	if !ok || !valid(of) {
		return c.result.fail(BadAlias, name, "")
	}
	n, t := unit.Name(base), unit.Name(i.name)
	switch {
	case !valid(base):
	case n == t && !t.IsTemplate(), n.IsInstance() && n.Template() == t, unit.Name(of).IsTemplate() && t.Template() == n:
		return nil
	}
	return c.result.fail(BadAlias, name, i.name)
}

// dependencies makes links in the folders of the units in list.
func (c *context) dependencies(i *info, list []string, dir, suffix string, lenient bool) (err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	n, templates := unit.Name(i.name), false
	switch {
	case !n.IsTemplate():
	case i.instance != "":
		n = n.WithInstance(i.instance)
		instance := &info{name: string(n), lists: map[string][]string{}}
		if err := c.search(instance, follow); err != nil {
			return err
		}
		if instance.mode == masked {
			return c.result.fail(Masked, c.out(instance.file), "")
		}
	default:
		templates = true
	}
	for _, word := range list {
		dst, e := c.expand(i, word)
		if e != nil {
			note(c.result.fail(e, word, ""))
			continue
		}
		switch t := unit.Name(dst); {
		case valid(dst) && (!templates || t.IsTemplate() || t.IsInstance()):
		case lenient:
			continue
		case valid(dst):
			note(c.result.fail(NotTemplate, dst, string(n)))
			continue
		default:
			note(c.result.fail(BadName, dst, ""))
			continue
		}
		note(c.link(i.file, path.Join(dir, dst+suffix, string(n)), true))
		if !c.exists(c.result, dst) {
			c.result.add(Change{Kind: NoTarget, Path: dst, Source: c.out(i.file)})
		}
	}
	return err
}

// exists tells whether a unit of that name, or its template, is on the search path.
func (f *Files) exists(r *Result, name string) bool {
	c := f.context(r)
	i, err := c.add(name, false)
	if err == nil {
		_, err = c.traverse(i, 0)
	}
	return err != NoUnit
}

// link makes a link at p that leads to target, unless there is one.
func (c *context) link(target, p string, force bool) error {
	m, _, err := c.tree.mode(p)
	switch {
	case err == NoUnit:
		c.tree.link(p, target)
		c.result.add(Change{Kind: Created, Path: c.out(p), Real: c.real(p), Source: target})
		return nil
	case err != nil:
		return c.result.fail(err, c.out(p), "")
	case !isLink(m):
		return c.result.fail(Exists, c.out(p), "")
	}
	old, err := c.tree.readlink(p)
	if err != nil {
		return c.result.fail(err, c.out(p), "")
	}
	switch {
	case c.same(p, old, target):
		return nil
	case !force:
		return c.result.fail(Exists, c.out(p), old)
	}
	c.tree.link(p, target)
	c.result.add(Change{Kind: Created, Path: c.out(p), Real: c.real(p), Source: target, Replaces: true})
	return nil
}

// same tells whether two targets of a link at p mean the same unit: they are the
// same file, or files of the same name on the search path.
func (f *Files) same(p, a, b string) bool {
	if !path.IsAbs(a) {
		a = path.Join(path.Dir(p), a)
	}
	if !path.IsAbs(b) {
		b = path.Join(path.Dir(p), b)
	}
	if path.Clean(a) == path.Clean(b) || path.Base(a) == path.Base(b) && f.underPath(a) && f.underPath(b) {
		return true
	}
	x, err1 := f.tree.resolve(a)
	y, err2 := f.tree.resolve(b)
	return err1 == nil && err2 == nil && x == y
}
