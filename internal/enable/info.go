package enable

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A mode says what lies on the search path under a name.
type mode int

const (
	unknown mode = iota
	regular      // a file
	masked       // an empty file, or a link to /dev/null
	linked       // a link to a file outside the search path
	alias        // a link to another unit
)

// An info is what is known about one unit that is enabled or disabled.
type info struct {
	name      string
	file      string // path of its file, or of the link that stands for it
	mode      mode
	target    string // where the link leads
	auxiliary bool   // it was named by Also= alone

	lists    map[string][]string // Alias, WantedBy, …, as written
	also     []string
	instance string // DefaultInstance=
}

// kinds are the directives of [Install] that ask for links in folders, in the
// order in which systemd makes them, and the folder's suffix.
var kinds = []struct{ directive, suffix string }{
	{"WantedBy", ".wants"}, {"RequiredBy", ".requires"}, {"UpheldBy", ".upholds"},
}

// rules is how many links the unit file asks for.
func (i *info) rules() int {
	n := 0
	for _, l := range i.lists {
		n += len(l)
	}
	return n
}

// depth is how far a file is looked into.
type depth int

const (
	load   depth = 1 << iota // read it, with its drop-ins
	follow                   // follow links that the administrator has made
)

// A context is one run of a verb over several units: those that wait for their
// turn, in order, and all that were met.
type context struct {
	*Files
	result *Result
	queue  []*info
	met    map[string]*info
}

func (f *Files) context(r *Result) *context {
	return &context{Files: f, result: r, met: map[string]*info{}}
}

// add returns the info of a name, which waits for its turn if it is new.
func (c *context) add(name string, auxiliary bool) (*info, error) {
	if !valid(name) {
		return nil, Invalid
	}
	if i := c.met[name]; i != nil {
		i.auxiliary = i.auxiliary && auxiliary
		return i, nil
	}
	i := &info{name: name, auxiliary: auxiliary, lists: map[string][]string{}}
	c.met[name] = i
	c.queue = append(c.queue, i)
	return i, nil
}

// next takes the first one that waits.
func (c *context) next() *info {
	if len(c.queue) == 0 {
		return nil
	}
	i := c.queue[0]
	c.queue = c.queue[1:]
	return i
}

func valid(name string) bool {
	_, err := unit.ParseName(name)
	return err == nil
}

// mayBeTemplate are the types that can have instances.
var mayBeTemplate = []unit.Type{unit.TypeService, unit.TypeSocket, unit.TypeTarget, unit.TypeTimer, unit.TypePath}

// mayBeAlias are the types that can have other names.
var mayBeAlias = append(mayBeTemplate[:len(mayBeTemplate):len(mayBeTemplate)], unit.TypeDevice)

// loadFile looks at the unit file at p, a link not being followed: for a link the
// error is IsLink.
func (c *context) loadFile(i *info, p string, d depth) error {
	n := unit.Name(i.name)
	if (n.IsTemplate() || n.IsInstance()) && !slices.Contains(mayBeTemplate, n.Type()) {
		c.warn(p, "unit type %s cannot be templated, ignoring.", n.Type())
		return Invalid
	}
	m, empty, err := c.tree.mode(p)
	switch {
	case err != nil:
		return err
	case m&fs.ModeSymlink != 0:
		return IsLink
	case empty:
		i.mode = masked
		return nil
	case m.IsDir():
		return IsFolder
	case !m.IsRegular():
		return NotRegular
	}
	if d&load != 0 {
		if err := c.parse(i, p); err != nil {
			return err
		}
	}
	i.mode = regular
	return nil
}

// loadOrRead looks at the unit file at p, or at where the link there leads.
func (c *context) loadOrRead(i *info, p string, d depth) error {
	err := c.loadFile(i, p, d)
	if err != IsLink {
		return err
	}
	target, err := c.tree.readlink(p)
	if err != nil {
		return err
	}
	if !path.IsAbs(target) {
		target = path.Dir(p) + "/" + target
	}
	if i.target, err = c.tree.where(target); err != nil {
		return err
	}
	within := c.underPath(i.target)
	if within {
		if why, err := aliasOf(path.Base(p), path.Base(i.target)); err != nil {
			if why != "" {
				c.warn(path.Base(p), "%s, rejecting.", why)
			}
			return err
		}
	}
	switch isMask, err := c.isMask(i.target); {
	case err != nil && err != IsLink: // a circle of links is found later
		return err
	case isMask:
		i.mode = masked
	case within:
		i.mode = alias
	default:
		i.mode = linked
	}
	return nil
}

// isMask tells whether a file masks a unit: it is /dev/null, or empty.
func (f *Files) isMask(p string) (bool, error) {
	if p == "/dev/null" {
		return true, nil
	}
	real, err := f.tree.resolve(p)
	if err != nil {
		return false, err
	}
	if real == "/dev/null" {
		return true, nil
	}
	_, empty, err := f.tree.mode(real)
	if err == NoUnit {
		return false, nil
	}
	return empty, err
}

// search finds the file of a unit, or of its template, and reads it.
func (c *context) search(i *info, d depth) error {
	if i.mode != unknown {
		return nil
	}
	if i.file != "" {
		return c.loadOrRead(i, i.file, d)
	}
	names := []string{i.name}
	if n := unit.Name(i.name); n.IsInstance() {
		names = append(names, string(n.Template()))
	}
	if err := c.find(i, names, d); err != nil {
		return err
	}
	if i.mode == masked || d&load == 0 {
		return nil
	}
	return c.dropIns(i, names)
}

func (c *context) find(i *info, names []string, d depth) error {
	for _, name := range names {
		for _, dir := range c.Search {
			p := path.Join(dir, name)
			switch err := c.loadOrRead(i, p, d); err {
			case nil:
				i.file = p
				return nil
			case NoUnit:
			default:
				return err
			}
		}
	}
	return NoUnit
}

// dropIns reads the drop-ins of all names, sorted by file name; of those with
// the same name the first counts.
func (c *context) dropIns(i *info, names []string) error {
	found := map[string]string{}
	for _, name := range names {
		for _, dir := range c.Search {
			if _, _, err := c.tree.mode(path.Join(dir, name+".d")); err != nil {
				continue // cheaper than to look into it
			}
			for _, e := range c.tree.list(path.Join(dir, name+".d")) {
				if strings.HasSuffix(e.name, ".conf") && !strings.HasPrefix(e.name, ".") && found[e.name] == "" && !e.mode.IsDir() {
					found[e.name] = path.Join(dir, name+".d", e.name)
				}
			}
		}
	}
	for _, e := range sortedKeys(found) {
		real, err := c.tree.resolve(found[e])
		if err == nil {
			var m bool
			if m, err = c.isMask(real); m {
				continue
			}
		}
		if err == nil {
			err = c.parse(i, found[e])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// follow reads what the link that stands for a unit leads to. Where that is
// another name, the error is BadAlias unless any will do.
func (c *context) follow(i *info, d depth, anyName bool) error {
	if !anyName && path.Base(i.target) != i.name {
		return BadAlias
	}
	i.file, i.mode = i.target, unknown
	return c.loadOrRead(i, i.file, d)
}

// traverse finds the unit's file by following links from its name, and returns
// the unit that they end at.
func (c *context) traverse(start *info, d depth) (*info, error) {
	const most = 64
	if err := c.search(start, d); err != nil {
		return nil, err
	}
	i := start
	for k := 0; i.mode == alias || i.mode == linked; k++ {
		if k >= most || d&follow == 0 && c.isConfig(path.Dir(i.file)) {
			return nil, IsLink
		}
		err := c.follow(i, d, i.mode == linked)
		if err == BadAlias {
			i, err = c.other(i, d)
		}
		if err != nil {
			return nil, err
		}
	}
	return i, nil
}

// other goes on with the unit of another name that a link leads to.
func (c *context) other(i *info, d depth) (*info, error) {
	base := path.Base(i.target)
	if n := unit.Name(i.name); valid(base) && n.IsInstance() && unit.Name(base).IsTemplate() {
		base = string(unit.Name(base).WithInstance(n.Instance()))
		if base == i.name { // the link leads to its own template
			return i, c.follow(i, d, true)
		}
	}
	next, err := c.add(base, false)
	if err != nil {
		return nil, err
	}
	if err := c.search(next, d); err == NoUnit {
		return nil, Severed
	} else if err != nil {
		return nil, err
	}
	return next, nil
}

// discover is traverse for a name or, in enable, a path.
func (c *context) discover(name string, d depth) (*info, error) {
	base := name
	if path.IsAbs(name) {
		base = path.Base(name)
	}
	i, err := c.add(base, false)
	if err == nil {
		if path.IsAbs(name) && i.file == "" && i.mode == unknown {
			i.file = path.Clean(name)
		}
		i, err = c.traverse(i, d)
	}
	if err != nil {
		return nil, c.result.fail(err, name, "")
	}
	return i, nil
}

// check is discover for units that are to be enabled.
func (c *context) check(name string, d depth) (*info, error) {
	i, err := c.discover(name, d)
	if err != nil {
		return nil, err
	}
	switch dir := path.Dir(i.file); {
	case i.mode == masked:
		return nil, c.result.fail(Masked, c.out(i.file), "")
	case slices.Contains(c.Generated, dir) || slices.Contains(c.Transient, dir):
		return nil, c.result.fail(Generated, c.out(i.file), "")
	}
	return i, nil
}
