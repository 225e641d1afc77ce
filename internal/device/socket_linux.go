package device

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The groups of a NETLINK_KOBJECT_UEVENT socket.
const (
	groupKernel = 1
	groupUdev   = 2
)

// errLost says that messages came faster than they were read, and some are lost.
var errLost = errors.New("uevents were lost")

// A socket receives uevents.
type socket struct {
	file *os.File
	raw  syscall.RawConn
	buf  []byte
	oob  []byte
}

func openSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("open a socket for uevents: %w", err)
	}
	const size = 8 << 20 // what does not fit is found by another scan
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1<<(groupKernel-1) | 1<<(groupUdev-1)})
	}
	if high, e := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 512); e == nil { // the low numbers are for connections
		_ = unix.Close(fd)
		fd = high
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("listen to uevents: %w", err)
	}
	s := &socket{file: os.NewFile(uintptr(fd), "uevents"), buf: make([]byte, maxUevent), oob: make([]byte, 128)}
	if s.raw, err = s.file.SyscallConn(); err != nil {
		_ = s.file.Close()
		return nil, err
	}
	return s, nil
}

// receive returns the next message that can be believed, and whether udev sent
// it. ok is false if there is none now; with wait it waits for one.
func (s *socket) receive(wait bool) (e Uevent, udev, ok bool, err error) {
	for {
		var n, on int
		var from unix.Sockaddr
		var fault error
		err := s.raw.Read(func(fd uintptr) bool {
			n, on, _, from, fault = unix.Recvmsg(int(fd), s.buf, s.oob, unix.MSG_TRUNC)
			return !wait || fault != unix.EAGAIN
		})
		switch {
		case err != nil:
			return e, false, false, err
		case fault == unix.EAGAIN:
			return e, false, false, nil
		case fault == unix.EINTR:
			continue
		case fault == unix.ENOBUFS:
			return e, false, false, errLost
		case fault != nil:
			return e, false, false, fmt.Errorf("read uevents: %w", fault)
		case n > len(s.buf):
			continue
		}
		if e, udev, ok = believe(s.buf[:n], from, s.oob[:on]); ok {
			return e, udev, true, nil
		}
	}
}

// believe reads a message if it is the kernel's, or udev's as root. Only the
// kernel sends from address 0; who sends to udev's group is known by the
// credentials that the kernel adds.
func believe(b []byte, from unix.Sockaddr, oob []byte) (e Uevent, udev, ok bool) {
	a, netlink := from.(*unix.SockaddrNetlink)
	if !netlink {
		return e, false, false
	}
	var err error
	switch {
	case a.Groups == 1<<(groupKernel-1) && a.Pid == 0:
		e, err = ParseKernel(b)
	case a.Groups == 1<<(groupUdev-1) && a.Pid != 0 && sentByRoot(oob):
		udev = true
		e, err = ParseUdev(b)
	default:
		return e, false, false
	}
	return e, udev, err == nil
}

func sentByRoot(oob []byte) bool {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return false
	}
	for i := range messages {
		if c, err := unix.ParseUnixCredentials(&messages[i]); err == nil {
			return c.Uid == 0
		}
	}
	return false
}

func (s *socket) close() { _ = s.file.Close() }
