package unit

// Checks that need the whole unit, and what follows from the whole: the type of
// a service that does not say, the instances that template names stand for.

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"wakesock/internal/value"
)

// finish completes the unit once all its items are applied.
func (b *builder) finish() {
	u := b.c.Unit
	b.tidyDependencies()
	u.settle()
	u.share()
	if u.Name.Type() == TypeService {
		resolveType(u)
	}
	b.exceptions()
	defer b.imply()
	if b.unsure || u.State != Loaded { // it cannot be judged without an instance, or is judged already
		return
	}
	for _, r := range rules {
		if (r.of == "" || r.of == u.Name.Type()) && r.broken(u) {
			b.refuse(BadSetting, b.place(r.section, r.name), r.section, r.name, "%s", r.what)
			u.Problems[len(u.Problems)-1].Hint = r.hint
		}
	}
}

// exceptions tells which values are not quite what the manual says.
func (b *builder) exceptions() {
	u := b.c.Unit
	for _, s := range u.Settings {
		if d := Lookup(s.Section, s.Name); len(d.Of) > 0 {
			if standing, why := d.StandingOf(s.Value); standing != Enforced {
				u.Problems = append(u.Problems, Problem{Place: s.Place, Section: s.Section, Name: s.Name, What: why, Note: true})
			}
		}
	}
}

// imply fills in which unit a timer or path starts if it does not say. What a
// socket starts is left to Triggered, since Service= is refused with Accept=yes.
func (b *builder) imply() {
	u := b.c.Unit
	defer u.imply(b.c.Host)
	switch {
	case u.Timer != nil && u.Timer.Unit == "":
		own := *u.Timer
		own.Unit = u.Triggered()
		u.Timer = &own
	case u.Path != nil && u.Path.Unit == "":
		own := *u.Path
		own.Unit = u.Triggered()
		u.Path = &own
	}
}

// place finds the last assignment of a directive, else the main file.
func (b *builder) place(section, name string) Place {
	s := b.c.Unit.Settings
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].Section == section && s[i].Name == name {
			return s[i].Place
		}
	}
	return Place{File: b.c.Unit.Fragment}
}

// standsFor returns the instance that the name of a template stands for in the
// files of another unit: that of the unit itself or, if it is none, of its prefix.
func (n Name) standsFor(unit Name) Name {
	if !n.IsTemplate() || unit.IsTemplate() {
		return n
	}
	return n.WithInstance(cmp.Or(unit.Instance(), unit.Prefix()))
}

// tidyDependencies replaces the names of templates in dependencies by instances
// and drops what is named twice.
func (b *builder) tidyDependencies() {
	u := b.c.Unit
	c := u.Common
	for _, list := range []*[]Name{
		&c.Wants, &c.Requires, &c.Requisite, &c.BindsTo, &c.PartOf, &c.Upholds, &c.Conflicts, &c.Before, &c.After,
		&c.OnFailure, &c.OnSuccess, &c.PropagatesReloadTo, &c.ReloadPropagatedFrom, &c.PropagatesStopTo,
		&c.StopPropagatedFrom, &c.JoinsNamespaceOf,
	} {
		if len(*list) == 0 {
			continue // perhaps shared with other units
		}
		seen := make(map[Name]bool, len(*list))
		tidy := make([]Name, 0, len(*list))
		for _, n := range *list {
			n = n.standsFor(u.Name)
			if n == u.Name {
				b.problem(Place{File: u.Fragment}, "", "depends on itself, ignored")
				u.Problems[len(u.Problems)-1].Note = true
				continue
			}
			if !seen[n] {
				seen[n] = true
				tidy = append(tidy, n)
			}
		}
		*list = tidy
	}
}

// resolveType settles Type= where the unit does not say, and what depends on it.
func resolveType(u *Unit) {
	s := u.Service
	t, wait, notify := s.Type, s.TimeoutStartSec, s.NotifyAccess
	switch {
	case t != "":
	case s.BusName != "":
		t = ServiceDBus
	case len(s.ExecStart) > 0:
		t = ServiceSimple
	default:
		t = ServiceOneshot
	}
	if t == ServiceOneshot && !slices.ContainsFunc(u.Settings, setsStartTimeout) {
		wait = value.Infinity
	}
	if (t == ServiceNotify || t == ServiceNotifyReload || s.WatchdogSec > 0 || s.FileDescriptorStoreMax > 0) &&
		(notify == "" || notify == "none") {
		notify = "main"
	}
	if t != s.Type || wait != s.TimeoutStartSec || notify != s.NotifyAccess {
		s = owned(&u.Service, directives().service)
		s.Type, s.TimeoutStartSec, s.NotifyAccess = t, wait, notify
	}
}

func setsStartTimeout(s Setting) bool {
	return s.Section == "Service" && (s.Name == "TimeoutStartSec" || s.Name == "TimeoutSec") && s.Value != ""
}

// A rule is something without which a unit is refused. The section and name say
// where to point; they may be empty.
type rule struct {
	of            Type // "": every type
	section, name string
	broken        func(*Unit) bool
	what, hint    string
}

var rules = []rule{
	{"", "Unit", "OnFailureJobMode", func(u *Unit) bool {
		return u.Common.OnFailureJobMode == "isolate" && len(u.Common.OnFailure) > 1
	}, "OnFailureJobMode=isolate allows only one unit in OnFailure=", ""},
	{"", "Unit", "OnSuccessJobMode", func(u *Unit) bool {
		return u.Common.OnSuccessJobMode == "isolate" && len(u.Common.OnSuccess) > 1
	}, "OnSuccessJobMode=isolate allows only one unit in OnSuccess=", ""},
	{TypeService, "", "", func(u *Unit) bool {
		return len(u.Service.ExecStart) == 0 && len(u.Service.ExecStop) == 0 && !hasAction(u.Common.SuccessAction)
	}, "service has no ExecStart=, ExecStop= or SuccessAction=", "add ExecStart= to [Service]"},
	{TypeService, "Service", "Type", func(u *Unit) bool {
		return len(u.Service.ExecStart) == 0 && u.Service.Type != ServiceOneshot &&
			(len(u.Service.ExecStop) > 0 || hasAction(u.Common.SuccessAction))
	}, "only a service of Type=oneshot can do without ExecStart=", ""},
	{TypeService, "Service", "ExecStop", func(u *Unit) bool {
		return len(u.Service.ExecStart) == 0 && len(u.Service.ExecStop) > 0 && u.Service.Type == ServiceOneshot &&
			!u.Service.RemainAfterExit && !hasAction(u.Common.SuccessAction)
	}, "a service without ExecStart= and SuccessAction= never gets to its ExecStop=", "add RemainAfterExit=yes"},
	{TypeService, "Service", "ExecStart", func(u *Unit) bool {
		return len(u.Service.ExecStart) > 1 && u.Service.Type != ServiceOneshot
	}, "only a service of Type=oneshot can have more than one ExecStart=", "write ExecStart= alone on a line to drop the former ones"},
	{TypeService, "Service", "Restart", func(u *Unit) bool {
		return u.Service.Type == ServiceOneshot && (u.Service.Restart == RestartAlways || u.Service.Restart == RestartOnSuccess)
	}, "Type=oneshot cannot be combined with Restart=always or on-success", ""},
	{TypeService, "Service", "RestartForceExitStatus", func(u *Unit) bool {
		return u.Service.Type == ServiceOneshot &&
			len(u.Service.RestartForceExitStatus.Statuses)+len(u.Service.RestartForceExitStatus.Signals) > 0
	}, "Type=oneshot cannot be combined with RestartForceExitStatus=", ""},
	{TypeService, "Service", "ExitType", func(u *Unit) bool {
		return u.Service.Type == ServiceOneshot && u.Service.ExitType == "cgroup"
	}, "Type=oneshot cannot be combined with ExitType=cgroup", ""},
	{TypeService, "Service", "Type", func(u *Unit) bool {
		return u.Service.Type == ServiceDBus && u.Service.BusName == ""
	}, "Type=dbus needs BusName=", ""},
	{TypeService, "Service", "KillMode", func(u *Unit) bool {
		return u.Exec.PAMName != "" && u.Kill.KillMode != "control-group" && u.Kill.KillMode != "mixed"
	}, "PAMName= needs KillMode=control-group or mixed", ""},
	{TypeTimer, "", "", func(u *Unit) bool {
		return len(u.Timer.Elapses) == 0 && !u.Timer.OnClockChange && !u.Timer.OnTimezoneChange
	}, "timer never elapses", "add OnCalendar= or a sister of it to [Timer]"},
	{TypePath, "", "", func(u *Unit) bool {
		return len(u.Path.Watches) == 0
	}, "path unit has nothing to watch", "add PathExists= or a sister of it to [Path]"},
	{TypeSlice, "", "", func(u *Unit) bool {
		return !validSlice(u.Name)
	}, "the name of a slice says where it is, so dashes must stand between words", ""},
	{TypeSocket, "", "", func(u *Unit) bool {
		return len(u.Socket.Listen) == 0
	}, "socket has nothing to listen on", "add ListenStream= or a sister of it to [Socket]"},
	{TypeSocket, "Socket", "Accept", func(u *Unit) bool {
		return u.Socket.Accept && slices.ContainsFunc(u.Socket.Listen, func(l Listen) bool { return !l.accepts() })
	}, "Accept=yes needs sockets that can accept: ListenStream= or ListenSequentialPacket=", ""},
	{TypeSocket, "Socket", "MaxConnections", func(u *Unit) bool {
		return u.Socket.Accept && u.Socket.MaxConnections == 0
	}, "Accept=yes needs MaxConnections= of at least 1", ""},
	{TypeSocket, "Socket", "Service", func(u *Unit) bool {
		return u.Socket.Accept && u.Socket.Service != ""
	}, "Service= cannot be combined with Accept=yes, which starts instances of the template of the socket's name", ""},
	{TypeSocket, "Socket", "Symlinks", func(u *Unit) bool {
		return len(u.Socket.Symlinks) > 0 && len(nodes(u.Socket)) != 1
	}, "Symlinks= needs exactly one listening address in the file system", ""},
}

// validSlice reports whether the name of a slice says where it is: each part
// between dashes is one level of the tree.
func validSlice(n Name) bool {
	p := n.Prefix()
	return p == "-" || !strings.HasPrefix(p, "-") && !strings.HasSuffix(p, "-") && !strings.Contains(p, "--")
}

// hasAction reports whether an action of FailureAction= and its sisters does anything.
func hasAction(a string) bool { return a != "" && a != "none" }

// accepts reports whether the kernel makes connections of the listening file.
func (l Listen) accepts() bool {
	switch l.Protocol {
	case ListenStream, ListenSequentialPacket:
		return true
	case ListenDatagram, ListenFIFO, ListenSpecial, ListenNetlink, ListenMessageQueue, ListenUSBFunction:
	}
	return false
}

// nodes lists the paths of a socket's sockets and FIFOs in the file system.
func nodes(s *Socket) []string {
	var paths []string
	for _, l := range s.Listen {
		if l.Address.Kind == value.AddressPath && l.Protocol != ListenSpecial && l.Protocol != ListenUSBFunction {
			paths = append(paths, path.Clean(l.Address.Path))
		}
	}
	return paths
}

// Triggered returns the name of the unit that u starts: of a socket the service
// or, with Accept=yes, the template; of a timer or path its unit. It is empty
// for other types.
func (u *Unit) Triggered() Name {
	var explicit Name
	switch u.Name.Type() {
	case TypeSocket:
		if u.Socket.Accept {
			return u.Name.WithoutInstance().WithType(TypeService).WithInstance("")
		}
		explicit = u.Socket.Service
	case TypeTimer:
		explicit = u.Timer.Unit
	case TypePath:
		explicit = u.Path.Unit
	case TypeService, TypeTarget, TypeSlice, TypeDevice, TypeMount, TypeAutomount, TypeSwap, TypeScope:
		return ""
	}
	if explicit != "" {
		return explicit
	}
	return u.Name.WithType(TypeService)
}
