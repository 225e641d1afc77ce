package unit

import (
	"slices"
	"strings"
	"sync"
)

// A table is all directives and what sections say by default. It is built at
// the first use, so that programs that read no units do not pay for it.
type table struct {
	all      []*Directive
	sections []string
	names    map[string]map[string]*Directive // by section and name

	common     *Common
	ofSlices   *Common
	ofDevices  *Common
	install    *Install
	wakesock   *Wakesock
	socket     *Socket
	service    *Service
	timer      *Timer
	path       *Path
	slice      *Slice
	exec       *Exec
	socketExec *Exec
	kill       *Kill
	resource   *Resource
}

var directives = sync.OnceValue(buildTable)

func buildTable() *table {
	t := &table{names: make(map[string]map[string]*Directive)}
	common, exec, kill, resource := allCommonRows(), allExecRows(), killRows(), allResourceRows()
	t.common, t.exec, t.kill, t.resource = defaultsOf(common), defaultsOf(exec), defaultsOf(kill), defaultsOf(resource)
	own := *t.exec
	own.KeyringMode = "shared" // only services get a keyring of their own by default
	t.socketExec = &own

	placeCommon := func(u *Unit) **Common { return &u.Common }
	placeExec := func(u *Unit) **Exec { return &u.Exec }
	placeKill := func(u *Unit) **Kill { return &u.Kill }
	placeResource := func(u *Unit) **Resource { return &u.Resource }

	t.ofSlices, t.ofDevices = sliceCommon(t.common), deviceCommon(t.common)
	t.add(bind("Unit", placeCommon, t.common, common, t.ofSlices, t.ofDevices))

	install := installRows()
	t.install = defaultsOf(install)
	t.add(bind("Install", func(u *Unit) **Install { return &u.Install }, t.install, install))

	socket := allSocketRows()
	t.socket = defaultsOf(socket)
	t.add(bind("Socket", func(u *Unit) **Socket { return &u.Socket }, t.socket, socket))
	t.add(bind("Socket", placeExec, t.socketExec, exec))
	t.add(bind("Socket", placeKill, t.kill, socketKillRows(kill)))
	t.add(bind("Socket", placeResource, t.resource, resource))

	service := allServiceRows()
	t.service = defaultsOf(service)
	t.add(bind("Service", func(u *Unit) **Service { return &u.Service }, t.service, service))
	t.add(bind("Service", placeCommon, t.common, oldServiceRows(common)))
	t.add(bind("Service", placeExec, t.exec, exec))
	t.add(bind("Service", placeKill, t.kill, kill))
	t.add(bind("Service", placeResource, t.resource, resource))

	timer := allTimerRows()
	t.timer = defaultsOf(timer)
	t.add(bind("Timer", func(u *Unit) **Timer { return &u.Timer }, t.timer, timer))

	path := allPathRows()
	t.path = defaultsOf(path)
	t.add(bind("Path", func(u *Unit) **Path { return &u.Path }, t.path, path))

	slice := sliceRows()
	t.slice = defaultsOf(slice)
	t.add(bind("Slice", func(u *Unit) **Slice { return &u.Slice }, t.slice, slice))
	t.add(bind("Slice", placeResource, t.resource, resource))

	wakesock := wakesockRows()
	t.wakesock = defaultsOf(wakesock)
	t.add(bind("X-Wakesock", func(u *Unit) **Wakesock { return &u.Wakesock }, t.wakesock, wakesock))
	t.compute()
	return t
}

func (t *table) add(rows []*Directive) {
	for _, d := range rows {
		if t.names[d.Section] == nil {
			t.sections = append(t.sections, d.Section)
			t.names[d.Section] = make(map[string]*Directive)
		}
		if t.names[d.Section][d.Name] != nil {
			panic("BUG: two rows for [" + d.Section + "] " + d.Name)
		}
		t.names[d.Section][d.Name] = d
		t.all = append(t.all, d)
	}
}

// Directives returns the whole table, section by section. The caller must not
// change it.
func Directives() []*Directive { return directives().all }

// Lookup returns the row of a directive, or nil. Both names are as in unit
// files, without brackets and '='.
func Lookup(section, name string) *Directive { return directives().names[section][name] }

// Sections returns the names of all sections that have directives, in the order
// of the table.
func Sections() []string { return slices.Clone(directives().sections) }

// SectionsOf returns the sections that files of units of type t may have.
func SectionsOf(t Type) []string {
	own := []string{"Unit", "Install"}
	if s := sections[t]; s != "" {
		own = append(own, s)
	}
	return append(own, "X-Wakesock")
}

// newUnit returns a unit in which nothing is set: every section that its type
// has is the one shared by all units that leave it alone.
func newUnit(name Name) *Unit {
	t := directives()
	u := &Unit{Name: name, Common: t.common, Install: t.install, Wakesock: t.wakesock}
	switch name.Type() {
	case TypeSocket:
		u.Socket, u.Exec, u.Kill, u.Resource = t.socket, t.socketExec, t.kill, t.resource
	case TypeService:
		u.Service, u.Exec, u.Kill, u.Resource = t.service, t.exec, t.kill, t.resource
	case TypeSlice:
		u.Common, u.Slice, u.Resource = t.ofSlices, t.slice, t.resource
	case TypeTimer:
		u.Timer = t.timer
	case TypePath:
		u.Path = t.path
	case TypeDevice:
		u.Common = t.ofDevices
	case TypeTarget, TypeMount, TypeAutomount, TypeSwap, TypeScope: // no settings of their own here
	}
	return u
}

// sliceCommon is the [Unit] section of slices in which nothing is set.
func sliceCommon(c *Common) *Common {
	own := *c
	own.IgnoreOnIsolate = true
	return &own
}

// Nearest returns the directive of the section whose name is most like name, or
// "" if none is like it.
func Nearest(section, name string) string {
	best, least := "", 1+min(len(name)/3, 3)
	for _, d := range directives().all {
		if d.Section != section || d.Now != "" {
			continue
		}
		if n := distance(strings.ToLower(d.Name), strings.ToLower(name)); n < least {
			best, least = d.Name, n
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace, or of
// neighbours to swap, that make b of a; for long names it gives up early.
func distance(a, b string) int {
	if len(a)-len(b) > 3 || len(b)-len(a) > 3 {
		return len(a) + len(b)
	}
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
