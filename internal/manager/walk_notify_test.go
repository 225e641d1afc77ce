package manager

// What services say of themselves in the random walk, and what becomes of those
// that fork.

import (
	"slices"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// tell has the edges bring one random piece of news about a service.
func (w *world) tell(names []unit.Name) {
	if n, ok := some(w.random, w.seeking); ok {
		delete(w.seeking, n)
		w.sought(n)
		return
	}
	pick := w.random.IntN
	n := names[pick(len(names))]
	u := w.m.units[n]
	if u == nil || u.service == nil {
		return
	}
	s := u.service
	switch pick(12) {
	case 0:
		w.step(OutOfMemory{Unit: n})
	case 1:
		w.step(Wanted{Verb: Reload, Unit: n})
	case 2:
		if w.stored[n] > 0 { // the other side hangs up
			w.stored[n]--
			w.step(Stored{Unit: n, Count: w.stored[n]})
		}
	default:
		w.step(w.notification(s))
	}
	if u.service.stored != w.stored[n] {
		w.step(Stored{Unit: n, Count: w.stored[n]})
	}
}

// notification is a random one, from a random process.
func (w *world) notification(s *service) Notified {
	pick := w.random.IntN
	senders := []int{s.main.pid, s.control.pid, 4711}
	e := Notified{Unit: s.Name, PID: senders[pick(len(senders))], UID: uint32(pick(2)), Notice: &value.Notice{}, Monotonic: w.now}
	n := e.Notice
	n.Last = value.NoticeState(pick(4))
	n.Ready, n.Reloading, n.Stopping = n.Last == value.NoticeReady, n.Last == value.NoticeReloading || pick(4) == 0, n.Last == value.NoticeStopping && pick(4) == 0
	if n.Last == value.NoticeStopping && !n.Stopping {
		n.Last = value.NoticeReady
	}
	n.Alive, n.Trigger = pick(2) == 0, pick(40) == 0
	switch pick(8) {
	case 0:
		n.Store, e.Parcel = true, 1
	case 1:
		n.Unstore, n.FDName = true, "stored"
	case 2:
		n.MainPID = 5000 + pick(1000)
		e.Main = Candidate{PID: n.MainPID, Alive: pick(4) > 0, Ours: pick(3) > 0}
	case 3:
		n.Extend = value.Span(pick(5_000_000))
	case 4:
		n.HasWatchdog, n.Watchdog = true, value.Span(pick(3)*1_000_000)
	case 5:
		n.Access = []string{"all", "main", "exec", "none"}[pick(4)]
	case 6:
		n.HasStatus, n.Status = true, "well"
	}
	return e
}

// sought answers a Seek.
func (w *world) sought(n unit.Name) {
	pick := w.random.IntN
	e := Sought{Unit: n, Trusted: pick(2) == 0}
	switch pick(4) {
	case 0:
		e.Err = "no such file or directory"
	case 1:
	default:
		e.Main = Candidate{PID: 7000 + pick(1000), Alive: pick(5) > 0, Ours: pick(3) > 0}
	}
	w.step(e)
	u := w.m.units[n]
	if u != nil && u.service.main.run != 0 && pick(2) == 0 { // it was the only one
		if w.left[n] && !slices.ContainsFunc(w.order, func(r Run) bool { return w.runs[r].Def.Name == n && w.m.runs[r] == nil }) {
			delete(w.left, n)
			w.step(Emptied{Unit: n})
		}
	}
}
