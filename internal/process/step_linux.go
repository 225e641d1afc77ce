package process

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// A step is one system call of a plan, laid out for the walk in assembly. All
// its numbers are final before the child exists, but for the result of an
// earlier step that save stores into it.
type step struct {
	nr       int           // system call number, or one of the operations below
	args     [6]uintptr    // addresses refer to memory that the plan keeps
	save     uintptr       // where to store the result, in bytes from this step; 0: nowhere
	forgive  syscall.Errno // an error that counts as success; anyError for each
	forgive2 syscall.Errno // another
	status   int           // exit status when the step fails
}

// Operations that are no system calls. The walk knows them by their sign.
const (
	opPID  = -1 // write the child's pid in decimal and a NUL to the address args[0]
	opFail = -2 // fail with the error args[0]
)

// anyError in step.forgive makes every failure of the step count as success.
const anyError = ^syscall.Errno(0)

// atCWD is AT_FDCWD, and all the end of every range.
const (
	atCWD = ^uintptr(99)
	all   = uintptr(1<<32 - 1)
)

// save1 is the save offset of the first argument of the following step.
const save1 = unsafe.Sizeof(step{}) + unsafe.Offsetof(step{}.args)

// An about says what a step is for. In call, $0 to $5 stand for its arguments.
type about struct {
	call      string // `chdir("/srv")`
	what      string // `change directory to "/srv"`, the beginning of an error
	directive string // "WorkingDirectory=", empty if no directive asks for the step
}

// steps is a list of steps with what they are for; the two slices run in parallel.
type steps struct {
	step  []step
	about []about
}

// add appends a step. The pointer is good until the next one is added.
func (s *steps) add(a about, status, nr int, args ...uintptr) *step {
	s.step = append(s.step, step{nr: nr, status: status})
	s.about = append(s.about, a)
	t := &s.step[len(s.step)-1]
	copy(t.args[:], args)
	return t
}

// append copies all steps of o to the end of s.
func (s *steps) append(o *steps) {
	s.step = append(s.step, o.step...)
	s.about = append(s.about, o.about...)
}

func (s *steps) reset() { s.step, s.about = s.step[:0], s.about[:0] }

// call prints step i as a system call.
func (s *steps) call(i int) string {
	c := s.about[i].call
	for n, a := range s.step[i].args {
		c = strings.ReplaceAll(c, "$"+strconv.Itoa(n), strconv.Itoa(int(a)))
	}
	return c
}

// String prints one step a line: number, call, exit status on failure, directive.
func (s *steps) String() string {
	var b strings.Builder
	for i := range s.step {
		status := StatusName(s.step[i].status)
		if s.step[i].forgive == anyError {
			status = "(ignored)"
		}
		line := fmt.Sprintf("%2d  %-52s %-15s %s", i+1, s.call(i), status, s.about[i].directive)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// address is where a value's first byte is, for the argument of a step. The
// collector does not move the heap; who takes an address keeps the value.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// cstring is s with the NUL that the kernel wants.
func cstring(s string) []byte { return append([]byte(s), 0) }
