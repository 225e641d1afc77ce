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
	Place   Place
	Clock   int64 // CLOCK_MONOTONIC in microseconds when the manager's time is 0
}

// A Manager is the state of all units and what is to be done about them.
type Manager struct {
	config      Config
	now         Time
	out         []Effect
	units       map[unit.Name]*Unit      // alive: with a state, a job or a definition
	defs        map[unit.Name]*unit.Unit // as loaded, templates too; aliases point to the same
	nodes       map[unit.Name]*node      // the graph of dependencies; aliases point to the same
	triggeredBy map[unit.Name][]*Unit    // what triggers a unit, by name
	runs        map[Run]*service         // processes that are alive or about to be
	ctl         map[Run]*socket          // control processes of sockets
	jobs        int                      // how many there are
	active      int                      // and how many of them run
	ready       []*Job                   // to be looked at, for their turn may have come
	tangled     bool                     // jobs changed that may wait for each other in a ring
	loose       []*Unit                  // to be forgotten, unless something keeps them
	suspects    []*Unit                  // to be looked at, for nothing may need them any more
	postponed   []*service               // of Type=idle, waiting for the jobs of others to end
	deferred    []*socket                // waiting for those that their services conflict with
	stirred     bool                     // they may be gone
	lastJob     uint32
	lastCheck   uint64
	idle        []*Unit // down when a job of theirs ended in this step
	deadlines   deadlines
	lastRun     Run
	lastWatch   PathWatch
	random      *rand.ChaCha8
	wallOffset  int64 // wall time less the manager's
	zone        *time.Location
	quitting    bool
	last        bool   // quitting, and all that is left is being stopped
	exited      bool   // Exit was said
	machine     string // what becomes of the machine after the end
	exitCode    int
}

// New returns a manager without units.
func New(c Config) *Manager {
	return &Manager{
		config:      c,
		units:       make(map[unit.Name]*Unit),
		defs:        make(map[unit.Name]*unit.Unit),
		nodes:       make(map[unit.Name]*node),
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
	m.work()
	for m.quitting && m.finishQuit() {
		m.work()
	}
	return m.out
}

// work does what can be done until nothing more follows.
func (m *Manager) work() {
	m.runJobs()
	if len(m.postponed) > 0 {
		m.unpostpone()
	}
	for m.letGo(); len(m.ready) > 0 || len(m.suspects) > 0 || m.undefer(); m.letGo() {
		m.runJobs()
	}
	m.sweep()
}

func (m *Manager) serveDeadlines() {
	for len(m.deadlines) > 0 && m.deadlines[0].deadline <= m.now {
		a := m.deadlines[0]
		m.set(a, 0)
		a.owner.expire()
	}
}

// letGo forgets what is down without a job: a start that never came to anything
// (canceled, or for want of a required unit) has no other end.
func (m *Manager) letGo() {
	for i := 0; i < len(m.idle); i++ {
		u := m.idle[i]
		if s := u.service; s != nil && u.job == nil && s.state == serviceAutoRestart && u.deadline == 0 {
			s.fail(FailureResources) // its restart was canceled, or something it requires failed
			s.end(serviceFailed)
		}
		if u.job == nil && u.active.down() && m.units[u.Name] == u {
			u.cause = nil
			if u.service != nil {
				u.service.monitor = nil
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
		if u := m.units[def.Name]; u != nil {
			u.Def = def
		}
	}
	m.learn(e.Defs)
	for _, def := range e.Defs {
		if u := m.units[def.Name]; u != nil {
			u.redefine()
		}
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
	for _, def := range e.Defs {
		m.defs[def.Name] = def
		for _, a := range def.Aliases {
			m.defs[a] = def
		}
	}
	changed := make(map[*Unit]bool)
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
			u.lost = def.State
		case def != u.Def:
			u.Def, changed[u] = def, true
		}
	}
	m.rebuild()
	for _, u := range m.sorted() {
		if changed[u] {
			u.redefine()
		}
		m.collect(u)
	}
	m.reconsider()
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
	u.node = m.node(def.Name)
	u.node.unit = u
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
		u.life = &device{Unit: u}
	case unit.TypeTarget, unit.TypeSlice, unit.TypeMount, unit.TypeAutomount, unit.TypeSwap, unit.TypeScope:
		u.life = &target{Unit: u}
	}
	u.owner = u.life
	m.units[u.Name] = u
	if m.defs[u.Name] != def {
		m.declare(def)
	}
	u.retarget()
	return u
}
