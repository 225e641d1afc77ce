package manager

// Whose job waits for whose. When starting, a unit waits for the jobs of what
// it is ordered after; when stopping, for the stop of what is ordered after it.
// A stop comes before a start where two units are ordered at all.

import (
	"iter"
	"slices"
	"strings"

	"wakesock/internal/unit"
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
	for range m.blockers(j) {
		return true
	}
	return false
}

// blockers are the units whose jobs must end first.
func (m *Manager) blockers(j *Job) iter.Seq[*Unit] {
	u := j.unit
	if j.kind == Start {
		return func(yield func(*Unit) bool) {
			for _, n := range u.Def.Common.After {
				if d := m.units[n]; d != nil && d.job != nil && d != u && !yield(d) {
					return
				}
			}
			for _, d := range m.before[u.Name] {
				if d.job != nil && d != u && !yield(d) {
					return
				}
			}
			if u.service == nil || u.service.from != nil {
				return
			}
			for _, k := range m.triggersOf(u) { // what triggers a unit comes before it
				if k.job != nil && !yield(k) {
					return
				}
			}
		}
	}
	return func(yield func(*Unit) bool) {
		for _, other := range m.units {
			if other.job != nil && other != u && other.job.kind.stops() && other.after(u.Name) && !yield(other) {
				return
			}
		}
	}
}

// after tells whether u is ordered after the unit of that name.
func (u *Unit) after(name unit.Name) bool {
	if slices.Contains(u.Def.Common.After, name) {
		return true
	}
	for _, x := range u.m.before[u.Name] {
		if x.Name == name {
			return true
		}
	}
	for _, s := range u.m.triggeredBy[u.Name] {
		if s.Name == name {
			return true
		}
	}
	return false
}

// untangle looks for waiting jobs that wait for each other in a ring, and lets
// the first one of a ring go ahead; false if there is none.
func (m *Manager) untangle() bool {
	if !m.tangled || len(m.jobs) < 2 {
		m.tangled = false
		return false
	}
	done := make(map[*Job]bool)
	for _, j := range m.jobs {
		if ring := m.ring(j, done, nil); ring != nil {
			names := make([]string, len(ring))
			for i, x := range ring {
				names[i] = string(x.unit.Name)
			}
			ring[0].unit.log(3, "Ordering cycle, broken here: "+strings.Join(append(names, names[0]), " → ")+".")
			ring[0].hasty = true
			return true
		}
	}
	m.tangled = false
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
	for _, d := range slices.SortedFunc(m.blockers(j), byName) {
		if r := m.ring(d.job, done, path); r != nil {
			return r
		}
	}
	done[j] = true
	return nil
}
