package daemon

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakesock/internal/control"
	"wakesock/internal/manager"
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
	own := ""
	switch {
	case s.Def.Service != nil:
		own = "Service"
		put(serviceProperties)
	case s.Def.Socket != nil:
		own = "Socket"
		put(socketProperties)
	}
	seen := make(map[string]bool)
	for _, p := range out {
		seen[p.Name] = true
	}
	for _, p := range unitProperties {
		seen[p.name] = true
	}
	settings := func(section string) {
		for _, x := range unit.Directives() {
			if x.Section == section && x.Property != "" && !seen[x.Property] {
				seen[x.Property] = true
				out = append(out, control.Property{Name: x.Property, Value: x.Show(s.Def)})
			}
		}
	}
	ties := d.ties(s)
	for _, p := range ties {
		seen[p.Name] = true
	}
	settings(own)
	put(unitProperties)
	out = append(out, ties...)
	settings("Unit")
	return out
}

func text(f func(s *manager.Snapshot) string) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return f(s) }
}

func number(f func(s *manager.Snapshot) int) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return strconv.Itoa(f(s)) }
}

func names(f func(s *manager.Snapshot) []unit.Name) func(*Daemon, *manager.Snapshot) string {
	return func(_ *Daemon, s *manager.Snapshot) string { return joinNames(f(s)) }
}

func joinNames(list []unit.Name) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = string(n)
	}
	return strings.Join(words, " ")
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
	e, ok := loadErrors[s.Def.State]
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
	return value.FormatTimestamp(time.UnixMicro(d.realtime(t)))
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
	{"LoadState", text(func(s *manager.Snapshot) string { return string(s.Def.State) })},
	{"ActiveState", text(func(s *manager.Snapshot) string { return s.Active.String() })},
	{"SubState", text(func(s *manager.Snapshot) string { return s.Sub })},
	{"FragmentPath", text(func(s *manager.Snapshot) string { return s.Def.Fragment })},
	{"DropInPaths", text(func(s *manager.Snapshot) string { return strings.Join(s.Def.DropIns, " ") })},
}, stamps("StateChangeTimestamp", func(s *manager.Snapshot) manager.Time { return s.Changed }),
	stamps("InactiveExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.InactiveExit }),
	stamps("ActiveEnterTimestamp", func(s *manager.Snapshot) manager.Time { return s.ActiveEnter }),
	stamps("ActiveExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.ActiveExit }),
	stamps("InactiveEnterTimestamp", func(s *manager.Snapshot) manager.Time { return s.InactiveEnter }),
	stamps("ConditionTimestamp", func(s *manager.Snapshot) manager.Time { return s.Checks.Time }),
	stamps("AssertTimestamp", func(s *manager.Snapshot) manager.Time { return s.Checks.Time }),
	[]property{
		{"CanStart", text(func(s *manager.Snapshot) string {
			return yes(s.Def.State == unit.Loaded && !s.Def.Common.RefuseManualStart)
		})},
		{"CanStop", text(func(s *manager.Snapshot) string {
			return yes(s.Def.State == unit.Loaded && !s.Def.Common.RefuseManualStop)
		})},
		{"CanReload", text(func(s *manager.Snapshot) string {
			return yes(s.CanReload)
		})},
		{"Slice", func(d *Daemon, s *manager.Snapshot) string { return string(s.Def.InSlice(d.options.User)) }},
		{"CanIsolate", text(func(s *manager.Snapshot) string { return yes(s.Def.Common.AllowIsolate) })},
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
		{"NeedDaemonReload", text(func(*manager.Snapshot) string { return "no" })},
		{"InvocationID", text(func(s *manager.Snapshot) string { return string(s.Invocation) })},
		{"LoadError", text(loadError)},
	})

var serviceProperties = slices.Concat([]property{
	{"Type", text(func(s *manager.Snapshot) string { return string(s.Def.Service.Type) })},
	{"MainPID", number(func(s *manager.Snapshot) int { return s.MainPID })},
	{"ControlPID", number(func(s *manager.Snapshot) int { return s.ControlPID })},
	{"NRestarts", number(func(s *manager.Snapshot) int { return s.Restarts })},
	{"Result", text(func(s *manager.Snapshot) string { return string(s.Result) })},
}, stamps("ExecMainStartTimestamp", func(s *manager.Snapshot) manager.Time { return s.Last.Start }),
	stamps("ExecMainExitTimestamp", func(s *manager.Snapshot) manager.Time { return s.Last.Exit }),
	[]property{
		{"StandardOutput", text(func(s *manager.Snapshot) string { return outputs(s.Def)[0] })},
		{"StandardError", text(func(s *manager.Snapshot) string { return outputs(s.Def)[1] })},
		{"ExecMainPID", number(func(s *manager.Snapshot) int { return s.Last.PID })},
		{"ExecMainCode", number(func(s *manager.Snapshot) int { return waitCode(s.Last.Code) })},
		{"ExecMainStatus", number(func(s *manager.Snapshot) int { return s.Last.Status })},
		{"ExecCondition", commands(func(s *unit.Service) []unit.Command { return s.ExecCondition })},
		{"ExecStartPre", commands(func(s *unit.Service) []unit.Command { return s.ExecStartPre })},
		{"ExecStart", commands(func(s *unit.Service) []unit.Command { return s.ExecStart })},
		{"ExecStartPost", commands(func(s *unit.Service) []unit.Command { return s.ExecStartPost })},
		{"ExecReload", commands(func(s *unit.Service) []unit.Command { return s.ExecReload })},
		{"ExecStop", commands(func(s *unit.Service) []unit.Command { return s.ExecStop })},
		{"ExecStopPost", commands(func(s *unit.Service) []unit.Command { return s.ExecStopPost })},
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
	})

// outputs are StandardOutput and StandardError with their defaults,
// systemd.exec(5): the journal where there is nothing to inherit from.
func outputs(def *unit.Unit) [2]string {
	out := [2]string{unit.Lookup("Service", "StandardOutput").Show(def), unit.Lookup("Service", "StandardError").Show(def)}
	if out[0] == "" {
		out[0] = "inherit"
		if in := def.Exec.StandardInput.Kind; in == "" || in == "null" {
			out[0] = "journal"
		}
	}
	if out[1] == "" {
		out[1] = "inherit"
	}
	return out
}

var socketProperties = []property{
	{"Listen", func(d *Daemon, s *manager.Snapshot) string {
		var lines []string
		for _, l := range s.Def.Socket.Listen {
			lines = append(lines, fmt.Sprintf("%v (%s)", l.Address, l.Protocol))
		}
		return strings.Join(lines, "\nListen=")
	}},
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

// commands prints a list of commands as show does, a property line for each.
func commands(f func(*unit.Service) []unit.Command) func(*Daemon, *manager.Snapshot) string {
	return func(d *Daemon, s *manager.Snapshot) string {
		list := f(s.Def.Service)
		lines := make([]string, len(list))
		for i := range list {
			lines[i] = d.command(s, &list[i])
		}
		return strings.Join(lines, "\n")
	}
}

// command prints one command with what is known of its last run.
func (d *Daemon) command(s *manager.Snapshot, c *unit.Command) string {
	start, stop, pid, code, status := "[n/a]", "[n/a]", 0, "(null)", "0/0"
	if s.Last.PID != 0 && len(s.Def.Service.ExecStart) > 0 && c == &s.Def.Service.ExecStart[len(s.Def.Service.ExecStart)-1] {
		pid = s.Last.PID
		start = bracket(d.date(s.Last.Start))
		if s.Last.Exit != 0 && s.MainPID == 0 {
			stop, code = bracket(d.date(s.Last.Exit)), string(s.Last.Code)
			status = strconv.Itoa(s.Last.Status)
			if s.Last.Code != manager.CodeExited {
				status += "/" + strings.TrimPrefix(value.Signal(s.Last.Status).String(), "SIG")
			}
		}
	}
	return fmt.Sprintf("{ path=%s ; argv[]=%s ; ignore_errors=%s ; start_time=%s ; stop_time=%s ; pid=%d ; code=%s ; status=%s }",
		c.Path, strings.Join(c.Args, " "), yes(c.Ignore), start, stop, pid, code, status)
}

func bracket(s string) string { return "[" + s + "]" }
