package unit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Property is one of those that systemctl show prints. A value of several
// lines is printed on as many, each with the name.
type Property struct{ Section, Name, Value string }

// Properties returns what files say about u as the properties of systemctl show,
// by the table and in its order, each name once. What a unit is at the moment is
// for others to add.
func Properties(u *Unit) []Property {
	var all []Property
	for _, p := range propertyTable() {
		if p.section == "" || slices.Contains(SectionsOf(u.Name.Type()), p.section) {
			all = append(all, Property{p.section, p.name, p.show(u)})
		}
	}
	return all
}

type shownProperty struct {
	section string // that the unit's type must have
	name    string
	show    func(u *Unit) string
}

// computed are the directives whose property follows from others where nothing
// was said about it.
var computed = []shownProperty{
	{"Unit", "Description", func(u *Unit) string {
		switch {
		case u.Common.Description != "":
			return u.Common.Description
		case u.Name.Type() == TypeSlice:
			return "Slice /" + strings.ReplaceAll(u.Name.Prefix(), "-", "/")
		}
		return string(u.Name)
	}},
	{"Socket", "FileDescriptorName", func(u *Unit) string { return cmp.Or(u.Socket.FileDescriptorName, string(u.Name)) }},
	{"Service", "TimeoutAbortSec", func(u *Unit) string { return u.Service.AbortTimeout().String() }},
	{"Service", "OOMPolicy", (*Unit).OOMPolicy},
	{"Timer", "Unit", func(u *Unit) string { return string(u.Triggered()) }},
	{"Path", "Unit", func(u *Unit) string { return string(u.Triggered()) }},
}

// computedExec and computedKill are those of all that run commands.
var computedExec = map[string]func(e *Exec) string{
	"StandardInput": func(e *Exec) string {
		if e.StandardInput.Kind == "null" && e.StandardInputText != "" {
			return "data" // which is then the default
		}
		return e.StandardInput.Kind
	},
	"StandardOutput":    (*Exec).Output,
	"StandardError":     func(e *Exec) string { return cmp.Or(e.StandardError.Kind, "inherit") },
	"RootHash":          func(e *Exec) string { return unlessPath(e.RootHash) },
	"RootHashSignature": func(e *Exec) string { return unlessPath(e.RootHashSignature) },
}

var computedKill = map[string]func(k *Kill) string{
	"RestartKillSignal": func(k *Kill) string { return signalNumber(cmp.Or(k.RestartKillSignal, k.KillSignal)) },
}

// compute replaces how the rows of computed properties show themselves.
func (t *table) compute() {
	for _, p := range computed {
		t.names[p.section][p.name].show = p.show
	}
	for _, section := range []string{"Socket", "Service"} {
		for name, show := range computedExec {
			t.names[section][name].show = func(u *Unit) string { return show(u.Exec) }
		}
		for name, show := range computedKill {
			t.names[section][name].show = func(u *Unit) string { return show(u.Kill) }
		}
	}
}

func unlessPath(s string) string {
	if strings.HasPrefix(s, "/") {
		return ""
	}
	return s
}

func onlyPath(s string) string { return strings.TrimPrefix(s, unlessPath(s)) }

// derived are the properties that no single directive has as its own.
var derived = []shownProperty{
	{"Socket", "NonBlocking", func(*Unit) string { return "no" }}, // it is for services to say
	{"Socket", "Listen", func(u *Unit) string { return formatListens(u.Socket.Listen) }},
	{"Service", "ExecConditionEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecCondition) }},
	{"Service", "ExecStartPreEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecStartPre) }},
	{"Service", "ExecStartEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecStart) }},
	{"Service", "ExecStartPostEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecStartPost) }},
	{"Service", "ExecReloadEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecReload) }},
	{"Service", "ExecStopEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecStop) }},
	{"Service", "ExecStopPostEx", func(u *Unit) string { return formatCommandsEx(u.Service.ExecStopPost) }},
	{"Timer", "TimersMonotonic", func(u *Unit) string { return formatMonotonic(u.Timer.Elapses) }},
	{"Timer", "TimersCalendar", func(u *Unit) string { return formatCalendar(u.Timer.Elapses) }},
	{"Path", "Paths", func(u *Unit) string { return FormatWatches(u.Path.Watches) }},
}

// derivedExec are those of everything that runs commands.
var derivedExec = []struct {
	name string
	show func(e *Exec) string
}{
	{"StandardInputFileDescriptorName", func(e *Exec) string { return formatStreamName(e.StandardInput, "stdin") }},
	{"StandardOutputFileDescriptorName", func(e *Exec) string { return formatStreamName(e.StandardOutput, "stdout") }},
	{"StandardErrorFileDescriptorName", func(e *Exec) string { return formatStreamName(e.StandardError, "stderr") }},
	{"SyslogPriority", func(e *Exec) string {
		facility := slices.Index(logFacilities, e.SyslogFacility)
		return strconv.Itoa(facility<<3 | slices.Index(logLevels, e.SyslogLevel))
	}},
	{"RootHashPath", func(e *Exec) string { return onlyPath(e.RootHash) }},
	{"RootHashSignaturePath", func(e *Exec) string { return onlyPath(e.RootHashSignature) }},
	{"CPUAffinityFromNUMA", func(e *Exec) string { return yesNo(e.CPUAffinity == "numa") }},
}

func formatStreamName(s Stream, standard string) string {
	switch {
	case s.Kind != "fd":
		return ""
	case s.Name == "":
		return standard
	}
	return s.Name
}

func formatCommandsEx(all []Command) string {
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = FormatCommandEx(c, CommandRun{})
	}
	return formatLines(lines)
}

// propertyTable is every property of every section, the derived ones behind
// those of the rows.
var propertyTable = sync.OnceValue(func() []shownProperty {
	var all []shownProperty
	for _, d := range Directives() {
		if d.Property != "" && d.Now == "" {
			all = append(all, shownProperty{d.Section, d.Property, d.Show})
		}
	}
	all = append(all, derived...)
	for _, section := range []string{"Socket", "Service"} {
		for _, x := range derivedExec {
			all = append(all, shownProperty{section, x.name, func(u *Unit) string { return x.show(u.Exec) }})
		}
		for _, l := range limits {
			all = append(all, shownProperty{section, l.name + "Soft", func(u *Unit) string {
				if v := *l.field(u.Exec); v.Set {
					return v.SoftString()
				}
				return ""
			}})
		}
	}
	for _, section := range []string{"Socket", "Service", "Slice"} {
		all = append(all, shownProperty{section, "DelegateControllers", func(u *Unit) string {
			switch d := u.Resource.Delegate; d {
			case "no":
				return ""
			case "yes":
				return "cpu cpuset io memory pids" // what unified control groups have
			default:
				return d
			}
		}})
	}
	return all
})

// unsetBurst is a limit that nothing was said about, until settle.
const unsetBurst = 1<<32 - 1

// settle fills in the limits of sockets that depend on Accept= where nothing was
// said about them, when all assignments are done.
func (u *Unit) settle() {
	if u.Socket == nil {
		return
	}
	s := owned(&u.Socket, directives().socket)
	triggers := uint32(20)
	if s.Accept {
		triggers = 200
	}
	if s.TriggerLimitBurst == unsetBurst {
		s.TriggerLimitBurst = triggers
	}
	if s.PollLimitBurst == unsetBurst {
		s.PollLimitBurst = 0 // the trigger limit pauses the socket already; one more by default would only slow it down
	}
}
