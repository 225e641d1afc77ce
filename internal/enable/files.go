package enable

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// Paths are the folders that matter, absolute and as seen from within the root.
type Paths struct {
	Root      string   // where the root folder is; "" for /
	Search    []string // folders of unit files, the first having the highest priority
	Config    string   // where links are made that stay
	Runtime   string   // where links are made with --runtime; "" if there is no such place
	Others    []string // further folders in which links enable units, none of ours to change
	Control   []string // where properties that were set are kept; revert empties them
	Generated []string // folders of generators
	Transient []string // folders of transient units
	Presets   []string // folders of preset files, the first having the highest priority
	Hidden    string   // one of Search that list-unit-files leaves out, for its units have no files
	Vendor    []string // what lies below these was not written by the administrator
	User      bool     // these are the folders of a user's manager
}

// isConfig tells whether a folder holds what the administrator has decided.
func (p *Paths) isConfig(dir string) bool {
	return dir == p.Config || dir == p.Runtime || slices.Contains(p.Others, dir)
}

// isRuntime tells whether what lies in a folder is lost at the next start of the machine.
func (p *Paths) isRuntime(dir string) bool {
	return dir == p.Runtime || below(dir, "/run") || slices.Contains(p.Generated, dir) || slices.Contains(p.Transient, dir)
}

// onPath tells whether a file lies in one of the folders of unit files.
func (p *Paths) onPath(file string) bool { return slices.Contains(p.Search, path.Dir(file)) }

// underPath tells whether a file lies in one of the folders or below.
func (p *Paths) underPath(file string) bool {
	return slices.ContainsFunc(p.Search, func(dir string) bool { return below(file, dir) })
}

// out is the path as it is from outside the root.
func (p *Paths) out(file string) string { return p.Root + file }

// real is the path from outside the root, with links of its folders followed
// within the root.
func (f *Files) real(file string) string {
	p, err := f.tree.where(file)
	if err != nil {
		p = file
	}
	return f.out(p)
}

// Real is where a file of the unit path is from outside the root, with links of
// its folders followed within the root.
func (f *Files) Real(file string) string { return f.real(file) }

// Read returns the text of a file, with links followed within the root; empty if
// there is none.
func (f *Files) Read(file string) ([]byte, error) {
	data, err := f.tree.read(file)
	if err == NoUnit {
		return nil, nil
	}
	return data, err
}

func below(file, dir string) bool {
	return file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// Options say how links are to be made.
type Options struct {
	Runtime    bool // until the next start of the machine
	Force      bool // replace links that lead elsewhere
	PresetMode PresetMode
}

// Files are the folders of unit files together with the changes that were
// decided upon so far. It is not safe for concurrent use.
type Files struct {
	Paths
	tree    *tree
	host    *unit.Host
	presets []rule
	read    bool   // presets is filled
	said    Result // what was found wrong while nothing but states were asked for
}

// Warnings is what was found wrong in files by State, List and Preset.
func (f *Files) Warnings() []Change {
	return slices.DeleteFunc(slices.Clone(f.said.Changes), func(c Change) bool { return c.Kind != Warned })
}

// Open looks at the folders below the root of fsys, which needs links, as
// os.DirFS has. The host is for specifiers.
func Open(fsys fs.FS, p Paths, host *unit.Host) *Files {
	if host == nil {
		host = &unit.Host{}
	}
	return &Files{Paths: p, tree: newTree(fsys), host: host}
}

// folder is where links are made.
func (f *Files) folder(o Options) string {
	if o.Runtime {
		return f.Paths.Runtime
	}
	return f.Config
}

// A Result is what a verb wants to be done and said.
type Result struct {
	Changes []Change
	Rules   int   // how many links the unit files asked for, whether they were there or not
	Err     error // why the verb fails; the changes are to be carried out nevertheless
}

func (r *Result) add(c Change) { r.Changes = append(r.Changes, c) }

// fail notes a failure, with its line, and returns it.
func (r *Result) fail(err error, name, source string) error {
	r.add(Change{Kind: Failed, Path: name, Source: source, Err: err})
	return err
}

// keep remembers the first error.
func (r *Result) keep(err error) {
	if r.Err == nil {
		r.Err = err
	}
}

// Vain tells whether something failed and nothing else came of it.
func (r *Result) Vain() bool {
	failed := func(c Change) bool { return c.Kind == Failed }
	other := func(c Change) bool { return c.Kind != Failed }
	return slices.ContainsFunc(r.Changes, failed) && !slices.ContainsFunc(r.Changes, other)
}

// Changed tells whether there is something to carry out.
func (r *Result) Changed() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool {
		return c.Kind == Created || c.Kind == Removed || c.Kind == RemovedFolder
	})
}
