//go:build !linux

package process

import (
	"errors"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Plan exists on Linux only.
type Plan struct{}

// Compile fails: plans are made of Linux system calls.
func Compile(*Config, *unit.Unit, *unit.Command) (*Plan, error) { return nil, errors.ErrUnsupported }

// Start fails.
func (*Plan) Start(*Start) (int, *Failure, error) { return 0, nil, errors.ErrUnsupported }

// LateFailure knows of none.
func LateFailure(int) *Failure { return nil }

func (*Plan) String() string { return "" }

// IsResource has no error to recognise.
func IsResource(error) bool { return false }

// InheritedLimits knows of none.
func InheritedLimits() map[string]value.Limit { return nil }

// Identity is always the manager's.
func Identity(*Config, *unit.Exec) (uid, gid int) { return -1, -1 }

// A Process is one entry of /proc.
type Process struct {
	PID, PPID, PGID, SID int
	Start                uint64
	State                byte
	Threads              int
	Memory               uint64
	Name                 string
	Invocation           string
}

// SetSubreaper fails.
func SetSubreaper() error { return errors.ErrUnsupported }

// Reap finds none.
func Reap() (Exit, bool) { return Exit{}, false }

// ReapPID finds none.
func ReapPID(int) (Exit, bool) { return Exit{}, false }

// Signal fails.
func Signal(int, value.Signal) error { return errors.ErrUnsupported }

// SignalGroup fails.
func SignalGroup(int, value.Signal) error { return errors.ErrUnsupported }

// GroupAlive knows of none.
func GroupAlive(int) bool { return false }

// OpenPIDFD fails.
func OpenPIDFD(int) (int, error) { return -1, errors.ErrUnsupported }

// Descendants fails.
func Descendants() ([]Process, error) { return nil, errors.ErrUnsupported }

// Usage counts nothing.
func Usage([]int) (memory uint64, tasks int) { return 0, 0 }

// Look finds none.
func Look(int) (Process, bool) { return Process{}, false }
