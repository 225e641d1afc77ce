package manager

// Connections of sockets with Accept=yes: admitted or refused, and counted as
// long as the instance that serves them lives.

import "slices"

func (e Accepted) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.socket == nil || u.socket.state != socketListening {
		m.do(Hangup{Conn: e.Conn})
		return
	}
	s := u.socket
	if s.broken() {
		m.do(Hangup{Conn: e.Conn})
		return
	}
	source, why := s.admit(&e)
	if why != "" {
		s.refuse(&e, why)
		return
	}
	s.counted()
	s.instance(&e, source)
	if s.Def.Wakesock.TriggerLimitAction == "fail" && s.triggers.full(m.now, s.Def.Socket.TriggerLimitIntervalSec, s.Def.Socket.TriggerLimitBurst) {
		return // the next one breaks it
	}
	if until, why := s.full(); why != "" {
		s.pause(until, why)
	}
}

// instance makes the service that serves one connection and starts it.
func (s *socket) instance(e *Accepted, source string) {
	template := s.m.defs[s.target]
	name := template.Name.WithInstance(e.Peer.Instance(s.accepted))
	s.accepted++
	if s.m.units[name] != nil { // only after the counter was reset by a restart
		s.m.discard(s.m.units[name])
	}
	u := s.m.add(template.Instantiate(name))
	v := u.service
	v.from, v.link, v.peer, v.source = s, e.Conn, e.Peer, source
	s.begun(v)
	s.m.startAll(u, 0)
}

// begun counts an instance: a new one, or one that failed and is started again by hand.
func (s *socket) begun(v *service) {
	if v.counted {
		return
	}
	v.counted = true
	s.forgot(v)
	s.live++
	if v.source != "" {
		if s.sources == nil {
			s.sources = make(map[string]int)
		}
		s.sources[v.source]++
	}
}

// ended notes that an instance is down.
func (s *socket) ended(v *service) {
	if !v.counted {
		return
	}
	v.counted = false
	s.live--
	if v.source != "" {
		if s.sources[v.source]--; s.sources[v.source] == 0 {
			delete(s.sources, v.source)
		}
	}
	if v.state == serviceFailed {
		s.failed = append(s.failed, v)
		if len(s.failed) > failedKept {
			s.m.discard(s.failed[0].Unit)
		}
	}
	s.m.collect(s.Unit)
}

// forgot takes a failed instance off the list.
func (s *socket) forgot(v *service) {
	if i := slices.Index(s.failed, v); i >= 0 {
		s.failed = slices.Delete(s.failed, i, i+1)
	}
}
