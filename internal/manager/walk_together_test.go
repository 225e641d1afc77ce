package manager

import (
	"slices"

	"wakesock/internal/unit"
)

// togetherUnits have to do with each other in every way.
var togetherUnits = map[string]string{
	"base.service":    "[Unit]\nDefaultDependencies=no\nOnFailure=help.service\nOnSuccess=help.service\n[Service]\nType=oneshot\nExecStart=/b\nRemainAfterExit=yes\n",
	"need.service":    "[Unit]\nRequires=base.service\nAfter=base.service\n[Service]\nExecStart=/n\nExecStop=/x\n",
	"bound.service":   "[Unit]\nBindsTo=base.service\nAfter=base.service\nConditionPathExists=/a\nAssertPathExists=|/b\nAssertPathExists=|/c\n[Service]\nExecStart=/n\n",
	"part.service":    "[Unit]\nPartOf=base.service\nBefore=base.service\n[Service]\nExecStart=/n\nRestart=on-failure\n",
	"wanted.service":  "[Unit]\nRequisite=base.service\nAfter=base.service\nStopWhenUnneeded=yes\nPropagatesStopTo=free.service\n[Service]\nExecStart=/n\n",
	"foe.service":     "[Unit]\nConflicts=base.service friend.service\nAfter=base.service\nJobTimeoutSec=40s\n[Service]\nExecStart=/n\nTimeoutStopSec=5s\n",
	"friend.service":  "[Unit]\nUpholds=free.service\nWants=wanted.service\nJobRunningTimeoutSec=20s\n[Service]\nExecStart=/n\n",
	"free.service":    "[Unit]\nConflicts=odd.service\nBefore=foe.service\n[Service]\nExecStart=/n\nType=exec\n",
	"help.service":    "[Unit]\nIgnoreOnIsolate=yes\n[Service]\nType=oneshot\nExecStart=/h\n",
	"x-y.slice":       "",
	"shutdown.target": "[Unit]\nDefaultDependencies=no\nWants=help.service\n",
	"group.target":    "[Unit]\nAllowIsolate=yes\nRequires=need.service\nBindsTo=bound.service\nWants=part.service wanted.service friend.service\n",
}

// checkTogether holds what must be true of units that have to do with each other.
func (w *world) checkTogether() {
	jobs, running := 0, 0
	for _, u := range w.m.units {
		if j := u.job; j != nil {
			jobs++
			if j.running {
				running++
			}
			if u.active.down() && j.running && j.kind == Start && u.checking == 0 && u.Name.Type() != unit.TypeDevice {
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
		if r&boundTo != 0 && settled && u.active == Active && o.active.down() && !w.m.quitting && u.retry.deadline == 0 {
			w.fatal("%s is up, though it is bound to %s", u.Name, o.Name)
		}
		if r&upheldBy != 0 && settled && u.active.down() && u.active != Failed && o.active.up() && !w.m.quitting && u.retry.deadline == 0 && u.starts.count < 5 && w.m.startable(u.Name) && !w.disordered {
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

// answerCheck tells how the conditions of a unit came out, mostly well.
func (w *world) answerCheck() {
	f := w.checks[0]
	w.checks = w.checks[1:]
	e := Checked{Unit: f.Unit, Number: f.Number}
	for range f.Def.Common.Conditions {
		e.Result = append(e.Result, w.random.IntN(5) > 0)
	}
	w.step(e)
}
