package manager

import (
	"slices"

	"wakesock/internal/unit"
)

// A Verb is what is asked of a unit.
type Verb string

// The verbs.
const (
	Start      Verb = "start"
	Stop       Verb = "stop"
	Restart    Verb = "restart"     // stop, then start; start if it is down
	TryRestart Verb = "try-restart" // restart, but only if it is up
)

func (v Verb) stops() bool { return v == Stop || v == Restart }

// A JobResult says how a job ended, in systemd's words.
type JobResult string

// The results of a job. NotFound and Refused end a request that never became a job.
const (
	JobDone       JobResult = "done"
	JobFailed     JobResult = "failed"
	JobDependency JobResult = "dependency"
	JobTimeout    JobResult = "timeout"
	JobCanceled   JobResult = "canceled"
	JobNotFound   JobResult = "not-found"
	JobRefused    JobResult = "refused"
	JobNotByHand  JobResult = "not-by-hand" // only other units may ask for it
	JobMasked     JobResult = "masked"
)

// A Job is a wish about one unit that waits for its turn or for its end. A unit
// has one job at most; a later wish replaces an earlier one.
type Job struct {
	unit     *Unit
	kind     Verb
	running  bool
	hasty    bool // waits for nobody: it would wait for itself
	requests []Request
}

func (e Wanted) apply(m *Manager) {
	u := m.unit(e.Unit)
	if e.Verb == Stop && u == nil {
		m.answer(e.Request, JobNotFound, "unit "+string(e.Unit)+" is not loaded")
		return
	}
	if e.Verb != Stop {
		if result, text := m.refusal(e.Unit); result != JobDone {
			m.answer(e.Request, result, text)
			return
		}
	}
	if why := u.byHand(e.Verb); why != "" {
		m.answer(e.Request, JobNotByHand, why)
		return
	}
	switch e.Verb {
	case Start:
		if m.quitting {
			m.answer(e.Request, JobRefused, "the manager is stopping")
			return
		}
		m.startAll(u, e.Request)
	case Stop:
		m.enqueue(u, Stop, e.Request)
	case TryRestart, Restart:
		switch {
		case u.active.down() && e.Verb == TryRestart:
			m.answer(e.Request, JobDone, "")
			m.collect(u)
		case u.active.down():
			m.startAll(u, e.Request)
		default:
			m.enqueue(u, Restart, e.Request)
		}
	}
}

func (m *Manager) answer(r Request, result JobResult, text string) {
	if r != 0 {
		m.do(Answer{Request: r, Result: result, Text: text})
	}
}

// refusal says why a unit of this name cannot be started; JobDone means it can.
func (m *Manager) refusal(name unit.Name) (JobResult, string) {
	def := m.defs[name]
	if u := m.units[name]; u != nil {
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

// startAll asks for u to be started with everything that it wants and requires.
func (m *Manager) startAll(u *Unit, r Request) {
	seen := map[*Unit]bool{u: true}
	queue := []*Unit{u}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		for _, names := range [...][]unit.Name{x.Def.Common.Requires, x.Def.Common.BindsTo, x.Def.Common.Wants, x.sockets()} {
			for _, n := range names {
				if result, _ := m.refusal(n); result != JobDone {
					continue // tellWants has said so where it matters
				}
				if d := m.unit(n); d != nil && !seen[d] {
					seen[d] = true
					queue = append(queue, d)
					if d.active.down() || d.active == Deactivating {
						m.enqueue(d, Start, 0)
					}
				}
			}
		}
	}
	m.enqueue(u, Start, r)
}

// sockets are the units that Sockets= names.
func (u *Unit) sockets() []unit.Name {
	if u.service == nil {
		return nil
	}
	return u.Def.Service.Sockets
}

// enqueue makes or changes u's job.
func (m *Manager) enqueue(u *Unit, kind Verb, r Request) {
	j := u.job
	switch {
	case j == nil:
	case j.kind == kind, j.kind == Restart && kind == Start:
		if r != 0 {
			j.requests = append(j.requests, r)
		}
		return
	default:
		m.finish(j, JobCanceled, "another job took its place")
	}
	j = &Job{unit: u, kind: kind}
	if r != 0 {
		j.requests = append(j.requests, r)
	}
	u.job = j
	m.jobs = append(m.jobs, j)
	m.tangled = true
}

// runJobs starts every job whose turn has come. A job that runs may end at
// once and let others run, so it goes on until nothing moves.
func (m *Manager) runJobs() {
	for moved := true; moved || m.untangle(); {
		moved = false
		for i := 0; i < len(m.jobs); i++ {
			j := m.jobs[i]
			if j.unit.job == j && m.blocked(j) {
				continue
			}
			m.jobs = slices.Delete(m.jobs, i, i+1)
			i--
			if j.unit.job != j {
				continue // canceled
			}
			moved = true
			j.running = true
			m.run(j)
		}
	}
}

// run carries out a job whose turn has come.
func (m *Manager) run(j *Job) {
	u := j.unit
	switch j.kind {
	case Start:
		switch u.active {
		case Active, Reloading:
			m.finish(j, JobDone, "")
		case Activating: // its end is awaited
			u.life.start() // out of a pause between two starts
		case Inactive, Failed:
			if missing := m.unmet(u); missing != "" {
				u.log(3, "Cannot start: "+missing)
				m.finish(j, JobDependency, missing)
				return
			}
			u.life.start()
		case Deactivating: // starts once it is down
		}
	case Stop, Restart:
		if u.active.down() {
			u.advanceJob()
			return
		}
		u.life.stop()
	case TryRestart:
		panic("BUG: a job to " + string(j.kind))
	}
}

// unmet names a required unit, ordered before u, that is not up.
func (m *Manager) unmet(u *Unit) string {
	for _, n := range u.Def.Common.Requires {
		if result, text := m.refusal(n); result != JobDone {
			if u.after(n) {
				return "required " + text
			}
			continue
		}
		if d := m.unit(n); d != nil && u.after(n) && !d.active.up() {
			return "required unit " + string(n) + " is " + d.active.String()
		}
	}
	return ""
}

// advanceJob ends or moves the unit's job after a change of its state.
func (u *Unit) advanceJob() {
	j := u.job
	if j == nil || !j.running {
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
			j.kind, j.running, j.hasty = Start, false, false
			u.m.jobs = append(u.m.jobs, j)
			u.m.tangled = true
		}
	case TryRestart:
	}
}

func (u *Unit) failure() JobResult {
	if u.life.result() == FailureTimeout {
		return JobTimeout
	}
	return JobFailed
}

// finish ends a job and answers those who asked for it.
func (m *Manager) finish(j *Job, result JobResult, text string) {
	u := j.unit
	if u.job == j {
		u.job = nil
		if u.active.down() {
			m.idle = append(m.idle, u)
		}
	}
	for _, r := range j.requests {
		m.answer(r, result, text)
	}
}

func (e Quit) apply(m *Manager) {
	if m.quitting {
		return
	}
	m.quitting, m.exitCode = true, e.Code
	for _, u := range m.sorted() {
		u.waitNoMore()
		if u.socket != nil {
			u.socket.unwatch() // who comes now is for the next manager's backlog, or is told by the kernel
		}
		if !u.active.down() || u.job != nil {
			m.enqueue(u, Stop, 0)
		}
	}
}

// finishQuit exits once every unit is down.
func (m *Manager) finishQuit() {
	for _, u := range m.units {
		if !u.active.down() || u.job != nil {
			return
		}
	}
	m.do(Exit{Code: m.exitCode})
}
