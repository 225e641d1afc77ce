package unit

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// folderNames returns the names whose folders belong to n, the most specific
// first: for fo-ba-tm@a.service it is that, fo-ba-tm@.service, fo-ba-.service,
// fo-.service, then the same prefixes again as instances and templates, which
// systemd looks for although its manual does not say so.
func folderNames(n Name) []Name {
	var all []Name
	var add func(n Name)
	add = func(n Name) {
		if slices.Contains(all, n) {
			return
		}
		all = append(all, n)
		if n.IsInstance() {
			add(n.Template())
		}
		p := strings.TrimRight(n.Prefix(), "-")
		if i := strings.LastIndexByte(p, '-'); i > 0 {
			shorter := Name(p[:i+1] + "." + string(n.Type()))
			if n.IsInstance() {
				shorter = shorter.WithInstance(n.Instance())
			}
			add(shorter)
		}
	}
	add(n)
	return all
}

// folderFiles returns the files of all folders with the suffix that belong to
// the unit, sorted by name over all folders. Of files with the same name the one
// in the search directory of highest priority stays; within a directory, the one
// in the most specific folder.
func (b *builder) folderFiles(suffix string, wanted func(name string) bool) []listing {
	u := b.c.Unit
	found := map[string]bool{}
	var files []listing
	take := func(folder string) {
		for _, f := range b.loader.contents(b.index, folder, b) {
			if wanted(f.name) && !found[f.name] {
				found[f.name] = true
				files = append(files, f)
			}
		}
	}
	for _, n := range append([]Name{u.Name}, u.Aliases...) {
		// Outer loop: search directories. Inner loop: folders of one directory.
		var folders []string
		for _, fn := range folderNames(n) {
			folders = append(folders, b.index.folders[string(fn)+suffix]...)
		}
		slices.SortStableFunc(folders, func(x, y string) int { return b.index.rank(x) - b.index.rank(y) })
		for _, f := range folders {
			take(f)
		}
	}
	for _, f := range b.index.folders[string(u.Name.Type())+suffix] {
		take(f)
	}
	slices.SortFunc(files, func(x, y listing) int { return strings.Compare(x.name, y.name) })
	return files
}

// rank returns the position on the search path of the directory that holds the folder.
func (ix *index) rank(folder string) int { return ix.ranks[path.Dir(folder)] }

// contents lists a folder, once.
func (l *Loader) contents(ix *index, folder string, b *builder) []listing {
	l.mu.Lock()
	defer l.mu.Unlock()
	if list, ok := ix.contents[folder]; ok {
		return list
	}
	real, err := resolve(l.FS, folder)
	var entries []fs.DirEntry
	if err == nil && real != "/dev/null" {
		entries, err = fs.ReadDir(l.FS, relative(real))
	}
	if err != nil {
		b.problem(Place{File: folder}, "", "cannot read directory: %v", plainError(err))
	}
	list := make([]listing, 0, len(entries))
	for _, e := range entries {
		list = append(list, listing{
			name: e.Name(), path: path.Join(folder, e.Name()),
			link: e.Type()&fs.ModeSymlink != 0, dir: e.IsDir(),
		})
	}
	ix.contents[folder] = list
	return list
}

// dropIns applies the drop-ins.
func (b *builder) dropIns() {
	isConf := func(name string) bool { return strings.HasSuffix(name, ".conf") && !strings.HasPrefix(name, ".") }
	for _, f := range b.folderFiles(".d", isConf) {
		place := Place{File: f.path}
		var data []byte
		source, err := resolve(b.loader.FS, f.path)
		if err == nil && source == "/dev/null" {
			err = errEmpty
		}
		if err == nil {
			data, err = readFile(b.loader.FS, source)
		}
		switch {
		case errors.Is(err, errEmpty): // a mask of drop-ins with the same name elsewhere
		case errors.Is(err, fs.ErrNotExist) && f.link:
			b.problem(place, "", "links to %q, which does not exist; drop-in ignored", source)
			continue
		case err != nil:
			b.problem(place, "", "cannot be read, drop-in ignored: %v", err)
			continue
		}
		u := b.c.Unit
		u.DropIns = append(u.DropIns, f.path)
		items, problems := ParseFile(f.path, data)
		for _, p := range problems {
			if p.Fatal {
				p.Fatal = false
				p.What += "; the rest of the drop-in is ignored"
				items = slices.DeleteFunc(items, func(it Item) bool { return it.Line > p.Line })
				u.Problems = append(u.Problems, p)
				break
			}
			u.Problems = append(u.Problems, p)
		}
		b.applyAll(items, true)
	}
}

// folders adds the links in .wants/, .requires/ and .upholds/ as dependencies,
// each as if it were an assignment in the [Unit] section of a file.
func (b *builder) folders() {
	for _, k := range []struct{ suffix, key string }{
		{".wants", "Wants"}, {".requires", "Requires"}, {".upholds", "Upholds"},
	} {
		for _, f := range b.folderFiles(k.suffix, func(string) bool { return true }) {
			b.dependency(f, k.key)
		}
	}
}

// masks reports whether a link leads, by way of others perhaps, to /dev/null or
// an empty file. As in systemd this is asked of the file that the link names: a
// mask elsewhere on the search path leaves the dependency in place.
func (l *Loader) masks(link string) bool {
	end, err := resolve(l.FS, link)
	if err != nil || end == "/dev/null" {
		return err == nil
	}
	info, err := fs.Lstat(l.FS, relative(end))
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// dependency adds one link of a dependency folder.
func (b *builder) dependency(f listing, key string) {
	place := Place{File: f.path}
	n, err := ParseName(f.name)
	switch {
	case err != nil:
		b.problem(place, "", "is not named as a unit, ignored: %v", err)
		return
	case f.dir:
		b.problem(place, "", "is a directory, not a link; ignored")
		return
	case !f.link:
		if _, err := readFile(b.loader.FS, f.path); !errors.Is(err, errEmpty) {
			b.problem(place, "use a symbolic link", "is not a link, ignored")
		}
		return
	}
	target, err := fs.ReadLink(b.loader.FS, relative(f.path))
	if err != nil {
		b.problem(place, "", "cannot read link: %v", plainError(err))
		return
	}
	if b.loader.masks(f.path) {
		return
	}
	if base := Name(path.Base(target)); base != n && base != n.Template() {
		// It counts by its own name, as in systemd.
		b.problem(place, "", "links to %q, yet adds a dependency on %q", base, n)
		last := &b.c.Unit.Problems[len(b.c.Unit.Problems)-1]
		last.Note = true
	}
	b.apply(Item{Section: "Unit", Key: key, Value: string(n), Place: place}, false)
}
