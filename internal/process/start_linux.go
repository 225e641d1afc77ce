package process

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Start starts the plan's program. It returns once the child has become the
// program or has failed. A Failure is of the child: pid has ended with its Status and
// is still to be reaped. An error means that there is no child: the kernel would not
// fork, or an EnvironmentFile= cannot be read (systemd's result "resources").
//
// Where a stream is a FIFO, a terminal or another file whose opening may wait for
// somebody, Start does not wait: a failure shows in the exit status alone.
//
// Nor does it wait with Start.Ahead, once a child of the plan has become the program
// before. LateFailure tells the failure then, after the child has been reaped.
func (p *Plan) Start(s *Start) (pid int, failure *Failure, err error) {
	if p.stale {
		if err := p.compile(); err != nil {
			return 0, nil, err
		}
	}
	p.conceive()
	defer p.release()
	for {
		m := mode{clone3: !noClone3.Load()}
		m.ahead = s.Ahead && p.proven && m.clone3
		m.unshare = !m.ahead && !noUnshare.Load()
		if err := p.prepare(s, m); err != nil {
			return 0, nil, fmt.Errorf("start %s: %w", p.path, err)
		}
		m.patient = p.patient
		m.unshare = m.unshare && !p.patient
		m.ahead = m.ahead && !p.patient
		cgroup := s.CgroupFD
		if !m.clone3 {
			cgroup = -1
		}
		pid, err := p.launch.run(m, &p.run, cgroup)
		runtime.KeepAlive(p)
		switch {
		case err != nil && m.clone3 && refused(err) && (cgroup < 0 || !knowsClone3()):
			noClone3.Store(true)
			continue
		case err != nil && !m.clone3 && m.unshare && refused(err): // emulators
			noUnshare.Store(true)
			continue
		case err != nil:
			return 0, nil, fmt.Errorf("start %s: %w", p.path, err)
		case m.ahead:
			ahead.add(p.birth)
			return pid, nil, nil
		}
		failed := p.birth.failedStep()
		switch {
		case failed < 0:
			p.proven = !p.patient
			return pid, nil, nil
		case p.run.about[failed] == unshareAbout && refused(p.launch.errno):
			noUnshare.Store(true)
			_, _ = unix.Wait4(pid, nil, 0, nil)
			continue
		}
		failure = p.birth.failure()
		p.launch.failed = 0
		return pid, failure, nil
	}
}

// prepare lays out all steps of a start.
func (p *Plan) prepare(s *Start, m mode) error {
	argv, err := p.environ(s)
	if err != nil {
		return err
	}
	if err := p.layOut(s, m); err != nil {
		return err
	}
	last := &p.run.step[len(p.run.step)-1]
	if last.nr == unix.SYS_EXECVE {
		p.birth.keep, p.birth.argv = p.keep, argv
		last.args[1], last.args[2] = address(&argv[0]), address(&p.envp[0])
	}
	return nil
}

// layOut puts the steps of a start together, all but the arguments of execve.
func (p *Plan) layOut(s *Start, m mode) error {
	p.run.reset()
	if err := p.descriptors(s, m); err != nil {
		return err
	}
	p.run.append(&p.after)
	return nil
}

// process adds the steps that make the child a process of its own kind.
func (p *Plan) process(s *Start, m mode) {
	x := p.unit.Exec
	if s.CgroupFD >= 0 && !m.clone3 {
		p.run.add(about{`openat($0, "cgroup.procs", O_WRONLY)`, "open cgroup.procs", ""}, StatusCgroup,
			unix.SYS_OPENAT, uintptr(s.CgroupFD), p.temporary(cstring("cgroup.procs")), unix.O_WRONLY|unix.O_CLOEXEC).save = save1
		p.run.add(about{`write(-, "0")`, "enter the cgroup", ""}, StatusCgroup,
			unix.SYS_WRITE, all, p.temporary([]byte("0")), 1)
	}
	if s.NoSession {
		p.run.add(about{"setpgid(0, 0)", "make a process group", ""}, StatusSetsid, unix.SYS_SETPGID, 0, 0)
	} else {
		p.run.add(about{"setsid()", "make a session", ""}, StatusSetsid, unix.SYS_SETSID)
	}
	if m.clone3 {
		for _, sig := range ignoredSignals() {
			if sig != int(unix.SIGPIPE) {
				p.disposition(sig, false)
			}
		}
		p.disposition(int(unix.SIGPIPE), x.IgnoreSIGPIPE) // a manager ignores it, its services may not
	} else {
		for sig := 1; sig <= 64; sig++ {
			if sig != int(unix.SIGKILL) && sig != int(unix.SIGSTOP) {
				p.disposition(sig, sig == int(unix.SIGPIPE) && x.IgnoreSIGPIPE)
			}
		}
	}
	p.run.add(p.umask, StatusFDs, unix.SYS_UMASK, uintptr(x.UMask))
	p.mark(s)
	for _, at := range p.pids {
		p.run.add(about{"write the pid into the environment", "write the pid", ""}, StatusFDs, opPID, at)
	}
}

// defaultAction and ignoreAction are struct sigaction of the kernel, the second
// with SIG_IGN as handler.
var defaultAction, ignoreAction = [4]uint64{}, [4]uint64{1}

// disposition adds the step that makes a signal ignored, or default.
func (p *Plan) disposition(sig int, ignore bool) {
	action, call, directive := &defaultAction, "rt_sigaction($0, SIG_DFL)", ""
	if ignore {
		action, call = &ignoreAction, "rt_sigaction($0, SIG_IGN)"
		if sig == int(unix.SIGPIPE) {
			directive = "IgnoreSIGPIPE="
		}
	}
	p.run.add(about{call, "set the disposition of a signal", directive}, StatusSignalMask,
		unix.SYS_RT_SIGACTION, uintptr(sig), address(action), 0, 8)
}

// release lets go of what one start needed.
func (p *Plan) release() {
	for _, fd := range p.opened {
		_ = unix.Close(fd)
	}
	p.opened, p.held = p.opened[:0], p.held[:0]
}

// IsResource says whether an error of Start is the kernel's lack of processes or
// memory for the moment, so that a later try may succeed.
func IsResource(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM)
}
