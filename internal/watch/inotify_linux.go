package watch

// The descriptor of inotify(7), and who is interested in which of its watches.
//
// The kernel has one watch for each file, whatever name led to it, so several
// paths may share one. A watch's mask only grows while it is there: what nobody
// is interested in is dropped here. The numbers of watches are not used again.

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is asked of a folder that a path leads through, and of the last file.
const (
	nameMask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	linkMask = nameMask | unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	selfMask = unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	goneMask = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_UNMOUNT | unix.IN_IGNORED
)

// An interest is why a file is watched.
type interest struct {
	spec *spec
	turn int    // of the spec, when it was added: older ones are dropped
	self bool   // it is what the path leads to
	name string // else the name in it that the path goes on with; "" for all names
}

// An inotify is the descriptor with its watches.
type inotify struct {
	fd    int
	file  *os.File // the same, in the runtime's poller
	marks map[int32][]interest
	buf   []byte

	add func(path string, mask uint32) (int32, error) // replaced in tests
}

func openInotify() (*inotify, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	fd = raise(fd)
	n := &inotify{fd: fd, file: os.NewFile(uintptr(fd), "inotify"), marks: make(map[int32][]interest), buf: make([]byte, 64<<10)}
	n.add = func(path string, mask uint32) (int32, error) {
		wd, err := unix.InotifyAddWatch(n.fd, path, mask)
		return int32(wd), err
	}
	return n, nil
}

// watch adds an interest in the file of that name; a link is not followed.
func (n *inotify) watch(path string, mask uint32, i interest) (int32, error) {
	wd, err := n.add(path, mask|unix.IN_MASK_ADD|unix.IN_DONT_FOLLOW)
	if err != nil {
		return 0, err
	}
	n.marks[wd] = append(n.marks[wd], i)
	return wd, nil
}

// drop takes back what interest a spec had in a watch before this turn; a watch in
// which nobody is interested is removed.
func (n *inotify) drop(wd int32, s *spec) {
	list, there := n.marks[wd]
	list = slices.DeleteFunc(list, func(i interest) bool { return i.spec == s && i.turn != s.turn })
	switch {
	case len(list) > 0:
		n.marks[wd] = list
	case there:
		delete(n.marks, wd)
		_, _ = unix.InotifyRmWatch(n.fd, uint32(wd)) // it may be gone already
	}
}

// read hands out the events that are there; overflown tells that some were lost.
func (n *inotify) read(f func(wd int32, mask uint32, name string)) (overflown bool) {
	for {
		k, err := unix.Read(n.fd, n.buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || k <= 0 {
			return overflown
		}
		for b := n.buf[:k]; len(b) >= unix.SizeofInotifyEvent; {
			e := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
			name := b[unix.SizeofInotifyEvent : unix.SizeofInotifyEvent+int(e.Len)]
			if e.Mask&unix.IN_Q_OVERFLOW != 0 {
				overflown = true
			} else {
				f(e.Wd, e.Mask, strings.TrimRight(string(name), "\x00"))
			}
			b = b[unix.SizeofInotifyEvent+int(e.Len):]
		}
	}
}

// await sends a word each time there is something to read, once the last one was
// answered. It ends when the descriptor is closed.
func (n *inotify) await(ready chan<- struct{}, seen <-chan struct{}) {
	raw, err := n.file.SyscallConn()
	for err == nil {
		err = raw.Read(func(fd uintptr) bool {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			k, _ := unix.Poll(p, 0)
			return k > 0
		})
		if err == nil {
			ready <- struct{}{}
			if _, ok := <-seen; !ok {
				return
			}
		}
	}
}
