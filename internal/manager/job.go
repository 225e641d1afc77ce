package manager

// A job is a wish about one unit that waits for its turn or for its end. A unit
// has one at most. Jobs come from transactions; they wait in the queue until
// nothing that is ordered before them has a job any more, run, and end when the
// unit has got where it should be, or cannot.

import (
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A JobResult says how a job ended, in systemd's words.
type JobResult string

// The results of a job. The last ones end a request that never became a job.
const (
	JobDone       JobResult = "done"
	JobFailed     JobResult = "failed"
	JobDependency JobResult = "dependency"
	JobTimeout    JobResult = "timeout"
	JobCanceled   JobResult = "canceled"
	JobSkipped    JobResult = "skipped" // not applicable in the unit's state
	JobAssert     JobResult = "assert"  // an Assert…= does not hold

	JobNotFound     JobResult = "not-found"
	JobRefused      JobResult = "refused"
	JobNotByHand    JobResult = "not-by-hand" // only other units may ask for it
	JobMasked       JobResult = "masked"
	JobConflict     JobResult = "conflict"       // the transaction contradicts itself
	JobCyclic       JobResult = "cyclic"         // its order goes round in a ring
	JobDestructive  JobResult = "destructive"    // it would undo what must not be undone
	JobInapplicable JobResult = "not-applicable" // the unit cannot do that
	JobNoIsolation  JobResult = "no-isolation"   // AllowIsolate= is not set
)

// Unasked tells that a request never became a job.
func (r JobResult) Unasked() bool {
	switch r {
	case JobNotFound, JobRefused, JobNotByHand, JobMasked, JobConflict, JobCyclic, JobDestructive, JobInapplicable, JobNoIsolation:
		return true
	case JobDone, JobFailed, JobDependency, JobTimeout, JobCanceled, JobSkipped, JobAssert:
	}
	return false
}

// A Job is a unit's place in the queue.
type Job struct {
	appointment
	ID           uint32
	unit         *Unit
	kind         Verb
	running      bool
	queued       bool // in line to be looked at
	hasty        bool // waits for nobody
	irreversible bool // may not be replaced by one that conflicts
	requests     []Request
	begun        Time
}

func (e Wanted) apply(m *Manager) {
	mode := e.Mode
	if mode == "" {
		mode = ModeReplace
	}
	u := m.unit(e.Unit)
	refuse := func(result JobResult, text string) {
		m.answer(e.Request, result, text)
		if u != nil {
			m.collect(u)
		}
	}
	tries := e.Verb == TryRestart || e.Verb == TryReloadOrRestart
	if e.Verb == Stop && (u == nil || u.active == Inactive && u.useless()) {
		refuse(JobNotFound, "unit "+string(e.Unit)+" is not loaded")
		return
	}
	if e.Verb != Stop {
		if result, text := m.refusal(e.Unit); result != JobDone {
			if mode == ModeIsolate && (result == JobNotFound || result == JobMasked) {
				result = JobNoIsolation // what is not there does not allow it
			}
			refuse(result, text)
			return
		}
	}
	if result, why := u.byHand(e.Verb); result != JobDone {
		refuse(result, why)
		return
	}
	switch {
	case m.quitting && e.Verb != Stop && !tries:
		refuse(JobRefused, "the manager is stopping")
	case mode == ModeIsolate && e.Verb != Start:
		refuse(JobRefused, "isolate is only valid for start")
	case mode == ModeIsolate && !u.Def.Common.AllowIsolate:
		refuse(JobNoIsolation, "operation refused, unit "+string(u.Name)+" may not be isolated; AllowIsolate=yes would allow it")
	case mode == ModeTriggering && e.Verb != Stop:
		refuse(JobRefused, "job mode triggering is only valid for stop")
	default:
		m.wish(u, e.Verb, mode, e.Request)
	}
}

func (m *Manager) answer(r Request, result JobResult, text string) {
	if r != 0 {
		m.do(Answer{Request: r, Result: result, Text: text})
	}
}

// useless tells whether there is nothing that could ever be stopped.
func (u *Unit) useless() bool {
	switch u.Def.State {
	case unit.NotFound, unit.BadSetting, unit.LoadError:
		return true
	case unit.Loaded, unit.Masked:
	}
	return false
}

// refusal says why a unit of this name cannot be started; JobDone means it can. One
// that is up though its file was lost goes on, but cannot be started again.
func (m *Manager) refusal(name unit.Name) (JobResult, string) {
	def := m.defs[name]
	if u := m.units[name]; u != nil && (u.lost == "" || def == nil) {
		def = u.Def
	}
	if def == nil {
		return JobNotFound, "unit " + string(name) + " not found"
	}
	switch def.State {
	case unit.Loaded:
		if why := lacking(def); why != "" {
			return JobRefused, "unit " + string(name) + ": " + why
		}
		return JobDone, ""
	case unit.NotFound:
		text := "unit " + string(name) + " not found"
		if len(def.Problems) > 0 { // there is something of that name
			text += ": " + def.Problems[0].String()
		}
		return JobNotFound, text
	case unit.Masked:
		return JobMasked, "unit " + string(name) + " is masked"
	case unit.BadSetting, unit.LoadError:
	}
	return JobRefused, "unit " + string(name) + " has a bad unit file: " + def.Refused
}

// enqueue makes or changes u's job. What transact decided is not decided again.
func (m *Manager) enqueue(u *Unit, kind Verb, r Request) *Job {
	j := u.job
	if j != nil && conflicting(j.kind, kind) {
		m.end(j, JobCanceled, "another job took its place", false)
		j = nil
	}
	if j == nil {
		m.lastJob++
		j = &Job{ID: m.lastJob, unit: u, kind: kind, begun: m.now}
		j.owner = j
		u.job = j
		m.jobs++
		m.set(&j.appointment, m.after(u.Def.Common.JobTimeoutSec))
	} else {
		both, _ := mergeVerbs(j.kind, kind)
		if j.running && (both != j.kind || kind == Reload) { // it has gone too far to do the other's work, too
			j.running = false
			m.active--
		}
		j.kind = u.collapse(both)
	}
	if r != 0 {
		j.requests = append(j.requests, r)
	}
	m.look(j)
	return j
}

// look has a waiting job looked at: its turn may have come.
func (m *Manager) look(j *Job) {
	m.tangled = true
	if !j.queued && !j.running {
		j.queued = true
		m.ready = append(m.ready, j)
	}
}

// runJobs starts every job whose turn has come. A job that runs may end at
// once and let others run, so it goes on until nothing moves.
func (m *Manager) runJobs() {
	for {
		for i := 0; i < len(m.ready); i++ {
			j := m.ready[i]
			m.ready[i] = nil
			j.queued = false
			if j.unit.job != j || j.running || m.blocked(j) {
				continue
			}
			j.running = true
			m.active++
			if t := m.after(j.unit.Def.Common.JobRunningTimeoutSec); t != 0 && (j.deadline == 0 || t < j.deadline) {
				m.set(&j.appointment, t)
			}
			m.run(j)
		}
		m.ready = m.ready[:0]
		if !m.settle() && !m.untangle() {
			return
		}
	}
}

// wait lets a job that cannot do anything now wait for the unit to change.
func (m *Manager) wait(j *Job) {
	j.running = false
	m.active--
}

// run carries out a job whose turn has come.
func (m *Manager) run(j *Job) {
	u := j.unit
	switch j.kind {
	case Start:
		switch u.active {
		case Active, Reloading:
			m.finish(j, JobDone, "")
		case Activating: // its end is awaited, or it is a pause between two starts
			if m.belowLimit(u) {
				u.life.start()
			}
		case Inactive, Failed:
			m.prepare(j)
		case Deactivating: // starts once it is down
		}
	case Stop, Restart:
		if u.active.down() {
			u.advanceJob()
			return
		}
		if u.Def.Perpetual() && !m.quitting {
			m.finish(j, JobSkipped, string(u.Name)+" is always there")
			return
		}
		u.life.stop()
	case Reload:
		switch u.active {
		case Active:
			u.life.(reloader).reload()
			u.advanceJob()
		case Activating, Reloading:
			m.wait(j)
		case Inactive, Failed, Deactivating:
			m.finish(j, JobSkipped, string(u.Name)+" is not active, cannot reload")
		}
	case verify:
		switch u.active {
		case Active, Reloading:
			m.finish(j, JobDone, "")
		case Activating:
			m.wait(j)
		case Inactive, Failed, Deactivating:
			m.finish(j, JobSkipped, string(u.Name)+" is not active")
		}
	case TryRestart, ReloadOrRestart, TryReloadOrRestart, reloadOrStart, nothing:
		panic("BUG: a job to " + string(j.kind))
	}
}

// unbound names a unit that u is bound to and ordered after that is not up.
func (m *Manager) unbound(u *Unit) string {
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if r := e.relation(); r&boundTo != 0 && r&follows != 0 && (e.to.unit == nil || !e.to.unit.active.up()) {
			return "bound to unit " + string(e.to.name) + ", which is not active"
		}
	}
	return ""
}

// advanceJob ends or moves the unit's job after a change of its state.
func (u *Unit) advanceJob() {
	j := u.job
	if j == nil {
		return
	}
	if !j.running {
		u.m.look(j)
		return
	}
	switch j.kind {
	case Start:
		switch u.active {
		case Active, Reloading:
			u.m.finish(j, JobDone, "")
		case Inactive:
			u.m.finish(j, JobDone, "")
		case Failed:
			u.m.finish(j, u.failure(), string(u.Name)+" failed with result '"+string(u.life.result())+"'")
		case Activating, Deactivating:
		}
	case Stop:
		if u.active.down() {
			u.m.finish(j, JobDone, "")
		}
	case Restart:
		if u.active.down() {
			u.m.turn(j)
		}
	case Reload:
		switch u.active {
		case Active:
			if r := u.life.(reloader).reloadResult(); r != Success {
				u.say(4, "Reload of "+u.title()+" failed.")
				u.m.finish(j, JobFailed, "reload of "+string(u.Name)+" failed with result '"+string(r)+"'")
				return
			}
			u.say(6, "Reloaded "+u.title()+".")
			u.m.finish(j, JobDone, "")
		case Inactive, Failed:
			u.m.finish(j, u.failure(), string(u.Name)+" ended while it was reloaded")
		case Reloading, Activating, Deactivating:
		}
	case verify, TryRestart, ReloadOrRestart, TryReloadOrRestart, reloadOrStart, nothing:
	}
}

// startAgain asks for a service to be started that waited for its restart. What
// requires it is restarted with it.
func (m *Manager) startAgain(u *Unit) {
	switch {
	case !m.wish(u, Restart, ModeReplace, 0):
		u.service.fail(FailureResources)
		u.service.end(serviceFailed)
	case u.job != nil && u.job.kind == Restart:
		m.turn(u.job)
	}
}

// turn makes a job to restart, once the unit is down, one to start.
func (m *Manager) turn(j *Job) {
	if j.running {
		m.wait(j)
	}
	j.kind = Start
	m.look(j)
	m.neighbours(j.unit)
}

// neighbours has the jobs looked at that may have waited for u's.
func (m *Manager) neighbours(u *Unit) {
	for i := range u.node.edges {
		e := &u.node.edges[i]
		if o := e.to.unit; o != nil && o.job != nil && !o.job.running && e.relation()&(precedes|follows) != 0 {
			m.look(o.job)
		}
	}
}

func (u *Unit) failure() JobResult {
	if u.life.result() == FailureTimeout {
		return JobTimeout
	}
	return JobFailed
}

// finish ends a job, answers those who asked for it, and ends with it what
// depends on how it went.
func (m *Manager) finish(j *Job, result JobResult, text string) { m.end(j, result, text, true) }

func (m *Manager) end(j *Job, result JobResult, text string, spread bool) {
	u := j.unit
	if u.job == j {
		u.job = nil
		m.jobs--
		if j.running {
			m.active--
		}
		m.set(&j.appointment, 0)
		u.checking = 0
		m.idle = append(m.idle, u)
		m.neighbours(u)
		m.suspect(u)
		m.stir()
	}
	for _, r := range j.requests {
		m.answer(r, result, text)
	}
	j.requests = nil
	if spread {
		m.spread(j, result, text)
	}
}

// spread ends the jobs that cannot be done any more because of how one ended.
func (m *Manager) spread(j *Job, result JobResult, text string) {
	u := j.unit
	var to relation
	switch {
	case result == JobDone && j.kind == Start && u.active.down():
		to = saidBy(unit.Requisite)
	case result == JobDone:
		return
	case j.kind == Start || j.kind == verify:
		to = failsStart
	case j.kind == Stop:
		to = failsExpulsion
	}
	if to != 0 {
		for _, o := range u.all(to) {
			if o.job == nil || o.job.kind != Start && o.job.kind != verify {
				continue
			}
			why := "required unit " + string(u.Name) + ": " + strings.TrimPrefix(text, string(u.Name)+" ")
			if j.kind == Stop {
				why = "conflicting unit " + string(u.Name) + " is not stopped: " + text
			}
			o.log(4, "Dependency failed: "+why+".")
			m.finish(o.job, JobDependency, why)
		}
	}
	if result == JobDependency || result == JobTimeout && u.active != Failed {
		u.log(5, "Job "+string(u.Name)+"/"+string(j.kind)+" failed with result '"+string(result)+"'.")
		u.startOthers(unit.OnFailure)
	}
}

// expire ends a job that took too long.
func (j *Job) expire() {
	u := j.unit
	m := u.m
	if u.job != j {
		return
	}
	u.log(4, "Job "+string(u.Name)+"/"+string(j.kind)+" timed out.")
	m.finish(j, JobTimeout, "the job to "+string(j.kind)+" "+string(u.Name)+" timed out")
	m.emergency(u, u.Def.Common.JobTimeoutAction, -1, "job timed out")
}

// A QueuedJob is a job as others may see it.
type QueuedJob struct {
	ID      uint32
	Unit    unit.Name
	Verb    Verb
	Running bool
	After   []uint32 // the jobs that must end first
}

// Jobs returns the queue, oldest first.
func (m *Manager) Jobs() []QueuedJob {
	var all []QueuedJob
	for _, u := range m.units {
		if j := u.job; j != nil {
			q := QueuedJob{ID: j.ID, Unit: u.Name, Verb: j.kind, Running: j.running}
			if !j.running && !j.hasty {
				for o := range blockers(j) {
					q.After = append(q.After, o.job.ID)
				}
				slices.Sort(q.After)
			}
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b QueuedJob) int { return int(a.ID) - int(b.ID) })
	return all
}

func (e Canceled) apply(m *Manager) {
	for _, u := range m.sorted() {
		if j := u.job; j != nil && (e.ID == 0 || j.ID == e.ID) {
			m.end(j, JobCanceled, "canceled by hand", true)
		}
	}
}
