package manager

// A path unit waits for something to happen in the file system and starts another
// unit then.
//
//	dead → start-watch → waiting ⇄ running → dead or failed
//
// It counts as started when its paths are watched: what happens after that is not
// missed. start-watch is Wakesock's own, as a file system may be slow to answer.
//
// An edge looks at the paths. It tells news once, and remembers what changes from
// then on until it is asked again: so what changes while the triggered unit runs
// starts it once more when it is down again, where systemd loses it.
// PathMissed=ignore in [X-Wakesock] asks for that. A condition that still holds
// when the unit is down (PathExists= and its sisters) starts it again as well.
//
// Too many triggers never end a path unit. Over its trigger limit, or when the
// unit that it starts has hit its start limit, it is paused: it waits, and its one
// deadline lets it look again. systemd fails it instead; TriggerLimitAction=fail in
// [X-Wakesock] asks for that.

import (
	"fmt"

	"wakesock/internal/value"
)

type pathState int

const (
	pathDead pathState = iota
	pathStartWatch
	pathWaiting
	pathRunning
	pathFailed
)

// pathStates is what is true of each state; docs/states.md is made of it.
var pathStates = [...]stateFacts{
	pathDead:       {"dead", Inactive, "", "a start"},
	pathStartWatch: {"start-watch", Activating, "90s", "its paths to be watched"},
	pathWaiting:    {"waiting", Active, "the end of the pause, if paused", "its paths to exist or change; when paused, for its end"},
	pathRunning:    {"running", Active, "", "the end of the unit that it starts"},
	pathFailed:     {"failed", Failed, "", "a start, or reset-failed"},
}

// pathPatience is how long the first look at the paths may take.
const pathPatience = 90 * value.Second

func (s pathState) String() string { return pathStates[s].sub }

// A PathWatch numbers one request to an edge to look at paths, so that news from
// before it are told apart.
type PathWatch uint64

type pathUnit struct {
	*Unit
	state    pathState
	res      Result
	watch    PathWatch // the request whose news count; 0: nothing is watched
	missed   string    // a path whose change could not be served yet
	serving  string    // the path whose change the unit was started for; "" for another cause
	paused   bool      // waiting for the deadline
	triggers limiter
}

func (p *pathUnit) set(state pathState) {
	p.state = state
	p.paused = false
	p.m.arm(p.Unit, 0)
	p.become(pathStates[state].active)
}

func (p *pathUnit) sub() string    { return p.state.String() }
func (p *pathUnit) result() Result { return p.res }

func (p *pathUnit) start() {
	if !p.active.down() {
		return
	}
	if result, text := p.m.refusal(p.target); result != JobDone {
		why := p.Def.PlaceOf("Path", "Unit").String() + ": cannot wait for " + string(p.target) + ": " + text
		p.log(3, why)
		p.m.finish(p.job, JobFailed, string(p.Name)+": "+why) // and nothing has changed
		return
	}
	p.res, p.missed, p.serving = Success, "", ""
	p.invocation = p.m.newInvocation()
	p.triggers.reset()
	p.look(true)
	p.set(pathStartWatch)
	p.m.arm(p.Unit, p.m.after(pathPatience))
}

// begun goes on when the paths are watched.
func (p *pathUnit) begun() {
	if p.served() {
		p.set(pathRunning)
		return
	}
	p.set(pathWaiting)
}

func (e PathsWatched) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil {
		return
	}
	if p, ok := u.life.(*pathUnit); ok && p.watch == e.Watch && p.state == pathStartWatch {
		p.begun()
	}
}

func (p *pathUnit) stop() { p.end(pathDead, Success) }

// end is the end of waiting.
func (p *pathUnit) end(state pathState, r Result) {
	p.res, p.missed = r, ""
	p.unlook()
	p.set(state)
	p.m.collect(p.Unit)
}

// served tells whether what the path starts is up, or on its way.
func (p *pathUnit) served() bool {
	d := p.m.units[p.target]
	return d != nil && (!d.active.down() || d.job != nil)
}

// look asks for news from now on, and for what was missed.
func (p *pathUnit) look(begin bool) {
	if p.m.quitting {
		return
	}
	p.m.lastWatch++
	p.watch = p.m.lastWatch
	e := WatchPaths{Def: p.Def, Watch: p.watch, Begin: begin, Missed: p.missed}
	if p.Def.Wakesock.PathMissed == "ignore" && !p.paused { // in a pause nothing runs that could have missed it
		e.Forget, e.Missed = true, ""
	}
	p.missed = ""
	p.m.do(e)
}

func (p *pathUnit) unlook() {
	if p.watch != 0 {
		p.watch = 0
		p.m.do(UnwatchPaths{Unit: p.Name})
	}
}

// wait waits for what may happen next, and for what has happened meanwhile.
func (p *pathUnit) wait() {
	p.serving = ""
	p.look(false)
	p.set(pathWaiting)
}

func (e PathTriggered) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil {
		return
	}
	p, ok := u.life.(*pathUnit)
	if !ok || p.watch != e.Watch || m.quitting {
		return
	}
	switch p.state {
	case pathWaiting:
		p.trigger(&e)
	case pathRunning: // it was started by other means meanwhile
		if e.Change {
			p.missed = e.Path
		}
	case pathDead, pathStartWatch, pathFailed:
	}
}

// trigger starts the unit, or pauses if that is too much now.
func (p *pathUnit) trigger(e *PathTriggered) {
	m, d := p.m, p.Def.Path
	if e.Change {
		p.missed = e.Path // until it is started
	}
	if p.paused {
		return
	}
	if !p.triggers.below(m.now, d.TriggerLimitIntervalSec, d.TriggerLimitBurst) {
		if p.Def.Wakesock.TriggerLimitAction == "fail" {
			p.log(4, "Trigger limit hit; failing the path, as TriggerLimitAction=fail asks.")
			p.end(pathFailed, FailureTrigger)
			return
		}
		p.pause(p.triggers.end(d.TriggerLimitIntervalSec), fmt.Sprintf("Trigger limit hit: %d in %v (TriggerLimitBurst=, TriggerLimitIntervalSec=)",
			d.TriggerLimitBurst, d.TriggerLimitIntervalSec))
		return
	}
	if result, text := m.refusal(p.target); result != JobDone {
		p.pause(m.now+2*Time(value.Second), "Cannot start "+string(p.target)+": "+text)
		return
	}
	if e.Missed {
		p.log(6, e.Path+" has changed meanwhile; starting "+string(p.target)+" once more.")
	}
	p.missed, p.serving = "", p.missed
	p.set(pathRunning)
	if !p.fire("TRIGGER_PATH=" + e.Path) {
		p.missed = p.serving
		p.pause(m.now+2*Time(value.Second), "Cannot start "+string(p.target)+" now")
	}
}

// pause lets the paths alone until a time. What changes meanwhile is not lost.
func (p *pathUnit) pause(until Time, why string) {
	until = max(until, p.m.now+Time(value.Millisecond))
	p.log(4, why+"; paused for "+value.Span(until-p.m.now).String()+", changes are remembered.")
	if p.state != pathWaiting {
		p.set(pathWaiting)
	}
	p.paused = true
	p.m.arm(p.Unit, until)
}

func (p *pathUnit) expire() {
	switch p.state {
	case pathStartWatch:
		p.log(4, "Its paths are not watched yet, the file system does not answer; waiting all the same.")
		p.begun()
	case pathWaiting:
		p.log(6, "Looking again.")
		p.look(false)
		p.set(pathWaiting)
		if p.served() { // started by other means during the pause
			p.set(pathRunning)
		}
	case pathDead, pathRunning, pathFailed:
		panic("BUG: deadline in " + p.state.String())
	}
}

func (p *pathUnit) triggeredMoved(u *Unit) {
	switch {
	case p.state == pathWaiting && !p.paused && !u.active.down():
		p.set(pathRunning)
	case p.state != pathRunning || !u.active.down() || u.job != nil || p.m.quitting:
	case u.exhausted():
		p.exhausted(u)
	default:
		p.wait()
	}
}

// exhausted waits until a unit that hit its start limit may be started again.
func (p *pathUnit) exhausted(v *Unit) {
	if p.Def.Wakesock.TriggerLimitAction == "fail" {
		p.log(4, string(v.Name)+" hit its start limit; failing the path, as TriggerLimitAction=fail asks.")
		p.end(pathFailed, FailureUnitStart)
		return
	}
	if p.serving != "" {
		p.missed = p.serving // it was not served
	}
	p.pause(v.starts.end(v.Def.Common.StartLimitIntervalSec), string(v.Name)+" hit its start limit (if it changes what it is started for, see PathMissed=)")
}

func (p *pathUnit) reset() {
	p.triggers.reset()
	if p.state == pathFailed {
		p.res = Success
		p.set(pathDead)
	}
}

// redefined looks at the new paths; those that stay are not looked at anew. While
// the triggered unit runs, that can wait.
func (p *pathUnit) redefined() {
	switch {
	case p.state == pathStartWatch:
		p.look(true)
	case p.state == pathWaiting && !p.paused:
		p.look(false)
	case p.state == pathRunning && !p.served(): // it starts another unit now
		p.wait()
	}
}

func (p *pathUnit) collectable() bool { return true }

func (p *pathUnit) gone() { p.unlook() }
