package process

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A launch is what one clone needs and reports, laid out for spawn. It lives in
// its plan on the heap, where the child, which shares the memory, writes to it.
type launch struct {
	nr      uintptr       // clone3 or clone
	args    [2]uintptr    // of it; the others are zero
	first   uintptr       // the first step
	pid     int           // result of the clone: a pid or a negative errno
	failed  uintptr       // the step that failed; 0: none
	errno   syscall.Errno // its error
	blocked uint64        // signal mask while the child walks; 0: as it is
	before  uint64        // signal mask before
	alive   int32         // not zero while a child that nobody waits for uses this memory; the kernel clears it
	clone   cloneArgs
	swift   bool // the last start took no time to speak of
}

// swiftStart is how long a start may take for the next one of the same plan to be
// made without telling the runtime, which saves the runtime's monitor from waking
// up every 20 µs to take away what the thread holds.
const swiftStart = 2 * time.Millisecond

// A cloneArgs is struct clone_args of clone3(2), as of Linux 5.7.
type cloneArgs struct {
	flags      uint64
	_          uint64 // pidfd
	childTID   uint64 // address
	_          uint64 // parent_tid
	exitSignal uint64
	_          [5]uint64 // stack, stack_size, tls, set_tid, set_tid_size
	cgroup     uint64
}

// What the kernel lacks is found out by the first start that is refused, and
// remembered. clone3 is missing before Linux 5.5 (its CLEAR_SIGHAND), under
// seccomp filters that do not know it and in WSL1; close_range before 5.9.
var noClone3, noUnshare atomic.Bool

// A mode says how a launch clones.
type mode struct {
	clone3  bool // CLEAR_SIGHAND and INTO_CGROUP are to be had
	unshare bool // share the table of descriptors, the first step unshares it
	patient bool // a real fork: a step may block, and the parent must not
	ahead   bool // do not wait until the child is the program; a table of descriptors of its own
}

// These keep the runtime from waiting for a child that is slow to become its
// program, for instance from a network file system: the collector and the other
// goroutines go on.
//
//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// call runs spawn as a blocking system call, unless it is a swift one. Nothing may
// happen in between.
//
//go:nosplit
//go:norace
func (l *launch) call() {
	if l.swift {
		spawn(l)
		return
	}
	entersyscall()
	spawn(l)
	exitsyscall()
}

// run clones in mode m and reports the child's pid. Unless the mode is ahead, failed
// tells afterwards whether the child has become the program.
func (l *launch) run(m mode, s *steps, cgroup int) (pid int, err error) {
	flags := uint64(unix.CLONE_VM | unix.CLONE_VFORK)
	switch {
	case m.patient:
		flags = 0
	case m.ahead:
		flags = unix.CLONE_VM | unix.CLONE_CHILD_CLEARTID
	}
	if m.unshare {
		flags |= unix.CLONE_FILES
	} else {
		// The child may be unable to close what it does not need. It relies
		// on close-on-exec then, which a descriptor may get late.
		closeInherited()
		syscall.ForkLock.Lock()
		defer syscall.ForkLock.Unlock()
	}
	l.first = address(&s.step[0])
	l.failed, l.errno, l.blocked, l.before = 0, 0, ^uint64(0), 0
	if m.clone3 {
		// The child has no handlers, so that no signal can run Go code in it. And
		// the SIGCHLD of another child, where nobody waits for it, is thrown away
		// at once; if this thread blocked it, it would wake up another.
		l.blocked = 0
		l.clone = cloneArgs{flags: flags | unix.CLONE_CLEAR_SIGHAND, exitSignal: uint64(unix.SIGCHLD)}
		if m.ahead {
			l.alive = 1
			l.clone.childTID = uint64(address(&l.alive))
		}
		if cgroup >= 0 {
			l.clone.flags |= unix.CLONE_INTO_CGROUP
			l.clone.cgroup = uint64(cgroup)
		}
		l.nr, l.args = unix.SYS_CLONE3, [2]uintptr{address(&l.clone), unsafe.Sizeof(l.clone)}
	} else {
		l.nr, l.args = unix.SYS_CLONE, [2]uintptr{uintptr(flags) | uintptr(unix.SIGCHLD), 0}
	}
	began := time.Now()
	l.call()
	l.swift = m.ahead || !m.patient && time.Since(began) < swiftStart
	runtime.KeepAlive(s)
	if l.pid < 0 {
		l.alive = 0
		return 0, syscall.Errno(-l.pid)
	}
	return l.pid, nil
}

// closeInherited makes descriptors that this process was started with close on
// execve, once. Go does it for all that it opens.
var closeInherited = sync.OnceFunc(func() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
})

// refused says whether an error can mean that the kernel, or a filter in front of
// it, does not know what was asked for, so that an older way should be tried.
func refused(err error) bool {
	return err == syscall.ENOSYS || err == syscall.EPERM || err == syscall.EINVAL
}

// knowsClone3 asks for clone3 without arguments, which is invalid where it is known.
func knowsClone3() bool {
	_, _, e := syscall.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
	return e == syscall.EINVAL
}
