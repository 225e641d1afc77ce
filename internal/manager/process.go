package manager

// News of processes, and what a service makes of them.

import (
	"slices"
	"strconv"
	"syscall"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// processOf returns the service a run belongs to and which of its two processes it is.
func (m *Manager) processOf(r Run) (*service, *process) {
	s := m.runs[r]
	switch {
	case s == nil:
		return nil, nil
	case s.main.run == r:
		return s, &s.main
	case s.control.run == r:
		return s, &s.control
	}
	return nil, nil
}

func (e Spawned) apply(m *Manager) {
	if c := m.ctl[e.Run]; c != nil {
		c.spawned(e)
		return
	}
	s, p := m.processOf(e.Run)
	if s == nil {
		return
	}
	p.pid = e.PID
	s.stillborn(p, e.Failure)
	if p != &s.main {
		return
	}
	s.spawned(e)
}

// stillborn says why a process did not become the program.
func (s *service) stillborn(p *process, why string) {
	if why != "" {
		p.unborn = true
		s.log(3, p.command.Place.String()+": "+why)
	}
}

// statusExec is the exit status of a process whose program could not be executed,
// systemd.exec(5).
const statusExec = 203

func (e Unspawned) apply(m *Manager) {
	if c := m.ctl[e.Run]; c != nil {
		c.exited(Exited{Run: e.Run, Code: CodeExited, Status: statusExec}, e.Err)
		return
	}
	s, p := m.processOf(e.Run)
	if s == nil {
		return
	}
	s.log(3, p.command.Place.String()+": cannot start a process: "+e.Err)
	delete(m.runs, e.Run)
	main := p == &s.main
	*p = process{}
	s.ended(FailureResources, main)
}

func (e Exited) apply(m *Manager) {
	if c := m.ctl[e.Run]; c != nil {
		c.exited(e, "")
		return
	}
	s, p := m.processOf(e.Run)
	if s == nil {
		return
	}
	delete(m.runs, e.Run)
	s.left = e.Left
	s.stillborn(p, e.Failure)
	command, main, daemon := p.command, p == &s.main, p.directive == serviceDirectives[serviceStart]
	if p.unborn && e.Status == statusExec && command != nil && command.Ignore {
		e.Status = 0 // what is not there is skipped
	}
	if !main {
		s.ran = append(s.ran, p.ran().ended(m.now, e))
	}
	*p = process{}
	r := s.judge(e, daemon)
	if s.state == serviceCondition {
		s.conditionStatus = e.Status
	}
	if main {
		s.last = s.last.ended(m.now, e)
	}
	if r != Success {
		who := "Control process"
		if main {
			who = "Main process"
		}
		s.log(5, who+" exited, code="+string(e.Code)+", status="+e.Text())
		if command != nil && command.Ignore {
			r = Success
		}
	}
	s.ended(r, main)
}

// Text prints an exit as messages do: "203/EXEC", "15/TERM".
func (e Exited) Text() string { return exitText(e.Code, e.Status) }

// Text prints the exit.
func (r *Ran) Text() string { return exitText(r.Code, r.Status) }

func exitText(code ExitCode, status int) string {
	s := strconv.Itoa(status)
	if code != CodeExited {
		return s + "/" + code.show(status)
	}
	if n := value.ExitStatusName(status); n != "" {
		return s + "/" + n
	}
	return s + "/n/a"
}

// judge says what an exit means. The signals that end a daemon cleanly count as
// success, but not for a command that is to run to its end, systemd.service(5);
// what ExecStart= runs is a daemon, with Type=forking as well. Who dumped core has
// always failed.
// It does not matter who sent them: a main process that dies of a KillSignal=
// that is not one of them has failed.
func (s *service) judge(e Exited, daemon bool) Result {
	d := s.Def.Service
	ok := false
	if e.Code == CodeExited {
		ok = e.Status == 0 || slices.Contains(d.SuccessExitStatus.Statuses, e.Status)
	} else {
		ok = e.Code == CodeKilled && (slices.Contains(d.SuccessExitStatus.Signals, value.Signal(e.Status)) ||
			daemon && d.Type != unit.ServiceOneshot && cleanSignal(e.Status))
	}
	if ok {
		return Success
	}
	return e.failure()
}

// failure is the result that an exit means where it is none of the good ones.
func (e Exited) failure() Result {
	switch e.Code {
	case CodeKilled:
		return FailureSignal
	case CodeDumped:
		return FailureCoreDump
	case CodeExited, CodeNone:
	}
	return FailureExitCode
}

func cleanSignal(n int) bool {
	switch syscall.Signal(n) {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE:
		return true
	}
	return false
}

// ended decides what follows the end of the main or the control process.
func (s *service) ended(r Result, main bool) {
	switch s.state {
	case serviceCondition:
		s.conditionEnded(r)
	case serviceStartPre, serviceStartPost:
		s.preEnded(r, main)
	case serviceStart:
		s.startEnded(r, main)
	case serviceRunning:
		if main && s.lingers() {
			s.fail(r)
			return
		}
		s.settle(r)
	case serviceExited: // a late control process; nothing follows
	case serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost:
		s.reloadEnded(r, main)
	case serviceStop:
		s.stopEnded(r, main)
	case serviceStopPost:
		switch {
		case !main && r == Success && len(s.queue) > 0:
			s.next()
		case s.main.run != 0: // KillMode=none has spared it: it may end by itself
			s.fail(r)
		case s.control.run == 0:
			s.terminate(serviceFinalSigterm, r)
		case main: // the commands go on
		}
	case serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill:
		s.fail(r)
		s.quiet()
	case serviceDead, serviceFailed, servicePinned, serviceAutoRestart:
		panic("BUG: exit while " + s.state.String())
	}
}

// conditionEnded: exit status 1 to 254 of ExecCondition= means "not now", which
// is no failure; 255 and signals are.
func (s *service) conditionEnded(r Result) {
	switch {
	case r == Success && len(s.queue) > 0:
		s.next()
	case r == Success:
		s.past(serviceCondition)
	case r == FailureExitCode && s.conditionStatus != 255:
		s.terminate(serviceStopSigterm, FailureCondition)
	default:
		s.terminate(serviceStopSigterm, r)
	}
}

func (s *service) preEnded(r Result, main bool) {
	if main { // died during start-post, which goes on; settle will see it
		s.fail(r)
		if s.control.run == 0 && !s.lingers() { // waiting for a PID file that nobody will write
			s.wind(r)
		}
		return
	}
	switch {
	case r == Success && len(s.queue) > 0:
		s.next()
	case r != Success:
		s.terminate(serviceStopSigterm, r)
	case s.state == serviceStartPost && s.Def.Service.Type == unit.ServiceForking:
		s.seek()
	default:
		s.past(s.state)
	}
}

func (e Emptied) apply(m *Manager) {
	u := m.units[e.Unit]
	if u != nil && u.socket != nil {
		u.socket.emptied()
	}
	if u == nil || u.service == nil {
		return
	}
	s := u.service
	s.left = false
	switch s.state {
	case serviceStart, serviceStartPost:
		s.emptied()
	case serviceRunning:
		if s.main.run == 0 {
			s.settle(Success)
		}
	case serviceReloadSignal, serviceReloadNotify:
		if s.main.run == 0 {
			s.wind(Success)
		}
	case serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill:
		s.quiet()
	case serviceDead, serviceCondition, serviceStartPre, serviceExited, serviceReload, serviceReloadPost,
		serviceStop, serviceStopPost, serviceFailed, servicePinned, serviceAutoRestart:
	}
}

// emptied follows the end of the last process of a service that has not started yet.
func (s *service) emptied() {
	d := s.Def.Service
	switch {
	case s.main.run != 0, s.control.run != 0:
	case s.seeking != 0:
		s.log(4, "Daemon never wrote its PID file. Failing.")
		s.unfound()
	case s.state == serviceStart && (d.Type == unit.ServiceNotify || d.Type == unit.ServiceNotifyReload):
		s.log(4, "All processes ended before one of them said READY=1.")
		s.terminate(serviceStopSigterm, FailureProtocol)
	case s.mainKnown && d.ExitType == "cgroup":
		s.settle(Success)
	}
}
