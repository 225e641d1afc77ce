//go:build !linux

package notify

import "errors"

// ErrAgain says that nothing is there.
var ErrAgain = errors.New("no notification is there")

// A Socket exists on Linux only.
type Socket struct{}

// Open fails: the credentials of senders are Linux's.
func Open(string) (*Socket, error) { return nil, errors.ErrUnsupported }

// FD is none.
func (*Socket) FD() int { return -1 }

// Address is empty.
func (*Socket) Address() string { return "" }

// Close does nothing.
func (*Socket) Close() {}

// A Datagram exists on Linux only.
type Datagram struct {
	PID      int
	UID, GID uint32
	Message  *Message
	FDs      []int
	Problem  string
}

// Close does nothing.
func (*Datagram) Close() {}

// Receive has nothing.
func (*Socket) Receive() (*Datagram, error) { return nil, ErrAgain }
