//go:build !linux

package cgroup

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Tree exists on Linux only.
type Tree struct{}

// Open fails: control groups are Linux's.
func Open(string) (*Tree, error) { return nil, unsupported("control groups exist on Linux only") }

// Path is empty.
func (*Tree) Path() string { return "" }

// FD is none.
func (*Tree) FD() int { return -1 }

// Groups are none.
func (*Tree) Groups() []*Group { return nil }

// Make fails.
func (*Tree) Make(unit.Name) (*Group, error) {
	return nil, unsupported("control groups exist on Linux only")
}

// Changed has no news.
func (*Tree) Changed() []*Group { return nil }

// Close does nothing.
func (*Tree) Close() error { return nil }

// A Group exists on Linux only.
type Group struct{}

// Unit is nobody.
func (*Group) Unit() unit.Name { return "" }

// Path is empty.
func (*Group) Path() string { return "" }

// Open fails.
func (*Group) Open() (int, error) { return -1, unsupported("control groups exist on Linux only") }

// Populated is false.
func (*Group) Populated() bool { return false }

// Processes are none.
func (*Group) Processes() ([]int, error) { return nil, nil }

// Signal does nothing.
func (*Group) Signal(value.Signal, ...int) error { return nil }

// OOMKills is not known.
func (*Group) OOMKills() (int, bool) { return 0, false }

// KillTogether does nothing.
func (*Group) KillTogether(bool) {}

// CPU is not known.
func (*Group) CPU() (int64, bool) { return 0, false }

// Remove does nothing.
func (*Group) Remove() error { return nil }
