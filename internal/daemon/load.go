package daemon

import (
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"wakesock/internal/builtin"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// A library loads definitions from files and remembers which it has given out.
// It is used by the goroutines of requests, one at a time.
type library struct {
	mu     sync.Mutex
	loader *unit.Loader
	path   []string
	host   *unit.Host
	strict bool // a unit whose protection is not enforced is refused
	given  map[unit.Name]*unit.Unit
	ages   ages
}

func newLibrary(path []string, host *unit.Host, strict bool) *library {
	return &library{loader: newLoader(path, host), path: path, host: host, strict: strict, given: make(map[unit.Name]*unit.Unit)}
}

// rootFS is the root file system with the units that are built in.
func rootFS() fs.FS { return builtin.On(os.DirFS("/"), os.Getpid() != 1) }

// newLoader reads the file system, with our own targets behind all folders.
func newLoader(path []string, host *unit.Host) *unit.Loader {
	return &unit.Loader{FS: rootFS(), Path: append(path[:len(path):len(path)], builtin.Dir), Host: host}
}

// load returns the definitions of names and of all that they refer to, except
// those that it has returned before. A name that has no file is not remembered,
// unless another unit refers to it.
func (l *library) load(names ...unit.Name) []*unit.Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collect(names, false)
}

// peek returns the definition of a name without giving it out.
func (l *library) peek(name unit.Name) *unit.Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if def := l.given[name]; def != nil {
		return def
	}
	l.loader.Refresh() // its file may be new
	return l.loader.Load(name)
}

func (l *library) collect(names []unit.Name, missing bool) []*unit.Unit {
	var defs []*unit.Unit
	soft := make(map[unit.Name]bool) // only implied so far: no loss if it is not there
	for queue := names; len(queue) > 0; {
		n := queue[0]
		queue = queue[1:]
		if l.given[n] != nil {
			continue
		}
		def := l.loader.Load(n)
		if soft[n] && def.State == unit.NotFound {
			continue
		}
		if def.State == unit.NotFound && len(def.Problems) == 0 && !missing && slices.Contains(names, n) {
			l.loader.Refresh() // its file may be new
			if def = l.loader.Load(n); def.State == unit.NotFound && len(def.Problems) == 0 {
				continue
			}
		}
		if l.strict {
			def = refuseUnprotected(def)
		}
		l.ages.note(def)
		l.given[n] = def
		if n != def.Name {
			l.given[def.Name] = def
		}
		for _, a := range def.Aliases {
			l.given[a] = def
		}
		defs = append(defs, def)
		stated, implied := references(def)
		for _, r := range stated {
			delete(soft, r)
		}
		for _, r := range implied {
			if l.given[r] == nil && !slices.Contains(stated, r) {
				soft[r] = true
			}
		}
		queue = append(append(queue, stated...), implied...)
	}
	return defs
}

// drop forgets units whose files are gone.
func (l *library) drop(names ...unit.Name) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range names {
		delete(l.given, n)
	}
	l.loader.Refresh()
}

// reread loads one unit anew.
func (l *library) reread(name unit.Name) *unit.Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loader.Refresh()
	def := l.loader.Load(name)
	l.ages.note(def)
	if l.strict {
		def = refuseUnprotected(def)
	}
	for _, n := range append(def.Aliases, def.Name) {
		if l.given[n] != nil {
			l.given[n] = def
		}
	}
	return def
}

// again reads everything that was given out once more.
func (l *library) again() []*unit.Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []unit.Name
	for n, def := range l.given {
		if def.Name == n || def.State == unit.NotFound {
			names = append(names, n)
		}
	}
	l.loader = newLoader(l.path, l.host)
	l.given = make(map[unit.Name]*unit.Unit, len(names))
	return l.collect(names, true)
}

// references are the units that def has anything to do with: those that its files
// state, and those that are implied.
func references(def *unit.Unit) (stated, implied []unit.Name) {
	if def.State != unit.Loaded {
		return nil, nil
	}
	for _, l := range def.Stated() {
		stated = append(stated, l.To)
	}
	if t := def.Triggered(); t != "" {
		stated = append(stated, t)
	}
	if def.Service != nil {
		stated = append(stated, def.Service.Sockets...)
	}
	for _, l := range def.Implied {
		implied = append(implied, l.To)
	}
	required, wanted := def.MountsFor()
	for _, p := range append(required, wanted...) {
		implied = append(implied, unit.MountUnits(p)...)
	}
	return stated, implied
}

// load reads the definitions of names and of what they refer to, as far as the
// manager does not have them. The instances that connections made are none of the
// library's: it would keep them for ever.
func (d *Daemon) load(names ...unit.Name) []*unit.Unit {
	d.ask(func() { names = slices.DeleteFunc(slices.Clone(names), d.manager.Alive) })
	return d.library.load(names...)
}

// want loads a unit and asks for it to be started; then is called in the
// loop when the job has ended.
func (d *Daemon) want(verb manager.Verb, mode manager.Mode, name unit.Name, then func(manager.Answer)) {
	defs := d.load(name)
	d.needDevices(defs)
	d.do(func() {
		if len(defs) > 0 {
			d.report(defs)
			d.step(manager.Loaded{Defs: defs})
		}
		d.lastReq++
		d.requests[d.lastReq] = then
		d.step(manager.Wanted{Verb: verb, Mode: mode, Unit: name, Request: d.lastReq})
	})
}

// refuseUnprotected returns def as a unit that cannot be started if a directive
// that protects has no effect here.
func refuseUnprotected(def *unit.Unit) *unit.Unit {
	p := def.Unprotected()
	if def.State != unit.Loaded || len(p) == 0 {
		return def
	}
	refused := *def
	refused.State, refused.Refused = unit.BadSetting, unprotected(p)+"; --strict refuses the unit"
	return &refused
}

// unprotected puts in one line what units seldom have only one of.
func unprotected(problems []unit.Problem) string {
	names := make([]string, len(problems))
	for i, p := range problems {
		names[i] = p.Name + "="
	}
	return problems[0].Place.String() + ": without effect here, though they protect: " + strings.Join(names, " ")
}

// report tells the journal what is wrong in definitions, and what is not as their
// writers must expect.
func (d *Daemon) report(defs []*unit.Unit) {
	for _, def := range defs {
		refused := "" // what no problem has said yet
		if def.State == unit.BadSetting || def.State == unit.LoadError {
			refused = def.Refused
		}
		for _, p := range def.Problems {
			level := 4
			switch {
			case p.Fatal && def.State != unit.Loaded:
				level, refused = 3, ""
			case p.Note:
				level = 6
			}
			d.log(def.Name, level, p.String())
		}
		if p := def.Unprotected(); def.State == unit.Loaded && len(p) > 0 {
			d.log(def.Name, 4, unprotected(p)+"; wakesock explain "+string(def.Name)+" says why")
		}
		if refused != "" {
			d.log(def.Name, 3, refused)
		}
	}
}

// reload reads all files again. It may be called by any goroutine.
func (d *Daemon) reload() []*unit.Unit {
	frugal()
	defs := d.library.again()
	devices, others := d.devicesAgain()
	d.ask(func() {
		d.forgetPlans()
		d.report(defs)
		d.log("", 6, "Reloaded.")
		d.step(manager.Reloaded{Defs: defs})
		d.plug(devices, others)
		haveRead()
	})
	return defs
}

// frugal has little garbage wait while unit files are read. What stays of them
// would lie scattered between it, and no memory could be given back.
func frugal() { debug.SetGCPercent(40) }

// haveRead ends that: connections leave much garbage beside little that stays.
func haveRead() {
	debug.SetGCPercent(200)
	go debug.FreeOSMemory() // what reading took; ends at once
}
