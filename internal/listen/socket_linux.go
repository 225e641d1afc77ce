package listen

// Sockets: from an address to a descriptor that is bound and listening.

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// openSocket opens a socket for l, with all its options, bound and listening.
func (o *opening) openSocket(l unit.Listen, h *held) (int, error) {
	sa, err := o.sockaddr(l, h)
	if err != nil {
		return -1, err
	}
	fd, err := o.bindSocket(l, h, sa, false)
	if l.Address.Kind == value.AddressPort && (err == unix.EAFNOSUPPORT || err == unix.EADDRNOTAVAIL) {
		// No IPv6 on this machine.
		h.sock.domain, h.kind = unix.AF_INET, h.sock.kindOf(unix.AF_INET)
		sa = &unix.SockaddrInet4{Port: int(l.Address.Port)}
		fd, err = o.bindSocket(l, h, sa, false)
	}
	if err == unix.EADDRINUSE && h.kind&onIP != 0 {
		if restore := o.sharePorts(l.Address.Port); restore != nil {
			fd, err = o.bindSocket(l, h, sa, true)
			if err != nil {
				restore()
			} else {
				o.undo = append(o.undo, restore)
			}
		}
	}
	if err != nil {
		return -1, o.explain(err, h)
	}
	return fd, nil
}

// sockaddr fills in the socket's kind and returns what to bind it to.
func (o *opening) sockaddr(l unit.Listen, h *held) (unix.Sockaddr, error) {
	a := l.Address
	switch l.Protocol {
	case unit.ListenStream:
		h.sock.typ = unix.SOCK_STREAM
	case unit.ListenDatagram:
		h.sock.typ = unix.SOCK_DGRAM
	case unit.ListenSequentialPacket:
		h.sock.typ = unix.SOCK_SEQPACKET
	case unit.ListenNetlink:
		h.sock.typ = unix.SOCK_RAW
	case unit.ListenFIFO, unit.ListenSpecial, unit.ListenMessageQueue, unit.ListenUSBFunction:
		panic("BUG: not a socket: " + string(l.Protocol))
	}
	var sa unix.Sockaddr
	switch a.Kind {
	case value.AddressPath:
		h.sock.domain, sa = unix.AF_UNIX, &unix.SockaddrUnix{Name: a.Path}
	case value.AddressAbstract:
		h.sock.domain, sa = unix.AF_UNIX, &unix.SockaddrUnix{Name: "@" + a.Path}
	case value.AddressPort:
		h.sock.domain, sa = unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port)}
	case value.AddressInet:
		if a.IP.Is4() {
			h.sock.domain, sa = unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port), Addr: a.IP.As4()}
			break
		}
		in := &unix.SockaddrInet6{Port: int(a.Port), Addr: a.IP.As16()}
		if a.Zone != "" {
			var err error
			if in.ZoneId, err = zoneIndex(a.Zone); err != nil {
				return nil, fmt.Errorf("interface %q: %w", a.Zone, err)
			}
		}
		h.sock.domain, sa = unix.AF_INET6, in
	case value.AddressVsock:
		h.sock.domain, sa = unix.AF_VSOCK, &unix.SockaddrVM{CID: a.CID, Port: a.Port}
		if t, ok := vsockTypes[a.Type]; ok {
			h.sock.typ = t
		}
	case value.AddressNetlink:
		family, ok := value.NetlinkFamily(a.Family)
		if !ok {
			return nil, fmt.Errorf("unknown netlink family %q", a.Family)
		}
		h.sock.domain, h.sock.number = unix.AF_NETLINK, family
		sa = &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: a.Group}
	case value.AddressNone, value.AddressQueue:
		return nil, errors.New("the address is not one of a socket")
	}
	if h.sock.domain == unix.AF_INET || h.sock.domain == unix.AF_INET6 {
		h.sock.number = h.sock.inetProtocol(o.set.Unit.Socket.SocketProtocol)
	}
	h.kind = h.sock.kindOf(h.sock.domain)
	return sa, nil
}

var vsockTypes = map[string]int{"stream": unix.SOCK_STREAM, "dgram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET}

// inetProtocol applies SocketProtocol= to the types of socket that it is for.
func (p proto) inetProtocol(name string) int {
	switch {
	case name == "mptcp" && p.typ == unix.SOCK_STREAM:
		return unix.IPPROTO_MPTCP
	case name == "sctp" && p.typ != unix.SOCK_DGRAM:
		return unix.IPPROTO_SCTP
	case name == "udplite" && p.typ == unix.SOCK_DGRAM:
		return unix.IPPROTO_UDPLITE
	}
	return 0
}

// accepts reports whether the socket is one that connections are accepted from.
func (p proto) accepts() bool {
	return (p.typ == unix.SOCK_STREAM || p.typ == unix.SOCK_SEQPACKET) && p.domain != unix.AF_NETLINK
}

// kindOf is the socket's kind in the option table, had it that domain.
func (p proto) kindOf(domain int) kind {
	switch domain {
	case unix.AF_INET:
		if p.accepts() {
			return kindStream4
		}
		return kindPacket4
	case unix.AF_INET6:
		if p.accepts() {
			return kindStream6
		}
		return kindPacket6
	case unix.AF_NETLINK:
		return kindNetlink
	case unix.AF_VSOCK:
		return kindVsock
	}
	return kindUnix
}

// bindSocket makes the socket, sets its options, binds it, gives its node away
// and listens. With shared, the port is shared for the time of this call with
// what the earlier set has there. Errors of the kernel come back bare.
func (o *opening) bindSocket(l unit.Listen, h *held, sa unix.Sockaddr, shared bool) (_ int, err error) {
	s := o.set.Unit.Socket
	fd, err := unix.Socket(h.sock.domain, h.sock.typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, h.sock.number)
	if err != nil {
		return -1, err
	}
	warnings := len(o.set.Warnings)
	defer func() {
		if err != nil {
			unix.Close(fd)
			o.set.Warnings = o.set.Warnings[:warnings]
		}
	}()
	if h.kind&onIP != 0 {
		if err := restrict(fd, h, s); err != nil {
			return -1, err
		}
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil && h.kind&onIP != 0 {
		return -1, err
	}
	o.set.applyOptions(fd, h, l.Address.String())
	if shared {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return -1, err
		}
	}
	if l.Address.Kind == value.AddressPath {
		err = o.bindPath(fd, sa, l.Address.Path, h)
	} else {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		return -1, err
	}
	if h.sock.accepts() {
		if err := unix.Listen(fd, backlog(s.Backlog)); err != nil {
			return -1, err
		}
	}
	if shared && !s.ReusePort {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 0)
	}
	return fd, nil
}

// backlog is the unit's backlog as listen(2) takes it.
func backlog(n uint32) int { return int(min(n, math.MaxInt32)) }

// restrict sets what decides where the socket can be reached from; unlike other
// options it must not fail unheard.
func restrict(fd int, h *held, s *unit.Socket) error {
	if h.sock.domain == unix.AF_INET6 && (s.BindIPv6Only == "both" || s.BindIPv6Only == "ipv6-only") {
		only := 0
		if s.BindIPv6Only == "ipv6-only" {
			only = 1
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return fmt.Errorf("BindIPv6Only=%s: %w", s.BindIPv6Only, err)
		}
	}
	if s.BindToDevice != "" {
		if err := unix.BindToDevice(fd, s.BindToDevice); err != nil {
			return fmt.Errorf("BindToDevice=%s: %w", s.BindToDevice, err)
		}
	}
	return nil
}

// bindPath binds to a path: with its parents made, a dead socket in its place
// removed, and with owner and mode right before anybody can connect.
func (o *opening) bindPath(fd int, sa unix.Sockaddr, path string, h *held) error {
	s := o.set.Unit.Socket
	if err := o.makeParents(path, s.DirectoryMode); err != nil {
		return err
	}
	o.displace(path)
	// The node gets the mode of the socket's own inode, less the umask.
	if err := unix.Fchmod(fd, ownMode(s.SocketMode)); err != nil {
		return err
	}
	err := unix.Bind(fd, sa)
	if err == unix.EADDRINUSE {
		if err := o.clearPath(path); err != nil {
			return err
		}
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		return err
	}
	h.node = nodeAt(path)
	made := h.node
	o.undo = append(o.undo, func() {
		if made.intact() {
			_ = os.Remove(path)
		}
	})
	return o.permit(fd, h)
}

// clearPath removes the socket at path, and nothing but a socket. Like systemd we
// take the path over even if somebody listens there, as an old daemon may that is
// about to go; but we say so.
func (o *opening) clearPath(path string) error {
	if what := whatIs(path); what != "a socket" {
		return hint(fmt.Errorf("%s is there, not a socket", what), "remove it or choose another path")
	}
	if who := unixHolder(path); who != "" {
		o.set.warn("%s: taken over from %s, which still listens there", path, who)
	}
	if err := unix.Unlink(path); err != nil {
		return fmt.Errorf("remove the old socket: %w", err)
	}
	return nil
}

// displace moves a node aside that the earlier set has at path and does not keep,
// and brings it back if opening fails.
func (o *opening) displace(path string) {
	for i := range o.prev.held {
		h := &o.prev.held[i]
		if o.kept[i] || h.node.path != path || !h.node.intact() {
			continue
		}
		aside := path + ".old"
		if unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, aside, unix.RENAME_NOREPLACE) != nil {
			return // what is at path is then treated as anybody's
		}
		o.undo = append(o.undo, func() { _ = os.Rename(aside, path) })
		o.after = append(o.after, func() { _ = os.Remove(aside) })
		return
	}
}

// sharePorts lets others bind to the port beside those IP sockets of the earlier
// set that are to be closed, and returns what takes that back; nil if there are none.
func (o *opening) sharePorts(port uint32) (restore func()) {
	var changed []int
	found := false
	for i, f := range o.prev.Files {
		h := &o.prev.held[i]
		if o.kept[i] || h.kind&onIP == 0 || f.Listen.Address.Port != port {
			continue
		}
		found = true
		if old, err := unix.GetsockoptInt(f.FD, unix.SOL_SOCKET, unix.SO_REUSEPORT); err == nil && old == 0 &&
			unix.SetsockoptInt(f.FD, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) == nil {
			changed = append(changed, f.FD)
		}
	}
	if !found {
		return nil
	}
	return func() {
		for _, fd := range changed {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 0)
		}
	}
}

// bound returns the address a with the port that the socket really has.
func bound(fd int, a value.Address) value.Address {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return a
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		if a.Kind == value.AddressPort {
			a.Kind, a.IP = value.AddressInet, netip.AddrFrom4(sa.Addr)
		}
		a.Port = uint32(sa.Port)
	case *unix.SockaddrInet6:
		a.Port = uint32(sa.Port)
	case *unix.SockaddrVM:
		a.Port = sa.Port
	}
	return a
}
