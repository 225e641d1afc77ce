package manager

// Whose job waits for whose. When starting, a unit waits for the jobs of what
// it is ordered after; when stopping, for the stop of what is ordered after it.
// A stop comes before a start where two units are ordered at all.

import (
	"iter"
	"slices"
	"strings"
)

// blocked tells whether a job must wait.
func (m *Manager) blocked(j *Job) bool {
	u := j.unit
	if j.kind == Start {
		if s := u.service; s != nil && s.state == serviceAutoRestart && u.deadline != 0 {
			return true // RestartSec= is for everybody; to restart is to stop first
		}
		if u.active == Deactivating {
			return true
		}
	}
	if j.hasty {
		return false
	}
	for range blockers(j) {
		return true
	}
	return false
}

// blockers are the units whose jobs must end first.
func blockers(j *Job) iter.Seq[*Unit] {
	return func(yield func(*Unit) bool) {
		n := j.unit.node
		for i := range n.edges {
			e := &n.edges[i]
			o := e.to.unit
			if o == nil || o.job == nil {
				continue
			}
			if r := e.relation(); r&follows != 0 && !j.kind.stops() || r&precedes != 0 && o.job.kind.stops() {
				if !yield(o) {
					return
				}
			}
		}
	}
}

// untangle looks for waiting jobs that wait for each other in a ring, and lets
// the first one of a ring go ahead; false if there is none. Transactions leave no
// rings, but a job may change, or be left from another time.
func (m *Manager) untangle() bool {
	if !m.tangled || m.active > 0 || m.jobs < 2 {
		return false
	}
	m.tangled = false
	done := make(map[*Job]bool)
	for _, u := range m.sorted() {
		if u.job == nil {
			continue
		}
		if ring := m.ring(u.job, done, nil); ring != nil {
			names := make([]string, len(ring))
			for i, x := range ring {
				names[i] = string(x.unit.Name)
			}
			ring[0].unit.log(3, "Ordering cycle, broken here: "+strings.Join(append(names, names[0]), " → ")+".")
			ring[0].hasty = true
			m.look(ring[0])
			return true
		}
	}
	return false
}

// ring follows a waiting job to those that it waits for; path is how it got
// there, done what leads to no ring.
func (m *Manager) ring(j *Job, done map[*Job]bool, path []*Job) []*Job {
	if done[j] || j.running || j.hasty {
		return nil
	}
	if i := slices.Index(path, j); i >= 0 {
		return path[i:]
	}
	path = append(path, j)
	byName := func(a, b *Unit) int { return strings.Compare(string(a.Name), string(b.Name)) }
	for _, d := range slices.SortedFunc(blockers(j), byName) {
		if r := m.ring(d.job, done, path); r != nil {
			return r
		}
	}
	done[j] = true
	return nil
}
