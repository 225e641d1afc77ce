package daemon

import (
	"context"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
	"wakesock/internal/watch"
)

// watchPaths has the watcher look at what a path unit waits for. Its goroutine
// posts what it finds.
func (d *Daemon) watchPaths(e *manager.WatchPaths) {
	if d.paths == nil {
		d.paths = watch.New(watch.Report{Watched: d.pathsWatched, News: d.pathNews, Trouble: d.pathTrouble})
	}
	p := e.Def.Path
	d.paths.Watch(watch.Request{
		Unit: e.Def.Name, Number: uint64(e.Watch), Watches: p.Watches, Begin: e.Begin, Forget: e.Forget, Missed: e.Missed,
		Make: p.MakeDirectory, Mode: p.DirectoryMode,
	})
}

func (d *Daemon) unwatchPaths(name unit.Name) {
	if d.paths != nil {
		d.paths.Unwatch(name)
	}
}

func (d *Daemon) closePaths() {
	if d.paths != nil {
		go d.paths.Close() // it may hang on a file system; nothing depends on its end
	}
}

func (d *Daemon) pathsWatched(name unit.Name, number uint64) {
	d.do(func() { d.step(manager.PathsWatched{Unit: name, Watch: manager.PathWatch(number)}) })
}

func (d *Daemon) pathNews(n watch.News) {
	d.do(func() {
		d.step(manager.PathTriggered{Unit: n.Unit, Watch: manager.PathWatch(n.Number), Path: n.Path, Change: n.Change, Missed: n.Missed})
	})
}

// pathTrouble logs what is wrong with a unit's paths; without a name, with all of them.
func (d *Daemon) pathTrouble(name unit.Name, text string) {
	d.do(func() {
		if name != "" {
			text = string(name) + ": " + text
		}
		d.log(name, 4, text)
	})
}

// pathProperties are the lines of show for path units, systemctl(1).
var pathProperties = []property{
	{"Unit", text(func(s *manager.Snapshot) string { return string(s.Target) })},
	{"Paths", text(func(s *manager.Snapshot) string { return unit.FormatWatches(s.Def.Path.Watches) })},
	{"Result", text(func(s *manager.Snapshot) string { return string(s.Result) })},
}

// Paths implements control.Manager.
func (d *Daemon) Paths(_ context.Context, r control.UnitsRequest) ([]control.Path, error) {
	rows := []control.Path{}
	if !d.ask(func() {
		for _, s := range d.manager.Snapshots() {
			if s.Def.Path == nil || !d.selected(&s, &r) {
				continue
			}
			for _, x := range s.Def.Path.Watches {
				rows = append(rows, control.Path{Path: x.Path, Condition: x.Name, Unit: string(s.Name), Activates: string(s.Target), Paused: s.Paused})
			}
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}
