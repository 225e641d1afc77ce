package daemon

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/journal"
	"wakesock/internal/manager"
	"wakesock/internal/process"
)

// statusLines is how many log lines a status shows unless told otherwise.
const statusLines = 10

// Status implements control.Manager.
func (d *Daemon) Status(_ context.Context, r control.NamesRequest) ([]control.Status, error) {
	names, err := d.ofProcesses(r.Names)
	if err != nil {
		return nil, err
	}
	units, err := d.look(names, r.All)
	if err != nil {
		return nil, err
	}
	rows := []control.Status{}
	if !d.ask(func() {
		for _, s := range units {
			rows = append(rows, d.status(&s))
		}
	}) {
		return nil, stopping
	}
	if r.Brief {
		return rows, nil
	}
	d.describeUnitFiles(rows, units)
	format := journal.Short
	if r.Format != "" {
		if format, err = journal.ParseFormat(r.Format); err != nil {
			return nil, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
		}
	}
	lines := r.Lines
	if lines == 0 {
		lines = statusLines
	}
	if lines > 0 {
		d.journal.Flush()
	}
	for i := range rows {
		rows[i].Log = d.lastLines(&rows[i], lines, format)
	}
	return rows, nil
}

// since is when the unit came to be active, inactive and so on, as systemctl status
// has it: a change of the sub state alone does not count.
func since(s *manager.Snapshot) manager.Time {
	switch s.Active {
	case manager.Active, manager.Reloading:
		return s.ActiveEnter
	case manager.Inactive, manager.Failed:
		return s.InactiveEnter
	case manager.Activating:
		return s.InactiveExit
	case manager.Deactivating:
		return s.ActiveExit
	}
	return s.Changed
}

// lasted is how long a unit that is down was up before.
func lasted(s *manager.Snapshot) manager.Time {
	if s.Active != manager.Inactive && s.Active != manager.Failed || s.ActiveEnter == 0 || s.ActiveExit < s.ActiveEnter {
		return 0
	}
	return s.ActiveExit - s.ActiveEnter
}

// ofProcesses puts, in place of the numbers of processes, the units to which they
// belong.
func (d *Daemon) ofProcesses(names []string) ([]string, error) {
	names = slices.Clone(names)
	for i, n := range names {
		pid, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		if !d.ask(func() {
			for _, s := range d.manager.Snapshots() {
				if slices.Contains(d.processes(s.Name, nil), pid) {
					names[i] = string(s.Name)
					return
				}
			}
		}) {
			return nil, stopping
		}
		if names[i] == n {
			return nil, &control.Error{Code: control.CodeInvalid, Text: "process " + n + " does not belong to any loaded unit"}
		}
	}
	return names, nil
}

// status tells about one unit. It runs in the loop.
func (d *Daemon) status(s *manager.Snapshot) control.Status {
	st := control.Status{
		Unit: string(s.Name), Description: s.Description, Load: string(s.Load), LoadError: s.Def.Refused,
		Active: s.Active.String(), Sub: s.Sub, Result: string(s.Result),
		Fragment: s.Def.Fragment, DropIns: s.Def.DropIns, Documentation: s.Def.Common.Documentation,
		Since: d.realtime(since(s)), Lasted: int64(lasted(s)), Invocation: string(s.Invocation),
		MainPID: s.MainPID, LastPID: s.Last.PID, Peer: s.Peer, Device: s.Device.Sysfs, Started: d.realtime(s.Last.Start), Exited: d.realtime(s.Last.Exit),
		ExitCode: string(s.Last.Code), Memory: -1, CPU: -1,
		Accepted: s.Accepted, Refused: s.Refused, Connections: s.Connections, Paused: s.Paused,
	}
	for _, n := range s.TriggeredBy {
		st.TriggeredBy = append(st.TriggeredBy, string(n))
	}
	if st.Timer = s.Def.Timer != nil; s.Timer != nil {
		st.Next = d.nextElapse(s.Timer)
	}
	for _, n := range d.manager.Triggers(s) {
		st.Triggers = append(st.Triggers, string(n))
	}
	if s.Last.Code != manager.CodeNone {
		st.ExitStatus = s.Last.Text()
	}
	for _, l := range s.Def.CommandLists() {
		for i := range l.Commands {
			if r := s.Run(l.Directive, &l.Commands[i]); r.Code != manager.CodeNone {
				st.Ended = append(st.Ended, control.Command{
					PID: r.PID, Command: l.Directive + "=" + strings.Join(l.Commands[i].Args, " "), ExitCode: string(r.Code), ExitStatus: r.Text(),
				})
			}
		}
	}
	if s.MainPID != 0 {
		st.MainCommand = programName(s.MainPID)
	}
	if s.ControlPID != 0 {
		st.Control = []control.Process{{PID: s.ControlPID, Command: programName(s.ControlPID)}}
	}
	if v := s.Def.Service; v != nil {
		st.StatusText, st.StatusErrno, st.Stored, st.StoredMax = s.StatusText, s.StatusErrno, s.Stored, int(v.FileDescriptorStoreMax)
	}
	st.Conditions, st.Checked = unmet(s), d.realtime(s.Checks.Time)
	if s.JobID != 0 {
		st.Job = fmt.Sprintf("%d (%s)", s.JobID, s.Job)
	}
	if s.Def.Socket != nil {
		st.Listen = d.socketRows(s)
	}
	for _, p := range s.Def.Problems {
		if !p.Note {
			st.Problems = append(st.Problems, p.String())
		}
	}
	if !(s.Active == manager.Inactive || s.Active == manager.Failed) && s.Def.Service != nil {
		u := d.usage(s)
		st.Tasks, st.Memory = u.tasks, u.memory
		st.CGroup, st.CPU = d.groupPath(s.Name), d.groupCPU(s.Name)
		for _, pid := range u.pids {
			st.Processes = append(st.Processes, control.Process{PID: pid, Command: commandLine(pid)})
		}
	}
	return st
}

// A usage is what a unit's processes use.
type usage struct {
	pids   []int
	tasks  int
	memory int64 // bytes
}

// usage measures a unit's processes. It runs in the loop.
func (d *Daemon) usage(s *manager.Snapshot) usage {
	u := usage{pids: d.processes(s.Name, nil)}
	slices.Sort(u.pids)
	memory, tasks := process.Usage(u.pids)
	u.memory, u.tasks = int64(memory), tasks
	return u
}

// programName is the name that the kernel has for a process; "" if it is gone.
func programName(pid int) string {
	data, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return strings.TrimSuffix(string(data), "\n")
}

// commandLine is what a process was started with, its name in brackets where
// it has none.
func commandLine(pid int) string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(data) == 0 {
		return "[" + programName(pid) + "]"
	}
	return strings.ReplaceAll(strings.TrimRight(string(data), "\x00"), "\x00", " ")
}

// lastLines are the last log lines of a unit.
func (d *Daemon) lastLines(s *control.Status, n int, format journal.Format) []string {
	if n <= 0 {
		return nil
	}
	var lines []string
	p := journal.Printer{Format: format, Terminal: true}
	f := journal.Filter{Units: []string{s.Unit}, Lines: n}
	for e, err := range journal.Read(journalDir(d.options.StateDir), f) {
		if err != nil {
			break
		}
		lines = append(lines, strings.TrimSuffix(string(p.Append(nil, &e)), "\n"))
	}
	return lines
}
