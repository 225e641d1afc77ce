package manager

// What a service has deadlines for, and what they lead to. The unit's one deadline
// is the first of them.

import (
	"strconv"

	"wakesock/internal/value"
)

// An alarm is one thing that a service has a deadline for.
type alarm int

const (
	alarmState    alarm = iota // the state takes too long, RuntimeMaxSec=, RestartSec=
	alarmWatchdog              // it has not shown that it is alive
	alarmSeek                  // look for the PID file again
	alarmIdle                  // start although other jobs are under way
	alarmCount
)

// alarm sets one alarm; 0 is never.
func (s *service) alarm(a alarm, at Time) {
	s.alarms[a] = at
	s.rearm()
}

// rearm makes the earliest alarm the unit's deadline.
func (s *service) rearm() {
	var first Time
	for _, at := range s.alarms {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	s.m.arm(s.Unit, first)
}

// expire serves the alarms that have come.
func (s *service) expire() {
	for a := alarm(alarmCount - 1); a >= 0; a-- {
		if at := s.alarms[a]; at == 0 || at > s.m.now {
			continue
		}
		s.alarm(a, 0)
		switch a {
		case alarmState:
			s.late()
		case alarmWatchdog:
			s.bark("Watchdog timeout (limit " + s.watchdog().String() + ")!")
		case alarmSeek:
			s.seek()
		case alarmIdle:
			s.proceed()
		case alarmCount:
		}
	}
	s.rearm()
}

// late follows a state that takes longer than it may.
func (s *service) late() {
	d := s.Def.Service
	switch s.state {
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost:
		s.seeking = 0
		s.cut(d.TimeoutStartFailureMode, s.state.String()+" operation timed out.")
	case serviceRunning:
		s.log(4, "Service reached its RuntimeMaxSec=. Stopping.")
		s.wind(FailureTimeout)
	case serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost:
		s.log(4, "Reload operation timed out.")
		s.killControl()
		s.reloadRes = FailureTimeout
		s.settle(Success)
	case serviceStop:
		s.cut(d.TimeoutStopFailureMode, "Stopping timed out.")
	case serviceStopPost:
		s.cut(d.TimeoutStopFailureMode, "State 'stop-post' timed out.")
	case serviceStopSigterm, serviceFinalSigterm:
		if d.TimeoutStopFailureMode == "abort" {
			s.cut("abort", "State '"+s.state.String()+"' timed out.")
			return
		}
		s.escalate()
	case serviceStopWatchdog, serviceFinalWatchdog:
		s.escalate()
	case serviceStopSigkill, serviceFinalSigkill:
		s.log(3, "Processes still around after SIGKILL. Ignoring.")
		s.abandon()
		s.fail(FailureTimeout)
		s.signalled(s.state)
	case serviceAutoRestart:
		s.restarts++
		s.log(6, "Scheduled restart job, restart counter is at "+strconv.Itoa(s.restarts)+".")
		s.m.startAgain(s.Unit)
	case serviceDead, serviceExited, serviceFailed, servicePinned:
		panic("BUG: deadline in " + s.state.String())
	}
}

// cut ends what took too long, as Timeout…FailureMode= asks.
func (s *service) cut(mode, what string) {
	l := s.state.ladder()
	switch mode {
	case "abort":
		s.log(4, what+" Aborting.")
		s.terminate(l.abort, FailureTimeout)
	case "kill":
		s.force(what)
	default:
		s.log(4, what+" Terminating.")
		s.terminate(l.term, FailureTimeout)
	}
}

// escalate follows a signal that was not obeyed.
func (s *service) escalate() { s.force("State '" + s.state.String() + "' timed out.") }

// force ends what is there the hard way, or gives it up with SendSIGKILL=no.
func (s *service) force(what string) {
	kill := s.state.ladder().kill
	if s.Def.Kill.SendSIGKILL {
		s.log(4, what+" Killing.")
		s.terminate(kill, FailureTimeout)
		return
	}
	s.log(4, what+" Skipping SIGKILL.")
	s.abandon()
	s.fail(FailureTimeout)
	s.signalled(kill)
}

// guarded tells whether the watchdog watches in a state. In start it does once the
// service has shown for the first time that it is alive.
func (s serviceState) guarded() bool {
	switch s {
	case serviceStart, serviceStartPost, serviceRunning, serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost:
		return true
	case serviceDead, serviceCondition, serviceStartPre, serviceExited, serviceStop, serviceStopWatchdog,
		serviceStopSigterm, serviceStopSigkill, serviceStopPost, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill,
		serviceFailed, servicePinned, serviceAutoRestart:
	}
	return false
}

// watchdog is in which time the service must show that it is alive; 0 is never.
func (s *service) watchdog() value.Span {
	w := s.Def.Service.WatchdogSec
	if s.said != nil && s.said.hasWatchdog {
		w = s.said.watchdog
	}
	if w == value.Infinity {
		return 0
	}
	return w
}

// guard begins the time in which the service must show that it is alive.
func (s *service) guard() {
	if w := s.watchdog(); w > 0 {
		s.speak().alive = s.m.now
		s.alarm(alarmWatchdog, s.m.after(w))
	}
}

// bark ends a service that does not show that it is alive, or asks for it.
func (s *service) bark(why string) {
	s.log(3, why)
	s.terminate(serviceStopWatchdog, FailureWatchdog)
}

// extend gives what is under way at least so much time from now.
func (s *service) extend(span value.Span) {
	until := s.m.after(span)
	for _, a := range [...]alarm{alarmState, alarmWatchdog} {
		if at := s.alarms[a]; at != 0 && at < until && s.state != serviceAutoRestart {
			s.alarms[a] = until
		}
	}
	s.rearm()
}
