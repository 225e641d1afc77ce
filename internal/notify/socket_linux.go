package notify

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// MaxFDs is how many descriptors one datagram can bring, SCM_MAX_FD of the kernel.
const MaxFDs = 253

// floor is above which number long-lived descriptors are kept: a child copies the
// table of descriptors up to what it keeps.
const floor = 256

// A Socket is where services send their notifications.
type Socket struct {
	fd      int
	address string
	text    [MaxMessage + 1]byte
	control []byte
}

// Open makes the socket at address: a path, or a name in the abstract namespace with
// a leading '@'. What stands at the path is replaced. Anybody may send to it.
func Open(address string) (*Socket, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("make the notification socket: %w", err)
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, floor); err == nil {
		_ = unix.Close(fd)
		fd = high
	}
	s := &Socket{fd: fd, address: address, control: make([]byte, unix.CmsgSpace(4*MaxFDs)+unix.CmsgSpace(unix.SizeofUcred)+unix.CmsgSpace(4))}
	if err := s.bind(); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("make the notification socket %s: %w", address, err)
	}
	return s, nil
}

func (s *Socket) bind() error {
	if path := s.address; !strings.HasPrefix(path, "@") {
		if err := unix.Unlink(path); err != nil && err != unix.ENOENT {
			return err
		}
	}
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return err
	}
	// Room for a burst; less is no harm, for senders wait.
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<20)
	if err := unix.Bind(s.fd, &unix.SockaddrUnix{Name: s.address}); err != nil {
		return err
	}
	if !strings.HasPrefix(s.address, "@") {
		return unix.Chmod(s.address, 0o777)
	}
	return nil
}

// FD is readable when [Socket.Receive] has something. It stays the socket's.
func (s *Socket) FD() int { return s.fd }

// Address is what NOTIFY_SOCKET= is to say.
func (s *Socket) Address() string { return s.address }

// Close closes the socket and removes it.
func (s *Socket) Close() {
	_ = unix.Close(s.fd)
	if !strings.HasPrefix(s.address, "@") {
		_ = unix.Unlink(s.address)
	}
}

// A Datagram is one notification.
type Datagram struct {
	PID      int // of the sender, as the kernel says; 0: not of our pid namespace
	UID, GID uint32
	Message  *Message
	FDs      []int // the receiver's to close
	Problem  string
}

// Close closes the descriptors that are still the datagram's.
func (d *Datagram) Close() {
	for _, fd := range d.FDs {
		_ = unix.Close(fd)
	}
	d.FDs = nil
}

// ErrAgain says that nothing is there.
var ErrAgain = errors.New("no notification is there")

// Receive takes one datagram. It does not wait. With a Problem the message is empty.
func (s *Socket) Receive() (*Datagram, error) {
	var n, nc, flags int
	var err error
	for {
		n, nc, flags, _, err = unix.Recvmsg(s.fd, s.text[:], s.control, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		if err != unix.EINTR {
			break
		}
	}
	switch {
	case err == unix.EAGAIN:
		return nil, ErrAgain
	case err != nil:
		return nil, fmt.Errorf("receive a notification: %w", err)
	}
	d := &Datagram{Message: &Message{}}
	known := d.attach(s.control[:nc])
	switch {
	case !known:
		d.Problem = "it came without the sender's credentials"
	case flags&unix.MSG_TRUNC != 0, n > MaxMessage:
		d.Problem = fmt.Sprintf("it is longer than %d bytes", MaxMessage)
	case flags&unix.MSG_CTRUNC != 0:
		d.Problem = "it came with more descriptors than we may have"
	default:
		d.Message = Parse(s.text[:n])
	}
	if d.Problem != "" {
		d.Close()
	}
	return d, nil
}

// attach takes credentials and descriptors; it tells whether there were credentials.
func (d *Datagram) attach(control []byte) (known bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return false
	}
	for i := range messages {
		m := &messages[i]
		if m.Header.Level != unix.SOL_SOCKET {
			continue
		}
		switch m.Header.Type {
		case unix.SCM_RIGHTS:
			if fds, err := unix.ParseUnixRights(m); err == nil {
				d.FDs = append(d.FDs, fds...)
			}
		case unix.SCM_CREDENTIALS:
			if c, err := unix.ParseUnixCredentials(m); err == nil {
				d.PID, d.UID, d.GID, known = int(c.Pid), c.Uid, c.Gid, true
			}
		}
	}
	return known
}
