package manager

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// The path units of the walk, and what they start besides the others.
func init() {
	maps.Copy(walkUnits, map[string]string{
		"in.path":      "[Path]\nPathChanged=/in\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=1min\n",
		"in.service":   "[Unit]\nRequires=one.service\nAfter=one.service\n[Service]\nExecStart=/i\nRestart=on-failure\nRestartSec=50ms\n",
		"old.path":     "[Path]\nPathModified=/old\nUnit=web.service\n[X-Wakesock]\nPathMissed=ignore\nTriggerLimitAction=fail\n",
		"is.path":      "[Path]\nPathExists=/is\nTriggerLimitBurst=5\nUnit=one.service\n",
		"to.path":      "[Path]\nPathChanged=/to\nPathExists=/to\nUnit=all.target\n",
		"none.path":    "[Path]\nPathChanged=/none\nTriggerLimitBurst=2\nTriggerLimitIntervalSec=10s\nUnit=dead.service\n",
		"dead.service": "[Unit]\nRequires=missing.service\nAfter=missing.service\n[Service]\nExecStart=/never\n",
	})
}

// A walkPath is what the edge knows about one path unit.
type walkPath struct {
	request WatchPaths
	deaf    bool // the news were told
	changed bool // since then, or told and given back
	begins  bool // its first look is still to come
	lost    bool // a change was told that nothing has come of yet
}

// watchPaths does what package watch promises.
func (w *world) watchPaths(f WatchPaths) {
	p := w.paths[f.Def.Name]
	if p == nil {
		p = &walkPath{}
		w.paths[f.Def.Name] = p
	} else if f.Begin && !p.begins {
		w.fatal("%s begins twice", f.Def.Name)
	}
	if f.Watch <= p.request.Watch {
		w.fatal("%s: request %d after %d", f.Def.Name, f.Watch, p.request.Watch)
	}
	p.request, p.deaf, p.begins = f, false, f.Begin
	switch {
	case f.Begin, f.Forget:
		p.changed, p.lost = false, false
	case f.Missed != "":
		p.changed = true
	}
}

// touch changes a path, or lets the edge tell of it.
func (w *world) touch() {
	n, ok := some(w.random, w.paths)
	if !ok {
		return
	}
	p := w.paths[n]
	if p.begins {
		if p.begins = w.random.IntN(4) == 0; !p.begins {
			w.step(PathsWatched{Unit: n, Watch: p.request.Watch})
		}
		return
	}
	watch := p.request.Def.Path.Watches[0]
	change := watch.Name != "PathExists"
	if change && w.random.IntN(2) == 0 {
		p.changed, p.lost = true, p.request.Def.Wakesock.PathMissed != "ignore"
	}
	if p.deaf || change && !p.changed {
		return
	}
	e := PathTriggered{Unit: n, Watch: p.request.Watch, Path: watch.Path, Change: change, Missed: w.random.IntN(2) == 0}
	if w.random.IntN(10) == 0 {
		e.Watch-- // late
		w.step(e)
		return
	}
	p.deaf, p.changed = true, false
	u := w.m.units[n].life.(*pathUnit)
	if u.state == pathWaiting && !u.paused {
		p.lost = false
	}
	w.step(e)
	if u.paused && change && u.missed == "" {
		w.fatal("%s has lost a change for its pause", n)
	}
}

func (w *world) checkPath(p *pathUnit) {
	e := w.paths[p.Name]
	if (e != nil) != (p.watch != 0) || e != nil && e.request.Watch != p.watch {
		w.fatal("%s: watched is %v, should be %d", p.Name, e, p.watch)
	}
	if (p.paused || p.state == pathStartWatch) != (p.deadline != 0) {
		w.fatal("%s: paused is %v, deadline %d", p.Name, p.paused, p.deadline)
	}
	d := w.m.units[p.target]
	served := d != nil && (!d.active.down() || d.job != nil)
	switch p.state {
	case pathWaiting:
		switch {
		case w.m.quitting:
		case e == nil:
			w.fatal("%s waits and is not watched", p.Name)
		case e.deaf && !p.paused: // in a pause it may still have one change to tell, which is remembered
			w.fatal("%s waits: paused is %v, the edge is deaf: %v", p.Name, p.paused, e.deaf)
		case served && !p.paused && !d.active.down():
			w.fatal("%s waits, %s is %v", p.Name, p.target, d.active)
		case e.lost && !e.changed && p.missed == "":
			w.fatal("%s has lost a change", p.Name)
		}
	case pathRunning:
		if !served && !w.m.quitting {
			w.fatal("%s is running, %s is not", p.Name, p.target)
		}
	case pathStartWatch:
		if e == nil && !w.m.quitting {
			w.fatal("%s is to be watched, and nobody was asked to", p.Name)
		}
	case pathDead, pathFailed:
		if e != nil || p.deadline != 0 || p.missed != "" {
			w.fatal("%s is %v and holds something", p.Name, p.state)
		}
	}
}

// some picks a key of a map, the same one for the same seed.
func some[K cmp.Ordered, V any](r *rand.Rand, m map[K]V) (k K, ok bool) {
	if len(m) == 0 {
		return k, false
	}
	keys := slices.Sorted(maps.Keys(m))
	return keys[r.IntN(len(keys))], true
}
