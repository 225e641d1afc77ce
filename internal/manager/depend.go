package manager

// The graph of dependencies. Every name that a definition mentions is a node;
// two nodes with anything between them have one edge at each of them, and each
// edge knows the other, so that a dependency is found from either end, and taken
// back, without a search.
//
// What a definition declares stays as long as the manager has the definition;
// what an instance declares that a connection made goes with the instance.

import (
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A relation is a set of dependencies between two units: the lower half is what
// the one says of the other, the upper half what the other says of it.
type relation uint64

// says is what a unit says of another, saidBy what the other says of it.
func says(kinds ...unit.Dependency) (r relation) {
	for _, k := range kinds {
		r |= 1 << k
	}
	return r
}

func saidBy(kinds ...unit.Dependency) relation { return says(kinds...) << 32 }

// What follows from dependencies, systemd.unit(5). Each is asked of the unit
// that something happens to, about the others.
var (
	pulls          = says(unit.Requires, unit.BindsTo)
	pullsKindly    = says(unit.Wants, unit.Upholds)
	demands        = says(unit.Requisite)
	expels         = says(unit.Conflicts)
	expelsKindly   = saidBy(unit.Conflicts)
	precedes       = says(unit.Before) | saidBy(unit.After)
	follows        = says(unit.After) | saidBy(unit.Before)
	passesRestart  = saidBy(unit.Requires, unit.Requisite, unit.BindsTo, unit.PartOf)
	passesStop     = passesRestart | says(unit.PropagatesStopTo) | saidBy(unit.StopPropagatedFrom)
	passesReload   = says(unit.PropagatesReloadTo) | saidBy(unit.ReloadPropagatedFrom)
	dragsDown      = saidBy(unit.BindsTo) | says(unit.PropagatesStopTo) | saidBy(unit.StopPropagatedFrom)
	failsStart     = saidBy(unit.Requires, unit.Requisite, unit.BindsTo)
	failsExpulsion = saidBy(unit.Conflicts)
	boundTo        = says(unit.BindsTo)
	upheldBy       = saidBy(unit.Upholds)
	upholds        = says(unit.Upholds)
	neededBy       = saidBy(unit.Requires, unit.Requisite, unit.Wants, unit.BindsTo, unit.Upholds)
	needs          = says(unit.Requires, unit.Requisite, unit.Wants, unit.BindsTo, unit.Upholds)
	completes      = says(unit.Requires, unit.Requisite, unit.Wants, unit.BindsTo, unit.Upholds)
)

// A node is a unit's place in the graph.
type node struct {
	name  unit.Name
	unit  *Unit // nil if it has no state of its own
	edges []edge
	plans []*plan // of the transaction that is being made
	state int8    // of the search for rings
}

// An edge is what is between a node and another one.
type edge struct {
	to           *node
	mine, theirs uint32 // what each side declares
	back         int32  // which edge of the other node this is from there
}

func (e *edge) relation() relation { return relation(e.mine) | relation(e.theirs)<<32 }

// node returns the place of a unit, by any of its names.
func (m *Manager) node(name unit.Name) *node {
	if n := m.nodes[name]; n != nil {
		return n
	}
	if def := m.defs[name]; def != nil && def.Name != name {
		n := m.node(def.Name)
		m.nodes[name] = n
		return n
	}
	n := &node{name: name, unit: m.units[name]}
	m.nodes[name] = n
	return n
}

// link adds a dependency.
func (n *node) link(to *node, k unit.Dependency) {
	if n == to {
		return
	}
	n.edge(to).mine |= 1 << k
	e := n.edge(to)
	to.edges[e.back].theirs |= 1 << k
}

// edge finds the edge to another node or makes it; it looks where there are fewer.
func (n *node) edge(to *node) *edge {
	if len(to.edges) < len(n.edges) {
		for i := range to.edges {
			if to.edges[i].to == n {
				return &n.edges[to.edges[i].back]
			}
		}
	} else {
		for i := range n.edges {
			if n.edges[i].to == to {
				return &n.edges[i]
			}
		}
	}
	n.edges = append(n.edges, edge{to: to, back: int32(len(to.edges))})
	to.edges = append(to.edges, edge{to: n, back: int32(len(n.edges) - 1)})
	return &n.edges[len(n.edges)-1]
}

// drop takes an edge out of the graph, at both ends.
func (n *node) drop(i int) {
	o, back := n.edges[i].to, n.edges[i].back
	n.cut(i)
	o.cut(int(back))
}

// cut removes one end of an edge; the last one takes its place.
func (n *node) cut(i int) {
	last := len(n.edges) - 1
	n.edges[i] = n.edges[last]
	n.edges[last] = edge{}
	n.edges = n.edges[:last]
	if i < last {
		e := &n.edges[i]
		e.to.edges[e.back].back = int32(i)
	}
}

// declare adds to the graph what a definition says and implies.
func (m *Manager) declare(def *unit.Unit) {
	if def.State != unit.Loaded || def.Name.IsTemplate() {
		return
	}
	n := m.node(def.Name)
	n.edges = slices.Grow(n.edges, len(def.Stated())+len(def.Implied))
	for _, l := range def.Stated() {
		n.link(m.node(l.To), l.Kind)
	}
	for _, l := range def.Implied {
		if says(l.Kind)&(pulls|pullsKindly) != 0 && !m.startable(l.To) {
			continue // what nobody provides cannot be needed without a word
		}
		n.link(m.node(l.To), l.Kind)
	}
	required, wanted := def.MountsFor()
	for i, paths := range [...][]string{required, wanted} {
		for _, p := range paths {
			for _, name := range unit.MountUnits(p) {
				d := m.defs[name]
				if d == nil || d.State != unit.Loaded || name == def.Name {
					continue
				}
				n.link(m.node(name), unit.After)
				if d.Fragment != "" {
					n.link(m.node(name), [...]unit.Dependency{unit.Requires, unit.Wants}[i])
				}
			}
		}
	}
}

// startable tells whether there is a unit of that name that could be started.
func (m *Manager) startable(name unit.Name) bool {
	result, _ := m.refusal(name)
	return result == JobDone
}

// undeclare takes back what a node declares.
func (n *node) undeclare() {
	for i := 0; i < len(n.edges); i++ {
		e := &n.edges[i]
		e.mine = 0
		e.to.edges[e.back].theirs = 0
		if e.theirs == 0 {
			n.drop(i)
			i--
		}
	}
}

// complete orders targets after what they pull in, systemd.target(5): the node's
// own, if it is a target, and those that pull in the node.
func (m *Manager) complete(n *node) {
	def := m.definition(n)
	if def == nil || def.State != unit.Loaded || !def.Common.DefaultDependencies {
		return
	}
	if n.name.Type() == unit.TypeTarget {
		for i := 0; i < len(n.edges); i++ {
			e := &n.edges[i]
			if d := m.definition(e.to); e.relation()&completes != 0 && d != nil && d.State == unit.Loaded && d.Common.DefaultDependencies {
				n.completeWith(i)
			}
		}
	}
	for i := 0; i < len(n.edges); i++ {
		e := &n.edges[i]
		if e.to.name.Type() != unit.TypeTarget || e.relation()&(completes<<32) == 0 {
			continue
		}
		if d := m.definition(e.to); d != nil && d.Common.DefaultDependencies {
			e.to.completeWith(int(e.back))
		}
	}
}

// completeWith orders a target after the end of one of its edges, unless the
// opposite is said.
func (n *node) completeWith(i int) {
	e := &n.edges[i]
	if e.relation()&precedes == 0 {
		e.mine |= 1 << unit.After
		e.to.edges[e.back].theirs |= 1 << unit.After
	}
}

// definition is what is known about a node.
func (m *Manager) definition(n *node) *unit.Unit {
	if n.unit != nil {
		return n.unit.Def
	}
	return m.defs[n.name]
}

// learn takes in definitions and what they declare.
func (m *Manager) learn(defs []*unit.Unit) {
	rebuild := false
	for _, def := range defs {
		rebuild = rebuild || m.defs[def.Name] != nil
		m.defs[def.Name] = def
		for _, a := range def.Aliases {
			rebuild = rebuild || m.nodes[a] != nil && m.nodes[a].name != def.Name
			m.defs[a] = def
		}
	}
	if rebuild {
		m.rebuild()
		return
	}
	for _, def := range defs {
		m.declare(def)
	}
	for _, def := range defs {
		if n := m.nodes[def.Name]; n != nil {
			m.complete(n)
		}
	}
}

// rebuild makes the graph anew, after a reload or when a name turned out to be
// another one's.
func (m *Manager) rebuild() {
	m.nodes = make(map[unit.Name]*node, len(m.defs))
	names := make([]unit.Name, 0, len(m.defs)+len(m.units))
	for n, def := range m.defs {
		if def.Name == n {
			names = append(names, n)
		}
	}
	for n := range m.units {
		if m.defs[n] == nil || m.defs[n].Name != n {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		def := m.defs[n]
		if u := m.units[n]; u != nil {
			u.node = m.node(n)
			u.node.unit = u
			def = u.Def
		}
		m.declare(def)
	}
	for _, n := range names {
		if x := m.nodes[n]; x != nil {
			m.complete(x)
		}
	}
}

// others yields the units on the other side of the node's edges that have one of
// the relations; a nil unit is one without a state.
func (n *node) others(r relation, yield func(o *node) bool) {
	for i := 0; i < len(n.edges); i++ {
		if e := &n.edges[i]; e.relation()&r != 0 && !yield(e.to) {
			return
		}
	}
}

// all returns the units with a state that have one of the relations to u, in the
// order of their names, for those whose number may change on the way.
func (u *Unit) all(r relation) []*Unit {
	var list []*Unit
	for o := range func(yield func(*node) bool) { u.node.others(r, yield) } {
		if o.unit != nil {
			list = append(list, o.unit)
		}
	}
	if len(list) > 1 {
		slices.SortFunc(list, func(a, b *Unit) int { return strings.Compare(string(a.Name), string(b.Name)) })
	}
	return list
}

// named returns the names of the units with one of the relations, sorted.
func (n *node) named(r relation) []unit.Name {
	var names []unit.Name
	for i := range n.edges {
		if n.edges[i].relation()&r != 0 {
			names = append(names, n.edges[i].to.name)
		}
	}
	slices.Sort(names)
	return names
}

// A Neighbour is a unit on the other side of a dependency, under the name of the
// property that lists it.
type Neighbour struct {
	Property string
	Unit     unit.Name
}

// Dependencies returns everything that a unit has to do with, in both
// directions: what files say and what is implied.
func (m *Manager) Dependencies(name unit.Name) []Neighbour {
	n := m.nodes[name]
	if n == nil {
		return nil
	}
	var list []Neighbour
	for i := range n.edges {
		e := &n.edges[i]
		for k := unit.Wants; k <= unit.Triggers; k++ {
			if e.mine&(1<<k) != 0 {
				list = append(list, Neighbour{k.String(), e.to.name})
			}
			if e.theirs&(1<<k) != 0 && (e.mine&(1<<k) == 0 || k.Inverse() != k.String()) {
				list = append(list, Neighbour{k.Inverse(), e.to.name})
			}
		}
	}
	slices.SortFunc(list, func(a, b Neighbour) int {
		if c := strings.Compare(a.Property, b.Property); c != 0 {
			return c
		}
		return strings.Compare(string(a.Unit), string(b.Unit))
	})
	return slices.Compact(list)
}
