package daemon

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// builtinDir is the last folder of every search path. It exists only inside the
// program: the targets that units everywhere order themselves after, for
// machines on which nobody provides them.
const builtinDir = "/usr/lib/wakesock/builtin"

//go:embed builtin
var builtin embed.FS

// builtinFS is the root file system with builtinDir added.
type builtinFS struct {
	fs.FS
	booted bool // somebody else has booted this machine
}

func withBuiltin(root fs.FS) fs.FS { return builtinFS{root, os.Getpid() != 1} }

// bootTargets are what a machine goes through once, when it boots. Every unit
// with default dependencies requires the first of them, and in systemd's folders
// they want services that empty /tmp, set sysctls and remount file systems. That
// is right for who boots the machine. For a manager on a machine that runs it
// would be a disaster, so that there our own stand for them; a file in another
// folder, as /etc/wakesock/system, is still the user's word.
var bootTargets = []string{"sysinit.target", "local-fs-pre.target", "local-fs.target", "swap.target"}

// ofBoot tells whether an entry of a folder of units is one of the bootTargets,
// or what belongs to one: its drop-ins, wants and the like.
func ofBoot(e fs.DirEntry) bool {
	name := e.Name()
	if path.Ext(name) != ".target" {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return slices.Contains(bootTargets, name)
}

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
	list, err := fs.ReadDir(b.FS, name)
	if b.booted && path.Base(name) == "system" && path.Base(path.Dir(name)) == "systemd" {
		list = slices.DeleteFunc(list, ofBoot)
	}
	return list, err
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
