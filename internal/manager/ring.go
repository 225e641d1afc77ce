package manager

// Rings in the order of a transaction: units that each come before the next. A
// job in the ring that the anchor can do without is left out, with a message that
// names the ring.

import "strings"

// states of a node while rings are looked for.
const (
	ringNew int8 = iota
	ringOnPath
	ringDone
)

// verbOf is the job that a unit has in the transaction or, if none, in the queue.
func (n *node) verbOf() (Verb, bool) {
	if p := n.head(); p != nil {
		return p.kind, true
	}
	if n.unit != nil && n.unit.job != nil && !n.unit.job.hasty {
		return n.unit.job.kind, true
	}
	return nothing, false
}

// goesFirst tells whether a job of a unit must end before that of another one to
// which it has a relation. Of two ordered jobs a stop goes first; two stops go in
// the opposite order.
func goesFirst(a, b Verb, r relation) bool {
	return r&precedes != 0 && !b.stops() || r&follows != 0 && a.stops()
}

// order looks for rings; again means that a plan was left out for one.
func (t *transaction) order() (again bool, why *refusal) {
	if t.mode == ModeIgnoreDependencies {
		return false, nil
	}
	var seen, path []*node
	defer func() {
		for _, n := range seen {
			n.state = ringNew
		}
	}()
	var visit func(n *node) []*node
	visit = func(n *node) []*node {
		verb, _ := n.verbOf()
		n.state = ringOnPath
		seen, path = append(seen, n), append(path, n)
		for i := range n.edges {
			e := &n.edges[i]
			if e.relation()&(precedes|follows) == 0 || e.to.state == ringDone {
				continue
			}
			v, ok := e.to.verbOf()
			if !ok || !goesFirst(verb, v, e.relation()) {
				continue
			}
			if e.to.state == ringOnPath {
				for k := range path {
					if path[k] == e.to {
						return path[k:]
					}
				}
			}
			if ring := visit(e.to); ring != nil {
				return ring
			}
		}
		n.state = ringDone
		path = path[:len(path)-1]
		return nil
	}
	for _, n := range t.nodes {
		if n == t.anchor.node && len(t.nodes) > 1 || n.state != ringNew || n.head() == nil {
			continue
		}
		if ring := visit(n); ring != nil {
			return true, t.breakRing(ring)
		}
	}
	return false, nil
}

// breakRing leaves out the last job of a ring that does not matter.
func (t *transaction) breakRing(ring []*node) *refusal {
	start := ring[0]
	job := func(n *node) string {
		verb, _ := n.verbOf()
		return string(n.name) + "/" + string(verb)
	}
	say := func(priority int, text string) {
		t.m.do(Log{Unit: start.name, Priority: priority, Text: string(start.name) + ": " + text})
	}
	var drop *node
	var names []string
	for i := len(ring) - 1; i >= 0; i-- {
		found := "dependency"
		if i == len(ring)-1 {
			found = "ordering cycle"
		}
		say(4, "Found "+found+" on "+job(ring[i]))
		names = append(names, string(ring[i].name))
		if p := ring[i].head(); drop == nil && p != nil && !p.matters {
			drop = ring[i]
		}
	}
	if drop == nil {
		say(3, "Unable to break cycle starting with "+job(start))
		return &refusal{JobCyclic, "transaction order is cyclic: " + strings.Join(append(names, names[0]), " after ")}
	}
	say(3, "Job "+job(drop)+" deleted to break ordering cycle starting with "+job(start))
	for _, p := range drop.plans {
		t.remove(p, true)
	}
	return nil
}
