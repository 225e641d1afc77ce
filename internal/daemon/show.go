package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A property is one line of show that comes from the state of a unit rather
// than from its files: those come from the table of directives.
type property struct {
	name string
	get  func(d *Daemon, s *manager.Snapshot) string
}

// Show implements control.Manager.
func (d *Daemon) Show(_ context.Context, r control.NamesRequest) ([]control.Properties, error) {
	units, err := d.look(r.Names, true)
	if err != nil {
		return nil, err
	}
	rows := []control.Properties{}
	if !d.ask(func() {
		for _, s := range units {
			rows = append(rows, control.Properties{Unit: string(s.Name), Properties: d.properties(&s)})
		}
	}) {
		return nil, stopping
	}
	d.addUnitFiles(rows, units)
	return rows, nil
}

// properties are all lines of show for one unit, in the order of systemctl as
// far as that is of use: the type's own first.
func (d *Daemon) properties(s *manager.Snapshot) []control.Property {
	var out []control.Property
	put := func(list []property) {
		for _, p := range list {
			out = append(out, control.Property{Name: p.name, Value: p.get(d, s)})
		}
	}
	switch {
	case s.Def.Service != nil:
		put(serviceProperties)
	case s.Def.Socket != nil:
		put(socketProperties)
	case s.Def.Path != nil:
		put(pathProperties)
	case s.Def.Timer != nil:
		put(timerProperties)
	case s.Def.Slice != nil:
		put([]property{sliceProperty})
	case isDevice(s.Name):
		put(deviceProperties)
	}
	if s.Def.Exec != nil {
		put(execProperties)
		out = append(out, d.commands(s)...)
	}
	seen := make(map[string]bool)
	for _, p := range out {
		seen[p.Name] = true
	}
	for _, p := range unitProperties {
		seen[p.name] = true
	}
	files, limits := unit.Properties(s.Def), process.InheritedLimits()
	settings := func(common bool) {
		for _, x := range files {
			if (x.Section == "Unit") != common || x.Section == "X-Wakesock" || seen[x.Name] {
				continue
			}
			seen[x.Name] = true
			if x.Value == "" {
				x.Value = cmp.Or(inherited(limits, x.Name), unsaid[x.Name])
			}
			out = append(out, control.Property{Name: x.Name, Value: x.Value})
		}
	}
	ties := d.ties(s)
	for _, p := range ties {
		seen[p.Name] = true
	}
	settings(false)
	put(unitProperties)
	out = append(out, ties...)
	settings(true)
	return out
}

// unsaid is what show prints of settings of which nothing is said.
var unsaid = map[string]string{
	"TasksMax":              value.Infinity.String(), // there is no DefaultTasksMax=
	"SystemCallErrorNumber": "2147483646",            // kill, in the numbers of systemd
}

// inherited is what show prints of a limit that a unit does not set; "" if the
// property is none.
func inherited(limits map[string]value.Limit, name string) string {
	if l, ok := limits[name]; ok {
		return l.HardString()
	}
	if l, ok := limits[strings.TrimSuffix(name, "Soft")]; ok {
		return l.SoftString()
	}
	return ""
}

func text(f func(s *manager.Snapshot) string) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return f(s) }
}

func number(f func(s *manager.Snapshot) int) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return strconv.Itoa(f(s)) }
}

func names(f func(s *manager.Snapshot) []unit.Name) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return unit.FormatNames(f(s)) }
}

// loadErrors are the D-Bus names and texts of what load states mean.
var loadErrors = map[unit.LoadState][2]string{
	unit.NotFound:   {"NoSuchUnit", "not found"},
	unit.Masked:     {"UnitMasked", "is masked"},
	unit.BadSetting: {"BadUnitSetting", "has a bad unit file setting"},
	unit.LoadError:  {"LoadFailed", "failed to load properly"},
}

// loadError prints why a unit is not loaded, as a D-Bus error.
func loadError(s *manager.Snapshot) string {
	e, ok := loadErrors[s.Load]
	if !ok {
		return ""
	}
	return fmt.Sprintf("org.freedesktop.systemd1.%s %q", e[0], "Unit "+string(s.Name)+" "+e[1]+".")
}

// stamps makes the two properties of a point in time: the date, and the
// microseconds since the machine booted.
func stamps(name string, f func(s *manager.Snapshot) manager.Time) []property {
	return []property{
		{name, func(d *Daemon, s *manager.Snapshot) string { return d.date(f(s)) }},
		{name + "Monotonic", func(d *Daemon, s *manager.Snapshot) string { return strconv.FormatInt(d.monotonic(f(s)), 10) }},
	}
}

// date prints a point in time as systemctl does; "" is never.
func (d *Daemon) date(t manager.Time) string {
	if t == 0 {
		return ""
	}
	return value.FormatTimestamp(d.moment(t))
}

// moment is a time of the manager on the wall clock; the zero time is never.
func (d *Daemon) moment(t manager.Time) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMicro(d.realtime(t)).In(d.clock.zone)
}

// monotonic converts a time of the manager to CLOCK_MONOTONIC; 0 is never.
func (d *Daemon) monotonic(t manager.Time) int64 {
	if t == 0 {
		return 0
	}
	return d.boot + int64(t)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

var unitProperties = slices.Concat([]property{
	{"Id", text(func(s *manager.Snapshot) string { return string(s.Name) })},
	{"Names", names(func(s *manager.Snapshot) []unit.Name { return append([]unit.Name{s.Def.Name}, s.Def.Aliases...) })},
	{"Description", text(func(s *manager.Snapshot) string { return s.Description })},
	{"LoadState", text(func(s *manager.Snapshot) string { return string(s.Load) })},
	{"ActiveState", text(func(s *manager.Snapshot) string { return s.Active.String() })},
	{"SubState", text(func(s *manager.Snapshot) string { return s.Sub })},
	{"FragmentPath", text(func(s *manager.Snapshot) string { return s.Def.Fragment })},
	{"DropInPaths", text(func(s *manager.Snapshot) string { return unit.FormatWords(s.Def.DropIns) })},
	{"UnitFileState", text(func(*manager.Snapshot) string { return "" })},  // see addUnitFiles
	{"UnitFilePreset", text(func(*manager.Snapshot) string { return "" })}, // likewise
}, stamps("StateChangeTimestamp", func(s *manager.Snapshot) manager.Time { return s.Changed }),
	stamps("InactiveExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.InactiveExit }),
	stamps("ActiveEnterTimestamp", func(s *manager.Snapshot) manager.Time { return s.ActiveEnter }),
	stamps("ActiveExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.ActiveExit }),
	stamps("InactiveEnterTimestamp", func(s *manager.Snapshot) manager.Time { return s.InactiveEnter }),
	stamps("ConditionTimestamp", func(s *manager.Snapshot) manager.Time { return s.Checks.Time }),
	stamps("AssertTimestamp", func(s *manager.Snapshot) manager.Time {
		if ok, _ := s.Checks.Verdict(s.Def, "Condition"); !ok {
			return 0 // then nobody asks
		}
		return s.Checks.Time
	}),
	[]property{
		{"CanStart", text(func(s *manager.Snapshot) string {
			return yes(s.Def.State == unit.Loaded && !s.Def.Common.RefuseManualStart && !isDevice(s.Name))
		})},
		{"CanStop", text(func(s *manager.Snapshot) string {
			return yes(!s.Def.Common.RefuseManualStop && !s.Def.Perpetual() && !isDevice(s.Name))
		})},
		{"CanIsolate", text(func(s *manager.Snapshot) string { return yes(s.Def.Common.AllowIsolate) })},
		{"Perpetual", text(func(s *manager.Snapshot) string { return yes(s.Def.Perpetual()) })},
		{"Transient", func(d *Daemon, s *manager.Snapshot) string { return yes(d.transients.isTransient(s.Def)) }},
		{"CanReload", text(func(s *manager.Snapshot) string { return yes(s.CanReload) })},
		{"CanFreeze", text(func(*manager.Snapshot) string { return yes(false) })},
		{"FreezerState", text(func(*manager.Snapshot) string { return "running" })},
		{"Job", text(func(s *manager.Snapshot) string {
			if s.JobID == 0 {
				return ""
			}
			return strconv.Itoa(int(s.JobID))
		})},
		{"ConditionResult", text(func(s *manager.Snapshot) string { return verdict(s, "Condition") })},
		{"AssertResult", text(func(s *manager.Snapshot) string { return verdict(s, "Assert") })},
		{"RequiresMountsFor", text(func(s *manager.Snapshot) string {
			required, _ := s.Def.MountsFor()
			return strings.Join(required, " ")
		})},
		{"NeedDaemonReload", text(func(*manager.Snapshot) string { return "no" })}, // see addUnitFiles
		{"InvocationID", text(func(s *manager.Snapshot) string { return string(s.Invocation) })},
		{"LoadError", text(loadError)},
	})

// watchdogTime prints the watchdog's time as systemctl does: that of the service
// that is up.
func watchdogTime(s *manager.Snapshot) string {
	if s.Active == manager.Inactive || s.Active == manager.Failed {
		return value.Infinity.String()
	}
	return s.Watchdog.String()
}

var serviceProperties = slices.Concat([]property{
	{"Type", text(func(s *manager.Snapshot) string { return string(s.Def.Service.Type) })},
	{"MainPID", number(func(s *manager.Snapshot) int { return s.MainPID })},
	{"ControlPID", number(func(s *manager.Snapshot) int { return s.ControlPID })},
	{"NotifyAccess", text(func(s *manager.Snapshot) string { return s.NotifyAccess })},
	{"NFileDescriptorStore", number(func(s *manager.Snapshot) int { return s.Stored })},
	{"StatusText", text(func(s *manager.Snapshot) string { return s.StatusText })},
	{"StatusErrno", number(func(s *manager.Snapshot) int { return s.StatusErrno })},
	{"StatusBusError", text(func(s *manager.Snapshot) string { return s.StatusBusError })},
	{"RestartUSecNext", text(func(s *manager.Snapshot) string { return s.NextRestart.String() })},
	{"WatchdogUSec", text(watchdogTime)},
	{"ReloadResult", text(func(s *manager.Snapshot) string { return string(s.ReloadResult) })},
	{"CleanResult", text(func(*manager.Snapshot) string { return string(manager.Success) })}, // there is no clean
	{"NRestarts", number(func(s *manager.Snapshot) int { return s.Restarts })},
	{"Result", text(func(s *manager.Snapshot) string { return string(s.Result) })},
}, stamps("WatchdogTimestamp", func(s *manager.Snapshot) manager.Time { return s.Alive }),
	stamps("ExecMainStartTimestamp", func(s *manager.Snapshot) manager.Time { return s.Last.Start }),
	stamps("ExecMainExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.Last.Exit }),
	[]property{
		{"ExecMainPID", number(func(s *manager.Snapshot) int { return s.Last.PID })},
		{"ExecMainCode", number(func(s *manager.Snapshot) int { return waitCode(s.Last.Code) })},
		{"ExecMainStatus", number(func(s *manager.Snapshot) int { return s.Last.Status })},
	})

// execProperties are those of all that runs commands.
var execProperties = []property{
	{"TasksCurrent", func(d *Daemon, s *manager.Snapshot) string {
		u := d.usage(s)
		return orUnset(int64(u.tasks), u.tasks > 0)
	}},
	{"ControlGroup", func(d *Daemon, s *manager.Snapshot) string { return d.groupPath(s.Name) }},
	{"CPUUsageNSec", func(d *Daemon, s *manager.Snapshot) string {
		micros := d.groupCPU(s.Name)
		return orUnset(micros*1000, micros >= 0)
	}},
	{"MemoryCurrent", func(d *Daemon, s *manager.Snapshot) string { u := d.usage(s); return orUnset(u.memory, u.tasks > 0) }},
	{"UID", func(d *Daemon, s *manager.Snapshot) string {
		uid, _ := d.identity(s)
		return orUnset(int64(uid), uid >= 0)
	}},
	{"GID", func(d *Daemon, s *manager.Snapshot) string {
		_, gid := d.identity(s)
		return orUnset(int64(gid), gid >= 0)
	}},
	{"MemoryAvailable", text(func(*manager.Snapshot) string { return value.Infinity.String() })}, // nothing limits it yet
	{"IPIngressBytes", noData}, {"IPIngressPackets", noData}, {"IPEgressBytes", noData}, {"IPEgressPackets", noData},
	{"IOReadBytes", notSet}, {"IOReadOperations", notSet}, {"IOWriteBytes", notSet}, {"IOWriteOperations", notSet},
	sliceProperty,
}

// What nobody counts here is shown in the words of systemctl for what it does not know.
var (
	noData = text(func(*manager.Snapshot) string { return "[no data]" })
	notSet = text(func(*manager.Snapshot) string { return "[not set]" })
)

// sliceProperty is the slice that a unit is in for systemd.
var sliceProperty = property{"Slice", func(d *Daemon, s *manager.Snapshot) string {
	if s.Def.State != unit.Loaded {
		return ""
	}
	return string(s.Def.InSlice(d.options.User))
}}

// identity is who a unit that is up runs as; -1 for who the manager is.
func (d *Daemon) identity(s *manager.Snapshot) (uid, gid int) {
	if s.Active == manager.Inactive || s.Active == manager.Failed {
		return -1, -1
	}
	return process.Identity(&d.process, s.Def.Exec)
}

var socketProperties = []property{
	{"Accept", text(func(s *manager.Snapshot) string { return yes(s.Def.Socket.Accept) })},
	{"ControlPID", number(func(s *manager.Snapshot) int { return s.ControlPID })},
	{"Result", text(func(s *manager.Snapshot) string { return string(s.Result) })},
	{"NConnections", number(func(s *manager.Snapshot) int { return s.Connections })},
	{"NAccepted", number(func(s *manager.Snapshot) int { return int(s.Accepted) })},
	{"NRefused", number(func(s *manager.Snapshot) int { return int(s.Refused) })},
}

func orUnset(n int64, known bool) string {
	if !known {
		return "[not set]"
	}
	return strconv.FormatInt(n, 10)
}

// waitCode is the number of an exit code in siginfo_t: CLD_EXITED and its sisters.
func waitCode(c manager.ExitCode) int {
	return map[manager.ExitCode]int{manager.CodeExited: 1, manager.CodeKilled: 2, manager.CodeDumped: 3}[c]
}

// commands are the properties of the directives that run something, a line for
// each command with what is known of its last run.
func (d *Daemon) commands(s *manager.Snapshot) []control.Property {
	var out []control.Property
	for _, l := range s.Def.CommandLists() {
		lines, ex := make([]string, len(l.Commands)), make([]string, len(l.Commands))
		for i := range l.Commands {
			c := &l.Commands[i]
			r := d.commandRun(s.Run(l.Directive, c))
			lines[i], ex[i] = unit.FormatCommand(*c, r), unit.FormatCommandEx(*c, r)
		}
		out = append(out, control.Property{Name: l.Directive, Value: strings.Join(lines, "\n")})
		if s.Def.Service != nil {
			out = append(out, control.Property{Name: l.Directive + "Ex", Value: strings.Join(ex, "\n")})
		}
	}
	return out
}

func (d *Daemon) commandRun(r manager.Ran) unit.CommandRun {
	return unit.CommandRun{Start: d.moment(r.Start), End: d.moment(r.Exit), PID: r.PID, Code: string(r.Code), Status: r.Status}
}
