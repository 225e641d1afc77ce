package process

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

// SetSubreaper makes this process the parent of every orphan below it, as PID 1
// is anyway.
func SetSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	return nil
}

// Reap collects one child that has ended, an adopted orphan included. It does not
// wait; false means that none has ended.
func Reap() (Exit, bool) { return reap(-1) }

// ReapPID is Reap for one child.
func ReapPID(pid int) (Exit, bool) { return reap(pid) }

func reap(pid int) (Exit, bool) {
	var ws unix.WaitStatus
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_WAIT4, uintptr(pid), uintptr(unsafe.Pointer(&ws)), unix.WNOHANG|unix.WALL, 0, 0, 0)
		got := int(r)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || got <= 0 {
			return Exit{}, false
		}
		return exitOf(got, ws), true
	}
}

func exitOf(pid int, ws unix.WaitStatus) Exit {
	switch {
	case ws.CoreDump():
		return Exit{pid, Dumped, int(ws.Signal())}
	case ws.Signaled():
		return Exit{pid, Killed, int(ws.Signal())}
	}
	return Exit{pid, Exited, ws.ExitStatus()}
}

// Signal sends a signal to one process. A process that is gone is the error ESRCH.
func Signal(pid int, sig value.Signal) error {
	if pid <= 0 {
		return fmt.Errorf("signal process %d: %w", pid, unix.EINVAL)
	}
	if err := unix.Kill(pid, syscall.Signal(sig)); err != nil {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// SignalGroup sends a signal to all processes of a process group.
func SignalGroup(pgid int, sig value.Signal) error {
	if pgid <= 1 { // kill(-1) is everybody
		return fmt.Errorf("signal process group %d: %w", pgid, unix.EINVAL)
	}
	if err := unix.Kill(-pgid, syscall.Signal(sig)); err != nil {
		return fmt.Errorf("signal process group %d: %w", pgid, err)
	}
	return nil
}

// GroupAlive says whether a process group has members, zombies that nobody has
// reaped included. It costs less than a microsecond, and after the main process of
// a run is reaped it tells whether the run left something behind. What has made a
// session or group of its own is found by [Descendants] only.
func GroupAlive(pgid int) bool {
	if pgid <= 1 {
		return false
	}
	err := unix.Kill(-pgid, 0)
	return err == nil || err == unix.EPERM
}

// OpenPIDFD opens a descriptor that becomes readable when the process ends. The
// caller closes it.
func OpenPIDFD(pid int) (fd int, err error) {
	fd, err = unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err == unix.EINVAL { // before Linux 5.10
		fd, err = unix.PidfdOpen(pid, 0)
	}
	if err != nil {
		return -1, fmt.Errorf("open a descriptor of process %d: %w", pid, err)
	}
	return fd, nil
}
