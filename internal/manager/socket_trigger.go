package manager

// What the first thing to read leads to with Accept=no: the service is started,
// or, where that cannot be done, the socket waits.
//
// With DeferTrigger= the service does not stop anybody that it conflicts with. The
// socket is deferred until they are gone: it is tried again after each step in which
// a unit or a job came to its end.

import (
	"slices"

	"wakesock/internal/value"
)

func (e Readable) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.socket == nil || u.socket.state != socketListening || !u.socket.watched {
		return
	}
	s := u.socket
	s.watched = false
	if s.broken() {
		return
	}
	if until, why := s.full(); why != "" {
		s.pause(until, why)
		return
	}
	s.counted()
	why := s.trigger()
	switch {
	case why == nil:
		s.set(socketRunning, 0)
	case why.result == JobDestructive && s.defers():
		s.log(5, why.text+"; deferred.")
		m.deferred = append(m.deferred, s)
		m.stirred = true
		s.set(socketDeferred, s.Def.Socket.DeferTriggerMaxSec)
	default:
		s.pause(m.now+2*Time(value.Second), "Cannot start "+string(s.target)+": "+why.text)
	}
}

// defers tells whether the service leaves those alone that it conflicts with.
func (s *socket) defers() bool { return s.Def.Socket.DeferTrigger != "no" }

// trigger asks for the service to be started.
func (s *socket) trigger() *refusal {
	if result, text := s.m.refusal(s.target); result != JobDone {
		return &refusal{result, text}
	}
	mode := ModeReplace
	if s.defers() {
		mode = ModeLenient
	}
	u := s.m.unit(s.target)
	why := s.m.transact(u, Start, mode, 0)
	if why != nil {
		s.m.idle = append(s.m.idle, u)
	}
	return why
}

// stir notes that something came to its end that a deferred socket may wait for.
func (m *Manager) stir() { m.stirred = m.stirred || len(m.deferred) > 0 }

// undefer tries again to start what deferred sockets are for, and tells whether
// anything came of it.
func (m *Manager) undefer() bool {
	if !m.stirred {
		return false
	}
	m.stirred = false
	moved := false
	for _, s := range slices.Clone(m.deferred) {
		if s.state != socketDeferred || m.quitting {
			continue
		}
		why := s.trigger()
		switch {
		case why == nil:
			s.set(socketRunning, 0)
		case why.result != JobDestructive || !s.defers():
			s.pause(m.now+2*Time(value.Second), "Cannot start "+string(s.target)+": "+why.text)
		case s.Def.Socket.DeferTrigger != "patient" && m.jobs == 0:
			s.log(4, why.text+"; no job is left that could change it, and DeferTrigger= is not patient.")
			s.wind(FailureResources)
		default:
			continue
		}
		moved = true
	}
	m.deferred = slices.DeleteFunc(m.deferred, func(s *socket) bool { return s.state != socketDeferred })
	return moved
}
