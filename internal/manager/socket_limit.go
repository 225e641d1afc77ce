package manager

// How much traffic a socket unit takes: how often its service is triggered, and
// how many instances are alive at once.

import (
	"fmt"
	"strconv"

	"wakesock/internal/value"
)

// pause leaves who comes in the kernel's backlog until a time.
func (s *socket) pause(until Time, why string) {
	until = max(until, s.m.now+Time(value.Millisecond))
	s.log(4, why+"; paused for "+value.Span(until-s.m.now).String()+", connections wait in the backlog.")
	s.unwatch()
	if s.state != socketListening {
		s.set(socketListening, 0)
	}
	s.paused = true
	s.m.arm(s.Unit, until)
}

// counted counts one trigger against the limits.
func (s *socket) counted() {
	d := s.Def.Socket
	s.triggers.below(s.m.now, d.TriggerLimitIntervalSec, d.TriggerLimitBurst)
	s.polls.below(s.m.now, d.PollLimitIntervalSec, d.PollLimitBurst)
}

// full tells whether a limit is used up, and until when.
func (s *socket) full() (until Time, why string) {
	d := s.Def.Socket
	if s.triggers.full(s.m.now, d.TriggerLimitIntervalSec, d.TriggerLimitBurst) {
		return s.triggers.end(d.TriggerLimitIntervalSec), fmt.Sprintf("Trigger limit hit: %d in %v (TriggerLimitBurst=, TriggerLimitIntervalSec=)", d.TriggerLimitBurst, d.TriggerLimitIntervalSec)
	}
	if s.polls.full(s.m.now, d.PollLimitIntervalSec, d.PollLimitBurst) {
		return s.polls.end(d.PollLimitIntervalSec), fmt.Sprintf("Poll limit hit: %d in %v (PollLimitBurst=, PollLimitIntervalSec=)", d.PollLimitBurst, d.PollLimitIntervalSec)
	}
	return 0, ""
}

// broken fails the socket if one trigger more is too many and
// TriggerLimitAction=fail asks for that.
func (s *socket) broken() bool {
	d := s.Def.Socket
	if s.Def.Wakesock.TriggerLimitAction != "fail" || !s.triggers.full(s.m.now, d.TriggerLimitIntervalSec, d.TriggerLimitBurst) {
		return false
	}
	s.log(4, "Trigger limit hit; failing the socket, as TriggerLimitAction=fail asks.")
	s.wind(FailureTrigger)
	return true
}

// admit checks a connection against the limits on how many may be alive.
func (s *socket) admit(e *Accepted) (source, why string) {
	d := s.Def.Socket
	if s.live >= int(d.MaxConnections) {
		return "", fmt.Sprintf("Too many incoming connections (MaxConnections=%d)", d.MaxConnections)
	}
	if d.MaxConnectionsPerSource > 0 {
		source = e.Peer.Source()
		if s.sources[source] >= int(d.MaxConnectionsPerSource) {
			return "", fmt.Sprintf("Too many incoming connections from one source (MaxConnectionsPerSource=%d)", d.MaxConnectionsPerSource)
		}
	}
	if result, text := s.m.refusal(s.target); result != JobDone {
		return "", "Cannot start an instance: " + text
	}
	return source, ""
}

// refuse closes a connection, and says so once a second at most.
func (s *socket) refuse(e *Accepted, why string) {
	s.refused++
	s.m.do(Hangup{Conn: e.Conn})
	if s.warned == 0 || s.m.now-s.warned >= Time(value.Second) {
		s.warned = s.m.now
		s.log(4, why+"; dropping the connection of "+e.Peer.String()+", "+strconv.FormatUint(s.refused, 10)+" refused so far.")
	}
}
