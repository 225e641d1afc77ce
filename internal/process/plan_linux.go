package process

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// A Plan is a command of a unit made ready to be started any number of times, by
// one goroutine at a time. In the child, in this order:
//
//   - own descriptor table, session or process group, signal dispositions, umask
//   - standard streams and passed descriptors; every other one is closed
//   - OOM score, nice level, resource limits
//   - groups, group, user; from here on without privileges
//   - working directory (which only the user may be able to reach)
//   - signal mask, execve
//
// The order is that of systemd: files for streams are opened as root, limits are
// raised as root, the directory is entered as the user.
//
// A child that changes its user still shares the memory of the manager until its
// execve. The kernel makes the memory undumpable then, so the user cannot trace
// it, and the manager stays undumpable. The user could stop the child in these
// microseconds (SIGSTOP), which holds up the goroutine that called Start.
type Plan struct {
	config  *Config
	unit    *unit.Unit
	command *unit.Command
	path    string // of the program, after the look-up

	streams [3]Resolved
	after   steps // all that follows the descriptors
	keep    [][]byte
	stale   bool // a user or program was missing: compile again, it may be there now

	low, high   variables // environment before and after the variables of a start
	argv        []uintptr
	slow        bool    // the environment must be put together for each start
	nonblocking uintptr // O_NONBLOCK or 0
	umask       about

	*birth          // of the start at hand
	births []*birth // all, those of children under way too
	proven bool     // a child has become the program since the plan was compiled
}

// Compile makes a plan for a command of u. A user, group or program that does not
// exist is no error: its plan makes a child that exits with 217/USER, 216/GROUP or
// 203/EXEC, and looks again at the next start. An error is a command that cannot be
// laid out at all.
func Compile(c *Config, u *unit.Unit, cmd *unit.Command) (*Plan, error) {
	p := &Plan{config: c, unit: u, command: cmd}
	p.conceive()
	if err := p.compile(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Plan) compile() error {
	c, x, cmd := p.config, p.unit.Exec, p.command
	switch {
	case x == nil:
		return fmt.Errorf("start %q: unit %s has no section for execution", cmd.Path, p.unit.Name)
	case len(cmd.Args) == 0:
		return fmt.Errorf("start %q: the command has no arguments, not even its name", cmd.Path)
	case hasNUL(cmd.Path) || hasNUL(cmd.Args...) || hasNUL(x.Environment...) || hasNUL(c.Env...):
		return fmt.Errorf("start %q: a NUL byte in path, arguments or environment", cmd.Path)
	}
	p.stale, p.keep, p.proven = false, nil, false
	p.after.reset()
	p.streams[0], p.streams[1], p.streams[2] = Streams(p.unit)
	if p.unit.Service != nil && p.unit.Service.NonBlocking {
		p.nonblocking = unix.O_NONBLOCK
	}
	p.umask = about{fmt.Sprintf("umask(%04o)", uint32(x.UMask)), "set the umask", "UMask="}
	id := identify(c, x)
	path, found := findProgram(cmd.Path, x.ExecSearchPath)
	p.path = path
	p.stale = id.problem != nil || !found

	p.oomScore(x)
	p.nice(x)
	if cmd.Privilege != unit.PrivilegeFull {
		p.resourceLimits(x)
	}
	switch cmd.Privilege {
	case unit.PrivilegeNormal, unit.PrivilegeAmbient:
		p.credentials(&id)
	case unit.PrivilegeFull, unit.PrivilegeNoSetuid:
	}
	p.workingDirectory(x, &id)
	p.after.add(about{"rt_sigprocmask(SIG_SETMASK, [])", "unblock signals", ""}, StatusSignalMask,
		unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, p.hold(make([]byte, 8)), 0, 8)

	own := high(c, x)
	p.high = p.variables(without(own, x.UnsetEnvironment))
	p.low = p.variables(without(merge(c.Env, id.variables()), x.UnsetEnvironment, names(own)))
	p.slow = len(x.EnvironmentFile) > 0 || !cmd.Verbatim && slices.ContainsFunc(cmd.Args, func(a string) bool { return strings.Contains(a, "$") })
	if !p.slow {
		p.argv = p.arguments(cmd.Args)
	}
	if !found {
		p.fail(about{"execve(?)", fmt.Sprintf("find program %q in %s", cmd.Path, strings.Join(searched(x), ":")), "Exec…="},
			StatusExec, syscall.ENOENT)
		return nil
	}
	p.after.add(about{fmt.Sprintf("execve(%q)", path), "exec " + path, "Exec…="}, StatusExec,
		unix.SYS_EXECVE, p.hold(cstring(path)), 0, 0)
	return nil
}

// hold keeps b for the life of the plan and returns its address.
func (p *Plan) hold(b []byte) uintptr {
	p.keep = append(p.keep, b)
	return address(&b[0])
}

// fail adds a step that always fails.
func (p *Plan) fail(a about, status int, errno syscall.Errno) {
	if a.call == "" {
		a.call = "fail: " + a.what
	}
	p.after.add(a, status, opFail, uintptr(errno))
}

func (p *Plan) oomScore(x *unit.Exec) {
	if !x.OOMScoreAdjustSet {
		return
	}
	const directive = "OOMScoreAdjust="
	text := fmt.Sprint(x.OOMScoreAdjust)
	open := p.after.add(about{`openat("/proc/self/oom_score_adj", O_WRONLY)`, "open /proc/self/oom_score_adj", directive},
		StatusOOMAdjust, unix.SYS_OPENAT, atCWD, p.hold(cstring("/proc/self/oom_score_adj")), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	// A container may forbid it; systemd goes on then, and so does this.
	open.forgive, open.forgive2, open.save = unix.EACCES, unix.EPERM, save1
	write := p.after.add(about{fmt.Sprintf("write(-, %q)", text), "set the OOM score to " + text, directive},
		StatusOOMAdjust, unix.SYS_WRITE, all, p.hold([]byte(text)), uintptr(len(text)))
	write.forgive, write.forgive2 = unix.EACCES, unix.EBADF
	if x.OOMScoreAdjust < 0 && !mayRaise() {
		write.forgive = anyError
	}
}

func (p *Plan) nice(x *unit.Exec) {
	if x.NiceSet {
		p.after.add(about{fmt.Sprintf("setpriority(PRIO_PROCESS, 0, %d)", x.Nice), fmt.Sprintf("set nice level %d", x.Nice), "Nice="},
			StatusNice, unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, uintptr(x.Nice))
	}
}

// workingDirectory adds the chdir. Without WorkingDirectory= it is / in system
// mode and the home directory in user mode, where a missing one does not matter.
func (p *Plan) workingDirectory(x *unit.Exec, id *identity) {
	w := x.WorkingDirectory
	home := id.home
	if home == "" {
		home = ownHome()
	}
	switch {
	case w.Home:
		w.Path = home
	case w.Path == "" && p.config.User:
		w.Path, w.Ignore = home, true
	}
	if w.Path == "" && w.Home && !w.Ignore {
		p.fail(about{"", "find the home directory", "WorkingDirectory="}, StatusChdir, syscall.ENXIO)
		return
	}
	if w.Path == "" && !p.config.Tidy || w.Ignore {
		p.chdir("/", "").forgive = anyError
	}
	if w.Path != "" {
		s := p.chdir(w.Path, "WorkingDirectory=")
		if w.Ignore {
			s.forgive = anyError
		}
	}
}

func (p *Plan) chdir(path, directive string) *step {
	return p.after.add(about{fmt.Sprintf("chdir(%q)", path), fmt.Sprintf("change directory to %q", path), directive},
		StatusChdir, unix.SYS_CHDIR, p.hold(cstring(path)))
}

// ignoredSignals are those that this process ignores. CLONE_CLEAR_SIGHAND leaves
// them so, and a service expects the default. They are asked for once: a manager
// changes its mind about signals before its first start, or never.
var ignoredSignals = sync.OnceValue(func() []int {
	var ignored []int
	for sig := 1; sig <= 64; sig++ {
		var old [4]uintptr // struct sigaction of the kernel
		_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&old)), 8, 0, 0)
		if e == 0 && old[0] == 1 {
			ignored = append(ignored, sig)
		}
	}
	return ignored
})

// String prints the plan as a list of system calls. Descriptors that a start
// would bring are numbered from the one of /dev/null on.
func (p *Plan) String() string {
	fds := [3]int{-1, -1, -1}
	next := max(p.config.Null, 2) + 1
	for t, r := range p.streams {
		switch {
		case r.Kind == "socket":
			fds[t] = max(p.config.Null, 2) + 1
		case r.Kind == "fd" || r.Journal():
			next++
			fds[t] = next
		}
	}
	// A copy, because a start may follow that should find its buffers as they were.
	c := *p
	c.birth = &birth{plan: &c}
	defer c.release()
	s := &Start{Stdin: fds[0], Stdout: fds[1], Stderr: fds[2], CgroupFD: -1}
	if _, err := c.environ(s); err != nil {
		c.pids = append(c.pids[:0], 0)
	}
	if err := c.layOut(s, mode{clone3: true, unshare: true}); err != nil {
		return err.Error() + "\n"
	}
	return c.run.String()
}

// searched is the search path in force.
func searched(x *unit.Exec) []string {
	if len(x.ExecSearchPath) > 0 {
		return x.ExecSearchPath
	}
	return searchPath
}

func hasNUL(list ...string) bool {
	for _, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			return true
		}
	}
	return false
}
