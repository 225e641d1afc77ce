package manager

// A timer starts another unit when its time has come.
//
//	dead → waiting ⇄ running → elapsed → dead or failed
//
// It is running from the moment it elapses until the unit that it starts is down
// again, and elapsed when no other time will come.

import (
	"strconv"
	"time"

	"wakesock/internal/value"
)

type timerState int

const (
	timerDead timerState = iota
	timerWaiting
	timerRunning
	timerElapsed
	timerFailed
)

// timerStates is what is true of each state; docs/states.md is made of it.
var timerStates = [...]stateFacts{
	timerDead:    {"dead", Inactive, "", "a start"},
	timerWaiting: {"waiting", Active, "the next time it elapses", "its time, or a change of clock or time zone"},
	timerRunning: {"running", Active, "", "the end of its unit"},
	timerElapsed: {"elapsed", Active, "", "a stop, or its unit, from whose start or end another time may count"},
	timerFailed:  {"failed", Failed, "", "a start, or reset-failed"},
}

func (s timerState) String() string { return timerStates[s].sub }

type timer struct {
	*Unit
	state timerState
	res   Result
	began int64 // wall time when it was started
	times []timerTime
	next  Next
	last  struct { // when it elapsed last; 0: never
		time Time
		wall int64
	}
}

// A timerTime is the state of one On…= line.
type timerTime struct {
	spent bool  // comes once, and has come
	at    int64 // when it comes next: Time, or wall time of OnCalendar=; 0: not known
}

// Next is when a timer elapses: the earlier of the two; 0 is never.
type Next struct {
	Time Time  // by the lines that count from an event
	Wall int64 // by OnCalendar=, microseconds since the epoch
}

// A base says from where an On…= line counts.
type base struct {
	from func(t *timer) Time // 0: that has not happened
	once bool
}

// bases are those of all lines but OnCalendar=, systemd.timer(5) table 1.
var bases = map[string]base{
	"OnActiveSec":       {func(t *timer) Time { return t.InactiveExit }, true},
	"OnBootSec":         {func(t *timer) Time { return t.m.config.Boot }, true},
	"OnStartupSec":      {func(*timer) Time { return 1 }, true},
	"OnUnitActiveSec":   {func(t *timer) Time { return t.unitTime(func(u *Unit) Time { return u.InactiveExit }) }, false},
	"OnUnitInactiveSec": {func(t *timer) Time { return t.unitTime(func(u *Unit) Time { return u.InactiveEnter }) }, false},
}

// unitTime is when the timer last elapsed or something happened to its unit.
func (t *timer) unitTime(when func(*Unit) Time) Time {
	at := t.last.time
	if u := t.m.units[t.target]; u != nil {
		at = max(at, when(u))
	}
	return at
}

func (t *timer) set(state timerState) {
	if state != timerWaiting {
		t.next = Next{}
		t.m.arm(t.Unit, 0)
	}
	if t.state == state && t.active.up() {
		return // another time is no news: two timers that start each other would tell it for ever
	}
	t.state = state
	t.become(timerStates[state].active)
}

func (t *timer) sub() string       { return t.state.String() }
func (t *timer) result() Result    { return t.res }
func (t *timer) collectable() bool { return true }
func (t *timer) gone()             {}

func (t *timer) start() {
	if !t.active.down() {
		return
	}
	if result, text := t.m.refusal(t.target); result != JobDone {
		why := t.Def.PlaceOf("Timer", "Unit").String() + ": no use in waiting: " + text
		t.log(3, why)
		t.m.finish(t.job, JobFailed, string(t.Name)+": "+why)
		return
	}
	t.res, t.began = Success, t.m.wall()
	t.resize()
	for i, e := range t.Def.Timer.Elapses {
		if e.Name == "OnActiveSec" {
			t.times[i].spent = false
		}
	}
	t.invocation = t.m.newInvocation()
	t.set(timerWaiting)
	if t.persistent() {
		t.m.do(ReadStamp{Unit: t.Name}) // goes on with Stamped
		return
	}
	t.wait(false)
}

// persistent says whether the last time is kept where the manager's end does not reach.
func (t *timer) persistent() bool {
	if !t.Def.Timer.Persistent {
		return false
	}
	for _, e := range t.Def.Timer.Elapses {
		if e.Name == "OnCalendar" {
			return true
		}
	}
	return false
}

func (e Stamped) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil {
		return
	}
	t, ok := u.life.(*timer)
	if !ok || t.state != timerWaiting {
		return
	}
	switch {
	case e.Wall == 0: // the first time: from now on it is known
		m.do(WriteStamp{Unit: t.Name, Wall: m.wall()})
	case e.Wall > m.wall():
		t.log(4, "Not using the time of the last run, "+time.UnixMicro(e.Wall).UTC().Format(time.RFC3339)+": it is in the future.")
	default:
		t.last.wall = max(t.last.wall, e.Wall)
	}
	t.wait(false)
}

// resize fits the states to the lines; those of a changed file begin anew.
func (t *timer) resize() {
	if len(t.times) != len(t.Def.Timer.Elapses) {
		t.times = make([]timerTime, len(t.Def.Timer.Elapses))
	}
}

// wait finds out when the timer elapses next. After a jump of the clock what comes
// once may come again.
func (t *timer) wait(jumped bool) {
	d := t.Def.Timer
	var next Next
	again := false // another time may come to be known
	for i, e := range d.Elapses {
		x := &t.times[i]
		if x.spent {
			continue
		}
		x.at = 0
		if e.Name == "OnCalendar" {
			offset := int64(t.fixed(d.RandomizedOffsetSec))
			if at, ok := e.Calendar.Next(time.UnixMicro(t.calendarBase() - offset).In(t.m.zone)); ok {
				x.at = max(at.UnixMicro()+offset, t.m.wallOffset) // after the manager's start: RandomizedDelaySec= counts for what was missed, too
				next.Wall = earlier(next.Wall, x.at)
			}
			continue
		}
		b := bases[e.Name]
		again = again || !b.once
		from := b.from(t)
		if !b.once && from == 0 {
			continue
		}
		at := max(from.plus(e.Span), 1)
		x.at = int64(at)
		if l := t.last; b.once && !jumped && (at == l.time || at < t.m.now && (l.time != 0 || l.wall != 0)) {
			x.spent = true
			continue
		}
		next.Time = Time(earlier(int64(next.Time), x.at))
	}
	if next == (Next{}) && !d.OnClockChange && !d.OnTimezoneChange {
		t.over(again)
		return
	}
	if delay := t.delay(); d.RandomizedDelaySec > 0 {
		if next.Time != 0 {
			next.Time = next.Time.plus(delay)
		}
		if next.Wall != 0 {
			next.Wall = int64(Time(next.Wall).plus(delay))
		}
	}
	t.set(timerWaiting)
	t.next = next
	t.rearm()
}

// calendarBase is the time after which OnCalendar= looks for the next.
func (t *timer) calendarBase() int64 {
	from := t.began
	if t.last.wall != 0 {
		from = t.last.wall
		if u := t.m.units[t.target]; u != nil && t.Def.Timer.DeferReactivation && u.InactiveEnter != 0 {
			from = max(from, int64(u.InactiveEnter)+t.m.wallOffset)
		}
	}
	return min(from, t.m.wall()) // the clock may have been set back
}

// delay is what RandomizedDelaySec= adds this time.
func (t *timer) delay() value.Span {
	d := t.Def.Timer
	if d.FixedRandomDelay {
		return t.fixed(d.RandomizedDelaySec)
	}
	return t.m.chance(d.RandomizedDelaySec)
}

// fixed is a span below most that is this timer's own on this host.
func (t *timer) fixed(most value.Span) value.Span {
	if most <= 0 {
		return 0
	}
	return value.Span(stable(t.m.config.Machine, strconv.Itoa(t.m.config.UID), string(t.Name)) % uint64(most))
}

// rearm sets the deadline, which may be as late as AccuracySec= allows.
func (t *timer) rearm() {
	accuracy := t.Def.Timer.AccuracySec
	var at Time
	if n := t.next.Time; n != 0 {
		at = Time(t.m.coalesce(int64(n), accuracy))
	}
	if n := t.next.Wall; n != 0 {
		at = Time(earlier(int64(at), int64(max(t.m.atWall(t.m.coalesce(n, accuracy)), 1))))
	}
	if at == Never {
		at = 0
	}
	t.m.arm(t.Unit, at)
}

// earlier is the smaller of two times, where 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func (t *timer) expire() {
	n := t.next
	if n.Time != 0 && n.Time <= t.m.now || n.Wall != 0 && n.Wall <= t.m.wall() {
		t.run()
		return
	}
	t.rearm() // the clock is slower than it was
}

// run starts the unit.
func (t *timer) run() {
	if t.job != nil && t.job.kind.stops() || t.m.quitting {
		t.m.arm(t.Unit, t.m.now+Time(value.Second)) // unless it is stopped until then
		return
	}
	if result, text := t.m.refusal(t.target); result != JobDone {
		t.log(3, "Cannot start "+string(t.target)+": "+text)
		t.fail()
		return
	}
	t.last.time, t.last.wall = t.m.now, t.m.wall()
	if t.persistent() {
		t.m.do(WriteStamp{Unit: t.Name, Wall: t.last.wall})
	}
	t.set(timerRunning)
	if !t.fire("TRIGGER_TIMER_REALTIME_USEC="+strconv.FormatInt(t.last.wall, 10),
		"TRIGGER_TIMER_MONOTONIC_USEC="+strconv.FormatInt(int64(t.last.time)+t.m.config.Clock, 10)) {
		t.fail()
	}
}

// fail is the end of a timer that cannot start its unit.
func (t *timer) fail() {
	t.res = FailureResources
	t.set(timerFailed)
}

// over is the end of a timer that no time is known for. It stays if one may come.
func (t *timer) over(again bool) {
	if again || t.Def.Timer.RemainAfterElapse {
		t.set(timerElapsed)
		return
	}
	t.set(timerDead)
	t.m.collect(t.Unit)
}

func (t *timer) triggeredMoved(u *Unit) {
	if u.Name != t.target {
		return
	}
	switch t.state {
	case timerWaiting, timerElapsed:
		for i, e := range t.Def.Timer.Elapses {
			if b, ok := bases[e.Name]; ok && !b.once {
				t.times[i].spent = false
			}
		}
		t.wait(false)
	case timerRunning:
		if u.active.down() && u.job == nil {
			t.wait(false)
		}
	case timerDead, timerFailed:
	}
}

// clockChanged finds out anew when the timer elapses, or elapses because of it.
func (t *timer) clockChanged(e Clock) {
	if t.state != timerWaiting {
		return
	}
	t.last.wall = min(t.last.wall, t.m.wall())
	d := t.Def.Timer
	if e.Set && d.OnClockChange || e.Move && d.OnTimezoneChange {
		t.run()
		return
	}
	t.wait(e.Set)
}

func (t *timer) stop() {
	t.set(timerDead)
	t.m.collect(t.Unit)
}

func (t *timer) reset() {
	if t.state == timerFailed {
		t.res = Success
		t.set(timerDead)
	}
}

func (t *timer) redefined() {
	t.resize()
	switch t.state {
	case timerWaiting, timerElapsed:
		t.wait(false)
	case timerDead, timerRunning, timerFailed:
	}
}

// A TimerSnapshot is a timer's state as others may see it; 0 is never.
type TimerSnapshot struct {
	Next      Next
	Last      Time
	LastWall  int64   // microseconds since the epoch
	ElapsesAt []int64 // by line of the file: Time, or wall time of OnCalendar=
}

func (t *timer) snapshot() *TimerSnapshot {
	s := &TimerSnapshot{Next: t.next, Last: t.last.time, LastWall: t.last.wall}
	for _, x := range t.times {
		s.ElapsesAt = append(s.ElapsesAt, x.at)
	}
	return s
}
