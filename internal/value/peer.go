package value

// Peers: who is at the other end of an accepted connection, and the texts that
// are made of it: the instance name of the service that serves it, the
// variables in that service's environment, the key it is counted by.

import (
	"fmt"
	"net/netip"
	"strconv"
)

// A PeerFamily is the address family of a connection.
type PeerFamily int

// The families of connections that can be accepted.
const (
	PeerNone  PeerFamily = iota // nothing is known: the zero Peer
	PeerInet                    // Local and Remote
	PeerUnix                    // PID, UID, GID and Path
	PeerVsock                   // LocalCID, LocalPort, CID and Port
)

// A Peer is the two ends of an accepted connection. Which fields count depends
// on Family; the others are zero.
type Peer struct {
	Family PeerFamily

	// Local and Remote of TCP and its sisters. An IPv4 client of an IPv6 socket
	// has IPv4-mapped addresses; a link-local one has the interface's name as zone.
	Local, Remote netip.AddrPort

	PID      int32  // as connect(2) found it; 0 where it is in a PID namespace that is not ours
	UID, GID uint32 // likewise
	Path     string // what the client has bound its socket to: "/path", "@abstract", mostly ""

	LocalCID, LocalPort uint32
	CID, Port           uint32

	Cookie uint64 // SO_COOKIE; 0: was not asked for
}

// Instance returns the instance part of the name of the service that serves the
// n-th connection of a socket unit (counted from 0), as systemd 252 to 257 build it:
//
//	0-127.0.0.1:4444-127.0.0.1:51234    IPv4, also where it came in by an IPv6 socket
//	0-::1:4444-::1:51234                IPv6, without zone and brackets
//	0-4711-1000                         unix: the client's PID and UID
//	0-unknown                           unix, where the PID cannot be known
//	0-2:4444-3:51234                    vsock: CID and port of both ends
//
// From version 258 on systemd puts the socket's cookie (and for unix the client's
// pidfd inode) after the number; we keep the form that fits all releases before.
func (p Peer) Instance(n uint64) string {
	b := make([]byte, 0, 96)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, '-')
	switch p.Family {
	case PeerInet:
		b = appendEnd(b, p.Local)
		b = append(b, '-')
		b = appendEnd(b, p.Remote)
	case PeerUnix:
		if p.PID <= 0 {
			b = append(b, "unknown"...)
			break
		}
		b = strconv.AppendInt(b, int64(p.PID), 10)
		b = append(b, '-')
		b = strconv.AppendUint(b, uint64(p.UID), 10)
	case PeerVsock:
		b = appendPair(b, p.LocalCID, p.LocalPort)
		b = append(b, '-')
		b = appendPair(b, p.CID, p.Port)
	case PeerNone:
		b = append(b, "unknown"...)
	}
	return string(b)
}

func appendEnd(b []byte, a netip.AddrPort) []byte {
	b = a.Addr().Unmap().WithZone("").AppendTo(b)
	b = append(b, ':')
	return strconv.AppendUint(b, uint64(a.Port()), 10)
}

func appendPair(b []byte, cid, port uint32) []byte {
	b = strconv.AppendUint(b, uint64(cid), 10)
	b = append(b, ':')
	return strconv.AppendUint(b, uint64(port), 10)
}

// Env returns the assignments that the service of this connection has in its
// environment: REMOTE_ADDR= and REMOTE_PORT= for IP and vsock; for unix
// REMOTE_ADDR= where the client has bound its socket (as systemd does since 254;
// 252 sets nothing); SO_COOKIE= where Cookie is known (systemd 258).
func (p Peer) Env() []string {
	var env []string
	switch p.Family {
	case PeerInet:
		env = append(make([]string, 0, 3), "REMOTE_ADDR="+p.Remote.Addr().Unmap().String(),
			"REMOTE_PORT="+strconv.Itoa(int(p.Remote.Port())))
	case PeerVsock:
		env = append(make([]string, 0, 3), "REMOTE_ADDR=vsock:"+strconv.FormatUint(uint64(p.CID), 10),
			"REMOTE_PORT="+strconv.FormatUint(uint64(p.Port), 10))
	case PeerUnix:
		if p.Path != "" {
			env = append(env, "REMOTE_ADDR="+p.Path)
		}
	case PeerNone:
	}
	if p.Cookie != 0 {
		env = append(env, "SO_COOKIE="+strconv.FormatUint(p.Cookie, 10))
	}
	return env
}

// Source returns what MaxConnectionsPerSource= counts this connection by: the
// IP address without port and zone ("192.0.2.7", the same over IPv4 and IPv6
// sockets), "cid 3" for vsock, "uid 1000" for unix (systemd 257 counts these;
// 252 leaves unix clients uncounted). It is empty where nothing is known.
func (p Peer) Source() string {
	switch p.Family {
	case PeerInet:
		return p.Remote.Addr().Unmap().WithZone("").String()
	case PeerVsock:
		return "cid " + strconv.FormatUint(uint64(p.CID), 10)
	case PeerUnix:
		return "uid " + strconv.FormatUint(uint64(p.UID), 10)
	case PeerNone:
	}
	return ""
}

// String returns the peer for people: "127.0.0.1:51234", "[::1]:51234",
// "PID 123/UID 0", "vsock:3:51234".
func (p Peer) String() string {
	switch p.Family {
	case PeerInet:
		return netip.AddrPortFrom(p.Remote.Addr().Unmap(), p.Remote.Port()).String()
	case PeerVsock:
		return fmt.Sprintf("vsock:%d:%d", p.CID, p.Port)
	case PeerUnix:
		return fmt.Sprintf("PID %d/UID %d", p.PID, p.UID)
	case PeerNone:
	}
	return "unknown"
}
