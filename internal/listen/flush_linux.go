package listen

import (
	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// flushMost bounds how often one descriptor is emptied in one Flush: a sender
// that is quicker than we are, or a device that never runs dry, must not hold us.
const flushMost = 4096

// Flush throws away what waits on every descriptor (FlushPending=): connections
// are accepted and closed, datagrams, messages and bytes are read.
func (s *Set) Flush() {
	b := make([]byte, 64<<10)
	for _, f := range s.Files {
		// The service had it in blocking mode, which is the open file's, not its own;
		// the next one is given it so again.
		if unix.SetNonblock(f.FD, true) != nil {
			continue
		}
		switch {
		case f.Connection:
			flushConnections(f.FD)
		case f.Listen.Protocol == unit.ListenMessageQueue:
			flushQueue(f.FD)
		default:
			flushBytes(f.FD, b)
		}
	}
}

func flushConnections(fd int) {
	for range flushMost {
		c, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			unix.Close(c)
		case unix.EAGAIN, unix.EBADF, unix.EINVAL, unix.ENOTSOCK, unix.EMFILE, unix.ENFILE:
			return
		}
	}
}

// flushQueue exists because read(2) on a queue gives its state, not its messages.
func flushQueue(fd int) {
	a, err := mqGetAttr(fd)
	if err != nil {
		return
	}
	b := make([]byte, max(a.messageSize, 1))
	for range flushMost {
		if err := mqReceive(fd, b); err != nil && err != unix.EINTR {
			return
		}
	}
}

func flushBytes(fd int, b []byte) {
	for range flushMost {
		// An empty datagram reads as nothing, and is not the end.
		n, err := unix.Read(fd, b)
		switch {
		case err == unix.EINTR, err == unix.ENOBUFS, err == unix.ECONNREFUSED: // told once, then gone
		case err != nil:
			return
		case n == 0 && !isSocket(fd):
			return
		}
	}
}

func isSocket(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil
}
