package builtin

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Dir is the last folder of every search path. It exists only inside the program.
const Dir = "/usr/lib/wakesock/builtin"

//go:embed units
var units embed.FS

// An overlay is a root file system with Dir added.
type overlay struct {
	fs.FS
	booted bool
}

// On adds Dir to a root file system. On a machine that somebody else has booted,
// the units here stand for systemd's targets of the boot.
func On(root fs.FS, booted bool) fs.FS { return overlay{root, booted} }

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
	rest, ok := strings.CutPrefix("/"+name, Dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return path.Join("units", rest), true
}

func (o overlay) Open(name string) (fs.File, error) {
	if n, ok := inside(name); ok {
		return units.Open(n)
	}
	return o.FS.Open(name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	if n, ok := inside(name); ok {
		return units.ReadDir(n)
	}
	list, err := fs.ReadDir(o.FS, name)
	if o.booted && path.Base(name) == "system" && path.Base(path.Dir(name)) == "systemd" {
		list = slices.DeleteFunc(list, ofBoot)
	}
	return list, err
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if n, ok := inside(name); ok {
		return units.ReadFile(n)
	}
	return fs.ReadFile(o.FS, name)
}

func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if n, ok := inside(name); ok {
		return fs.Stat(units, n)
	}
	return fs.Stat(o.FS, name)
}

func (o overlay) Lstat(name string) (fs.FileInfo, error) {
	if n, ok := inside(name); ok {
		return fs.Stat(units, n)
	}
	return fs.Lstat(o.FS, name)
}

func (o overlay) ReadLink(name string) (string, error) {
	if _, ok := inside(name); ok {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(o.FS, name)
}
