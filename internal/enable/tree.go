package enable

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A tree is a file system with the changes that were decided upon. Paths are
// absolute; links are followed within the root.
type tree struct {
	fsys  fs.FS
	links map[string]string      // links that are to be made
	gone  map[string]bool        // what is to be removed, with all below
	real  map[string]string      // folder → itself without links
	lists map[string][]direntry  // folder → what is in it, sorted
	infos map[string]fs.FileInfo // cache of what exists
	now   map[string][]direntry  // lists with the changes, until the next change
	ends  map[string][]linkentry // likewise: links with their targets
	deps  map[string][]string    // likewise: folders of dependencies
}

type linkentry struct{ name, target string }

type direntry struct {
	name string
	mode fs.FileMode // its type alone
}

func newTree(fsys fs.FS) *tree {
	return &tree{
		fsys: fsys, links: map[string]string{}, gone: map[string]bool{},
		real: map[string]string{}, lists: map[string][]direntry{}, infos: map[string]fs.FileInfo{},
		now: map[string][]direntry{}, ends: map[string][]linkentry{}, deps: map[string][]string{},
	}
}

func relative(p string) string {
	if p = strings.TrimPrefix(path.Clean(p), "/"); p == "" {
		return "."
	}
	return p
}

// where is p without links among its folders.
func (t *tree) where(p string) (string, error) {
	dir, base := path.Split(path.Clean(p))
	dir = path.Clean(dir)
	real, ok := t.real[dir]
	if !ok {
		var err error
		if real, err = t.resolve(dir); err != nil {
			return "", err
		}
		t.real[dir] = real
	}
	return path.Join(real, base), nil
}

// removed tells whether p is to be removed, or a folder above it.
func (t *tree) removed(p string) bool {
	for ; p != "/" && p != "."; p = path.Dir(p) {
		if t.gone[p] {
			return true
		}
	}
	return false
}

// mode tells what is at p itself, following links of its folders only, and
// whether it is empty: of no bytes, or a device.
func (t *tree) mode(p string) (m fs.FileMode, empty bool, err error) {
	if p, err = t.where(p); err != nil {
		return 0, false, err
	}
	if _, ok := t.links[p]; ok {
		return fs.ModeSymlink, false, nil
	}
	if t.removed(p) {
		return 0, false, NoUnit
	}
	info, ok := t.infos[p]
	if !ok {
		if info, err = fs.Lstat(t.fsys, relative(p)); err != nil {
			return 0, false, missing(err)
		}
		t.infos[p] = info
	}
	m = info.Mode()
	return m, m.IsRegular() && info.Size() == 0 || m&fs.ModeDevice != 0, nil
}

// missing makes NoUnit of what says that nothing is there.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || strings.HasSuffix(err.Error(), "not a directory") {
		return NoUnit
	}
	return err
}

func (t *tree) readlink(p string) (string, error) {
	p, err := t.where(p)
	if err != nil {
		return "", err
	}
	if target, ok := t.links[p]; ok {
		return target, nil
	}
	if t.removed(p) {
		return "", NoUnit
	}
	return fs.ReadLink(t.fsys, relative(p))
}

// resolve follows all links in p. What does not exist is kept as it is.
func (t *tree) resolve(p string) (string, error) {
	const most = 40 // as the kernel
	done, rest := "/", p
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		if part == "" || part == "." {
			continue
		}
		next := path.Join(done, part)
		target, ok := t.links[next]
		if !ok && part != ".." && !t.removed(next) {
			var err error
			target, err = fs.ReadLink(t.fsys, relative(next))
			ok = err == nil
		}
		if !ok {
			done = next
			continue
		}
		if links++; links > most {
			return "", IsLink
		}
		if path.IsAbs(target) {
			done = "/"
		}
		rest = target + "/" + rest
	}
	return done, nil
}

// list is what is in a folder, sorted; nothing if it cannot be read.
func (t *tree) list(dir string) []direntry {
	now, ok := t.now[dir]
	if !ok {
		now = t.look(dir)
		t.now[dir] = now
	}
	return now
}

// linksIn is the links in a folder with their targets as written, sorted.
func (t *tree) linksIn(dir string) []linkentry {
	all, ok := t.ends[dir]
	if ok {
		return all
	}
	for _, e := range t.list(dir) {
		if e.mode&fs.ModeSymlink == 0 {
			continue
		}
		if target, err := t.readlink(path.Join(dir, e.name)); err == nil {
			all = append(all, linkentry{e.name, target})
		}
	}
	t.ends[dir] = all
	return all
}

// changed forgets what a change may have made wrong.
func (t *tree) changed() {
	clear(t.now)
	clear(t.ends)
	clear(t.deps)
}

func (t *tree) look(dir string) []direntry {
	real, err := t.resolve(dir)
	if err != nil {
		return nil
	}
	found, ok := t.lists[real]
	if !ok {
		entries, _ := fs.ReadDir(t.fsys, relative(real))
		for _, e := range entries {
			found = append(found, direntry{e.Name(), e.Type()})
		}
		t.lists[real] = found
	}
	now := slices.DeleteFunc(slices.Clone(found), func(e direntry) bool {
		p := path.Join(real, e.name)
		return t.removed(p) || t.links[p] != ""
	})
	for p := range t.links {
		switch rest, ok := strings.CutPrefix(p, strings.TrimSuffix(real, "/")+"/"); {
		case !ok:
		case !strings.Contains(rest, "/"):
			now = append(now, direntry{rest, fs.ModeSymlink})
		default: // a folder that is made for it
			first, _, _ := strings.Cut(rest, "/")
			if !slices.ContainsFunc(now, func(e direntry) bool { return e.name == first }) {
				now = append(now, direntry{first, fs.ModeDir})
			}
		}
	}
	slices.SortFunc(now, func(a, b direntry) int { return strings.Compare(a.name, b.name) })
	return now
}

// read returns the contents of the file at p, at most unit.MaxFile bytes.
func (t *tree) read(p string) ([]byte, error) {
	p, err := t.resolve(p)
	if err != nil {
		return nil, err
	}
	if t.removed(p) {
		return nil, NoUnit
	}
	m, _, err := t.mode(p)
	switch {
	case err != nil:
		return nil, err
	case m.IsDir():
		return nil, IsFolder
	case !m.IsRegular():
		return nil, NotRegular
	}
	f, err := t.fsys.Open(relative(p))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, unit.MaxFile))
}

// link makes a link, remove takes something away.
func (t *tree) link(p, target string) {
	if real, err := t.where(p); err == nil {
		t.links[real] = target
		t.changed()
	}
}

func (t *tree) remove(p string) {
	if real, err := t.where(p); err == nil {
		delete(t.links, real)
		t.gone[real] = true
		t.changed()
		for l := range t.links {
			if below(l, real) {
				delete(t.links, l)
			}
		}
	}
}
