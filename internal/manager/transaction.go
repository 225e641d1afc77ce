package manager

// A transaction is what one request comes to: the job that was asked for, its
// anchor, and every job that dependencies add to it. It is planned as a whole and
// then either refused or put in the queue as a whole:
//
//	expand   add what the dependencies of each planned job ask for
//	mark     find what the anchor cannot do without ("matters")
//	thin     with job mode fail: leave out what would disturb others
//	prune    leave out what is the case already
//	collect  leave out what nobody asks for any more
//	order    find rings in the order; leave out what does not matter in them
//	merge    make one job of several for a unit; leave out one of two that conflict
//	install  put the rest in the queue
//
// What matters is never left out: then the transaction is refused. So is, with job mode
// lenient, one that would stop what runs or replace what is queued.

import (
	"slices"
	"strings"
)

// A Mode says what a new transaction may do to jobs that are queued already,
// systemctl(1), --job-mode=.
type Mode string

// The job modes.
const (
	ModeReplace             Mode = "replace"
	ModeReplaceIrreversibly Mode = "replace-irreversibly"
	ModeFail                Mode = "fail"
	ModeIsolate             Mode = "isolate"
	ModeFlush               Mode = "flush"
	ModeIgnoreDependencies  Mode = "ignore-dependencies"
	ModeIgnoreRequirements  Mode = "ignore-requirements"
	ModeTriggering          Mode = "triggering"
	ModeLenient             Mode = "lenient"
)

// Modes are all job modes, for those who check or complete them.
func Modes() []Mode {
	return []Mode{ModeReplace, ModeReplaceIrreversibly, ModeFail, ModeIsolate, ModeFlush, ModeIgnoreDependencies, ModeIgnoreRequirements, ModeTriggering, ModeLenient}
}

// A refusal is why a transaction is not made.
type refusal struct {
	result JobResult
	text   string
}

// A plan is a job that may come of a transaction.
type plan struct {
	node     *node
	kind     Verb
	pulledBy []*pull
	pulling  []*pull
	refs     int  // how many pull it
	matters  bool // to the anchor
	gone     bool
}

// A pull is the reason for a plan: what another one asks for.
type pull struct {
	by, of    *plan
	matters   bool // by cannot do without of
	conflicts bool // of makes room for by
}

type transaction struct {
	m      *Manager
	anchor *plan
	mode   Mode
	nodes  []*node // with plans, in the order of their finding
	todo   []*plan // to be expanded
}

// transact plans and installs what a job of u's comes to.
func (m *Manager) transact(u *Unit, kind Verb, mode Mode, r Request) *refusal {
	kind = u.collapse(kind)
	if kind == nothing {
		m.answer(r, JobDone, "")
		m.collect(u)
		return nil
	}
	if why := m.applicable(kind, u.node); why != nil {
		return why
	}
	if mode == ModeReplace && (kind != Stop || u.sameDevice() == nil) && (u.job == nil || !u.job.irreversible) && m.alone(u, kind) {
		m.enqueue(u, kind, r)
		return nil
	}
	t := &transaction{m: m, mode: mode}
	defer t.clear()
	if why := t.plan(u, kind); why != nil {
		return why
	}
	if why := t.activate(); why != nil {
		return why
	}
	t.install(r)
	return nil
}

// clear takes the plans off the graph.
func (t *transaction) clear() {
	for _, n := range t.nodes {
		n.plans = nil
	}
}

// alone tells whether a job of u's comes to nothing but itself: what it needs is
// there, and whom it disturbs is not.
func (m *Manager) alone(u *Unit, kind Verb) bool {
	for i := range u.node.edges {
		e := &u.node.edges[i]
		r, o := e.relation(), e.to.unit
		if o != nil && o.job == nil && o.active.up() && r&(expels|expelsKindly|passesStop|passesReload) == 0 {
			continue // the most common case
		}
		quiet := o == nil || o.job == nil && o.active.down()
		switch {
		case kind == Start:
			if r&(pulls|demands|pullsKindly) != 0 && !(o != nil && o.job == nil && o.active.up()) || r&(expels|expelsKindly) != 0 && !quiet {
				return false
			}
		case kind == Stop:
			if r&passesStop != 0 && !quiet {
				return false
			}
		case kind == Reload:
			if r&passesReload != 0 && !quiet {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// plan makes the anchor and all that follows from it.
func (t *transaction) plan(u *Unit, kind Verb) *refusal {
	t.anchor = t.add(kind, u.node, nil, true, false)
	if kind == Stop {
		for _, k := range u.sameDevice() { // it goes under all its names
			t.add(Stop, k.node, t.anchor, true, false)
		}
	}
	if t.mode == ModeTriggering && kind == Stop {
		for _, k := range t.m.triggersOf(u) {
			t.add(Stop, k.node, t.anchor, true, false)
		}
	}
	if why := t.expandAll(); why != nil || t.mode != ModeIsolate {
		return why
	}
	t.isolate()
	return t.expandAll() // what requires one that is stopped cannot stay, IgnoreOnIsolate= or not
}

// expandAll expands what is planned until nothing new follows.
func (t *transaction) expandAll() *refusal {
	for len(t.todo) > 0 {
		p := t.todo[0]
		t.todo = t.todo[1:]
		if why := t.expand(p); why != nil {
			return why
		}
	}
	return nil
}

// applicable says why a job makes no sense for a unit; nil if it does.
func (m *Manager) applicable(kind Verb, n *node) *refusal {
	if kind == Stop {
		return nil
	}
	if result, text := m.refusal(n.name); result != JobDone {
		return &refusal{result, text}
	}
	if kind == Reload && (n.unit == nil || !n.unit.canReload()) {
		return &refusal{JobInapplicable, "job type reload is not applicable for unit " + string(n.name)}
	}
	return nil
}

// add plans a job, or finds it planned.
func (t *transaction) add(kind Verb, n *node, by *plan, matters, conflicts bool) *plan {
	var p *plan
	for _, x := range n.plans {
		if x.kind == kind {
			p = x
		}
	}
	if p == nil {
		p = &plan{node: n, kind: kind}
		if len(n.plans) == 0 {
			t.nodes = append(t.nodes, n)
		}
		n.plans = append(n.plans, p)
		if by == nil || !p.redundant() || t.mode == ModeIsolate { // which is to know all that stays
			t.todo = append(t.todo, p)
		}
	}
	if by != nil {
		l := &pull{by: by, of: p, matters: matters, conflicts: conflicts}
		by.pulling = append(by.pulling, l)
		p.pulledBy = append(p.pulledBy, l)
		p.refs++
	}
	return p
}

// expand plans what follows from a planned job by the dependencies of its unit.
func (t *transaction) expand(p *plan) *refusal {
	if t.mode == ModeIgnoreDependencies || t.mode == ModeIgnoreRequirements {
		return nil
	}
	for i := 0; i < len(p.node.edges); i++ {
		e := &p.node.edges[i]
		r := e.relation()
		if p.kind == Start || p.kind == Restart {
			if why := t.pullIn(p, e.to, r); why != nil {
				return why
			}
		}
		if p.kind == Stop && r&passesStop != 0 && e.to.unit != nil {
			t.add(Stop, e.to, p, true, false)
		}
		if p.kind == Restart && r&passesRestart != 0 && e.to.unit != nil && e.to.unit.collapse(TryRestart) == Restart {
			t.add(Restart, e.to, p, true, false)
		}
		if p.kind == Reload && r&passesReload != 0 && e.to.unit != nil && e.to.unit.active.up() && t.m.applicable(Reload, e.to) == nil {
			t.add(Reload, e.to, p, false, false)
		}
	}
	return nil
}

// pullIn plans what one other unit must do so that p's unit can start.
func (t *transaction) pullIn(p *plan, o *node, r relation) *refusal {
	switch {
	case r&pulls != 0:
		if why := t.m.applicable(Start, o); why != nil {
			if why.result == JobNotFound {
				why.text = "required " + why.text
			}
			return why
		}
		t.add(Start, o, p, true, false)
	case r&pullsKindly != 0:
		if t.m.applicable(Start, o) == nil {
			t.add(Start, o, p, false, false)
		}
	}
	if r&demands != 0 {
		if why := t.m.applicable(verify, o); why != nil {
			return why
		}
		t.add(verify, o, p, true, false)
	}
	if r&expels != 0 {
		t.add(Stop, o, p, true, true)
	} else if r&expelsKindly != 0 {
		t.add(Stop, o, p, false, false)
	}
	return nil
}

// isolate plans the stop of everything else that is up.
func (t *transaction) isolate() {
	for _, u := range t.m.sorted() {
		if u.Def.Common.IgnoreOnIsolate || u.Def.Perpetual() || u.active.down() && u.job == nil || len(u.node.plans) > 0 {
			continue
		}
		if slices.ContainsFunc(t.m.triggersOf(u), func(k *Unit) bool { return len(k.node.plans) > 0 }) || u.service != nil && u.service.from != nil {
			continue // it goes with what triggers it
		}
		t.add(Stop, u.node, t.anchor, true, false)
	}
}

// install puts what is left in the queue, the anchor last.
func (t *transaction) install(r Request) {
	anchor := t.anchor
	if t.mode == ModeIsolate || t.mode == ModeFlush {
		for _, u := range t.m.sorted() {
			if u.job != nil && u.node.head() == nil {
				t.m.end(u.job, JobCanceled, "another job took its place", false)
			}
		}
	}
	var plans []*plan
	t.each(func(p *plan) {
		if p != anchor {
			plans = append(plans, p)
		}
	})
	t.clear()
	for _, p := range append(plans, anchor) {
		u := p.node.unit
		if u == nil {
			u = t.m.unit(p.node.name)
		}
		if u == nil {
			continue // nothing to stop
		}
		request := Request(0)
		if p == anchor {
			request = r
		}
		j := t.m.enqueue(u, p.kind, request)
		j.irreversible = j.irreversible || t.mode == ModeReplaceIrreversibly
		j.hasty = j.hasty || t.mode == ModeIgnoreDependencies
	}
}

// startAll asks for u to be started with everything that it wants and requires,
// for one that triggers it or the manager itself.
func (m *Manager) startAll(u *Unit, r Request) bool { return m.wish(u, Start, ModeReplace, r) }

// wish asks for a job and answers the request, or says in the log why there is none.
func (m *Manager) wish(u *Unit, kind Verb, mode Mode, r Request) bool {
	why := m.transact(u, kind, mode, r)
	if why == nil {
		return true
	}
	if r != 0 {
		m.answer(r, why.result, why.text)
	} else {
		u.log(4, "Cannot queue a job to "+string(kind)+": "+strings.TrimPrefix(why.text, string(u.Name)+": "))
	}
	m.idle = append(m.idle, u)
	return false
}
