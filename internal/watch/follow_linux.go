package watch

// Following a path: name by name from the root, each folder watched before the
// next name is looked up in it. A change that comes between the two is an event,
// so that what was found is either still so or looked at again.

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// mostLinks is how many symbolic links one path may lead through, as for the kernel.
const mostLinks = 40

// A place is where a path leads to.
type place struct {
	path   string // without links; "" if there is nothing
	status unix.Stat_t
}

// root is where paths begin. Its number is not known, but that it is a folder.
var root = place{path: "/", status: unix.Stat_t{Mode: unix.S_IFDIR}}

func (p *place) exists() bool { return p.path != "" }
func (p *place) folder() bool { return p.status.Mode&unix.S_IFMT == unix.S_IFDIR }

// same tells whether two places are the same file.
func (p *place) same(q *place) bool {
	return p.exists() == q.exists() && p.status.Dev == q.status.Dev && p.status.Ino == q.status.Ino
}

// follow finds what a path leads to and watches the folders on the way.
func (w *Watcher) follow(s *spec, name string) (p place) {
	return w.walk(s, root, words(name))
}

// walk goes on from a folder.
func (w *Watcher) walk(s *spec, at place, rest []string) (p place) {
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = place{path: path.Dir(at.path), status: root.status}
			continue
		}
		if !at.folder() {
			s.complain(fmt.Sprintf("%q is no folder; waiting for it to become one", at.path))
			return place{}
		}
		w.watch(s, at.path, linkMask|unix.IN_ONLYDIR, interest{spec: s, name: name})
		next := place{path: path.Join(at.path, name)}
		switch err := unix.Lstat(next.path, &next.status); {
		case err == nil:
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
			return place{}
		default:
			s.complain(fmt.Sprintf("cannot look at %q: %v; waiting for that to change", next.path, err))
			return place{}
		}
		if next.status.Mode&unix.S_IFMT != unix.S_IFLNK {
			at = next
			continue
		}
		if links++; links > mostLinks {
			s.complain(fmt.Sprintf("%q: too many symbolic links; waiting for them to lead somewhere", next.path))
			return place{}
		}
		target, err := readlink(next.path)
		if err != nil { // gone, which is an event
			return place{}
		}
		if strings.HasPrefix(target, "/") {
			at = root
		}
		rest = append(words(target), rest...)
	}
	if at.status.Ino == 0 && unix.Lstat(at.path, &at.status) != nil {
		return place{}
	}
	return at
}

// words splits a path; ".." is left to the walk, which knows where links lead.
func words(name string) []string {
	var out []string
	for w := range strings.SplitSeq(name, "/") {
		if w != "" && w != "." {
			out = append(out, w)
		}
	}
	return out
}

func readlink(name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlink(name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// watch watches one file for a spec. Where the kernel refuses, the spec is looked
// at from time to time.
func (w *Watcher) watch(s *spec, name string, mask uint32, i interest) {
	err := error(unix.EMFILE)
	if w.in != nil {
		var wd int32
		i.turn = s.turn
		if wd, err = w.in.watch(name, mask, i); err == nil {
			s.marks = append(s.marks, wd)
			if i.self {
				s.near = true
			}
			return
		}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP): // gone or replaced, which is an event
	case errors.Is(err, unix.ENOSPC):
		s.blind = true
		s.complain(fmt.Sprintf("the limit of watches is reached; looking at the path every %v instead. Raise it with: sysctl fs.inotify.max_user_watches=", lookEvery))
	case errors.Is(err, unix.EMFILE):
		s.blind = true // which was told for everybody
	default:
		s.blind = true
		s.complain(fmt.Sprintf("cannot watch %q: %v; looking at the path every %v instead", name, err, lookEvery))
	}
}
