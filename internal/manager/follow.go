package manager

// What follows when a unit's state changes: other units are started or stopped
// with it, the manager may be asked to end, and what nobody needs is stopped.

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// unexpected tells whether u got where it is without a job that asked for it.
func (u *Unit) unexpected(now ActiveState) bool {
	j := u.job
	switch {
	case j == nil:
		return true
	case !j.running:
		return false
	case j.kind == Start:
		return !now.up() && now != Activating
	case j.kind.stops():
		return !now.down() && now != Deactivating
	case j.kind == Reload:
		return now != Active && now != Activating && now != Reloading
	}
	return true
}

// follow does what a change of state asks for.
func (u *Unit) follow(was, now ActiveState, unexpected bool) {
	if was == now {
		return
	}
	m := u.m
	wasUp := was.up() || was == Activating
	switch {
	case unexpected && was.down() && (now.up() || now == Activating):
		u.bringUp()
	case unexpected && wasUp && (now.down() || now == Deactivating):
		for _, o := range u.all(dragsDown) {
			if !o.active.down() && o.active != Deactivating {
				m.wish(o, Stop, ModeReplace, 0)
			}
		}
	}
	if !u.again {
		c := u.Def.Common
		switch {
		case now == Failed:
			u.startOthers(unit.OnFailure)
			m.emergency(u, c.FailureAction, c.FailureActionExitStatus, "unit failed")
		case now == Inactive && was != Failed:
			u.startOthers(unit.OnSuccess)
			m.emergency(u, c.SuccessAction, c.SuccessActionExitStatus, "unit succeeded")
		}
	}
	m.suspect(u)
}

// bringUp starts and stops what belongs to a unit that came up by itself, such
// as a device.
func (u *Unit) bringUp() {
	for i := 0; i < len(u.node.edges); i++ {
		e := &u.node.edges[i]
		r := e.relation()
		if r&follows != 0 || r&(pulls|pullsKindly|expels) == 0 {
			continue
		}
		o := u.m.unit(e.to.name)
		switch {
		case o == nil:
		case r&expels != 0:
			if !o.active.down() && o.active != Deactivating {
				u.m.wish(o, Stop, ModeReplace, 0)
			}
		case o.active.down() || o.active == Deactivating:
			if r&pulls != 0 {
				u.m.wish(o, Start, ModeReplace, 0)
			} else if u.m.startable(o.Name) {
				u.m.wish(o, Start, ModeFail, 0)
			}
		}
	}
}

// startOthers starts the units of OnFailure= or OnSuccess=.
func (u *Unit) startOthers(k unit.Dependency) {
	m := u.m
	names := u.node.named(says(k))
	if len(names) == 0 || m.quitting {
		return
	}
	mode := u.Def.Common.OnFailureJobMode
	if k == unit.OnSuccess {
		mode = u.Def.Common.OnSuccessJobMode
	}
	u.log(6, "Triggering "+k.String()+"= dependencies.")
	for _, n := range names {
		o := m.unit(n)
		if o == nil {
			u.log(4, k.String()+"= names "+string(n)+", which is not found.")
			continue
		}
		if o.service != nil && u.service != nil && o.active.down() && len(o.all(saidBy(unit.OnFailure, unit.OnSuccess))) == 1 {
			o.service.monitor = u.service.monitored()
		}
		m.wish(o, Start, Mode(mode), 0)
	}
}

// autoInterval and autoBurst limit how often the manager starts or stops a unit
// by itself for what Upholds=, BindsTo= and StopWhenUnneeded= ask.
const (
	autoInterval = 10 * value.Second
	autoBurst    = 16
)

// suspect notes whose right to be up, or down, must be looked at again.
func (m *Manager) suspect(u *Unit) {
	add := func(o *Unit) {
		if o != nil && !o.suspected {
			o.suspected = true
			m.suspects = append(m.suspects, o)
		}
	}
	if u.Def.Common.StopWhenUnneeded {
		add(u)
	}
	for i := range u.node.edges {
		e := &u.node.edges[i]
		r := e.relation()
		if r&(upheldBy|boundTo) != 0 {
			add(u)
		}
		if r&(boundTo<<32) != 0 || r&needs != 0 && e.to.unit != nil && e.to.unit.Def.Common.StopWhenUnneeded {
			add(e.to.unit)
		}
		if r&upholds != 0 {
			o := e.to.unit
			if o == nil && u.active.up() && m.startable(e.to.name) {
				o = m.unit(e.to.name)
			}
			add(o)
		}
	}
}

// settle looks at the suspects; true means that there are new jobs.
func (m *Manager) settle() bool {
	n := len(m.suspects)
	for i := 0; i < len(m.suspects); i++ {
		u := m.suspects[i]
		m.suspects[i] = nil
		u.suspected = false
		m.idle = append(m.idle, u)
		if m.units[u.Name] != u || u.job != nil || m.quitting {
			continue
		}
		asked := true
		switch {
		case u.active.down():
			if by := u.upheld(); by != "" && u.mayAct("Upholds= of "+by+" would start the unit") {
				u.log(6, "Started because upheld by active unit "+by+".")
				asked = m.wish(u, Start, ModeFail, 0)
			}
		case u.active == Active && u.lonely() != "":
			why := u.lonely()
			if u.mayAct("the unit " + why) {
				u.log(6, "The unit "+why+". Stopping, too.")
				asked = m.wish(u, Stop, ModeReplace, 0)
			}
		case u.active.up() && u.unneeded():
			if u.mayAct("StopWhenUnneeded= would stop the unit") {
				u.log(6, "Unit not needed anymore. Stopping.")
				asked = m.wish(u, Stop, ModeReplace, 0)
			}
		}
		if !asked && m.jobs > 0 { // perhaps for a job that must not be undone
			u.lookAgain(m.now + Time(autoInterval))
		}
	}
	m.suspects = m.suspects[:0]
	return n > 0 && len(m.ready) > 0
}

// mayAct tells whether the manager may start or stop the unit by itself once more.
// If not, it looks at the unit again when it may.
func (u *Unit) mayAct(what string) bool {
	if u.auto.below(u.m.now, autoInterval, autoBurst) {
		return true
	}
	u.log(4, what+", but this was tried too often recently. It will be tried again.")
	u.lookAgain(u.auto.end(autoInterval))
	return false
}

// lookAgain makes the unit a suspect at a moment to come.
func (u *Unit) lookAgain(at Time) {
	u.retry.owner = retry{u}
	u.m.set(&u.retry, at)
}

// A retry is an appointment to look at a unit again.
type retry struct{ *Unit }

func (r retry) expire() { r.m.suspect(r.Unit) }

// upheld names a unit that is up and upholds u.
func (u *Unit) upheld() string {
	for _, o := range u.all(upheldBy) {
		if o.job == nil && o.active.up() {
			return string(o.Name)
		}
	}
	return ""
}

// lonely says which unit u is bound to that is down.
func (u *Unit) lonely() string {
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if e.relation()&boundTo != 0 && (e.to.unit == nil || e.to.unit.job == nil && e.to.unit.active.down()) {
			return "is bound to inactive unit " + string(e.to.name)
		}
	}
	return ""
}

// unneeded tells whether a unit with StopWhenUnneeded= is needed by nothing.
func (u *Unit) unneeded() bool {
	if !u.Def.Common.StopWhenUnneeded {
		return false
	}
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if o := e.to.unit; e.relation()&neededBy != 0 && o != nil && (o.job != nil || !o.active.down()) {
			return false
		}
	}
	return true
}

// reconsider looks at every unit again, after definitions have changed.
func (m *Manager) reconsider() {
	for _, u := range m.sorted() {
		m.suspect(u)
	}
}
