package manager

// How a service ends: commands, signals that grow stronger, and what is left when
// all has gone.

import "wakesock/internal/unit"

// stop brings the service down and keeps it down.
func (s *service) stop() {
	s.halted = true
	switch s.state {
	case serviceAutoRestart:
		s.end(serviceDead)
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost,
		serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost:
		s.terminate(serviceStopSigterm, Success)
	case serviceRunning, serviceExited:
		s.wind(Success)
	case serviceStop, serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceStopPost,
		serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceDead, serviceFailed, servicePinned:
	}
}

// wind begins the way down with ExecStop=, which is for a service that started well.
func (s *service) wind(r Result) {
	s.cancel()
	s.fail(r)
	s.enter(serviceStop)
}

// A ladder is the states that send signals, on one of the two ways down.
type ladder struct{ abort, term, kill serviceState }

var (
	stopLadder  = ladder{serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill}
	finalLadder = ladder{serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill}
)

// of returns the ladder that a state stands on, or leads to.
func (s serviceState) ladder() ladder {
	switch s {
	case serviceStopPost, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill:
		return finalLadder
	case serviceDead, serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceRunning, serviceExited,
		serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost,
		serviceStop, serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceFailed, servicePinned, serviceAutoRestart:
	}
	return stopLadder
}

// terminate sends the signal of a state to what is alive and waits; with
// nobody to send it to it goes on. What KillMode=mixed spares from the first
// signal gets the second at once when nobody else is there.
func (s *service) terminate(state serviceState, r Result) {
	s.cancel()
	s.fail(r)
	kill := state.ladder().kill
	switch {
	case s.signal(state):
		s.set(state, s.timeout(state))
	case state != kill && s.Def.Kill.SendSIGKILL:
		s.terminate(kill, Success)
	default:
		s.signalled(state)
	}
}

// signalled goes on when nothing is alive any more in a state that sent signals.
func (s *service) signalled(state serviceState) {
	if state.ladder() == finalLadder {
		s.rest()
		return
	}
	s.enter(serviceStopPost)
}

// signal sends the signal that belongs to a state; false if there was nobody to
// send it to or to wait for.
func (s *service) signal(state serviceState) bool {
	step := killTerm
	switch l := state.ladder(); {
	case state == l.abort:
		step = killAbort
	case state == l.kill:
		step = killForce
	case l == finalLadder:
		step = killFinal
	}
	return s.kill(step, s.left, s.main.run, s.control.run)
}

// quiet goes on once the service's own two processes have gone. What else was
// left behind is waited for at the very end only, after ExecStopPost=.
func (s *service) quiet() {
	if s.main.run != 0 || s.control.run != 0 {
		return
	}
	l := s.state.ladder()
	switch k := s.Def.Kill; {
	case l == stopLadder, !s.left, k.KillMode == "process", k.KillMode == "none":
		s.signalled(s.state)
	case k.KillMode == "mixed" && s.state != l.kill && k.SendSIGKILL:
		s.terminate(l.kill, Success)
	}
}

// stopEnded follows the end of a process during ExecStop=.
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

// stopping follows STOPPING=1: as if it had been told to, without a signal.
func (s *service) stopping() { s.set(serviceStopSigterm, s.Def.Service.TimeoutStopSec) }

// rest is the end of an activation: dead, failed, or waiting for the restart.
//
// Before a restart the service is down for a moment all the same: whoever waits
// for its start learns how that went. RestartMode=direct spares them that.
func (s *service) rest() {
	s.abandon()
	s.queue = nil
	d := s.Def.Service
	state := serviceDead
	if s.res != Success && s.res != FailureCondition {
		state = serviceFailed
	}
	if !s.halted && !s.m.quitting && s.restarting() {
		if d.PIDFile != "" {
			s.m.do(RemoveFile{Path: d.PIDFile})
		}
		if d.FileDescriptorStorePreserve == "no" {
			s.discard()
		}
		if d.RestartMode != "direct" {
			s.again = true
			s.set(state, 0)
			s.again = false
		}
		s.set(serviceAutoRestart, max(s.restartDelay(), 1))
		return
	}
	s.end(state)
}

// end is the end of an activation that nothing follows.
func (s *service) end(state serviceState) {
	s.hangup() // first: the client learns of it before anybody waits
	if s.job == nil || s.job.kind != Restart {
		s.cause, s.monitor = nil, nil
	}
	d := s.Def.Service
	if d.PIDFile != "" {
		s.m.do(RemoveFile{Path: d.PIDFile})
	}
	if d.Type == unit.ServiceDBus {
		s.m.do(UnwatchName{Unit: s.Name})
	}
	if state == serviceDead && s.stored > 0 && d.FileDescriptorStorePreserve == "yes" {
		state = servicePinned
	}
	s.set(state, 0)
	s.leave()
	s.m.collect(s.Unit)
}

// leave lets go of the connection, of the place among the live instances, and of
// the descriptors that are kept for no longer than the service is wanted.
func (s *service) leave() {
	s.hangup()
	if s.from != nil {
		s.from.ended(s)
	}
	if p := s.Def.Service.FileDescriptorStorePreserve; s.stored > 0 && p != "yes" && (s.job == nil || p == "no") {
		s.discard()
	}
}

// hangup lets go of the connection.
func (s *service) hangup() {
	if s.link != 0 {
		s.m.do(Hangup{Conn: s.link})
		s.link = 0
	}
}

// release lets go of the connection as soon as no later command can need it, so
// that the client sees its end when the service closes it.
func (s *service) release() {
	d := s.Def.Service
	if s.link != 0 && s.state == serviceStart && len(s.queue) == 0 && d.Restart == unit.RestartNo &&
		len(d.ExecStartPost) == 0 && len(d.ExecReload) == 0 && len(d.ExecStop) == 0 && len(d.ExecStopPost) == 0 {
		s.hangup()
	}
}

// abandon stops waiting for processes that do not go.
func (s *service) abandon() {
	for _, p := range [...]*process{&s.main, &s.control} {
		delete(s.m.runs, p.run)
		*p = process{}
	}
	s.left = false
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

// collectable: a service is kept for its sockets, with its start limit, and for
// the descriptors that it has given us to keep.
func (s *service) collectable() bool {
	return len(s.m.triggeredBy[s.Name]) == 0 && s.state != servicePinned
}

func (s *service) gone() {
	if s.from != nil {
		s.from.forgot(s)
		s.m.collect(s.from.Unit)
	}
}

func (e OutOfMemory) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.service == nil {
		return
	}
	s := u.service
	s.log(4, "A process of this unit has been killed by the OOM killer.")
	policy := s.Def.OOMPolicy()
	if policy == "continue" {
		return
	}
	switch s.state {
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceStop,
		serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost:
		s.terminate(map[bool]serviceState{true: serviceStopSigkill, false: serviceStopSigterm}[policy == "kill"], FailureOOM)
	case serviceRunning, serviceExited:
		if policy == "kill" {
			s.terminate(serviceStopSigkill, FailureOOM)
			return
		}
		s.wind(FailureOOM)
	case serviceStopWatchdog, serviceStopSigterm:
		s.terminate(serviceStopSigkill, FailureOOM)
	case serviceStopSigkill, serviceStopPost, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill:
		s.fail(FailureOOM)
	case serviceDead, serviceFailed, servicePinned, serviceAutoRestart:
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
