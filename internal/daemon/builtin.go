package daemon

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// builtinDir is the last folder of every search path. It exists only inside the
// program: the targets that units everywhere order themselves after, for
// machines on which nobody provides them.
const builtinDir = "/usr/lib/wakesock/builtin"

//go:embed builtin
var builtin embed.FS

// builtinFS is the root file system with builtinDir added.
type builtinFS struct{ fs.FS }

func withBuiltin(root fs.FS) fs.FS { return builtinFS{root} }

// inside returns the name within the embedded folder, if it is there.
func inside(name string) (string, bool) {
	rest, ok := strings.CutPrefix("/"+name, builtinDir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return path.Join("builtin", rest), true
}

func (b builtinFS) Open(name string) (fs.File, error) {
	if n, ok := inside(name); ok {
		return builtin.Open(n)
	}
	return b.FS.Open(name)
}

func (b builtinFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if n, ok := inside(name); ok {
		return builtin.ReadDir(n)
	}
	return fs.ReadDir(b.FS, name)
}

func (b builtinFS) ReadFile(name string) ([]byte, error) {
	if n, ok := inside(name); ok {
		return builtin.ReadFile(n)
	}
	return fs.ReadFile(b.FS, name)
}

func (b builtinFS) Stat(name string) (fs.FileInfo, error) {
	if n, ok := inside(name); ok {
		return fs.Stat(builtin, n)
	}
	return fs.Stat(b.FS, name)
}

func (b builtinFS) Lstat(name string) (fs.FileInfo, error) {
	if n, ok := inside(name); ok {
		return fs.Stat(builtin, n)
	}
	return fs.Lstat(b.FS, name)
}

func (b builtinFS) ReadLink(name string) (string, error) {
	if _, ok := inside(name); ok {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(b.FS, name)
}
