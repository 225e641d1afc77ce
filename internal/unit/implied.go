package unit

// What units depend on without saying so: the implicit dependencies of a type,
// which are always there, and the default ones, which DefaultDependencies=no
// turns off. They are kept apart from what the files say. Sources: the sections
// "Automatic Dependencies" of systemd.service(5), systemd.socket(5) and its
// sisters, systemd.exec(5), and what systemd 252 shows.
//
// Two kinds cannot be told from one unit alone, and are left to the manager: a
// target is ordered after what it pulls in, and a dependency on a mount is there
// only if there is such a unit.

import (
	"path"
	"slices"
	"strings"
)

// A Dependency is a way in which a unit refers to another.
type Dependency uint8

// The dependencies of systemd.unit(5). Triggers follows from the unit's type.
const (
	Wants Dependency = iota
	Requires
	Requisite
	BindsTo
	PartOf
	Upholds
	Conflicts
	Before
	After
	OnFailure
	OnSuccess
	PropagatesReloadTo
	ReloadPropagatedFrom
	PropagatesStopTo
	StopPropagatedFrom
	JoinsNamespaceOf
	Triggers
)

// dependencies is how systemctl names each dependency, from either end, and the
// field that lists it.
var dependencies = [...]struct {
	name, inverse string
	field         func(c *Common) []Name
}{
	Wants:                {"Wants", "WantedBy", func(c *Common) []Name { return c.Wants }},
	Requires:             {"Requires", "RequiredBy", func(c *Common) []Name { return c.Requires }},
	Requisite:            {"Requisite", "RequisiteOf", func(c *Common) []Name { return c.Requisite }},
	BindsTo:              {"BindsTo", "BoundBy", func(c *Common) []Name { return c.BindsTo }},
	PartOf:               {"PartOf", "ConsistsOf", func(c *Common) []Name { return c.PartOf }},
	Upholds:              {"Upholds", "UpheldBy", func(c *Common) []Name { return c.Upholds }},
	Conflicts:            {"Conflicts", "ConflictedBy", func(c *Common) []Name { return c.Conflicts }},
	Before:               {"Before", "After", func(c *Common) []Name { return c.Before }},
	After:                {"After", "Before", func(c *Common) []Name { return c.After }},
	OnFailure:            {"OnFailure", "OnFailureOf", func(c *Common) []Name { return c.OnFailure }},
	OnSuccess:            {"OnSuccess", "OnSuccessOf", func(c *Common) []Name { return c.OnSuccess }},
	PropagatesReloadTo:   {"PropagatesReloadTo", "ReloadPropagatedFrom", func(c *Common) []Name { return c.PropagatesReloadTo }},
	ReloadPropagatedFrom: {"ReloadPropagatedFrom", "PropagatesReloadTo", func(c *Common) []Name { return c.ReloadPropagatedFrom }},
	PropagatesStopTo:     {"PropagatesStopTo", "StopPropagatedFrom", func(c *Common) []Name { return c.PropagatesStopTo }},
	StopPropagatedFrom:   {"StopPropagatedFrom", "PropagatesStopTo", func(c *Common) []Name { return c.StopPropagatedFrom }},
	JoinsNamespaceOf:     {"JoinsNamespaceOf", "JoinsNamespaceOf", func(c *Common) []Name { return c.JoinsNamespaceOf }},
	Triggers:             {"Triggers", "TriggeredBy", func(*Common) []Name { return nil }},
}

// String is the name of the property that lists the dependency.
func (d Dependency) String() string { return dependencies[d].name }

// Inverse is the name of the property of the other unit.
func (d Dependency) Inverse() string { return dependencies[d].inverse }

// A Link is one dependency of a unit on another.
type Link struct {
	Kind Dependency
	To   Name
}

// Stated returns the dependencies that the unit's files state. Nobody may change them.
func (u *Unit) Stated() []Link { return u.stated }

// state collects what the files state.
func (u *Unit) state() {
	var links []Link
	for k := range dependencies {
		for _, n := range dependencies[k].field(u.Common) {
			links = append(links, Link{Dependency(k), n})
		}
	}
	u.stated = slices.Clip(links)
}

// MountsFor returns the paths whose mounts the unit requires, and those whose
// mounts it wants, with those that its settings imply.
func (u *Unit) MountsFor() (required, wanted []string) {
	if len(u.mountsFor) == 0 {
		return u.Common.RequiresMountsFor, u.Common.WantsMountsFor
	}
	return joinUnique(u.Common.RequiresMountsFor, u.mountsFor), u.Common.WantsMountsFor
}

func joinUnique(lists ...[]string) []string {
	var all []string
	for _, p := range slices.Concat(lists...) {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// Perpetual tells whether the unit is always up.
func (u *Unit) Perpetual() bool { return u.Name == rootSlice || u.Name == systemSlice }

const (
	rootSlice   = Name("-.slice")
	systemSlice = Name("system.slice")
)

// An implier collects what one unit implies.
type implier struct {
	u     *Unit
	host  *Host
	links []Link
}

func (i *implier) add(to Name, kinds ...Dependency) {
	if to == "" || to == i.u.Name {
		return
	}
	for _, k := range kinds {
		if l := (Link{k, to}); !slices.Contains(i.links, l) {
			i.links = append(i.links, l)
		}
	}
}

// imply fills in Implied and what goes with it.
func (u *Unit) imply(host *Host) {
	u.Implied, u.mountsFor = nil, nil
	u.state()
	if u.State != Loaded {
		return
	}
	i := &implier{u, host, make([]Link, 0, 16)}
	i.slice()
	i.exec()
	switch {
	case u.Service != nil:
		i.service()
	case u.Socket != nil:
		i.socket()
	case u.Timer != nil, u.Path != nil:
		i.add(u.Triggered(), Before, Triggers)
		if u.Path != nil {
			for _, w := range u.Path.Watches {
				i.mount(w.Path)
			}
		}
	}
	if u.Common.DefaultDependencies && !u.Perpetual() {
		i.defaults()
	}
	u.Implied = slices.Clone(i.links)
}

// slice places the unit in its slice, and a slice below its parent.
func (i *implier) slice() {
	u := i.u
	i.add(u.InSlice(i.host != nil && i.host.UserManager), Requires, After)
}

// InSlice is the slice that the unit belongs to, the parent of a slice; "" if
// there is none.
func (u *Unit) InSlice(user bool) Name {
	if u.Slice != nil {
		p := strings.LastIndexByte(u.Name.Prefix(), '-')
		switch {
		case u.Name == rootSlice:
			return ""
		case p > 0:
			return Name(u.Name.Prefix()[:p] + ".slice")
		}
		return rootSlice
	}
	if u.Resource == nil {
		return ""
	}
	where := "system"
	if user {
		where = "app"
	}
	switch {
	case u.Resource.Slice != "":
		return u.Resource.Slice
	case u.Name.IsInstance() || u.Name.IsTemplate():
		return Name(where + "-" + Escape(u.Name.Prefix()) + ".slice")
	}
	return Name(where + ".slice")
}

// exec is what systemd.exec(5) implies.
func (i *implier) exec() {
	e := i.u.Exec
	if e == nil || i.u.Socket != nil && len(i.u.Socket.ExecStartPre)+len(i.u.Socket.ExecStartPost)+len(i.u.Socket.ExecStopPre)+len(i.u.Socket.ExecStopPost) == 0 {
		return
	}
	i.mount(e.WorkingDirectory.Path)
	i.mount(e.RootDirectory)
	i.mount(e.RootImage)
	if i.host == nil {
		return
	}
	folders := false
	for _, f := range []struct {
		base  string
		names []string
	}{
		{i.host.Runtime, e.RuntimeDirectory}, {i.host.State, e.StateDirectory}, {i.host.Cache, e.CacheDirectory},
		{i.host.Logs, e.LogsDirectory}, {i.host.Config, e.ConfigurationDirectory},
	} {
		for _, n := range f.names {
			n, _, _ = strings.Cut(n, ":")
			i.mount(path.Join(f.base, n))
			folders = true
		}
	}
	if i.host.UserManager {
		return
	}
	if folders {
		i.add("systemd-remount-fs.service", After)
	}
	if e.PrivateTmp == "yes" || e.PrivateTmp == "connected" {
		i.mount("/var/tmp")
		i.add("systemd-tmpfiles-setup.service", After)
	}
	logged := func(kind string) bool { return strings.HasPrefix(kind, "journal") || strings.HasPrefix(kind, "kmsg") }
	if logged(e.Output()) || logged(e.StandardError.Kind) {
		i.add("systemd-journald.socket", After)
	}
}

func (i *implier) mount(p string) {
	if path.IsAbs(p) && !slices.Contains(i.u.mountsFor, p) {
		i.u.mountsFor = append(i.u.mountsFor, p)
	}
}

func (i *implier) service() {
	s := i.u.Service
	for _, k := range s.Sockets {
		i.add(k, Wants, After)
	}
	if s.Type == ServiceDBus {
		i.add("dbus.socket", Requires, After)
	}
}

func (i *implier) socket() {
	s := i.u.Socket
	if !s.Accept {
		i.add(i.u.Triggered(), Before, Triggers)
	}
	for _, l := range s.Listen {
		if p := l.Address.Path; p != "" {
			i.mount(p)
		}
	}
	// The loopback interface is always there. Where nobody would ever hear of the
	// others, opening the socket tells whether this one is.
	if d := s.BindToDevice; d != "" && d != "lo" && !(i.host != nil && i.host.NoDevices) {
		i.add(Name("sys-subsystem-net-devices-"+Escape(d)+".device"), BindsTo, After)
	}
}

// basis is what the default dependencies of a type's units are besides the
// order before shutdown.target and the conflict with it.
var basis = map[Type]struct {
	before  Name
	sysinit bool
}{
	TypeService: {"", true}, TypeSocket: {"sockets.target", true}, TypeTimer: {"timers.target", true}, TypePath: {"paths.target", true},
	TypeTarget: {}, TypeSlice: {}, TypeScope: {},
}

func (i *implier) defaults() {
	b, ok := basis[i.u.Name.Type()]
	if !ok || i.u.Name == "shutdown.target" {
		return
	}
	user := i.host != nil && i.host.UserManager
	switch {
	case b.sysinit && !user:
		i.add("sysinit.target", Requires, After)
	case i.u.Service != nil:
		i.add("basic.target", Requires)
	}
	if i.u.Service != nil {
		i.add("basic.target", After)
	}
	i.add(b.before, Before)
	if i.u.Timer != nil && !user && slices.ContainsFunc(i.u.Timer.Elapses, func(e Elapse) bool { return e.Name == "OnCalendar" }) {
		i.add("time-sync.target", After)
		i.add("time-set.target", After)
	}
	i.add("shutdown.target", Before, Conflicts)
}

// MountUnits names the mount units that would hold the path, from the root on.
func MountUnits(p string) []Name {
	names := []Name{"-.mount"}
	for i := 1; i <= len(p); i++ {
		if i == len(p) && i > 1 || i < len(p) && p[i] == '/' {
			if e, err := EscapePath(p[:i]); err == nil {
				names = append(names, Name(e+".mount"))
			}
		}
	}
	return names
}
