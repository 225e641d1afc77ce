//go:build !linux

package listen

import (
	"errors"

	"wakesock/internal/unit"
)

// Open is not available on this system.
func Open(*unit.Unit, *Set) (*Set, error) { return nil, errors.ErrUnsupported }

// Close does nothing on this system.
func (s *Set) Close(bool) {}

// Flush does nothing on this system.
func (s *Set) Flush() {}

// Accept is not available on this system.
func Accept(int) (Conn, error) { return Conn{FD: -1}, errors.ErrUnsupported }

// Setup does nothing on this system.
func (s *Set) Setup(*Conn) {}

// Cookie is not available on this system.
func Cookie(int) uint64 { return 0 }
