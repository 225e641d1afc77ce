package manager

// What must hold before a unit may start: its Condition…= and Assert…= settings,
// the mounts that it requires, what it is bound to, and its start limit. The first
// two are asked of an edge, for they look at the machine.

import (
	"strings"

	"wakesock/internal/unit"
)

// A limited is the life of a unit that StartLimitBurst= limits.
type limited interface {
	limitHit() // fail with FailureStartLimit
}

// limitHit fails a start that was one too many.
func (t *timer) limitHit() {
	t.res = FailureStartLimit
	t.set(timerFailed)
}

// limitHit fails a start that was one too many.
func (p *pathUnit) limitHit() {
	p.res = FailureStartLimit
	p.set(pathFailed)
}

// prepare sees whether a unit that is down may start, and starts it.
func (m *Manager) prepare(j *Job) {
	u := j.unit
	if c := u.Def.Common; len(c.Conditions)+len(c.RequiresMountsFor)+len(c.WantsMountsFor) > 0 {
		m.lastCheck++
		u.checking = m.lastCheck
		m.do(Check{Unit: u.Name, Number: u.checking, Def: u.Def})
		return
	}
	u.Checks = Checks{Time: m.now}
	m.begin(j)
}

// exhausted tells whether a unit has failed because its last start was one too many.
func (u *Unit) exhausted() bool {
	if u.service != nil {
		return u.service.state == serviceFailed && u.service.limited
	}
	return u.active == Failed && u.life.result() == FailureStartLimit
}

// belowLimit counts a start; over the limit it fails the unit and returns false.
func (m *Manager) belowLimit(u *Unit) bool {
	l, ok := u.life.(limited)
	if !ok || u.active == Activating && (u.service == nil || u.service.state != serviceAutoRestart) {
		return true
	}
	c := u.Def.Common
	if u.starts.below(m.now, c.StartLimitIntervalSec, c.StartLimitBurst) {
		return true
	}
	u.log(4, "Start request repeated too quickly.")
	l.limitHit()
	m.emergency(u, c.StartLimitAction, -1, "unit was started too often")
	return false
}

// begin starts a unit for which everything holds. Only such a start counts towards
// the start limit.
func (m *Manager) begin(j *Job) {
	u := j.unit
	if why := m.unbound(u); why != "" {
		u.log(4, "Cannot start: "+why+".")
		m.finish(j, JobDependency, why)
		return
	}
	if m.belowLimit(u) {
		u.life.start()
	}
}

// Checks is how the conditions of a unit's last start came out.
type Checks struct {
	Time   Time   // 0: there was no start
	Result []bool // one for each of Common.Conditions
	Mount  string // what is not mounted and should be; "" for nothing
}

// Verdict judges the conditions, or the assertions, of a unit: all that are not
// marked with '|' must hold, and of those that are, one. failed are those to
// blame.
func (c *Checks) Verdict(def *unit.Unit, prefix string) (ok bool, failed []unit.Condition) {
	triggers, triggered := false, false
	for i, x := range def.Common.Conditions {
		if !strings.HasPrefix(x.Name, prefix) || i >= len(c.Result) {
			continue
		}
		if x.Trigger {
			triggers = true
			triggered = triggered || c.Result[i]
		} else if !c.Result[i] {
			failed = append(failed, x)
		}
	}
	if triggers && !triggered {
		for _, x := range def.Common.Conditions {
			if strings.HasPrefix(x.Name, prefix) && x.Trigger {
				failed = append(failed, x)
			}
		}
		return false, failed
	}
	return len(failed) == 0, failed
}

// blame says in words which conditions failed.
func blame(failed []unit.Condition) string {
	for _, x := range failed {
		if !x.Trigger {
			return x.Name + "=" + x.String()
		}
	}
	return ""
}

func (e Checked) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.checking != e.Number || e.Number == 0 {
		return
	}
	u.checking = 0
	u.Checks = Checks{Time: m.now, Result: e.Result, Mount: e.Mount}
	j := u.job
	if j == nil || !j.running || j.kind != Start || !u.active.down() {
		return
	}
	if ok, failed := u.Checks.Verdict(u.Def, "Condition"); !ok {
		if what := blame(failed); what != "" {
			u.say(6, u.title()+" was skipped because of an unmet condition check ("+what+").")
		} else {
			u.say(6, u.title()+" was skipped because no trigger condition checks were met.")
		}
		m.finish(j, JobDone, "")
		return
	}
	if ok, failed := u.Checks.Verdict(u.Def, "Assert"); !ok {
		why := "no trigger assertion holds"
		if what := blame(failed); what != "" {
			why = "assertion failed: " + what
		}
		u.log(3, "Cannot start: "+why+".")
		m.finish(j, JobAssert, why)
		return
	}
	for _, w := range e.Warnings {
		u.log(4, w)
	}
	if e.Mount != "" {
		u.log(3, "Cannot start: "+e.Mount+".")
		m.finish(j, JobDependency, e.Mount)
		return
	}
	m.begin(j)
}

// unmet tells whether the last start was not to be; such a unit is kept, so that
// status can say why.
func (u *Unit) unmet() bool {
	if len(u.Checks.Result) == 0 || u.Def.Common.CollectMode == "inactive-or-failed" || u.m.defs[u.Name] == nil {
		return false
	}
	ok, _ := u.Checks.Verdict(u.Def, "")
	return !ok
}
