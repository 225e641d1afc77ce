package listen

import (
	"errors"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A File is one open descriptor that a socket unit listens on.
type File struct {
	FD         int
	Listen     unit.Listen // as the unit file says it
	Address    string      // as list-sockets prints it, with the real port where 0 was asked for
	Name       string      // FileDescriptorName=, or the unit's name
	Connection bool        // a listening stream or seqpacket socket, which connections are accepted from
}

// A Set is what one socket unit holds open.
type Set struct {
	Unit     *unit.Unit
	Files    []File   // in the order of the unit file, which is that of LISTEN_FDS
	Warnings []string // what went wrong in Open without stopping it, for the log

	held  []held    // one for each of Files
	setup [3][]call // for accepted connections, by value.PeerFamily-1
}

// A Conn is an accepted connection. FD is closed on exec and in blocking mode,
// as services expect their standard input to be. It belongs to the caller.
type Conn struct {
	FD   int
	Peer value.Peer
}

// An Error is why one of a unit's addresses could not be opened.
type Error struct {
	Index int // in unit.Socket.Listen
	err   error
}

func (e *Error) Error() string { return e.err.Error() }
func (e *Error) Unwrap() error { return e.err }

// Errors of Accept that the caller has an answer to.
var (
	// ErrAgain says that no connection is waiting.
	ErrAgain = errors.New("no connection is waiting")
	// ErrDescriptors says that this process or the machine is out of file
	// descriptors or of memory for one; the connection stays in the backlog.
	ErrDescriptors = errors.New("out of file descriptors")
)

// A key is what makes an open file the one that a unit asks for. When a reload
// does not change it, the descriptor is kept.
type key struct {
	unit.Listen
	protocol, ipv6Only, device string // of IP sockets only
	writable                   bool   // of special files only
}

func keyOf(l unit.Listen, s *unit.Socket) key {
	k := key{Listen: l}
	switch {
	case l.Protocol == unit.ListenSpecial:
		k.writable = s.Writable
	case l.Address.Kind == value.AddressInet, l.Address.Kind == value.AddressPort:
		k.protocol, k.ipv6Only, k.device = s.SocketProtocol, s.BindIPv6Only, s.BindToDevice
	}
	return k
}

// held is what we know about a File beyond what others need.
type held struct {
	key  key
	kind kind  // 0: not a socket
	sock proto // what to give to socket(2) for another like it
	node node  // where it is in the file system
}

// A kind is a kind of socket, one bit, as the option table sorts them.
type kind uint

const (
	kindStream4 kind = 1 << iota
	kindStream6
	kindPacket4
	kindPacket6
	kindUnix
	kindNetlink
	kindVsock
)

// proto is the three arguments of socket(2).
type proto struct{ domain, typ, number int }

// A node is a file in the file system that stands for an open socket or FIFO.
// The zero node is none.
type node struct {
	path     string
	dev, ino uint64
}

// A call is a setsockopt(2) of an int, ready to be made.
type call struct{ level, opt, value int }
