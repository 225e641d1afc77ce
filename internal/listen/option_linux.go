package listen

// Socket options. Each directive that is one setsockopt(2) is a row of a table;
// the same rows are set when a socket is opened, compared when its unit is
// reloaded, and set on accepted connections where they are not inherited.
//
// As with systemd, an option that the kernel refuses is a warning and the socket
// is opened without it; only what decides where the socket is reachable
// (BindIPv6Only=, BindToDevice=) is fatal and stands in socket_linux.go.

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// Sets of kinds that rows name.
const (
	onStream = kindStream4 | kindStream6
	onPacket = kindPacket4 | kindPacket6
	onIP     = onStream | onPacket
	onAll    = onIP | kindUnix | kindNetlink | kindVsock
)

// An option is the row of one socket option.
type option struct {
	name         string // of the directive
	on           kind   // where it means something
	lost         kind   // where accepted connections do not inherit it
	level, opt   int
	level6, opt6 int // on IPv6 sockets, if it is another
	force        int // the privileged form that goes beyond the system's limit, if any
	// want returns the value that the unit asks for, and whether it asks at all.
	want func(*unit.Socket) (int, bool)
}

// options are all of them, in the order they are set. Setting IP_TOS on a new
// socket changes its priority too, so Priority= comes after IPTOS= here.
var options = []option{
	{name: "ReusePort", on: onIP, level: unix.SOL_SOCKET, opt: unix.SO_REUSEPORT,
		want: func(s *unit.Socket) (int, bool) { return 1, s.ReusePort }},
	{name: "FreeBind", on: onIP, level: unix.SOL_IP, opt: unix.IP_FREEBIND, level6: unix.SOL_IPV6, opt6: unix.IPV6_FREEBIND,
		want: func(s *unit.Socket) (int, bool) { return 1, s.FreeBind }},
	{name: "Transparent", on: onIP, level: unix.SOL_IP, opt: unix.IP_TRANSPARENT, level6: unix.SOL_IPV6, opt6: unix.IPV6_TRANSPARENT,
		want: func(s *unit.Socket) (int, bool) { return 1, s.Transparent }},
	{name: "KeepAlive", on: onStream, level: unix.SOL_SOCKET, opt: unix.SO_KEEPALIVE,
		want: func(s *unit.Socket) (int, bool) { return 1, s.KeepAlive }},
	{name: "KeepAliveTimeSec", on: onStream, level: unix.SOL_TCP, opt: unix.TCP_KEEPIDLE,
		want: func(s *unit.Socket) (int, bool) { return seconds(s.KeepAliveTimeSec) }},
	{name: "KeepAliveIntervalSec", on: onStream, level: unix.SOL_TCP, opt: unix.TCP_KEEPINTVL,
		want: func(s *unit.Socket) (int, bool) { return seconds(s.KeepAliveIntervalSec) }},
	{name: "KeepAliveProbes", on: onStream, level: unix.SOL_TCP, opt: unix.TCP_KEEPCNT,
		want: func(s *unit.Socket) (int, bool) { return bounded(uint64(s.KeepAliveProbes)) }},
	{name: "NoDelay", on: onStream, level: unix.SOL_TCP, opt: unix.TCP_NODELAY,
		want: func(s *unit.Socket) (int, bool) { return 1, s.NoDelay }},
	{name: "DeferAcceptSec", on: onStream, level: unix.SOL_TCP, opt: unix.TCP_DEFER_ACCEPT,
		want: func(s *unit.Socket) (int, bool) { return seconds(s.DeferAcceptSec) }},
	{name: "Broadcast", on: onIP, level: unix.SOL_SOCKET, opt: unix.SO_BROADCAST,
		want: func(s *unit.Socket) (int, bool) { return 1, s.Broadcast }},
	{name: "PassCredentials", on: kindUnix | kindNetlink, level: unix.SOL_SOCKET, opt: unix.SO_PASSCRED,
		want: func(s *unit.Socket) (int, bool) { return 1, s.PassCredentials }},
	{name: "PassPIDFD", on: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_PASSPIDFD,
		want: func(s *unit.Socket) (int, bool) { return 1, s.PassPIDFD }},
	{name: "PassSecurity", on: kindUnix | kindNetlink, level: unix.SOL_SOCKET, opt: unix.SO_PASSSEC,
		want: func(s *unit.Socket) (int, bool) { return 1, s.PassSecurity }},
	{name: "AcceptFileDescriptors", on: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_PASSRIGHTS,
		want: func(s *unit.Socket) (int, bool) { return 0, !s.AcceptFileDescriptors }},
	{name: "PassPacketInfo", on: onIP, level: unix.SOL_IP, opt: unix.IP_PKTINFO, level6: unix.SOL_IPV6, opt6: unix.IPV6_RECVPKTINFO,
		want: func(s *unit.Socket) (int, bool) { return 1, s.PassPacketInfo }},
	{name: "PassPacketInfo", on: kindNetlink, level: unix.SOL_NETLINK, opt: unix.NETLINK_PKTINFO,
		want: func(s *unit.Socket) (int, bool) { return 1, s.PassPacketInfo }},
	{name: "Timestamping", on: onIP | kindUnix, lost: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_TIMESTAMP,
		want: func(s *unit.Socket) (int, bool) { return 1, s.Timestamping == "us" }},
	{name: "Timestamping", on: onIP | kindUnix, lost: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_TIMESTAMPNS,
		want: func(s *unit.Socket) (int, bool) { return 1, s.Timestamping == "ns" }},
	{name: "ReceiveBuffer", on: onAll, lost: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_RCVBUF, force: unix.SO_RCVBUFFORCE,
		want: func(s *unit.Socket) (int, bool) { return bounded(uint64(s.ReceiveBuffer)) }},
	{name: "SendBuffer", on: onAll, lost: kindUnix, level: unix.SOL_SOCKET, opt: unix.SO_SNDBUF, force: unix.SO_SNDBUFFORCE,
		want: func(s *unit.Socket) (int, bool) { return bounded(uint64(s.SendBuffer)) }},
	{name: "Mark", on: onIP, level: unix.SOL_SOCKET, opt: unix.SO_MARK,
		want: func(s *unit.Socket) (int, bool) { return s.Mark, s.Mark >= 0 }},
	{name: "IPTOS", on: onIP, level: unix.SOL_IP, opt: unix.IP_TOS,
		want: func(s *unit.Socket) (int, bool) { return s.IPTOS, s.IPTOS >= 0 }},
	{name: "IPTTL", on: onIP, level: unix.SOL_IP, opt: unix.IP_TTL, level6: unix.SOL_IPV6, opt6: unix.IPV6_UNICAST_HOPS,
		want: func(s *unit.Socket) (int, bool) { return s.IPTTL, s.IPTTL >= 0 }},
	{name: "Priority", on: onIP, lost: onStream, level: unix.SOL_SOCKET, opt: unix.SO_PRIORITY,
		want: func(s *unit.Socket) (int, bool) { return s.Priority, s.Priority >= 0 }},
}

// seconds rounds a span down to what the kernel counts in, as systemd does.
func seconds(s value.Span) (int, bool) { return bounded(uint64(max(s, 0) / value.Second)) }

// bounded makes an int of n for the kernel; 0 stands for unset.
func bounded(n uint64) (int, bool) { return int(min(n, math.MaxInt32)), n != 0 }

// at returns the names of the option on a socket of kind k.
func (o *option) at(k kind) (level, opt int) {
	if o.opt6 != 0 && k&(kindStream6|kindPacket6) != 0 {
		return o.level6, o.opt6
	}
	return o.level, o.opt
}

// set sets the option of a socket to v.
func (o *option) set(fd int, k kind, v int) error {
	level, opt := o.at(k)
	if o.force == 0 {
		return unix.SetsockoptInt(fd, level, opt, v)
	}
	if unix.SetsockoptInt(fd, level, o.force, v) == nil {
		return nil
	}
	if err := unix.SetsockoptInt(fd, level, opt, v); err != nil {
		return err
	}
	// The kernel keeps twice the size, and cuts a large one without a word.
	if got, err := unix.GetsockoptInt(fd, level, opt); err == nil && got/2 < v {
		return fmt.Errorf("the system's limit leaves %d bytes; more needs CAP_NET_ADMIN", got/2)
	}
	return nil
}

// applyOptions sets on a new socket what the unit asks for.
func (s *Set) applyOptions(fd int, h *held, address string) {
	for i := range options {
		o := &options[i]
		if v, ok := o.want(s.Unit.Socket); ok && o.on&h.kind != 0 {
			s.warnOption(address, o.name, o.set(fd, h.kind, v))
		}
	}
	if name := s.Unit.Socket.TCPCongestion; name != "" && h.kind&onStream != 0 {
		s.warnOption(address, "TCPCongestion", congestion(fd, name))
	}
}

// changeOptions brings a kept socket from the options of old to those of the
// set's unit. What is no longer asked for goes back to what a fresh socket has.
func (s *Set) changeOptions(fd int, h *held, address string, old *unit.Socket) {
	if h.kind == 0 {
		return
	}
	now, fresh := s.Unit.Socket, -1
	defer func() {
		if fresh >= 0 {
			unix.Close(fresh)
		}
	}()
	original := func() (int, error) {
		var err error
		if fresh < 0 {
			fresh, err = unix.Socket(h.sock.domain, h.sock.typ|unix.SOCK_CLOEXEC, h.sock.number)
		}
		return fresh, err
	}
	// First what goes, then what comes: the two forms of Timestamping= clear each other.
	for i := range options {
		o := &options[i]
		_, was := o.want(old)
		_, is := o.want(now)
		if o.on&h.kind == 0 || !was || is {
			continue
		}
		like, err := original()
		if err == nil {
			var v int
			level, opt := o.at(h.kind)
			if v, err = unix.GetsockoptInt(like, level, opt); err == nil {
				if o.force != 0 {
					v /= 2
				}
				err = o.set(fd, h.kind, v)
			}
		}
		s.warnOption(address, o.name, err)
	}
	for i := range options {
		o := &options[i]
		before, was := o.want(old)
		if v, is := o.want(now); is && o.on&h.kind != 0 && (!was || before != v) {
			s.warnOption(address, o.name, o.set(fd, h.kind, v))
		}
	}
	if h.kind&onStream == 0 || old.TCPCongestion == now.TCPCongestion {
		return
	}
	name := now.TCPCongestion
	if name == "" {
		if like, err := original(); err == nil {
			name, _ = unix.GetsockoptString(like, unix.SOL_TCP, unix.TCP_CONGESTION)
		}
	}
	s.warnOption(address, "TCPCongestion", congestion(fd, name))
}

func congestion(fd int, name string) error {
	err := unix.SetsockoptString(fd, unix.SOL_TCP, unix.TCP_CONGESTION, name)
	if err == unix.ENOENT {
		known, _ := readLine("/proc/sys/net/ipv4/tcp_available_congestion_control")
		return fmt.Errorf("the kernel does not know %q; it knows %s", name, strings.Join(strings.Fields(known), ", "))
	}
	return err
}

func (s *Set) warnOption(address, name string, err error) {
	if err != nil {
		s.warn("%s: %s= could not be set: %v", address, name, err)
	}
}

func (s *Set) warn(format string, a ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, a...))
}

// prepareSetup lists, for each family, what Setup has to do.
func (s *Set) prepareSetup() {
	kinds := [len(s.setup)]kind{value.PeerInet - 1: onStream, value.PeerUnix - 1: kindUnix, value.PeerVsock - 1: kindVsock}
	for family, k := range kinds {
		s.setup[family] = nil
		for _, o := range options {
			if v, ok := o.want(s.Unit.Socket); ok && o.on&o.lost&k != 0 {
				opt := o.opt
				if o.force != 0 && unix.Geteuid() == 0 {
					opt = o.force
				}
				s.setup[family] = append(s.setup[family], call{o.level, opt, v})
			}
		}
	}
}
