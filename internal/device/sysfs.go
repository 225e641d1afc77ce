package device

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A Device is one device as the kernel, and udev or the rules, describe it.
type Device struct {
	Path       string // in /sys, without it: "/devices/virtual/net/lo"
	Subsystem  string
	Node       string   // in /dev, complete; "" for none
	Links      []string // to the node, complete
	Tags       []string
	Properties map[string]string

	inode uint64 // of its folder in /sys: another device has another; 0: not known
}

// Name is the kernel's name of the device.
func (d *Device) Name() string { return kernelName(d.Path) }

// kernelName is the last part of a path in /sys, in which '!' stands for '/'.
func kernelName(p string) string { return strings.ReplaceAll(path.Base(p), "!", "/") }

// Tagged tells whether the device has a tag.
func (d *Device) Tagged(tag string) bool { return slices.Contains(d.Tags, tag) }

// ready tells whether the device is to be a unit, and is one that can be used.
func (d *Device) ready() bool { return d.Tagged("systemd") && !isFalse(d.Properties["SYSTEMD_READY"]) }

func isFalse(s string) bool {
	return slices.Contains([]string{"0", "no", "n", "false", "f", "off"}, strings.ToLower(s))
}

// Paths are all names of the device: that in /sys first.
func (d *Device) Paths() []string {
	all := []string{"/sys" + d.Path}
	add := func(p string) {
		up := slices.Contains(strings.Split(p, "/"), "..")
		if p = path.Clean(p); path.IsAbs(p) && !up && p != "/" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	if d.Node != "" {
		add(d.Node)
	}
	for _, l := range d.Links {
		add(l)
	}
	for _, a := range strings.Fields(d.Properties["SYSTEMD_ALIAS"]) {
		add(a)
	}
	return all
}

// newDevice makes a device of the kernel's variables. /dev stands in the names
// whatever the folder of nodes is.
func newDevice(path string, vars map[string]string) *Device {
	d := &Device{Path: path, Subsystem: vars["SUBSYSTEM"], Properties: vars}
	if n := vars["DEVNAME"]; n != "" {
		d.Node = devPath(n)
	}
	return d
}

// devPath puts a name in /dev there, if it is not.
func devPath(name string) string {
	return "/dev" + path.Clean("/"+strings.TrimPrefix(name, "/dev/"))
}

// A sys is the folder of sysfs.
type sys string

// maxAttribute is the most that is read of an attribute; the kernel's are one page.
const maxAttribute = 4096

func (s sys) read(p string) (string, bool) {
	f, err := os.Open(string(s) + p)
	if err != nil {
		return "", false
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxAttribute))
	return string(b), err == nil
}

// base is the last part of what a link points to.
func (s sys) base(p string) string {
	to, err := os.Readlink(string(s) + p)
	if err != nil {
		return ""
	}
	return path.Base(to)
}

// attr reads an attribute of a device; one that is a link is the last part of
// what it points to.
func (s sys) attr(devpath, name string) (string, bool) {
	if name == "" || path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..") {
		return "", false
	}
	p := devpath + "/" + name
	i, err := os.Lstat(string(s) + p)
	switch {
	case err != nil || i.IsDir():
		return "", false
	case i.Mode()&os.ModeSymlink != 0:
		b := s.base(p)
		return b, b != ""
	case i.Mode().Perm()&0o444 == 0:
		return "", false
	}
	v, ok := s.read(p)
	return strings.TrimRight(v, "\n"), ok
}

// exists tells whether the kernel has a device at that path.
func (s sys) exists(devpath string) bool {
	_, err := os.Lstat(string(s) + devpath + "/uevent")
	return err == nil
}

// inode is the number of a device's folder; 0 if it is gone.
func (s sys) inode(devpath string) uint64 {
	i, err := os.Lstat(string(s) + devpath)
	if err != nil {
		return 0
	}
	if st, ok := i.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// device reads what the kernel says of the device at a path.
func (s sys) device(devpath string) (*Device, bool) {
	text, ok := s.read(devpath + "/uevent")
	if !ok {
		return nil, false
	}
	vars := map[string]string{"DEVPATH": devpath}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok && name != "" {
			vars[name] = value
		}
	}
	if sub := s.base(devpath + "/subsystem"); sub != "" {
		vars["SUBSYSTEM"] = sub
	}
	return newDevice(devpath, vars), true
}

// parent is the next device above; "" if there is none.
func (s sys) parent(devpath string) string {
	for {
		devpath = path.Dir(devpath)
		if len(devpath) <= 1 || devpath == "/devices" {
			return ""
		}
		if s.exists(devpath) {
			return devpath
		}
	}
}

// scan lists the paths of all devices, sorted, so that a parent comes before its
// children.
func (s sys) scan() []string {
	found := make(map[string]bool)
	for _, pattern := range []string{"/class/*/*", "/bus/*/devices/*", "/block/*", "/block/*/*"} {
		links, _ := filepath.Glob(string(s) + pattern)
		for _, l := range links {
			if p := s.resolve(l); p != "" && !found[p] && s.exists(p) {
				found[p] = true
			}
		}
	}
	all := make([]string, 0, len(found))
	for p := range found {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// resolve follows a link in sysfs to the path of a device; "" if it is none.
func (s sys) resolve(link string) string {
	to, err := os.Readlink(link)
	switch {
	case err == nil && !path.IsAbs(to):
		to = path.Join(path.Dir(link), to)
	case err == nil:
		return ""
	default:
		if to, err = filepath.EvalSymlinks(link); err != nil { // partitions are no links
			return ""
		}
	}
	p, ok := strings.CutPrefix(to, string(s))
	if !ok || !strings.HasPrefix(p, "/devices/") {
		return ""
	}
	return p
}
