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
	if s.last.PID != 0 { // of several commands of ExecStart=, the one before
		s.ran = append(s.ran, s.last)
	}
	s.last = p.ran()
	s.last.Start = m.now
	s.release()
	if s.state != serviceStart {
		return
	}
	switch s.Def.Service.Type {
	case unit.ServiceOneshot: // started when it has ended
	case unit.ServiceExec, unit.ServiceNotify, unit.ServiceNotifyReload: // READY=1 is not waited for yet
		if e.Failure == "" {
			s.past(serviceStart)
		}
	case unit.ServiceSimple, unit.ServiceForking, unit.ServiceDBus, unit.ServiceIdle:
		s.past(serviceStart)
	}
}

// stillborn says why a process did not become the program.
func (s *service) stillborn(p *process, why string) {
	if why != "" {
		s.log(3, p.command.Place.String()+": "+why)
	}
}

func (e Unspawned) apply(m *Manager) {
	if c := m.ctl[e.Run]; c != nil {
		c.exited(Exited{Run: e.Run, Code: CodeExited, Status: 203}, e.Err)
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
	s.left = s.left || e.Left
	s.stillborn(p, e.Failure)
	command, main := p.command, p == &s.main
	if !main {
		s.ran = append(s.ran, p.ran().ended(m.now, e))
	}
	*p = process{}
	r := s.judge(e, main)
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
		if command.Ignore {
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
// success, but not for a command that is to run to its end, systemd.service(5).
// It does not matter who sent them: a main process that dies of a KillSignal=
// that is not one of them has failed.
func (s *service) judge(e Exited, main bool) Result {
	d := s.Def.Service
	ok := false
	if e.Code == CodeExited {
		ok = e.Status == 0 || slices.Contains(d.SuccessExitStatus.Statuses, e.Status)
	} else {
		ok = slices.Contains(d.SuccessExitStatus.Signals, value.Signal(e.Status)) ||
			main && d.Type != unit.ServiceOneshot && e.Code == CodeKilled && cleanSignal(e.Status)
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
		s.startEnded(r)
	case serviceRunning:
		s.settle(r)
	case serviceExited: // a late control process; nothing follows
	case serviceStop:
		s.stopEnded(r, main)
	case serviceStopPost:
		if main {
			return
		}
		if r == Success && len(s.queue) > 0 {
			s.next()
			return
		}
		s.terminate(serviceFinalSigterm, r)
	case serviceStopSigterm, serviceStopSigkill, serviceFinalSigterm, serviceFinalSigkill:
		s.fail(r)
		s.quiet()
	case serviceDead, serviceFailed, serviceAutoRestart:
		panic("BUG: exit while " + s.state.String())
	}
}

// quiet goes on once the service's own two processes have gone. What else was
// left behind is waited for at the very end only, after ExecStopPost=.
func (s *service) quiet() {
	if s.main.run != 0 || s.control.run != 0 {
		return
	}
	last := s.state == serviceFinalSigterm || s.state == serviceFinalSigkill
	switch k := s.Def.Kill; {
	case !last, !s.left, k.KillMode == "process", k.KillMode == "none":
		s.signalled(s.state)
	case k.KillMode == "mixed" && s.state == serviceFinalSigterm && k.SendSIGKILL:
		s.terminate(serviceFinalSigkill, Success)
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
		return
	}
	switch {
	case r == Success && len(s.queue) > 0:
		s.next()
	case r == Success:
		s.past(s.state)
	default:
		s.terminate(serviceStopSigterm, r)
	}
}

func (s *service) startEnded(r Result) {
	if s.Def.Service.Type != unit.ServiceOneshot {
		s.settle(r)
		return
	}
	switch {
	case r != Success:
		s.terminate(serviceStopSigterm, r)
	case len(s.queue) > 0:
		s.next()
	default:
		s.past(serviceStart)
	}
}

func (s *service) stopEnded(r Result, main bool) {
	if main { // the stop command does its work
		s.fail(r)
		return
	}
	if r == Success && len(s.queue) > 0 {
		s.next()
		return
	}
	s.terminate(serviceStopSigterm, r)
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
	case serviceStopSigterm, serviceStopSigkill, serviceFinalSigterm, serviceFinalSigkill:
		s.quiet()
	case serviceDead, serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceRunning, serviceExited,
		serviceStop, serviceStopPost, serviceFailed, serviceAutoRestart:
	}
}

// stop brings the service down and keeps it down.
func (s *service) stop() {
	s.halted = true
	switch s.state {
	case serviceAutoRestart:
		s.end(serviceDead)
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost:
		s.terminate(serviceStopSigterm, Success)
	case serviceRunning, serviceExited:
		s.wind(Success)
	case serviceStop, serviceStopSigterm, serviceStopSigkill, serviceStopPost, serviceFinalSigterm, serviceFinalSigkill,
		serviceDead, serviceFailed:
	}
}

// expire serves the one deadline of the state.
func (s *service) expire() {
	switch s.state {
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost:
		s.log(4, s.state.String()+" operation timed out. Terminating.")
		s.terminate(serviceStopSigterm, FailureTimeout)
	case serviceRunning:
		s.log(4, "Service reached its RuntimeMaxSec=. Stopping.")
		s.wind(FailureTimeout)
	case serviceStop:
		s.log(4, "Stopping timed out. Terminating.")
		s.terminate(serviceStopSigterm, FailureTimeout)
	case serviceStopSigterm:
		s.escalate(serviceStopSigkill)
	case serviceStopPost:
		s.log(4, "State 'stop-post' timed out. Terminating.")
		s.terminate(serviceFinalSigterm, FailureTimeout)
	case serviceFinalSigterm:
		s.escalate(serviceFinalSigkill)
	case serviceStopSigkill, serviceFinalSigkill:
		s.log(3, "Processes still around after SIGKILL. Ignoring.")
		s.abandon()
		s.fail(FailureTimeout)
		s.signalled(s.state)
	case serviceAutoRestart:
		s.restarts++
		s.log(6, "Scheduled restart job, restart counter is at "+strconv.Itoa(s.restarts)+".")
		s.m.enqueue(s.Unit, Start, 0)
	case serviceDead, serviceExited, serviceFailed:
		panic("BUG: deadline in " + s.state.String())
	}
}

// escalate follows a SIGTERM that was not obeyed.
func (s *service) escalate(state serviceState) {
	if s.Def.Kill.SendSIGKILL {
		s.log(4, "State '"+s.state.String()+"' timed out. Killing.")
		s.terminate(state, FailureTimeout)
		return
	}
	s.log(4, "State '"+s.state.String()+"' timed out. Skipping SIGKILL.")
	s.abandon()
	s.fail(FailureTimeout)
	s.signalled(state)
}

// abandon stops waiting for processes that do not go.
func (s *service) abandon() {
	for _, p := range [...]*process{&s.main, &s.control} {
		delete(s.m.runs, p.run)
		*p = process{}
	}
	s.left = false
}

// restarting decides by the table of Restart= in systemd.service(5).
func (s *service) restarting() bool {
	d := s.Def.Service
	if s.last.Code != CodeNone {
		if s.last.in(d.RestartPreventExitStatus) {
			return false
		}
		if s.last.in(d.RestartForceExitStatus) {
			return true
		}
	}
	if s.res == FailureCondition {
		return false
	}
	switch d.Restart {
	case unit.RestartNo:
		return false
	case unit.RestartAlways:
		return true
	case unit.RestartOnSuccess:
		return s.res == Success
	case unit.RestartOnFailure:
		return s.res != Success
	case unit.RestartOnAbnormal:
		return s.res != Success && s.res != FailureExitCode
	case unit.RestartOnAbort:
		return s.res == FailureSignal || s.res == FailureCoreDump
	case unit.RestartOnWatchdog: // no watchdog yet: it comes with sd_notify
		return false
	}
	return false
}

func (s *service) reset() {
	s.starts.reset()
	s.limited = false
	s.restarts = 0
	if s.state == serviceFailed {
		s.res = Success
		s.set(serviceDead, 0)
	}
}

func (s *service) redefined() {}

// collectable: a service is kept for its sockets, with its start limit.
func (s *service) collectable() bool { return len(s.m.triggeredBy[s.Name]) == 0 }

func (s *service) gone() {
	if s.from != nil {
		s.from.forgot(s)
	}
}

func (e Reset) apply(m *Manager) {
	if e.Unit != "" {
		if u := m.units[e.Unit]; u != nil {
			u.life.reset()
			m.collect(u)
		}
		return
	}
	for _, u := range m.sorted() {
		if u.active == Failed {
			u.life.reset()
			m.collect(u)
		}
	}
}
