package listen

// Accepting: the path that each connection takes, kept at two system calls
// (accept4 and one that completes the facts) and no allocation.

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

// acceptTries bounds how many connections that died in the queue one Accept
// passes over, so that a flood of them cannot hold the caller.
const acceptTries = 64

// Accept takes one waiting connection from the listening descriptor fd, without
// waiting for one. Connections that broke while they waited are passed over. The
// error is ErrAgain when there is none, ErrDescriptors when no descriptor can be
// had for it; any other means that fd is not (or no longer) a listening socket.
func Accept(fd int) (Conn, error) {
	var sa unix.RawSockaddrAny
	for range acceptTries {
		n := uint32(unsafe.Sizeof(sa))
		// Not a blocking call, as fd is non-blocking: no need to tell the scheduler.
		r, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa)),
			uintptr(unsafe.Pointer(&n)), unix.SOCK_CLOEXEC, 0, 0)
		//exhaustive:ignore
		switch errno {
		case 0:
			c := Conn{FD: int(r)}
			c.Peer = peer(c.FD, &sa, n)
			return c, nil
		case unix.EAGAIN:
			return Conn{FD: -1}, ErrAgain
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			return Conn{FD: -1}, ErrDescriptors
		case unix.EINTR, unix.ECONNABORTED, unix.ETIMEDOUT, unix.EPERM, unix.EPROTO, unix.ENOPROTOOPT, unix.EOPNOTSUPP,
			unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.ENONET:
			// accept(2): errors of the new connection, which is gone, not of fd.
		default:
			return Conn{FD: -1}, fmt.Errorf("accept on descriptor %d: %w", fd, errno)
		}
	}
	return Conn{FD: -1}, ErrAgain
}

// peer completes the facts about the connection fd, whose other end is sa.
func peer(fd int, sa *unix.RawSockaddrAny, n uint32) value.Peer {
	switch sa.Addr.Family {
	case unix.AF_INET, unix.AF_INET6:
		p := value.Peer{Family: value.PeerInet, Remote: addrPort(fd, sa)}
		if sockname(fd, sa) {
			p.Local = addrPort(fd, sa)
		}
		return p
	case unix.AF_UNIX:
		p := value.Peer{Family: value.PeerUnix, Path: unixPath(sa, n)}
		var cred unix.Ucred
		if getsockopt(fd, unix.SOL_SOCKET, unix.SO_PEERCRED, unsafe.Pointer(&cred), unsafe.Sizeof(cred)) {
			p.PID, p.UID, p.GID = cred.Pid, cred.Uid, cred.Gid
		}
		return p
	case unix.AF_VSOCK:
		vm := (*unix.RawSockaddrVM)(unsafe.Pointer(sa))
		p := value.Peer{Family: value.PeerVsock, CID: vm.Cid, Port: vm.Port}
		if sockname(fd, sa) {
			p.LocalCID, p.LocalPort = vm.Cid, vm.Port
		}
		return p
	}
	return value.Peer{}
}

func sockname(fd int, sa *unix.RawSockaddrAny) bool {
	n := uint32(unsafe.Sizeof(*sa))
	_, _, errno := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&n)))
	return errno == 0
}

func getsockopt(fd, level, opt int, p unsafe.Pointer, size uintptr) bool {
	n := uint32(size)
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt), uintptr(p), uintptr(unsafe.Pointer(&n)), 0)
	return errno == 0
}

// addrPort reads an IPv4 or IPv6 address; it is the zero AddrPort for others.
func addrPort(fd int, sa *unix.RawSockaddrAny) netip.AddrPort {
	switch sa.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port(&in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		a := netip.AddrFrom16(in.Addr)
		if in.Scope_id != 0 {
			a = a.WithZone(zoneName(fd, in.Scope_id))
		}
		return netip.AddrPortFrom(a, port(&in.Port))
	}
	return netip.AddrPort{}
}

// port reads a port in network byte order.
func port(p *uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(p))
	return uint16(b[0])<<8 | uint16(b[1])
}

// zoneName returns the name of interface index, or the index where it has none.
func zoneName(fd int, index uint32) string {
	if ifr, err := unix.NewIfreq("x"); err == nil {
		ifr.SetUint32(index)
		if unix.IoctlIfreq(fd, unix.SIOCGIFNAME, ifr) == nil {
			return ifr.Name()
		}
	}
	return strconv.FormatUint(uint64(index), 10)
}

// zoneIndex is the inverse of zoneName.
func zoneIndex(zone string) (uint32, error) {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, unix.ENODEV
	}
	return uint32(i.Index), nil
}

// unixPath returns the name of a unix socket of n bytes: "/path", "@abstract" or "".
// The client chooses it, so bytes that a log line or an environment variable
// cannot hold are escaped as \xNN.
func unixPath(sa *unix.RawSockaddrAny, n uint32) string {
	un := (*unix.RawSockaddrUnix)(unsafe.Pointer(sa))
	offset := uint32(unsafe.Offsetof(un.Path))
	if n <= offset {
		return ""
	}
	name := unsafe.Slice((*byte)(unsafe.Pointer(&un.Path[0])), min(int(n-offset), len(un.Path)))
	var b []byte
	if name[0] == 0 {
		b, name = append(b, '@'), name[1:]
	} else if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	for _, c := range name {
		if c < ' ' || c == 0x7f {
			b = fmt.Appendf(b, "\\x%02x", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// Cookie returns the socket's cookie, a number that the kernel gives to no other
// socket until the next boot, or 0 where it has none. It costs a system call.
func Cookie(fd int) uint64 {
	var c uint64
	if !getsockopt(fd, unix.SOL_SOCKET, unix.SO_COOKIE, unsafe.Pointer(&c), unsafe.Sizeof(c)) {
		return 0
	}
	return c
}

// Setup sets those options of the unit on an accepted connection that it does
// not inherit from the listening socket: mostly none. A failure is not told, as
// the same option of the listening socket has been.
func (s *Set) Setup(c *Conn) {
	if c.Peer.Family == value.PeerNone {
		return
	}
	for _, o := range s.setup[c.Peer.Family-1] {
		_ = unix.SetsockoptInt(c.FD, o.level, o.opt, o.value)
	}
}
