package manager

import (
	"slices"

	"wakesock/internal/unit"
)

// The words of conversations about path units.

func (c *conversation) watchPaths(f *WatchPaths) {
	how := ""
	switch {
	case f.Begin:
		how = " from now on"
	case f.Forget:
		how = " from now on, whatever was missed"
	case f.Missed != "":
		how = ", having missed " + f.Missed
	}
	c.say("watch paths of %s%s", f.Def.Name, how)
}

// watch is the number of a path unit's last request.
func (c *conversation) watch(name unit.Name) PathWatch {
	if u := c.m.units[name]; u != nil {
		return u.life.(*pathUnit).watch
	}
	return 0
}

func (c *conversation) watching(w []string) {
	c.step(PathsWatched{Unit: unit.Name(w[0]), Watch: c.watch(unit.Name(w[0]))})
}

func (c *conversation) paths(w []string, change bool) {
	e := PathTriggered{Unit: unit.Name(w[0]), Path: w[1], Change: change, Missed: slices.Contains(w, "missed")}
	if e.Watch = c.watch(e.Unit); slices.Contains(w, "late") {
		e.Watch--
	}
	c.step(e)
}
