package manager

import (
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// An ActiveState is the state of a unit in the words that all types share.
type ActiveState int

// The active states of systemctl(1).
const (
	Inactive ActiveState = iota
	Active
	Reloading
	Failed
	Activating
	Deactivating
)

func (s ActiveState) String() string {
	return [...]string{"inactive", "active", "reloading", "failed", "activating", "deactivating"}[s]
}

// down tells whether nothing of the unit is alive.
func (s ActiveState) down() bool { return s == Inactive || s == Failed }

// up tells whether the unit does its work.
func (s ActiveState) up() bool { return s == Active || s == Reloading }

// stateFacts is what is true of one state of one unit type.
type stateFacts struct {
	sub      string // the state in systemctl's words
	active   ActiveState
	deadline string // the setting that cuts it short; "" for none
	waits    string // what it waits for
}

// A Result says how a unit's last activation ended, in systemd's words.
type Result string

// The results.
const (
	Success            Result = "success"
	FailureResources   Result = "resources"
	FailureTimeout     Result = "timeout"
	FailureExitCode    Result = "exit-code"
	FailureSignal      Result = "signal"
	FailureCoreDump    Result = "core-dump"
	FailureStartLimit  Result = "start-limit-hit"
	FailureCondition   Result = "exec-condition"
	FailureTrigger     Result = "trigger-limit-hit"
	FailureUnitStart   Result = "unit-start-limit-hit"
	FailureServiceLife Result = "service-start-limit-hit"
	FailureProtocol    Result = "protocol"
	FailureWatchdog    Result = "watchdog"
	FailureOOM         Result = "oom-kill"
)

// A life is the state machine of a unit's type.
type life interface {
	start()            // the job to start may run now
	stop()             // the job to stop may run now
	expire()           // the deadline has come
	redefined()        // the definition was replaced
	sub() string       // the state in the type's own words
	result() Result    // how the last activation ended
	reset()            // forget a failure
	collectable() bool // nothing else needs the unit
	gone()             // the unit is being forgotten
}

// A Unit is one unit's state.
type Unit struct {
	Name unit.Name
	Def  *unit.Unit

	m       *Manager
	life    life
	service *service // the same as life, where it is one
	socket  *socket
	active  ActiveState
	target  unit.Name // what it triggers: the service of a socket, or the template of its instances
	appointment
	node       *node
	job        *Job
	auto       limiter     // how often the manager started or stopped it by itself
	retry      appointment // when it may do so again, if that was too often
	suspected  bool
	again      bool           // what ended now begins again by itself
	checking   uint64         // the check that is awaited before it starts; 0: none
	pinned     bool           // somebody wants to know how it ended
	lost       unit.LoadState // what its file has become since it was up; "" if it is of use
	cause      []string       // variables that tell what triggered it
	invocation Invocation
	starts     limiter
	ran        []Ran // commands that have run since the last start

	Checks Checks // of the last start

	Changed, InactiveExit, ActiveEnter, ActiveExit, InactiveEnter Time // 0: never
}

// redefine follows a new definition, which is in the graph already.
func (u *Unit) redefine() {
	u.lost = ""
	u.retarget()
	u.life.redefined()
}

// become moves the unit to an active state. It is called by the one door of
// each type, set, after the type's own state has changed.
func (u *Unit) become(now ActiveState) {
	was := u.active
	u.active = now
	u.Changed = u.m.now
	unexpected := u.unexpected(now)
	if was != now {
		u.stamp(was, now)
		u.announce(was, now)
	}
	u.advanceJob() // though nothing changed: a start that is refused ends where it began, failed
	u.m.moved(u)
	u.m.stir()
	u.follow(was, now, unexpected)
}

// stamp notes when the unit went where.
func (u *Unit) stamp(was, now ActiveState) {
	if was.down() && !now.down() {
		u.InactiveExit = u.m.now
	}
	if !was.up() && now.up() {
		u.ActiveEnter = u.m.now
	}
	if was.up() && !now.up() {
		u.ActiveExit = u.m.now
	}
	if !was.down() && now.down() {
		u.InactiveEnter = u.m.now
	}
}

// announce tells the journal what a user wants to know.
func (u *Unit) announce(was, now ActiveState) {
	if u.Def.Perpetual() {
		return
	}
	if _, ok := u.life.(*device); ok && (u.job == nil || u.m.quitting) {
		return // they come and go in great numbers
	}
	switch now {
	case Active:
		if was != Reloading {
			u.say(6, u.words().up+u.title()+".")
		}
	case Activating:
		if was.down() && u.takesTime() {
			u.say(6, "Starting "+u.title()+"...")
		}
	case Deactivating:
		if u.socket == nil && u.job != nil && u.job.kind.stops() {
			u.say(6, "Stopping "+u.title()+"...")
		}
	case Failed:
		u.log(4, "Failed with result '"+string(u.life.result())+"'.")
	case Inactive:
		stopped := u.job != nil && u.job.kind.stops()
		switch {
		case was == Failed:
		case u.life.result() == FailureCondition:
			u.log(6, "Skipped: its ExecCondition= does not hold.")
		case u.service == nil, stopped:
			u.say(6, u.words().down+u.title()+".")
		case was == Activating && u.service != nil:
			u.say(6, "Finished "+u.title()+".")
		default:
			u.log(7, "Deactivated successfully.")
		}
	case Reloading:
		if u.job != nil && u.job.kind == Reload && u.job.running {
			u.say(6, "Reloading "+u.title()+"...")
		}
	}
}

// takesTime tells whether there is something to wait for before the unit is up:
// for others it is enough to be told that they are.
func (u *Unit) takesTime() bool {
	switch {
	case u.service != nil:
		s := u.Def.Service
		atOnce := s.Type == unit.ServiceSimple || s.Type == unit.ServiceIdle
		return !atOnce || len(s.ExecCondition)+len(s.ExecStartPre)+len(s.ExecStartPost) > 0
	case u.socket != nil:
		s := u.Def.Socket
		return len(s.ExecStartPre)+len(s.ExecStartPost) > 0
	}
	return false
}

// words are the beginnings of the messages about a unit of its type.
func (u *Unit) words() (w struct{ up, down string }) {
	switch {
	case u.service != nil:
		w.up, w.down = "Started ", "Stopped "
	case u.Def.Path != nil:
		w.up, w.down = "Started ", "Stopped "
	case u.socket != nil:
		w.up, w.down = "Listening on ", "Closed "
	case u.Name.Type() == unit.TypeSlice:
		w.up, w.down = "Created slice ", "Removed slice "
	case u.target != "":
		w.up, w.down = "Started ", "Stopped "
	case u.Name.Type() == unit.TypeDevice:
		w.up, w.down = "Found device ", "Lost device "
	default:
		w.up, w.down = "Reached ", "Left "
	}
	return w
}

// title is what messages call the unit.
func (u *Unit) title() string {
	if d := u.description(); d != string(u.Name) {
		return string(u.Name) + " - " + d
	}
	return string(u.Name)
}

// description is what the unit calls itself, with the peer of its connection.
func (u *Unit) description() string {
	d, s := u.Def.Common.Description, u.service
	connected := s != nil && s.from != nil
	if v, ok := u.life.(*device); ok && d == "" {
		d = v.facts.Description
	}
	switch {
	case connected && d == "":
		return s.peer.String()
	case connected:
		return d + " (" + s.peer.String() + ")"
	case d == "":
		return calledByItself(u.Name)
	}
	return d
}

// calledByItself describes a unit that does not say what it is: a device by its path,
// others by their names.
func calledByItself(name unit.Name) string {
	if name.Type() == unit.TypeDevice {
		if p, err := unit.UnescapePath(name.Prefix()); err == nil {
			return p
		}
	}
	return string(name)
}

// log writes a line about the unit, which it names first.
func (u *Unit) log(priority int, text string) { u.say(priority, string(u.Name)+": "+text) }

// say writes a line that names the unit by itself.
func (u *Unit) say(priority int, text string) {
	if e := u.Def.Exec; e != nil && !e.Logs(priority) {
		return
	}
	u.m.do(Log{Unit: u.Name, Invocation: u.invocation, Priority: priority, Text: text})
}

func (m *Manager) forget(u *Unit) {
	m.arm(u, 0)
	m.set(&u.retry, 0)
	u.detarget()
	u.life.gone()
	delete(m.units, u.Name)
	u.node.unit = nil
	if d := m.defs[u.Name]; d == nil || d.Name != u.Name {
		u.node.undeclare()
		if len(u.node.edges) == 0 {
			delete(m.nodes, u.Name)
		}
	}
	m.do(Forget{Unit: u.Name})
}

// sorted returns all units by name, so that what is done to all of them is
// done in the same order every time.
func (m *Manager) sorted() []*Unit {
	all := make([]*Unit, 0, len(m.units))
	for _, u := range m.units {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *Unit) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return all
}
