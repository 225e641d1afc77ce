package manager

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"wakesock/internal/unit"
)

var (
	walkEvents = flag.Int("walk", 50_000, "events of the random walk")
	walkSeed   = flag.Uint64("seed", 0, "seed of the random walk; 0 takes a fresh one")
)

// defs loads unit files from memory.
func defs(t testing.TB, files map[string]string) []*unit.Unit {
	t.Helper()
	m := fstest.MapFS{}
	for n, text := range files {
		m["units/"+n] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	l := &unit.Loader{FS: m, Path: []string{"/units"}, Host: &unit.Host{}}
	var all []*unit.Unit
	for _, n := range slices.Sorted(maps.Keys(files)) {
		all = append(all, l.Load(unit.Name(n)))
	}
	return all
}

// A world is what the edges would be: processes, connections, descriptors.
type world struct {
	t          testing.TB
	m          *Manager
	random     *rand.Rand
	now        Time
	runs       map[Run]*Spawn // asked for and not ended
	order      []Run          // the same, in an order that the seed decides
	alive      map[Run]bool   // spawned was told
	left       map[unit.Name]bool
	conns      map[Conn]bool
	open       map[unit.Name]bool
	opening    []unit.Name
	watched    map[unit.Name]bool
	paths      map[unit.Name]*walkPath
	waiting    map[Request]bool
	seeking    map[unit.Name]bool // Sought is owed
	stored     map[unit.Name]int  // descriptors kept
	checks     []Check
	disordered bool // somebody asked to ignore dependencies
	refused    bool // a request of this step
	conn       Conn
	request    Request
	history    []string
	exited     bool
	wall       int64       // wall time less now
	stamps     []unit.Name // asked for
	plugged    map[unit.Name]bool
}

func (w *world) step(e Event) {
	if len(w.history) > 60 {
		w.history = w.history[1:]
	}
	w.history = append(w.history, fmt.Sprintf("%d %T%+v", w.now, e, e))
	for _, f := range w.m.Step(w.now, e) {
		w.history = append(w.history, fmt.Sprintf("    %T%+v", f, f))
		w.perform(f)
	}
	w.check()
}

func (w *world) perform(f Effect) {
	switch f := f.(type) {
	case *Spawn:
		if f.Conn != 0 && !w.conns[f.Conn] {
			w.fatal("spawn with connection %d, which is closed", f.Conn)
		}
		for _, n := range f.Sockets {
			if !w.open[n] {
				w.fatal("spawn with socket %s, which is closed", n)
			}
		}
		w.runs[f.Run] = f
		w.order = append(w.order, f.Run)
	case Hangup:
		if !w.conns[f.Conn] {
			w.fatal("connection %d closed twice", f.Conn)
		}
		delete(w.conns, f.Conn)
	case Check:
		w.checks = append(w.checks, f)
	case Open:
		w.opening = append(w.opening, f.Def.Name)
	case Close:
		if !w.open[f.Def.Name] {
			w.fatal("%s closed while it is not open", f.Def.Name)
		}
		delete(w.open, f.Def.Name)
		delete(w.watched, f.Def.Name)
	case Watch:
		w.watched[f.Unit] = true
	case Unwatch:
		delete(w.watched, f.Unit)
	case Answer:
		if !w.waiting[f.Request] {
			w.fatal("request %d answered twice", f.Request)
		}
		delete(w.waiting, f.Request)
		w.refused = w.refused || f.Result.Unasked()
	case ReadStamp:
		w.stamps = append(w.stamps, f.Unit)
	case Forget:
		delete(w.left, f.Unit)
		delete(w.stored, f.Unit)
	case Exit:
		w.exited = true
	case Adopt:
		if f.Instead != 0 {
			delete(w.runs, f.Instead)
			delete(w.alive, f.Instead)
			w.order = slices.DeleteFunc(w.order, func(r Run) bool { return r == f.Instead })
			w.left[f.Def.Name] = true
		}
		w.runs[f.Run], w.alive[f.Run] = &Spawn{Run: f.Run, Def: f.Def}, true
		w.order = append(w.order, f.Run)
	case Seek:
		w.seeking[f.Unit] = true
	case Keep:
		w.stored[f.Unit]++
	case Release:
		delete(w.stored, f.Unit)
	case WatchName, UnwatchName, RemoveFile:
	case WatchPaths:
		w.watchPaths(f)
	case UnwatchPaths:
		delete(w.paths, f.Unit)
	case Flush, Signal, Log:
	}
}

func (w *world) fatal(format string, args ...any) {
	w.t.Helper()
	for _, h := range w.history {
		w.t.Log(h)
	}
	w.t.Fatalf(format, args...)
}

// act does one random thing that the world allows.
func (w *world) act(names []unit.Name) {
	w.now += Time(w.random.ExpFloat64() * 20_000)
	pick := func(n int) int { return w.random.IntN(n) }
	if len(w.checks) > 0 && pick(3) > 0 {
		w.answerCheck()
		return
	}
	if len(w.opening) > 0 { // the daemon opens at once
		n := w.opening[0]
		w.opening = w.opening[1:]
		e := Listened{Unit: n, Listeners: 1}
		if pick(20) == 0 && !w.open[n] {
			e.Err = "address already in use"
		} else if u := w.m.units[n]; u != nil && (u.socket.state == socketStartOpen || u.socket.held) {
			w.open[n] = true
		}
		w.step(e)
		return
	}
	if len(w.stamps) > 0 {
		n := w.stamps[0]
		w.stamps = w.stamps[1:]
		w.step(Stamped{Unit: n, Wall: int64(w.now) + w.wall - int64(pick(30_000_000)) + 5_000_000})
		return
	}
	switch pick(13) {
	case 0:
		w.request++
		w.waiting[w.request] = true
		verbs := []Verb{Start, Start, Start, Stop, Restart, TryRestart, Reload, ReloadOrRestart, TryReloadOrRestart}
		e := Wanted{Verb: verbs[pick(len(verbs))], Unit: names[pick(len(names))], Request: w.request}
		if pick(4) == 0 {
			e.Mode = Modes()[pick(len(Modes()))]
			w.disordered = w.disordered || e.Mode == ModeIgnoreDependencies || e.Mode == ModeIgnoreRequirements
		}
		reached := w.reach(e)
		w.refused = false
		w.step(e)
		w.checkReached(e, reached)
	case 1, 2, 3, 4:
		w.knock()
	case 5, 6, 7, 8, 9:
		w.progress()
	case 10:
		w.tell(names)
		if n, ok := some(w.random, w.left); ok {
			delete(w.left, n)
			w.step(Emptied{Unit: n})
		}
	case 11:
		w.touch()
	case 12:
		switch pick(10) {
		case 0:
			w.now += 40_000_000
			w.step(w.clock())
		case 1:
			w.step(Reset{})
		case 4, 5, 6:
			w.device()
		case 2:
			if jobs := w.m.Jobs(); len(jobs) > 0 {
				w.step(Canceled{ID: jobs[pick(len(jobs))].ID})
			}
		case 3:
			w.wall += int64(pick(1_000_000_000)) - 500_000_000
			w.step(Clock{Wall: int64(w.now) + w.wall, Set: true, Move: pick(2) == 0})
		default:
			if n := w.m.Next(); n != 0 {
				w.now = max(w.now, n)
			}
			w.step(w.clock())
		}
	}
}

// progress lets one process be spawned or end.
func (w *world) progress() {
	if len(w.order) > 200 { // or news of the abandoned would drown all other news
		w.order = slices.DeleteFunc(w.order, func(r Run) bool {
			gone := w.m.runs[r] == nil && w.m.ctl[r] == nil
			if gone {
				delete(w.runs, r)
				delete(w.alive, r)
			}
			return gone
		})
	}
	if len(w.order) > 0 {
		i := w.random.IntN(len(w.order))
		r := w.order[i]
		s := w.runs[r]
		ended := func() {
			delete(w.runs, r)
			w.order = slices.DeleteFunc(w.order, func(x Run) bool { return x == r })
		}
		if !w.alive[r] {
			if w.random.IntN(30) == 0 {
				ended()
				w.step(Unspawned{Run: r, Err: "resource temporarily unavailable"})
				return
			}
			w.alive[r] = true
			w.step(Spawned{Run: r, PID: 1000 + int(r)})
			return
		}
		ended()
		delete(w.alive, r)
		e := Exited{Run: r, Code: CodeExited}
		switch w.random.IntN(6) {
		case 0:
			e.Status = w.random.IntN(256)
		case 1:
			e.Code, e.Status = CodeKilled, []int{9, 15, 11, 1}[w.random.IntN(4)]
		case 2:
			if u := w.m.units[s.Def.Name]; u != nil && (w.m.runs[r] != nil || w.m.ctl[r] != nil) {
				e.Left = true
				w.left[s.Def.Name] = true
			}
		}
		if w.left[s.Def.Name] {
			e.Left = true
		}
		w.step(e)
	}
}

func TestRandomWalk(t *testing.T) {
	seed := *walkSeed
	if seed == 0 {
		seed = uint64(os.Getpid())<<32 ^ rand.Uint64()
	}
	t.Logf("seed %d; repeat with -seed %d", seed, seed)
	maps.Copy(walkUnits, togetherUnits)
	loaded := defs(t, walkUnits)
	names := []unit.Name{"notify.service", "fork.service", "forkpid.service", "reload.service", "idle.service", "group.service", "echo.socket", "full.socket", "web.socket", "web2.socket", "mix.socket", "let.socket", "calm.socket", "wait.socket", "calm.service", "web.service", "one.service", "cond.service", "odd.service", "all.target", "missing.service", "none.service", "loop.service", "ring.service", "fail.socket",
		"base.service", "need.service", "bound.service", "part.service", "wanted.service", "foe.service", "friend.service", "free.service", "group.target", "tick.timer", "once.timer", "twice.timer", "far.timer", "left.timer", "right.timer", "back.path",
		"in.path", "in.service", "old.path", "is.path", "to.path", "none.path", "dev-x.device", "sys-x.device", "cam@1.service"}
	for round := range 10 {
		w := &world{
			t: t, m: New(Config{}), random: rand.New(rand.NewPCG(seed, uint64(round))), now: 1,
			runs: make(map[Run]*Spawn), alive: make(map[Run]bool), left: make(map[unit.Name]bool), conns: make(map[Conn]bool),
			open: make(map[unit.Name]bool), watched: make(map[unit.Name]bool), paths: make(map[unit.Name]*walkPath), waiting: make(map[Request]bool), plugged: make(map[unit.Name]bool),
			seeking: make(map[unit.Name]bool), stored: make(map[unit.Name]int),
		}
		w.step(Loaded{Defs: loaded})
		for range *walkEvents / 10 {
			w.act(names)
		}
		w.finish()
	}
}

// finish stops everything: whatever happened before, it must come to an end
// with nothing held.
func (w *world) finish() {
	w.step(Quit{})
	for range 100_000 {
		if w.exited {
			break
		}
		if len(w.opening) > 0 {
			w.act(nil)
			continue
		}
		if len(w.runs) > 0 && w.random.IntN(4) > 0 {
			w.progress()
			continue
		}
		if n, ok := some(w.random, w.left); ok {
			delete(w.left, n)
			w.step(Emptied{Unit: n})
		}
		w.now = max(w.now+1000, w.m.Next())
		w.step(w.clock())
	}
	if !w.exited {
		w.fatal("stopping never came to an end")
	}
	if len(w.waiting) > 0 {
		w.fatal("requests %v were never answered", w.waiting)
	}
	if len(w.conns) > 0 {
		w.fatal("connections %v were never closed", w.conns)
	}
	if len(w.paths) > 0 {
		w.fatal("paths %v are still watched", w.paths)
	}
	if len(w.open) > 0 {
		w.fatal("sockets %v were never closed", w.open)
	}
}
