package listen

// FIFOs and special files.

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// openFIFO opens the FIFO at path, for both reading and writing so that it never
// comes to its end, and makes it where there is none. One that exists is used if
// it is ours to use; its owner and mode become those of the unit. (systemd
// refuses one that looks other than it would make it, and so after a restart its
// own with SocketUser=.)
func (o *opening) openFIFO(path string, h *held) (int, error) {
	s := o.set.Unit.Socket
	if err := o.makeParents(path, s.DirectoryMode); err != nil {
		return -1, err
	}
	o.displace(path)
	err := unix.Mkfifo(path, ownMode(s.SocketMode))
	if err != nil && err != unix.EEXIST {
		return -1, o.explain(err, h)
	}
	made := err == nil
	if made {
		o.undo = append(o.undo, func() { _ = os.Remove(path) })
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NOFOLLOW, 0)
	var st unix.Stat_t
	if err == nil {
		if err = unix.Fstat(fd, &st); err != nil {
			unix.Close(fd)
		}
	}
	switch {
	case err == unix.ELOOP, err == unix.EISDIR, err == unix.ENXIO, err == unix.ETXTBSY, err == nil && st.Mode&unix.S_IFMT != unix.S_IFIFO:
		if err == nil {
			unix.Close(fd)
		}
		return -1, hint(fmt.Errorf("%s is there, not a FIFO", whatIs(path)), "remove it or choose another path")
	case err != nil:
		return -1, o.explain(err, h)
	}
	if uid := int(st.Uid); !made && uid != 0 && uid != os.Geteuid() && uid != o.owner.uid {
		unix.Close(fd)
		return -1, hint(fmt.Errorf("the FIFO there belongs to uid %d", uid), "remove it, or name its owner with SocketUser=")
	}
	h.node = node{path, uint64(st.Dev), st.Ino}
	if err := o.permit(fd, h); err != nil {
		unix.Close(fd)
		return -1, err
	}
	o.set.sizePipe(fd, path)
	return fd, nil
}

// sizePipe sets PipeSize=.
func (s *Set) sizePipe(fd int, address string) {
	size := int(min(s.Unit.Socket.PipeSize, math.MaxInt32))
	if size == 0 {
		return
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
	if err == unix.EPERM {
		limit, _ := readLine("/proc/sys/fs/pipe-max-size")
		err = fmt.Errorf("the system's limit is %s bytes; more needs CAP_SYS_RESOURCE", limit)
	}
	s.warnOption(address, "PipeSize", err)
}

// openSpecial opens a character device or a file of /proc or /sys.
func openSpecial(path string, writable bool) (int, error) {
	mode := unix.O_RDONLY
	if writable {
		mode = unix.O_RDWR
	}
	fd, err := unix.Open(path, mode|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NOFOLLOW, 0)
	if err == unix.ELOOP {
		return -1, hint(errors.New("it is a symbolic link"), "name the file that it leads to")
	}
	if err == unix.EISDIR {
		return -1, errors.New("a directory is there, not a special file")
	}
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if t := st.Mode & unix.S_IFMT; t != unix.S_IFCHR && t != unix.S_IFREG {
		unix.Close(fd)
		return -1, hint(fmt.Errorf("%s is there, not a special file", whatIs(path)),
			"ListenSpecial= takes character devices and files of /proc and /sys")
	}
	if !pollable(fd) {
		unix.Close(fd)
		return -1, errors.New("the kernel cannot tell when there is something to read from this file")
	}
	return fd, nil
}

// pollable reports whether epoll can watch fd.
func pollable(fd int) bool {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return true // not known; whoever watches it will see
	}
	defer unix.Close(ep)
	return unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN}) != unix.EPERM
}

// whatIs names the kind of file at path, with its article.
func whatIs(path string) string {
	var st unix.Stat_t
	if unix.Lstat(path, &st) == nil {
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			return "a regular file"
		case unix.S_IFDIR:
			return "a directory"
		case unix.S_IFLNK:
			return "a symbolic link"
		case unix.S_IFSOCK:
			return "a socket"
		case unix.S_IFIFO:
			return "a FIFO"
		case unix.S_IFBLK:
			return "a block device"
		case unix.S_IFCHR:
			return "a character device"
		}
	}
	return "something else"
}
