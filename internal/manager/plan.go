package manager

// How the plans of a transaction become fewer, step by step, until they can be
// installed or must be refused; transaction.go has the list of the steps.

import "slices"

// redundant tells whether a planned job asks for what is the case and stays so.
func (p *plan) redundant() bool {
	u := p.node.unit
	if u == nil {
		return p.kind == Stop
	}
	if u.job != nil && conflicting(u.job.kind, p.kind) {
		return false
	}
	if p.kind == Stop {
		return u.active.down()
	}
	return (p.kind == Start || p.kind == verify) && u.active.up()
}

// activate turns the plans into what can be installed.
func (t *transaction) activate() *refusal {
	t.mark(t.anchor)
	if t.mode == ModeFail {
		t.thin()
	}
	t.prune()
	for {
		t.collect()
		again, why := t.order()
		if why != nil {
			return why
		}
		if !again {
			break
		}
	}
	for {
		again, why := t.merge()
		if why != nil {
			return why
		}
		if !again {
			break
		}
		t.collect()
	}
	t.prune()
	return t.destructive()
}

// mark notes what the anchor cannot do without.
func (t *transaction) mark(p *plan) {
	todo := []*plan{p}
	p.matters = true
	for len(todo) > 0 {
		p, todo = todo[len(todo)-1], todo[:len(todo)-1]
		for _, l := range p.pulling {
			if l.matters && !l.of.matters {
				l.of.matters = true
				todo = append(todo, l.of)
			}
		}
	}
}

// each calls f for every plan that is left.
func (t *transaction) each(f func(p *plan)) {
	for _, n := range t.nodes {
		for _, p := range n.plans {
			if !p.gone {
				f(p)
			}
		}
	}
}

// thin leaves out what does not matter and would stop something or change
// somebody's mind.
func (t *transaction) thin() {
	t.each(func(p *plan) {
		u := p.node.unit
		if p.matters || u == nil {
			return
		}
		if p.kind == Stop && !u.active.down() && u.active != Deactivating || u.job != nil && conflicting(u.job.kind, p.kind) {
			t.remove(p, true)
		}
	})
}

// prune leaves out what is the case already, unit by unit.
func (t *transaction) prune() {
	for _, n := range t.nodes {
		if slices.ContainsFunc(n.plans, func(p *plan) bool { return !p.gone && (p == t.anchor || !p.redundant()) }) {
			continue
		}
		for _, p := range n.plans {
			t.remove(p, false)
		}
	}
}

// remove leaves out a plan, and those that cannot do without it, if they are to go too.
func (t *transaction) remove(p *plan, dependents bool) {
	if p.gone {
		return
	}
	p.gone = true
	for _, l := range p.pulling {
		l.of.refs--
	}
	for _, l := range p.pulledBy {
		if dependents && l.matters {
			t.remove(l.by, true)
		}
	}
}

// collect leaves out what nobody asks for any more.
func (t *transaction) collect() {
	if t.mode == ModeIsolate {
		return
	}
	var todo []*plan
	t.each(func(p *plan) { todo = append(todo, p) })
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if p.gone || p == t.anchor || p.refs > 0 {
			continue
		}
		t.remove(p, false)
		for _, l := range p.pulling {
			todo = append(todo, l.of)
		}
	}
}

// head is the plan that stands for a node in the order; nil if there is none.
func (n *node) head() *plan {
	for _, p := range n.plans {
		if !p.gone {
			return p
		}
	}
	return nil
}

// merge makes one plan for each unit; again means that a plan was left out and
// that others may have lost their reason.
func (t *transaction) merge() (again bool, why *refusal) {
	for _, n := range t.nodes {
		first := n.head()
		if first == nil {
			continue
		}
		kind, ok := first.kind, true
		for _, p := range n.plans {
			if p.gone || p == first || !ok {
				continue
			}
			kind, ok = mergeVerbs(kind, p.kind)
		}
		if !ok {
			if why := t.dropOne(n); why != nil {
				return false, why
			}
			return true, nil
		}
		first.kind = kind
		for _, p := range n.plans {
			if p.gone || p == first {
				continue
			}
			first.matters = first.matters || p.matters
			if p == t.anchor {
				t.anchor = first
			}
			first.join(p)
		}
		if u := n.unit; u != nil {
			first.kind = u.collapse(first.kind)
		} else if first.kind == reloadOrStart {
			first.kind = Start
		}
	}
	return false, nil
}

// join makes the reasons and wishes of another plan p's own.
func (p *plan) join(other *plan) {
	for _, l := range other.pulledBy {
		if !l.by.gone {
			l.of = p
			p.pulledBy = append(p.pulledBy, l)
			p.refs++
		}
	}
	for _, l := range other.pulling {
		l.by = p
		p.pulling = append(p.pulling, l)
	}
	other.gone = true
}

// dropOne leaves out one of two plans for a unit that cannot be merged. A stop is
// given up sooner than a start, unless it makes room for something.
func (t *transaction) dropOne(n *node) *refusal {
	for i, a := range n.plans {
		for _, b := range n.plans[i+1:] {
			if a.gone || b.gone {
				continue
			}
			if _, ok := mergeVerbs(a.kind, b.kind); ok {
				continue
			}
			stop, other := a, b
			if a.kind != Stop {
				stop, other = b, a
			}
			makesRoom := slices.ContainsFunc(stop.pulledBy, func(l *pull) bool { return l.conflicts && !l.by.gone })
			drop := stop
			switch {
			case stop.matters && other.matters:
				return &refusal{JobConflict, "transaction contains conflicting jobs '" + string(stop.kind) + "' and '" + string(other.kind) + "' for " +
					string(n.name) + ". Probably contradicting requirement dependencies configured"}
			case stop.matters, !other.matters && makesRoom:
				drop = other
			}
			t.remove(drop, true)
			return nil
		}
	}
	panic("BUG: no two plans for " + string(n.name) + " conflict")
}

// destructive refuses what would undo jobs that must not be undone, and with job
// mode lenient whatever would stop or hinder others.
func (t *transaction) destructive() (why *refusal) {
	t.each(func(p *plan) {
		u := p.node.unit
		if u == nil || why != nil {
			return
		}
		what := ""
		switch lenient := t.mode == ModeLenient; {
		case u.job != nil && conflicting(u.job.kind, p.kind) && (t.mode == ModeFail || lenient || u.job.irreversible):
			what = "has '" + string(u.job.kind) + "' job queued"
		case lenient && p.kind == Stop && !u.active.down() && u.active != Deactivating:
			what = "is " + u.active.String()
		default:
			return
		}
		why = &refusal{JobDestructive, "transaction for " + string(t.anchor.node.name) + "/" + string(t.anchor.kind) + " is destructive (" +
			string(u.Name) + " " + what + ", but '" + string(p.kind) + "' is included in transaction)"}
	})
	return why
}
