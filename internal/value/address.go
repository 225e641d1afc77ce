package value

// Addresses: what ListenStream= and its sisters take, systemd.socket(5). Which
// directive an address came from is not part of it; the directive decides the
// socket type and which of the parsers below reads its value.

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// An AddressKind says what a listening address is made of.
type AddressKind int

// The kinds of address that systemd.socket(5) lists.
const (
	AddressNone     AddressKind = iota
	AddressPath                 // Path: a file system path (unix socket, FIFO, special file)
	AddressAbstract             // Path: the name without its '@'
	AddressPort                 // Port alone: the IPv6 wildcard, or IPv4 where there is no IPv6
	AddressInet                 // IP (with zone in Zone) and Port
	AddressVsock                // CID, Port, Type
	AddressNetlink              // Family, Group
	AddressQueue                // Path: a POSIX message queue name with its '/'
)

// An Address is one place to listen on, as written in ListenStream= and its sisters.
type Address struct {
	Kind   AddressKind
	Path   string
	IP     netip.Addr // without zone
	Zone   string     // interface name or index of a scoped IPv6 address
	Port   uint32     // 16 bits but for vsock
	CID    uint32     // vsock; CIDAny for an empty one
	Type   string     // vsock: "", "stream", "dgram" or "seqpacket" where the address says it
	Family string     // netlink: "kobject-uevent", "route", or a number that has no name
	Group  uint32     // netlink multicast group
}

// CIDAny is VMADDR_CID_ANY.
const CIDAny uint32 = 1<<32 - 1

// maxUnixPath is what sun_path holds, with its terminating NUL or leading one.
const maxUnixPath = 107

// vsockPrefixes name the socket type; the bare one leaves it to the directive.
var vsockPrefixes = map[string]string{
	"vsock": "", "vsock-stream": "stream", "vsock-dgram": "dgram", "vsock-seqpacket": "seqpacket",
}

// ParseAddress reads the value of ListenStream=, ListenDatagram= and
// ListenSequentialPacket=: /path, @abstract, port, v4:port, [v6]:port,
// [v6]:port%interface, vsock:CID:port.
func ParseAddress(s string) (Address, error) {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "@") {
		return parseUnix(s)
	}
	prefix, rest, _ := strings.Cut(s, ":")
	if kind, ok := vsockPrefixes[prefix]; ok {
		return parseVsock(s, kind, rest)
	}
	if !strings.ContainsAny(s, ":[.") {
		port, err := parsePort(s)
		if err != nil {
			return Address{}, fmt.Errorf("address %q: %w", s, err)
		}
		return Address{Kind: AddressPort, Port: port}, nil
	}
	return parseInet(s)
}

func parseUnix(s string) (Address, error) {
	switch {
	case len(s) == 1:
		return Address{}, fmt.Errorf("address %q has no name", s)
	case len(s) > maxUnixPath:
		return Address{}, fmt.Errorf("address %q: a socket's path has at most %d bytes", s, maxUnixPath)
	case strings.Contains(s, "\x00"):
		return Address{}, fmt.Errorf("address %q contains a NUL", s)
	case s[0] == '@':
		return Address{Kind: AddressAbstract, Path: s[1:]}, nil
	}
	return Address{Kind: AddressPath, Path: s}, nil
}

func parseVsock(s, kind, rest string) (Address, error) {
	a := Address{Kind: AddressVsock, Type: kind, CID: CIDAny}
	cid, port, ok := strings.Cut(rest, ":")
	if !ok {
		return Address{}, fmt.Errorf("address %q: expected vsock:CID:PORT", s)
	}
	if cid != "" {
		n, err := ParseUint(cid, 32)
		if err != nil {
			return Address{}, fmt.Errorf("address %q: CID %w", s, err)
		}
		a.CID = uint32(n)
	}
	n, err := ParseUint(port, 32)
	if err != nil {
		return Address{}, fmt.Errorf("address %q: port %w", s, err)
	}
	a.Port = uint32(n)
	return a, nil
}

func parseInet(s string) (Address, error) {
	rest, zone, zoned := strings.Cut(s, "%")
	if zoned && !validZone(zone) {
		return Address{}, fmt.Errorf("address %q: %q is not the name or index of an interface; the form is [ADDRESS]:PORT%%INTERFACE", s, zone)
	}
	i := strings.LastIndexByte(rest, ':')
	if i < 0 {
		return Address{}, fmt.Errorf("address %q has no port", s)
	}
	host, digits := rest[:i], rest[i+1:]
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		inner, bracketed = strings.CutSuffix(inner, "]")
	}
	ip, err := netip.ParseAddr(inner)
	switch {
	case err != nil && strings.Contains(host, "[") || host == "":
		return Address{}, fmt.Errorf("address %q: expected [IPV6]:PORT", s)
	case err != nil && strings.Count(rest, ":") == 1:
		return Address{}, fmt.Errorf("address %q: %q is not a numeric address; names are not looked up", s, host)
	case err != nil || ip.Is6() != bracketed:
		return Address{}, fmt.Errorf("address %q: expected PORT, IPV4:PORT, [IPV6]:PORT, /PATH, @NAME or vsock:CID:PORT", s)
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return Address{}, fmt.Errorf("address %q: port %q has a leading zero", s, digits)
	}
	port, err := parsePort(digits)
	if err != nil {
		return Address{}, fmt.Errorf("address %q: %w", s, err)
	}
	if ip.Is4() {
		zone = "" // accepted and without meaning, as for systemd
	}
	return Address{Kind: AddressInet, IP: ip, Zone: zone, Port: port}, nil
}

func parsePort(s string) (uint32, error) {
	n, err := ParseUint(s, 16)
	if err != nil {
		return 0, fmt.Errorf("port %w", err)
	}
	if n == 0 {
		return 0, fmt.Errorf("port 0 cannot be listened on")
	}
	return uint32(n), nil
}

// validZone says whether s can name a network interface, or is an index.
func validZone(s string) bool {
	if digits, rest := splitDigits(s); rest == "" {
		n, err := strconv.ParseUint(digits, 10, 31)
		return err == nil && n > 0 && digits[0] != '0'
	}
	return len(s) <= 15 && s != "." && s != ".." &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/:%", r) })
}

// netlinkNames are the netlink families with the names systemd gives them.
var netlinkNames = map[int]string{
	0: "route", 3: "firewall", 4: "inet-diag", 5: "nflog", 6: "xfrm", 7: "selinux", 8: "iscsi", 9: "audit",
	10: "fib-lookup", 11: "connector", 12: "netfilter", 13: "ip6-fw", 14: "dnrtmsg", 15: "kobject-uevent",
	16: "generic", 18: "scsitransport", 19: "ecryptfs", 20: "rdma",
}

// ParseNetlink reads the value of ListenNetlink=: a family by name or number and
// an optional multicast group, 0 if there is none.
func ParseNetlink(s string) (Address, error) {
	words := strings.Fields(s)
	if len(words) < 1 || len(words) > 2 {
		return Address{}, fmt.Errorf("netlink address %q: expected FAMILY and an optional GROUP", s)
	}
	a := Address{Kind: AddressNetlink, Family: words[0]}
	if _, ok := NetlinkFamily(a.Family); !ok {
		n, err := ParseUint(a.Family, 31)
		if err != nil {
			return Address{}, fmt.Errorf("netlink address %q: unknown family %q", s, a.Family)
		}
		if a.Family, ok = netlinkNames[int(n)]; !ok {
			a.Family = strconv.FormatUint(n, 10)
		}
	}
	if len(words) == 2 {
		n, err := ParseUint(words[1], 32)
		if err != nil {
			return Address{}, fmt.Errorf("netlink address %q: group %w", s, err)
		}
		a.Group = uint32(n)
	}
	return a, nil
}

// NetlinkFamily returns the number of a family as [Address] names it.
func NetlinkFamily(name string) (int, bool) {
	for n, known := range netlinkNames {
		if known == name {
			return n, true
		}
	}
	n, err := strconv.ParseUint(name, 10, 31)
	return int(n), err == nil && netlinkNames[int(n)] == "" && strconv.FormatUint(n, 10) == name
}

// ParseQueue reads the value of ListenMessageQueue=, mq_overview(7).
func ParseQueue(s string) (Address, error) {
	a, err := ParsePathAddress(s)
	a.Kind = AddressQueue
	return a, err
}

// ParsePathAddress reads the value of ListenFIFO= and ListenSpecial=: an
// absolute path, whose doubled slashes and "." are removed.
func ParsePathAddress(s string) (Address, error) {
	switch {
	case !strings.HasPrefix(s, "/"):
		return Address{}, fmt.Errorf("path %q is not absolute", s)
	case strings.Contains(s, "\x00"):
		return Address{}, fmt.Errorf("path %q contains a NUL", s)
	}
	parts := slices.DeleteFunc(strings.Split(s, "/"), func(p string) bool { return p == "" || p == "." })
	return Address{Kind: AddressPath, Path: "/" + strings.Join(parts, "/")}, nil
}

// String prints the address as systemctl list-sockets does; for a port alone
// that is the IPv6 wildcard, "[::]:80".
func (a Address) String() string {
	switch a.Kind {
	case AddressPath, AddressQueue:
		return a.Path
	case AddressAbstract:
		return "@" + a.Path
	case AddressPort:
		return fmt.Sprintf("[::]:%d", a.Port)
	case AddressInet:
		if a.IP.Is4() {
			return fmt.Sprintf("%s:%d", a.IP, a.Port)
		}
		if a.Zone != "" {
			return fmt.Sprintf("[%s]:%d%%%s", a.IP, a.Port, a.Zone)
		}
		return fmt.Sprintf("[%s]:%d", a.IP, a.Port)
	case AddressVsock:
		prefix, cid := "vsock", ""
		if a.Type != "" {
			prefix += "-" + a.Type
		}
		if a.CID != CIDAny {
			cid = strconv.FormatUint(uint64(a.CID), 10)
		}
		return fmt.Sprintf("%s:%s:%d", prefix, cid, a.Port)
	case AddressNetlink:
		return fmt.Sprintf("%s %d", a.Family, a.Group)
	case AddressNone:
	}
	return ""
}
