package device

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// links makes the links in /dev that rules ask for, as udev would. Where that is
// not permitted they are names of the device all the same.
type links struct {
	dev  string            // the folder of nodes; "" makes none
	made map[string]string // path in it → what it points to
}

// update makes each path that the facts name a link to its device's node, and
// removes the links whose device is gone. Nothing but links is ever replaced, and
// only our own are removed.
func (l *links) update(b Batch) {
	if l.dev == "" {
		return
	}
	for _, p := range b.Gone {
		file, ok := l.file(p)
		if to := l.made[file]; ok && to != "" {
			if now, err := os.Readlink(file); err == nil && now == to {
				_ = os.Remove(file)
			}
			delete(l.made, file)
		}
	}
	for _, f := range b.Here {
		if f.Device == nil || f.Device.Node == "" || f.Path == f.Device.Node || !slices.Contains(f.Device.Links, f.Path) {
			continue
		}
		if file, ok := l.file(f.Path); ok {
			l.make(file, f.Device.Node)
		}
	}
}

// file is where a path in /dev lies.
func (l *links) file(p string) (string, bool) {
	rest, ok := strings.CutPrefix(p, "/dev/")
	return filepath.Join(l.dev, rest), ok
}

func (l *links) make(file, node string) {
	node, _ = l.file(node)
	to, err := filepath.Rel(filepath.Dir(file), node)
	if err != nil {
		return
	}
	if now, err := os.Readlink(file); err == nil {
		if now == to {
			l.made[file] = to
			return
		}
	} else if _, err := os.Lstat(file); err == nil {
		return // a node, or somebody's file
	}
	if os.MkdirAll(filepath.Dir(file), 0o755) != nil {
		return
	}
	aside := file + ".wakesock-new"
	_ = os.Remove(aside)
	if os.Symlink(to, aside) != nil {
		return
	}
	if os.Rename(aside, file) != nil {
		_ = os.Remove(aside)
		return
	}
	l.made[file] = to
}
