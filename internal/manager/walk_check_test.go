package manager

// What must be true after every event of the random walk.

import (
	"slices"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// check holds what must be true after every event.
func (w *world) check() {
	live := make(map[*socket]int)
	for n, u := range w.m.units {
		if u.Name != n {
			w.fatal("%s is filed as %s", u.Name, n)
		}
		if u.deadline != 0 && w.m.deadlines[u.heapIndex] != &u.appointment {
			w.fatal("%s has lost its deadline", n)
		}
		if u.job != nil && !u.job.running && !w.m.blocked(u.job) && u.job.kind != Reload && u.job.kind != verify {
			w.fatal("%s: its job to %s is lost", n, u.job.kind)
		}
		if j := u.job; j != nil && j.running && (u.active.down() || u.active.up()) && n.Type() != unit.TypeDevice &&
			!(j.kind == Start && u.active.down()) && !(j.kind == Reload && u.active == Reloading) {
			w.fatal("%s is %v and its job to %s never ended", n, u.active, u.job.kind)
		}
		if !u.held() && !kept(u, map[*Unit]bool{}) {
			w.fatal("%s is kept for nobody", n)
		}
		if s := u.service; s != nil {
			w.checkService(s)
			w.checkAlarms(s)
			if s.from != nil && (!u.active.down() || s.link != 0) {
				live[s.from]++
			}
		}
		if s := u.socket; s != nil {
			w.checkSocket(s)
		}
		if p, ok := u.life.(*pathUnit); ok {
			w.checkPath(p)
		}
		if t, ok := u.life.(*timer); ok {
			w.checkTimer(t)
		}
		w.checkDevice(u)
	}
	for _, u := range w.m.units {
		if s := u.socket; s != nil && s.live != live[s] {
			w.fatal("%s counts %d instances, there are %d", s.Name, s.live, live[s])
		}
	}
	w.checkTogether()
	for r, s := range w.m.runs {
		if s.main.run != r && s.control.run != r {
			w.fatal("run %d is nobody's", r)
		}
	}
	for r, s := range w.runs { // every process belongs to one run, of its own unit
		if v := w.m.runs[r]; v != nil && v.Name != s.Def.Name {
			w.fatal("run %d of %s is filed under %s", r, s.Def.Name, v.Name)
		}
	}
}

// kept tells whether a unit that is kept for its own sake mentions this one, or one
// that is kept for the same reason does.
func kept(u *Unit, seen map[*Unit]bool) bool {
	seen[u] = true
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if o := e.to.unit; e.theirs != 0 && o != nil && !seen[o] && (o.held() || kept(o, seen)) {
			return true
		}
	}
	return false
}

func (w *world) checkService(s *service) {
	busy := s.main.run != 0 || s.control.run != 0
	switch s.state {
	case serviceDead, servicePinned, serviceFailed, serviceAutoRestart:
		if busy || s.left {
			w.fatal("%s is %v with processes", s.Name, s.state)
		}
		if s.state != serviceAutoRestart && s.deadline != 0 {
			w.fatal("%s is %v with a deadline", s.Name, s.state)
		}
		if s.state == serviceAutoRestart && s.deadline == 0 && s.job == nil {
			w.fatal("%s would never restart", s.Name)
		}
		if s.state != serviceAutoRestart && s.link != 0 && s.job == nil {
			w.fatal("%s is %v and holds a connection", s.Name, s.state)
		}
	case serviceCondition, serviceStartPre, serviceStartPost, serviceReload, serviceReloadPost, serviceStop, serviceStopPost:
		if s.control.run == 0 && !(s.state == serviceStartPost && w.looks(s)) && !(s.state == serviceStopPost && s.main.run != 0) {
			w.fatal("%s is %v without a process", s.Name, s.state)
		}
		if s.deadline == 0 && s.timeout(s.state) != value.Infinity {
			w.fatal("%s is %v without a deadline", s.Name, s.state)
		}
	case serviceStart, serviceRunning, serviceReloadSignal, serviceReloadNotify:
		if !busy && !s.left && !w.looks(s) {
			w.fatal("%s is %v without a process", s.Name, s.state)
		}
		if s.deadline == 0 && s.state != serviceRunning && s.timeout(s.state) != value.Infinity {
			w.fatal("%s is %v without a deadline", s.Name, s.state)
		}
	case serviceExited:
		if busy {
			w.fatal("%s is exited with processes", s.Name)
		}
	case serviceStopWatchdog, serviceFinalWatchdog, serviceStopSigterm, serviceStopSigkill, serviceFinalSigterm, serviceFinalSigkill:
		if !busy && !s.left {
			w.fatal("%s is %v and waits for nobody", s.Name, s.state)
		}
		if s.deadline == 0 {
			w.fatal("%s is %v without a deadline", s.Name, s.state)
		}
	}
}

// looks tells whether a forking service waits for news of its main process.
func (w *world) looks(s *service) bool {
	return s.Def.Service.Type == unit.ServiceForking && s.control.run == 0 && (w.seeking[s.Name] || s.alarms[alarmSeek] != 0)
}

// checkAlarms: the unit's deadline is the first of the alarms, the watchdog watches
// only what is up, and what is kept is known.
func (w *world) checkAlarms(s *service) {
	var first Time
	for _, at := range s.alarms {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	if first != s.deadline {
		w.fatal("%s has its deadline at %d, its first alarm at %d", s.Name, s.deadline, first)
	}
	if s.alarms[alarmWatchdog] != 0 && !s.state.guarded() {
		w.fatal("%s is %v and watched", s.Name, s.state)
	}
	if s.held != nil && s.main.run != s.held.Run {
		w.fatal("%s keeps back a program that is not its own", s.Name)
	}
	if s.active.down() && s.stored > 0 && s.job == nil && s.Def.Service.FileDescriptorStorePreserve != "yes" {
		w.fatal("%s is down and descriptors are kept for it", s.Name)
	}
}

func (w *world) checkSocket(s *socket) {
	if s.held != w.open[s.Name] && s.state != socketStartOpen {
		w.fatal("%s: open is %v, held is %v", s.Name, w.open[s.Name], s.held)
	}
	if s.watched != w.watched[s.Name] {
		w.fatal("%s: watched is %v, should be %v", s.Name, w.watched[s.Name], s.watched)
	}
	switch s.state {
	case socketListening:
		if w.m.quitting && !s.watched {
			return
		}
		if !s.held || s.watched == s.paused || s.paused != (s.deadline != 0) {
			w.fatal("%s is listening: held %v, watched %v, paused %v, deadline %d", s.Name, s.held, s.watched, s.paused, s.deadline)
		}
	case socketDeferred:
		if !s.held || s.watched || !slices.Contains(w.m.deferred, s) {
			w.fatal("%s is deferred: held %v, watched %v", s.Name, s.held, s.watched)
		}
	case socketRunning:
		if !s.held || s.watched || s.paused {
			w.fatal("%s is running and watched", s.Name)
		}
		if v := w.m.units[s.target]; (v == nil || v.active.down() && v.job == nil) && !slices.ContainsFunc(s.m.sorted(), func(u *Unit) bool {
			return slices.Contains(u.sockets(), s.Name) && !u.active.down()
		}) {
			w.fatal("%s is running, %s is not", s.Name, s.target)
		}
	case socketDead, socketFailed:
		if s.held || s.watched || s.left || s.deadline != 0 {
			w.fatal("%s is %v and holds something", s.Name, s.state)
		}
	case socketStopPreSigterm, socketStopPreSigkill, socketFinalSigterm, socketFinalSigkill:
		if s.control.run == 0 && !s.left || s.deadline == 0 {
			w.fatal("%s is %v and waits for nobody", s.Name, s.state)
		}
	case socketStartPre, socketStartPost, socketStopPre, socketStopPost:
		if s.control.run == 0 || s.deadline == 0 {
			w.fatal("%s is %v without a process or a deadline", s.Name, s.state)
		}
	case socketStartOpen:
		if s.deadline == 0 {
			w.fatal("%s is opening without a deadline", s.Name)
		}
	}
}
