package manager

// How a service starts, and what each Type= means by it.

import (
	"strconv"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

func (s *service) start() {
	if !s.active.down() && s.state != serviceAutoRestart {
		return
	}
	if s.state != serviceAutoRestart {
		s.restarts = 0
	}
	if s.from != nil {
		s.from.begun(s)
	}
	s.res, s.reloadRes, s.halted, s.limited, s.left = Success, Success, false, false, false
	s.main, s.control, s.queue, s.mainKnown = process{}, process{}, nil, false
	s.last, s.ran = Ran{}, nil
	s.said, s.ends, s.seeking, s.owned = nil, 0, 0, false
	s.invocation = s.m.newInvocation()
	s.enter(serviceCondition)
}

// limitHit fails a start that was one too many.
func (s *service) limitHit() {
	s.fail(FailureStartLimit) // the failure that led here is kept
	s.limited = true
	s.end(serviceFailed)
}

// begin starts the program.
func (s *service) begin() {
	if d := s.Def.Service; d.Type == unit.ServiceDBus {
		s.m.do(WatchName{Unit: s.Name, Name: d.BusName})
	}
	s.enter(serviceStart)
}

// spawned follows the start of the main process: for some types that is all.
func (s *service) spawned(e Spawned) {
	if s.last.PID != 0 { // of several commands of ExecStart=, the one before
		s.ran = append(s.ran, s.last)
	}
	s.last = s.main.ran()
	s.last.Start = s.m.now
	s.release()
	if s.state != serviceStart {
		return
	}
	switch s.Def.Service.Type {
	case unit.ServiceSimple, unit.ServiceIdle:
		s.past(serviceStart)
	case unit.ServiceExec:
		if e.Failure == "" {
			s.past(serviceStart)
		}
	case unit.ServiceDBus:
		if e.Failure == "" && s.owned {
			s.past(serviceStart)
		}
	case unit.ServiceOneshot, unit.ServiceForking, unit.ServiceNotify, unit.ServiceNotifyReload:
	}
}

// startEnded follows the end of a process of ExecStart=.
func (s *service) startEnded(r Result, main bool) {
	d := s.Def.Service
	switch d.Type {
	case unit.ServiceOneshot:
		switch {
		case r != Success:
			s.terminate(serviceStopSigterm, r)
		case len(s.queue) > 0:
			s.next()
		default:
			s.past(serviceStart)
		}
	case unit.ServiceForking:
		switch {
		case main: // it said MAINPID= and ended; the parent is still to come
			s.fail(r)
		case r != Success:
			s.terminate(serviceStopSigterm, r)
		default:
			s.seek()
		}
	case unit.ServiceNotify, unit.ServiceNotifyReload:
		switch {
		case s.lingers():
			s.fail(r)
		case r != Success:
			s.terminate(serviceStopSigterm, r)
		case !d.RemainAfterExit || s.access() == "main": // nobody is left who may say it
			s.log(4, "The main process ended before it said READY=1.")
			s.terminate(serviceStopSigterm, FailureProtocol)
		}
	case unit.ServiceSimple, unit.ServiceExec, unit.ServiceDBus, unit.ServiceIdle:
		if s.lingers() {
			s.fail(r)
			return
		}
		s.settle(r)
	}
}

// lingers tells whether the end of the main process is not that of the service.
func (s *service) lingers() bool { return s.Def.Service.ExitType == "cgroup" && s.left }

// Looking for a PID file again and again: daemons write it after their parent has
// ended.
const (
	seekFirst = Time(10 * value.Millisecond)
	seekMost  = Time(500 * value.Millisecond)
)

// seek looks for the main process of a forking service.
func (s *service) seek() {
	d := s.Def.Service
	switch {
	case d.PIDFile != "":
		s.m.do(Seek{Unit: s.Name, File: d.PIDFile})
	case s.main.run == 0 && !s.mainKnown && d.GuessMainPID:
		s.m.do(Seek{Unit: s.Name})
	default:
		s.found()
	}
}

// found goes on once the main process is known, as far as it can be.
func (s *service) found() {
	s.seeking = 0
	switch s.state {
	case serviceStart:
		s.past(serviceStart)
	case serviceStartPost:
		s.settle(Success)
	case serviceDead, serviceCondition, serviceStartPre, serviceRunning, serviceExited, serviceReload, serviceReloadSignal,
		serviceReloadNotify, serviceReloadPost, serviceStop, serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceStopPost,
		serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceFailed, servicePinned, serviceAutoRestart:
	}
}

func (e Sought) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.service == nil {
		return
	}
	s := u.service
	starting := (s.state == serviceStart || s.state == serviceStartPost) && s.control.run == 0
	if !starting && s.state != serviceRunning { // running: after a reload
		return
	}
	file := s.Def.Service.PIDFile
	why := e.Err
	if why == "" && e.Main.PID != 0 {
		why = s.unsuitable(e.Main)
		if why == "" && !e.Main.Ours && !e.Trusted {
			why = "New main PID " + strconv.Itoa(e.Main.PID) + " does not belong to service, and the PID file, or a link to it, is not owned by root. Refusing."
		}
	}
	switch {
	case why == "" && e.Main.PID != 0:
		if s.main.run == 0 || s.main.pid != e.Main.PID {
			s.adopt(e.Main.PID)
		}
		fallthrough
	case file == "" && starting: // it runs without a main process that is known
		s.found()
	case starting:
		s.seekAgain(why)
	}
}

// seekAgain follows a PID file that does not say which process is the main one.
func (s *service) seekAgain(why string) {
	switch file := s.Def.Service.PIDFile; {
	case s.state == serviceStart && len(s.Def.Service.ExecStartPost) > 0: // which may write it
		s.found()
		return
	case s.seeking == 0:
		s.seeking, s.unfit = seekFirst, ""
		fallthrough
	case s.unfit != why:
		s.unfit = why
		s.log(4, "Can't use PID file "+file+" (yet?) after "+s.state.String()+": "+why)
	default:
	}
	if !s.left && s.main.run == 0 {
		s.log(4, "Daemon never wrote its PID file. Failing.")
		s.unfound()
		return
	}
	s.alarm(alarmSeek, s.m.now+s.seeking)
	s.seeking = min(2*s.seeking, seekMost)
}

// unfound ends a service whose main process never became known.
func (s *service) unfound() {
	s.seeking = 0
	if s.state == serviceStart {
		s.terminate(serviceStopSigterm, FailureProtocol)
		return
	}
	s.wind(FailureProtocol)
}

// unsuitable says why a process cannot be the main one; "" if it can.
func (s *service) unsuitable(c Candidate) string {
	pid := strconv.Itoa(c.PID)
	switch {
	case c.PID <= 1:
		return "New main PID " + pid + " is not a process of a service, refusing."
	case c.PID == s.control.pid:
		return "New main PID " + pid + " is the control process, refusing."
	case !c.Alive:
		return "New main PID " + pid + " does not exist or is a zombie."
	}
	return ""
}

// adopt makes a process that runs already the main one. The one that was stays, as
// one of the others.
func (s *service) adopt(pid int) {
	was := s.main.run
	delete(s.m.runs, was)
	s.main = process{run: s.m.newRun(), pid: pid, directive: "ExecStart", start: s.m.now}
	s.mainKnown = true
	s.last = s.main.ran()
	s.m.runs[s.main.run] = s
	s.left = s.left || was != 0
	s.m.do(Adopt{Run: s.main.run, Def: s.Def, PID: pid, Instead: was})
}

func (e NameChanged) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.service == nil || u.Def.Service.Type != unit.ServiceDBus {
		return
	}
	s := u.service
	if e.Err != "" {
		s.log(3, s.Def.PlaceOf("Service", "BusName").String()+": cannot ask the message bus for "+s.Def.Service.BusName+": "+e.Err+
			"; Type=dbus needs one: start a bus, or use Type=simple if the program can do without")
		if s.active == Activating && s.state != serviceAutoRestart {
			s.terminate(serviceStopSigterm, FailureResources)
		}
		return
	}
	s.owned = e.Owned
	switch {
	case e.Owned && s.state == serviceStart && s.main.pid != 0:
		s.past(serviceStart)
	case !e.Owned && s.state == serviceRunning:
		s.settle(Success) // which ends it
	}
}

// idleTime is how long Type=idle waits for other jobs at most, systemd.service(5).
const idleTime = 5 * value.Second

// postpone keeps the program of an idle service back while other jobs are under way.
// As with Type=simple nobody waits for it to begin.
func (s *service) postpone(e *Spawn) bool {
	if !s.m.busy(s.Unit) {
		return false
	}
	s.held = e
	s.alarm(alarmIdle, s.m.after(idleTime))
	s.m.postponed = append(s.m.postponed, s)
	s.past(serviceStart)
	return true
}

// busy tells whether a unit other than u has a job.
func (m *Manager) busy(u *Unit) bool {
	for _, x := range m.units {
		if x.job != nil && x != u {
			return true
		}
	}
	return false
}

// unpostpone starts the programs of idle services for which no other job is left.
func (m *Manager) unpostpone() {
	waiting := m.postponed[:0]
	for _, s := range m.postponed {
		switch {
		case s.held == nil:
		case m.busy(s.Unit):
			waiting = append(waiting, s)
		default:
			s.proceed()
		}
	}
	clear(m.postponed[len(waiting):])
	m.postponed = waiting
}

// proceed starts the program of an idle service.
func (s *service) proceed() {
	if e := s.held; e != nil {
		s.held = nil
		s.alarm(alarmIdle, 0)
		s.m.do(e)
	}
}

// cancel forgets a program that was kept back.
func (s *service) cancel() {
	if s.held != nil {
		delete(s.m.runs, s.held.Run)
		s.held, s.main = nil, process{}
		s.alarm(alarmIdle, 0)
	}
}
