package process

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A birth is what one start needs until its child has become the program: the
// child reads and writes this memory. They are kept, to spare allocations.
type birth struct {
	plan   *Plan
	run    steps
	launch launch

	arena   []byte // variables of the start, NUL-terminated
	envp    []uintptr
	vars    []string
	pids    []uintptr // where the child writes its pid
	opened  []int     // descriptors to close after the start
	held    [][]byte  // memory that steps of the start refer to
	patient bool      // a step may block
	limit   [2]uint64 // struct rlimit that marks the child
	keep    [][]byte  // of the plan, which may be compiled anew meanwhile
	argv    []uintptr
	placement
}

// mostUnderWay is how many children of a plan may be under way at once. With more
// than there are processors nothing is gained.
const mostUnderWay = 16

// conceive gives the plan a birth whose memory no child uses. If too many children
// are under way it waits for one of them.
func (p *Plan) conceive() {
	for {
		p.births = slices.DeleteFunc(p.births, func(b *birth) bool {
			failed := !b.underWay() && b.launch.failed != 0
			if failed { // LateFailure needs it; and the next start is made with care
				p.proven = false
			}
			return failed
		})
		for _, b := range p.births {
			if !b.underWay() {
				p.birth = b
				return
			}
		}
		if len(p.births) < mostUnderWay {
			p.birth = &birth{plan: p}
			p.births = append(p.births, p.birth)
			return
		}
		p.births[0].wait(time.Millisecond)
	}
}

// underWay says whether a child that nobody waited for may still use the memory.
func (b *birth) underWay() bool { return atomic.LoadInt32(&b.launch.alive) != 0 }

// wait waits until the child uses the memory no more, at most for d.
func (b *birth) wait(d time.Duration) {
	limit := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, address(&b.launch.alive), 0, 1, uintptr(unsafe.Pointer(&limit)), 0, 0)
}

// failure describes the step that failed; nil if none did.
func (b *birth) failure() *Failure {
	i := b.failedStep()
	if i < 0 {
		return nil
	}
	p, st, a, errno := b.plan, &b.run.step[i], &b.run.about[i], b.launch.errno
	why := errno.Error()
	switch {
	case st.nr == unix.SYS_EXECVE:
		why = whyNoExec(p.path, errno)
		p.stale = errno == syscall.ENOENT
	case st.nr == opFail && a.call != "execve(?)" && errno == syscall.EPERM:
		why = "" // the text says it
	}
	text := a.what
	if why != "" {
		text += ": " + why
	}
	return &Failure{Status: st.status, Errno: errno, Step: b.run.call(i),
		Text: fmt.Sprintf("%s (%s)", text, StatusName(st.status))}
}

// failedStep is the index of the step that failed, -1 if none did.
func (b *birth) failedStep() int {
	l := &b.launch
	if l.failed == 0 {
		return -1
	}
	i := int((l.failed - l.first) / unsafe.Sizeof(step{}))
	if i < 0 || i >= len(b.run.step) {
		panic(fmt.Sprintf("BUG: child reports step %d of %d", i, len(b.run.step)))
	}
	return i
}

// births are those that nobody waited for: their children are under way, or have
// failed and nobody has asked why. They keep the memory alive that the children use.
type births struct {
	mu  sync.Mutex
	all []*birth
}

var ahead births

// mostFailed is how many failures are kept for LateFailure.
const mostFailed = 256

// add takes b in, and lets go of those that have become the program.
func (a *births) add(b *birth) {
	a.mu.Lock()
	defer a.mu.Unlock()
	failed := 0
	a.all = slices.DeleteFunc(a.all, func(b *birth) bool {
		if b.underWay() {
			return false
		}
		if b.launch.failed != 0 {
			failed++
		}
		return b.launch.failed == 0 || failed > mostFailed
	})
	a.all = append(a.all, b)
}

// LateFailure says why the child pid of a start with Start.Ahead, which has been
// reaped, did not become the program; nil if it did. It can be asked once.
func LateFailure(pid int) *Failure {
	ahead.mu.Lock()
	defer ahead.mu.Unlock()
	for i, b := range ahead.all {
		if b.launch.pid == pid && b.launch.failed != 0 {
			ahead.all = slices.Delete(ahead.all, i, i+1)
			return b.failure()
		}
	}
	return nil
}
