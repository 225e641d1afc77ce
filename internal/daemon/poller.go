package daemon

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller is the loop's set of descriptors to wait for. The loop looks and naps
// in it directly. To sleep it waits in the Go runtime's own poller: a thread
// blocked in epoll_wait for long would cost the runtime's monitor a thousand
// microseconds of spinning for every lone connection.
//
// Between the two stands the gate, a poll set with one member, the loop's set.
// The runtime knows the gate alone, and the gate is open only while the loop
// sleeps: otherwise every event would wake up a thread of the runtime's for
// nothing, while the loop is busy with it already.
type poller struct {
	fd     int
	gate   *os.File
	raw    syscall.RawConn // of the gate
	gateFD int
	wakeFD int // an eventfd: written by other goroutines
	events [64]unix.EpollEvent
	n      int // events of the last wait
}

func newPoller() (p *poller, err error) {
	p = &poller{}
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	if p.gateFD, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	if err := unix.EpollCtl(p.gateFD, unix.EPOLL_CTL_ADD, p.fd, &unix.EpollEvent{}); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	if err := unix.SetNonblock(p.gateFD, true); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	p.gate = os.NewFile(uintptr(p.gateFD), "epoll")
	if p.raw, err = p.gate.SyscallConn(); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	if err := p.gate.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	if p.wakeFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("create a poll set: %w", err)
	}
	return p, p.add(p.wakeFD, unix.EPOLLIN)
}

func (p *poller) close() {
	_ = p.gate.Close()
	_ = unix.Close(p.fd)
	_ = unix.Close(p.wakeFD)
}

// add waits for events on fd; they are told by its number.
func (p *poller) add(fd int, events uint32) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (p *poller) remove(fd int) {
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil)
}

// look fetches what is ready now.
func (p *poller) look() bool { return p.wait(0) }

// napTime is how long a nap takes at most, in milliseconds.
const napTime = 1

// nap waits a moment for something to be ready. Where connections keep coming it
// ends in microseconds and costs a third of a sleep, for the scheduler does not
// hear of it: the processor stays taken, which no one may do for long.
func (p *poller) nap() bool { return p.wait(napTime) }

// wait fetches what is ready within some milliseconds, without telling the
// scheduler about the system call.
func (p *poller) wait(milliseconds uintptr) bool {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), uintptr(len(p.events)), milliseconds, 0, 0)
	p.n = 0
	if errno == 0 {
		p.n = int(n)
	}
	return p.n > 0
}

// sleep waits until something is ready or the time has come; zero means no time.
func (p *poller) sleep(until time.Time) error {
	if err := p.gate.SetReadDeadline(until); err != nil {
		return fmt.Errorf("wait for events: %w", err)
	}
	err := p.raw.Read(func(uintptr) bool {
		if p.look() {
			return true
		}
		p.open()
		return p.look() // what came before the gate was open went unnoticed
	})
	p.shut()
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("wait for events: %w", err)
	}
	return nil
}

// open has the gate tell the runtime of events from now on.
func (p *poller) open() {
	_ = unix.EpollCtl(p.gateFD, unix.EPOLL_CTL_MOD, p.fd, &unix.EpollEvent{Events: unix.EPOLLIN})
}

// shut closes the gate.
func (p *poller) shut() {
	_ = unix.EpollCtl(p.gateFD, unix.EPOLL_CTL_MOD, p.fd, &unix.EpollEvent{})
}

// wake ends a sleep from another goroutine.
func (p *poller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakeFD, one[:])
}

// awake takes note of wake calls.
func (p *poller) awake() {
	var count [8]byte
	_, _ = unix.Read(p.wakeFD, count[:])
}
