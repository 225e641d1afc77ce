package manager

import (
	"encoding/hex"
	"math/rand/v2"
	"time"

	"wakesock/internal/unit"
)

// An Invocation names one activation of a unit: 32 hexadecimal digits, as in
// $INVOCATION_ID.
type Invocation string

// A Config is what does not change while a manager lives.
type Config struct {
	Seed    [32]byte // of invocation IDs
	User    bool     // a user's manager rather than the system's
	UID     int      // whose manager it is
	Machine string   // the machine's ID; what is random but stays the same is made of it
	Boot    Time     // when the machine was booted, or the container: at the latest 1, when the manager was started
	Clock   int64    // CLOCK_MONOTONIC in microseconds when the manager's time is 0
}

// A Manager is the state of all units and what is to be done about them.
type Manager struct {
	config      Config
	now         Time
	out         []Effect
	units       map[unit.Name]*Unit      // alive: with a state, a job or a definition
	defs        map[unit.Name]*unit.Unit // as loaded, templates too; aliases point to the same
	before      map[unit.Name][]*Unit    // reverse of Before=
	triggeredBy map[unit.Name][]*Unit    // what triggers a unit, by name
	runs        map[Run]*service         // processes that are alive or about to be
	ctl         map[Run]*socket          // control processes of sockets
	tangled     bool                     // jobs came that may wait for each other in a ring
	jobs        []*Job                   // waiting for others, in the order they were asked for
	postponed   []*service               // of Type=idle, waiting for the jobs of others to end
	idle        []*Unit                  // down when a job of theirs ended in this step
	deadlines   deadlines
	lastRun     Run
	lastWatch   PathWatch
	random      *rand.ChaCha8
	wallOffset  int64 // wall time less the manager's
	zone        *time.Location
	quitting    bool
	exitCode    int
}

// New returns a manager without units.
func New(c Config) *Manager {
	return &Manager{
		config:      c,
		units:       make(map[unit.Name]*Unit),
		defs:        make(map[unit.Name]*unit.Unit),
		before:      make(map[unit.Name][]*Unit),
		triggeredBy: make(map[unit.Name][]*Unit),
		runs:        make(map[Run]*service),
		ctl:         make(map[Run]*socket),
		zone:        time.UTC,
		random:      rand.NewChaCha8(c.Seed),
	}
}

// Step tells the manager that e happened at time now and returns what is to be
// done, in order. Time never goes back. The effects are valid until the next
// call. Deadlines that have come are served first.
func (m *Manager) Step(now Time, e Event) []Effect {
	m.now = max(m.now, now)
	clear(m.out)
	m.out = m.out[:0]
	if c, ok := e.(Clock); ok {
		m.know(c) // before deadlines that go by it
	}
	m.serveDeadlines()
	e.apply(m)
	m.runJobs()
	if len(m.postponed) > 0 {
		m.unpostpone()
	}
	m.letGo()
	if m.quitting {
		m.finishQuit()
	}
	return m.out
}

func (m *Manager) serveDeadlines() {
	for len(m.deadlines) > 0 && m.deadlines[0].deadline <= m.now {
		u := m.deadlines[0]
		m.arm(u, 0)
		u.life.expire()
	}
}

// letGo forgets what is down without a job: a start that never came to anything
// (canceled, or for want of a required unit) has no other end.
func (m *Manager) letGo() {
	for _, u := range m.idle {
		if u.job == nil && u.active.down() && m.units[u.Name] == u {
			u.cause = nil
			if u.service != nil {
				u.service.leave()
			}
			m.moved(u)
			m.collect(u)
		}
	}
	clear(m.idle)
	m.idle = m.idle[:0]
}

func (m *Manager) do(e Effect) { m.out = append(m.out, e) }

func (m *Manager) newRun() Run {
	m.lastRun++
	return m.lastRun
}

func (m *Manager) newInvocation() Invocation {
	var id [16]byte
	_, _ = m.random.Read(id[:]) // never fails
	var text [32]byte
	hex.Encode(text[:], id[:])
	return Invocation(text[:])
}

func (e Loaded) apply(m *Manager) {
	for _, def := range e.Defs {
		m.define(def)
	}
}

// define makes def what the manager knows under its names.
func (m *Manager) define(def *unit.Unit) {
	m.defs[def.Name] = def
	for _, a := range def.Aliases {
		m.defs[a] = def
	}
	if u := m.units[def.Name]; u != nil {
		u.redefine(def)
	}
}

func (e Unloaded) apply(m *Manager) {
	for _, n := range e.Units {
		if m.units[n] == nil {
			delete(m.defs, n)
		}
	}
}

func (e Pinned) apply(m *Manager) {
	u := m.unit(e.Unit)
	if u == nil {
		return
	}
	u.pinned = e.Hold
	m.collect(u)
}

// Defined returns the definition that goes by a name, or nil.
func (m *Manager) Defined(name unit.Name) *unit.Unit { return m.defs[name] }

func (e Reloaded) apply(m *Manager) {
	m.defs = make(map[unit.Name]*unit.Unit, len(e.Defs))
	m.before = make(map[unit.Name][]*Unit)
	for _, def := range e.Defs {
		m.defs[def.Name] = def
		for _, a := range def.Aliases {
			m.defs[a] = def
		}
	}
	for _, u := range m.sorted() {
		def := m.defs[u.Name]
		if def == nil && u.Name.IsInstance() {
			if t := m.defs[u.Name.Template()]; t != nil && t.State == unit.Loaded {
				def = t.Instantiate(u.Name)
			}
		}
		switch {
		case def == nil:
		case def.State != unit.Loaded && !u.active.down():
			u.log(4, "The unit file is of no use now, going on with what it said before.")
		default:
			u.redefine(def)
		}
		m.collect(u)
	}
}

// unit returns the unit of a name, making it from its definition. It is nil if
// nothing is known by that name.
func (m *Manager) unit(name unit.Name) *Unit {
	if u := m.units[name]; u != nil {
		return u
	}
	def := m.defs[name]
	if def == nil {
		return nil
	}
	if u := m.units[def.Name]; u != nil {
		return u
	}
	return m.add(def)
}

// add makes a unit from its definition.
func (m *Manager) add(def *unit.Unit) *Unit {
	u := &Unit{m: m, Name: def.Name, Def: def}
	switch def.Name.Type() {
	case unit.TypeService:
		s := &service{Unit: u, res: Success}
		u.life, u.service = s, s
	case unit.TypeSocket:
		s := &socket{Unit: u, res: Success}
		u.life, u.socket = s, s
	case unit.TypeTimer:
		u.life = &timer{Unit: u, res: Success}
	case unit.TypePath:
		u.life = &pathUnit{Unit: u, res: Success}
	case unit.TypeDevice:
		u.life = &device{target{u}}
	case unit.TypeTarget, unit.TypeSlice, unit.TypeMount, unit.TypeAutomount, unit.TypeSwap, unit.TypeScope:
		u.life = &target{Unit: u}
	}
	m.units[u.Name] = u
	m.index(u)
	u.retarget()
	return u
}

// index notes what u wants to come before.
func (m *Manager) index(u *Unit) {
	for _, n := range u.Def.Common.Before {
		m.before[n] = append(m.before[n], u)
	}
}
