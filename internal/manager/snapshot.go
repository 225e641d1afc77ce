package manager

import (
	"slices"
	"strings"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Snapshot is one unit's state as others may see it. Times are the manager's;
// 0 means never.
type Snapshot struct {
	Name   unit.Name
	Def    *unit.Unit
	Active ActiveState
	// Description is the unit's, or its name, with the peer of its connection.
	Description string
	Sub         string
	Result      Result
	Job         Verb // of the job that waits or runs; "" for none
	JobID       uint32
	CanReload   bool
	Load        unit.LoadState // that of Def, but for a unit whose file was lost while it was up
	Checks      Checks
	Invocation  Invocation

	Changed, InactiveExit, ActiveEnter, ActiveExit, InactiveEnter Time

	// services
	MainPID, ControlPID int
	Last                Ran // of the main process
	Restarts            int
	NextRestart         value.Span // how long the next restart would wait
	StatusText          string     // what the service said of itself
	StatusErrno         int
	StatusBusError      string
	NotifyAccess        string
	Watchdog            value.Span // in which the service must show that it is alive; 0: it need not
	Alive               Time       // when it last did
	Stored              int        // descriptors that are kept for it
	ReloadResult        Result
	Socket              unit.Name // whose connection made this instance
	Peer                string

	Target unit.Name // what it triggers

	// sockets
	Paused            bool
	Accepted, Refused uint64
	Connections       int

	Timer *TimerSnapshot // of a timer

	Device Device // of a device; without its Def

	TriggeredBy []unit.Name

	Ran        []Ran // the other commands that have ended since the last start, in order
	ControlRun Ran   // the one that runs
}

// Snapshot returns a unit's state. A unit that is only defined, or not even
// that, is inactive; ok tells whether the name means anything.
func (m *Manager) Snapshot(name unit.Name) (s Snapshot, ok bool) {
	def := m.defs[name]
	if def != nil {
		name = def.Name
	}
	if u := m.units[name]; u != nil {
		return u.snapshot(), true
	}
	if def == nil {
		return Snapshot{Name: name, Sub: "dead", Result: Success}, false
	}
	return m.Resting(def), true
}

// Resting returns the state of a unit that is not up: all that there is to say is
// in its definition.
func (m *Manager) Resting(def *unit.Unit) Snapshot {
	name := def.Name
	s := Snapshot{Name: name, Def: def, Load: def.State, Description: def.Common.Description, Sub: "dead", Result: Success}
	if s.Description == "" {
		s.Description = calledByItself(name)
	}
	if def.State == unit.Loaded {
		s.Target = def.Triggered()
	}
	if v := def.Service; v != nil {
		s.NotifyAccess, s.NextRestart, s.ReloadResult = v.NotifyAccess, v.RestartSec, Success
	}
	for _, k := range m.triggeredBy[name] {
		s.TriggeredBy = append(s.TriggeredBy, k.Name)
	}
	return s
}

func (u *Unit) snapshot() Snapshot {
	s := Snapshot{
		Name: u.Name, Def: u.Def, Load: u.Def.State, Target: u.target, Description: u.description(), Active: u.active, Sub: u.life.sub(), Result: u.life.result(), Invocation: u.invocation,
		Ran:     u.ran,
		Changed: u.Changed, InactiveExit: u.InactiveExit, ActiveEnter: u.ActiveEnter, ActiveExit: u.ActiveExit, InactiveEnter: u.InactiveEnter,
	}
	if u.job != nil {
		s.Job, s.JobID = u.job.kind, u.job.ID
	}
	s.CanReload, s.Checks = u.canReload(), u.Checks
	if u.lost != "" {
		s.Load = u.lost
	}
	for _, k := range u.m.triggeredBy[u.Name] {
		s.TriggeredBy = append(s.TriggeredBy, k.Name)
	}
	if v := u.service; v != nil {
		s.MainPID, s.ControlPID, s.Restarts = v.main.pid, v.control.pid, v.restarts
		s.said(v)
		s.Last, s.ControlRun = v.last, v.control.ran()
		if v.from != nil {
			s.Socket, s.Peer = v.from.Name, v.peer.String()
			s.TriggeredBy = append(s.TriggeredBy, v.from.Name)
		}
	}
	if p, ok := u.life.(*pathUnit); ok {
		s.Paused = p.paused
	}
	if t, ok := u.life.(*timer); ok {
		s.Timer = t.snapshot()
	}
	if d, ok := u.life.(*device); ok {
		s.Device = d.facts
	}
	if k := u.socket; k != nil {
		s.Paused, s.Accepted, s.Refused, s.Connections = k.paused, k.accepted, k.refused, k.live
		s.ControlPID, s.ControlRun = k.control.pid, k.control.ran()
	}
	return s
}

// said adds what a service says of itself.
func (s *Snapshot) said(v *service) {
	s.NotifyAccess, s.Watchdog, s.Stored, s.ReloadResult, s.NextRestart = v.access(), v.watchdog(), v.stored, v.reloadRes, v.restartDelay()
	if s.ReloadResult == "" {
		s.ReloadResult = Success
	}
	if d := v.said; d != nil {
		s.StatusText, s.StatusErrno, s.StatusBusError, s.Alive = d.status, d.errno, d.busError, d.alive
	}
}

// Alive tells whether there is a unit of that name, with a state of its own.
func (m *Manager) Alive(name unit.Name) bool { return m.units[name] != nil }

// Snapshots returns the states of all units that are loaded, by name;
// templates are no units.
func (m *Manager) Snapshots() []Snapshot {
	all := make([]Snapshot, 0, len(m.units)+len(m.defs))
	for _, u := range m.units {
		all = append(all, u.snapshot())
	}
	for n, def := range m.defs {
		if def.Name == n && m.units[n] == nil && !n.IsTemplate() {
			s, _ := m.Snapshot(n)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Snapshot) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return all
}

// Triggers returns what a socket unit starts for who comes: its service, or with
// Accept=yes the instances that it has made.
func (m *Manager) Triggers(s *Snapshot) []unit.Name {
	if s.Target == "" {
		return nil
	}
	if !s.Target.IsTemplate() {
		return []unit.Name{s.Target}
	}
	var names []unit.Name
	for n, u := range m.units {
		if u.service != nil && u.service.from != nil && u.service.from.Name == s.Name {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// Watching tells whether news of a socket unit are still wanted.
func (m *Manager) Watching(name unit.Name) bool {
	u := m.units[name]
	return u != nil && u.socket != nil && u.socket.watched
}

// Invoked returns the unit with an invocation ID that begins so, "" for none.
func (m *Manager) Invoked(id Invocation) unit.Name {
	if id == "" {
		return ""
	}
	for _, u := range m.units {
		if strings.HasPrefix(string(u.invocation), string(id)) {
			return u.Name
		}
	}
	return ""
}
