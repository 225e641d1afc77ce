package process

import (
	"fmt"
	"syscall"

	"wakesock/internal/value"
)

// A Config is what is the same for all processes that one manager starts. It
// must not change while plans compiled with it are in use.
type Config struct {
	Env     []string // "K=V": what every service gets (PATH, LANG, set-environment); in user mode all that the manager has
	Environ []string // "K=V": the manager's own environment block, the source of PassEnvironment=; nil for the block of this process
	User    bool     // user mode: credentials cannot change, and services start in the home directory
	Null    int      // a descriptor of /dev/null, read-write, low and kept open; -1: the child opens it

	// Tidy says that every descriptor from 3 on is close-on-exec and that the
	// working directory is "/", so that a child need not see to it: 5 µs less.
	Tidy bool
}

// A Start is what differs between two starts of one plan. A descriptor of -1 is
// none. The descriptors must be close-on-exec and stay the caller's to close.
type Start struct {
	Vars []string // "K=V": the manager's variables of this start; Environment= overrides them. An empty WATCHDOG_PID= is filled with the child's pid

	// Descriptors for the streams that the plan cannot make itself: socket (the
	// connection), journal and kmsg (a stream into the journal), fd (the named
	// descriptor). Without one, a socket or journal stream falls back to
	// /dev/null, and an output of kind socket to the input, as in systemd.
	Stdin, Stdout, Stderr int

	Listen    []int    // descriptors to pass from 3 on, with LISTEN_FDS; nil: none
	Names     []string // their names for LISTEN_FDNAMES; a missing one is "unknown"
	CgroupFD  int      // a directory of cgroup v2 to start the child in
	Ahead     bool     // do not wait until the child is the program: see LateFailure
	NoSession bool     // a process group of its own (setpgid) instead of a session (setsid), which costs more
}

// A Failure says why a child ended before it became the program.
type Failure struct {
	Status int           // exit status of the child, an ExitStatus of systemd.exec(5): 203
	Errno  syscall.Errno // what the kernel said
	Step   string        // the step as Plan.String prints it: `chdir("/srv")`
	Text   string        // `change directory to "/srv": no such file or directory (200/CHDIR)`
}

func (f *Failure) Error() string { return f.Text }

func (f *Failure) Unwrap() error { return f.Errno }

// How a process ended, in the words of $EXIT_CODE.
const (
	Exited = "exited"
	Killed = "killed"
	Dumped = "dumped"
)

// An Exit is how a process ended.
type Exit struct {
	PID    int
	Code   string // Exited, Killed or Dumped
	Status int    // exit status, or the number of the signal
}

// String prints "203/EXEC" or "15/TERM", as systemctl status does.
func (e Exit) String() string {
	if e.Code == Exited {
		return StatusName(e.Status)
	}
	return fmt.Sprintf("%d/%s", e.Status, value.Signal(e.Status).Name())
}
