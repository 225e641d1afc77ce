package process

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ChildSignal is what happens to this process at SIGCHLD. The zero value leaves
// it as the Go runtime has it: a handler that runs for each child that ends,
// which costs some 20 µs when thousands of them do. Muted, the kernel throws the
// signal away and children are waited for all the same (SIG_DFL; SIG_IGN would
// reap them).
type ChildSignal struct {
	muted bool
	saved sigaction
}

// A sigaction has room for struct sigaction of rt_sigaction(2) on every
// architecture; all zero is SIG_DFL.
type sigaction [8]uintptr

// Mute has the kernel drop the signal.
func (s *ChildSignal) Mute() {
	if !s.muted {
		var zero sigaction
		s.muted = act(&zero, &s.saved)
	}
}

// Unmute gives the signal back to the handler. What ended before was not told.
func (s *ChildSignal) Unmute() {
	if s.muted {
		s.muted = !act(&s.saved, nil)
	}
}

func act(set, old *sigaction) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	return errno == 0
}
