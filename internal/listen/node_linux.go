package listen

// Nodes: what stands in the file system for a socket or a FIFO. Owners, modes,
// parent directories and links are the same for both.
//
// The process's umask is never touched, as it belongs to all threads. A node is
// made with no more rights than its owner should have in the end, given to its
// owner, and only then opened to others.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// An owner is SocketUser= and SocketGroup=; -1 leaves what is.
type owner struct{ uid, gid int }

// lookupOwner finds names and numbers in /etc/passwd and /etc/group. A user
// without group brings its own.
func lookupOwner(name, group string) (owner, error) {
	o := owner{-1, -1}
	if name != "" {
		u, err := user.LookupUser(name)
		n, numeric := id(name)
		if err != nil && numeric {
			u, err = user.LookupUid(n)
			if errors.Is(err, user.ErrNoPasswdEntries) {
				u, err = user.User{Uid: n, Gid: -1}, nil
			}
		}
		if err != nil {
			return o, fmt.Errorf("SocketUser=%s: no such user in /etc/passwd", name)
		}
		o.uid, o.gid = u.Uid, u.Gid
	}
	if group != "" {
		g, err := user.LookupGroup(group)
		if n, numeric := id(group); err != nil && numeric {
			g, err = user.Group{Gid: n}, nil
		}
		if err != nil {
			return o, fmt.Errorf("SocketGroup=%s: no such group in /etc/group", group)
		}
		o.gid = g.Gid
	}
	return o, nil
}

func id(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n), err == nil && n < 1<<32-1 && n != 1<<16-1
}

// nodeAt returns the node at path, or the zero node.
func nodeAt(path string) node {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return node{}
	}
	return node{path, uint64(st.Dev), st.Ino}
}

// intact reports whether the path still leads to the node; so it does for the
// zero node, which has no path.
func (n node) intact() bool { return n.path == "" || nodeAt(n.path) == n }

// permit gives the node of an open FIFO, queue or socket its owner and SocketMode=.
func (o *opening) permit(fd int, h *held) error {
	switch {
	case h.key.Protocol == unit.ListenFIFO, h.key.Protocol == unit.ListenMessageQueue:
		return permit(fd, "", o.owner, o.set.Unit.Socket.SocketMode)
	case h.node.path == "":
		return nil
	}
	fd, err := unix.Open(h.node.path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if h.node != (node{h.node.path, uint64(st.Dev), st.Ino}) {
		return errors.New("somebody else has replaced it")
	}
	return permit(fd, h.node.path, o.owner, o.set.Unit.Socket.SocketMode)
}

// permit changes owner, then mode. path is that of a descriptor opened with
// O_PATH, which fchmod refuses; it is "" for others.
func permit(fd int, path string, o owner, m value.Mode) error {
	if o != (owner{-1, -1}) {
		if err := unix.Fchownat(fd, "", o.uid, o.gid, unix.AT_EMPTY_PATH); err != nil {
			if err == unix.EPERM {
				return hint(fmt.Errorf("change owner: %w", err), "only root gives files away (SocketUser=, SocketGroup=)")
			}
			return fmt.Errorf("change owner: %w", err)
		}
	}
	if path == "" {
		return unix.Fchmod(fd, uint32(m))
	}
	err := unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), uint32(m))
	if err == unix.ENOENT { // no /proc
		err = unix.Chmod(path, uint32(m))
	}
	return err
}

// ownMode is the part of the mode that a node may have before its owner has it.
func ownMode(m value.Mode) uint32 { return uint32(m) & 0o600 }

// makeParents makes the missing directories above path, with DirectoryMode=.
func (o *opening) makeParents(path string, m value.Mode) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return nil // there, or a trouble that opening will tell better
	}
	if err := o.makeParents(dir, m); err != nil {
		return err
	}
	err := unix.Mkdir(dir, uint32(m)&0o700)
	if err == unix.EEXIST {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make directory %q: %w", dir, err)
	}
	o.undo = append(o.undo, func() { _ = unix.Rmdir(dir) })
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.EACCES { // a mode that shuts us out ourselves
		return unix.Chmod(dir, uint32(m))
	}
	if err != nil {
		return fmt.Errorf("make directory %q: %w", dir, err)
	}
	defer unix.Close(fd)
	return unix.Fchmod(fd, uint32(m))
}

// link makes Symlinks=. As with systemd, something else in a link's place stays,
// and a link that cannot be made is a warning.
func (s *Set) link() {
	target := ""
	for _, h := range s.held {
		if h.node.path != "" {
			target = h.node.path
		}
	}
	if target == "" {
		return
	}
	for _, l := range s.Unit.Socket.Symlinks {
		var o opening
		err := o.makeParents(l, s.Unit.Socket.DirectoryMode)
		if err == nil {
			err = unix.Symlink(target, l)
		}
		if old, _ := os.Readlink(l); err == nil || err == unix.EEXIST && old == target {
			continue
		}
		s.warn("%s: link %q could not be made: %v", target, l, err)
	}
}

// unlink removes a link of Symlinks= that leads to a file of s.
func (s *Set) unlink(l string) {
	target, err := os.Readlink(l)
	for _, h := range s.held {
		if err == nil && h.node.path == target {
			_ = os.Remove(l)
			return
		}
	}
}
