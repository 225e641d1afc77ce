package manager

import "slices"

// checkTogether holds what must be true of units that have to do with each other.
func (w *world) checkTogether() {
	jobs, running := 0, 0
	for _, u := range w.m.units {
		if j := u.job; j != nil {
			jobs++
			if j.running {
				running++
			}
			if u.active.down() && j.running && j.kind == Start && u.checking == 0 {
				w.fatal("%s: its job to start runs and does nothing", u.Name)
			}
		}
		if u.node.unit != u || w.m.nodes[u.Name] != u.node {
			w.fatal("%s has lost its place in the graph", u.Name)
		}
		w.checkEdges(u)
	}
	if jobs != w.m.jobs || running != w.m.active {
		w.fatal("%d jobs, of which %d run, are counted as %d and %d", jobs, running, w.m.jobs, w.m.active)
	}
	if slices.ContainsFunc(w.m.ready, func(j *Job) bool { return j != nil }) || len(w.m.suspects) > 0 {
		w.fatal("a step ended with work to do")
	}
}

// checkEdges holds what must be true of two units.
func (w *world) checkEdges(u *Unit) {
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if b := e.to.edges[e.back]; b.to != u.node || b.mine != e.theirs || b.theirs != e.mine || int(b.back) != i {
			w.fatal("%s and %s do not agree about what is between them", u.Name, e.to.name)
		}
		r, o := e.relation(), e.to.unit
		if o == nil {
			continue
		}
		settled := u.job == nil && o.job == nil
		if r&expels != 0 && settled && u.active.up() && o.active.up() && !w.disordered {
			w.fatal("%s and %s are both up, though they conflict", u.Name, o.Name)
		}
		if r&boundTo != 0 && settled && u.active == Active && o.active.down() && !w.m.quitting && u.auto.count < autoBurst {
			w.fatal("%s is up, though it is bound to %s", u.Name, o.Name)
		}
		if r&upheldBy != 0 && settled && u.active.down() && u.active != Failed && o.active.up() && !w.m.quitting && u.auto.count < autoBurst && u.starts.count < 5 && w.m.startable(u.Name) && !w.disordered {
			w.fatal("%s is down, though %s upholds it", u.Name, o.Name)
		}
		if u.job == nil || o.job == nil || !u.job.running || u.job.hasty || o.job.hasty {
			continue
		}
		if r&follows != 0 && u.job.kind == Start && u.active == Activating && o.job.running && o.job.kind.stops() && o.active == Deactivating && u.job.ID > o.job.ID {
			w.fatal("%s starts while %s, which comes before, still stops", u.Name, o.Name)
		}
	}
}
