package ctl

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/value"
)

// status tells about units as systemctl status does; without names, about the manager.
func (a *App) status(cmd *cobra.Command, args []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return a.managerStatus(cmd, c)
	}
	r := control.NamesRequest{Names: unitNames(args), Lines: a.flags.lines}
	for i, n := range args {
		if _, err := strconv.ParseUint(n, 10, 31); err == nil {
			r.Names[i] = n // the number of a process
		}
	}
	if cmd.Flags().Changed("lines") && r.Lines <= 0 {
		r.Lines = -1
	}
	structured := a.flags.output == "json" || a.flags.output == "json-pretty"
	if !structured {
		r.Format = a.flags.output // of the log lines
	}
	units, err := c.Status(cmd.Context(), r)
	if err != nil {
		return err
	}
	for i, u := range units {
		missing := u.Load == "not-found" && u.Active == "inactive"
		switch {
		case missing && !structured:
			a.printf(a.Err, "Unit %s could not be found.\n", u.Unit)
		case !structured:
			if i > 0 {
				a.printf(a.Out, "\n")
			}
			a.printStatus(&u)
		}
		switch {
		case missing:
			a.fail(exitNoUnit)
		case u.Active != "active" && u.Active != "reloading":
			a.fail(exitInactive)
		}
	}
	if structured {
		_, err = a.output(units)
	}
	return err
}

func (a *App) managerStatus(cmd *cobra.Command, c *control.Client) error {
	i, err := c.Info(cmd.Context(), control.Nothing{})
	if err != nil {
		return err
	}
	if done, err := a.output(i); done || err != nil {
		return err
	}
	a.printf(a.Out, "● wakesock %s, the %s manager\n", i.Version, i.Mode)
	a.line("State", "%s", i.State)
	a.line("Units", "%d loaded", i.Units)
	a.line("Jobs", "%d queued", i.Jobs)
	a.line("Failed", "%d units", i.Failed)
	a.line("Since", "%s", a.since(i.Started))
	a.line("Main PID", "%d", i.PID)
	a.line("Unit path", "%s", strings.Join(i.UnitPath, ":"))
	a.line("State dir", "%s", i.StateDir)
	return nil
}

// line prints "     Label: text" with the labels right-aligned, as status does.
func (a *App) line(label, format string, args ...any) {
	a.printf(a.Out, "%11s: %s\n", label, fmt.Sprintf(format, args...))
}

// lines prints a list, the label before the first of it.
func (a *App) lines(label string, list []string, mark string) {
	for i, s := range list {
		if i == 0 {
			a.line(label, "%s%s", mark, s)
			continue
		}
		a.printf(a.Out, "%13s%s%s\n", "", mark, s)
	}
}

// since prints a time in microseconds and how long ago it was.
func (a *App) since(t int64) string {
	when := time.UnixMicro(t)
	return value.FormatTimestamp(when) + "; " + value.FormatRelative(a.Now().Sub(when))
}

func (a *App) printStatus(u *control.Status) {
	dot := "○"
	switch u.Active {
	case "active", "reloading", "activating":
		dot = "●"
	case "failed":
		dot = "×"
	}
	title := u.Unit
	if u.Description != "" && u.Description != u.Unit {
		title += " - " + visible(u.Description)
	}
	a.printf(a.Out, "%s %s\n", a.paint(dot, u.Active), title)
	loaded := u.Load
	switch {
	case u.Load == "masked":
		loaded += " (Reason: Unit " + u.Unit + " is masked.)"
	case u.LoadError != "":
		loaded += " (Reason: " + u.LoadError + ")"
	case u.Fragment != "":
		loaded += " (" + u.Fragment
		if u.UnitFile != "" {
			loaded += "; " + u.UnitFile
		}
		if u.Preset != "" {
			loaded += "; preset: " + u.Preset
		}
		loaded += ")"
	}
	a.line("Loaded", "%s", a.paint(loaded, u.Load))
	if len(u.DropIns) > 0 {
		a.line("Drop-In", "%s", strings.Join(u.DropIns, " "))
	}
	active := u.Active
	if u.Sub != "" && u.Sub != u.Active {
		active += " (" + u.Sub + ")"
	}
	if u.Active == "failed" && u.Result != "" {
		active = "failed (Result: " + u.Result + ")"
	}
	active = a.paint(active, u.Active)
	if u.Since != 0 {
		active += " since " + a.since(u.Since)
	}
	a.line("Active", "%s", active)
	if u.Lasted > 0 {
		a.line("Duration", "%v", value.Span(u.Lasted))
	}
	if len(u.Conditions) > 0 {
		a.line("Condition", "start condition failed at %s", a.since(u.Checked))
		for i, c := range u.Conditions {
			branch := "├─"
			if i == len(u.Conditions)-1 {
				branch = "└─"
			}
			a.printf(a.Out, "%13s%s %s\n", "", branch, c)
		}
	}
	if u.Job != "" {
		a.line("Job", "%s", u.Job)
	}
	a.links(u)
	a.processes(u)
	for _, p := range u.Problems {
		a.line("Problem", "%s", p)
	}
	if len(u.Log) > 0 {
		a.printf(a.Out, "\n%s\n", strings.Join(u.Log, "\n"))
	}
}

// links prints what the unit is tied to: triggers, addresses, peers, documentation.
func (a *App) links(u *control.Status) {
	a.lines("TriggeredBy", u.TriggeredBy, "● ")
	if u.Timer {
		a.line("Trigger", "%s", a.trigger(u.Next))
	}
	a.lines("Triggers", u.Triggers, "● ")
	a.lines("Docs", u.Documentation, "")
	var listen []string
	for _, l := range u.Listen {
		listen = append(listen, l.Listen+" ("+l.Type+")")
	}
	a.lines("Listen", listen, "")
	if len(u.Listen) > 0 {
		paused := ""
		if u.Paused {
			paused = "; paused by a limit, connections wait in the backlog"
		}
		a.line("Accepted", "%d; Connected: %d; Refused: %d%s", u.Accepted, u.Connections, u.Refused, paused)
	}
	if len(u.Listen) == 0 && u.Paused {
		a.line("Paused", "by a limit, changes are remembered")
	}
	if u.Device != "" {
		a.line("Device", "%s", u.Device)
	}
	if u.Peer != "" {
		a.line("Peer", "%s", u.Peer)
	}
	if u.Invocation != "" {
		a.line("Invocation", "%s", u.Invocation)
	}
}

// processes prints what runs and what it uses.
func (a *App) processes(u *control.Status) {
	for _, c := range u.Ended {
		a.line("Process", "%d %s %s", c.PID, visible(c.Command), exited(c.ExitCode, c.ExitStatus))
	}
	switch {
	case u.MainPID != 0:
		a.line("Main PID", "%d (%s)", u.MainPID, visible(u.MainCommand))
	case u.ExitCode != "":
		a.line("Main PID", "%d %s", u.LastPID, exited(u.ExitCode, u.ExitStatus))
	}
	for _, p := range u.Control {
		a.line("Cntrl PID", "%d (%s)", p.PID, visible(p.Command))
	}
	if u.StatusText != "" {
		a.line("Status", "\"%s\"", visible(u.StatusText))
	}
	if u.StatusErrno > 0 {
		text := syscall.Errno(u.StatusErrno).Error()
		a.line("Error", "%d (%s)", u.StatusErrno, strings.ToUpper(text[:1])+text[1:])
	}
	if u.Stored > 0 {
		a.line("FD Store", "%d (limit: %d)", u.Stored, u.StoredMax)
	}
	if u.Tasks > 0 {
		a.line("Tasks", "%d", u.Tasks)
	}
	if u.Memory > 0 {
		a.line("Memory", "%s", value.FormatBytes(uint64(u.Memory)))
	}
	if u.CPU >= 0 && u.Tasks > 0 {
		a.line("CPU", "%v", value.Span(u.CPU))
	}
	a.tree(u)
}

// exited prints how a process went. Of the names of exit statuses it gives only
// those that mean the same for every program: the C library's and systemd's own.
func exited(code, status string) string {
	number, name, _ := strings.Cut(status, "/")
	if code != "exited" {
		return "(code=" + code + ", signal=" + name + ")"
	}
	if n, err := strconv.Atoi(number); err == nil && n > 1 && n < 200 {
		status = number
	}
	return "(code=" + code + ", status=" + strings.TrimSuffix(status, "/n/a") + ")"
}

// tree prints the processes below their control group, if they have one.
func (a *App) tree(u *control.Status) {
	if u.CGroup != "" {
		a.line("CGroup", "%s", u.CGroup)
	}
	width, _ := a.terminal()
	for i, p := range u.Processes {
		branch := "├─"
		if i == len(u.Processes)-1 {
			branch = "└─"
		}
		label := ""
		if i == 0 && u.CGroup == "" {
			label = "Processes: "
		}
		line := []rune(fmt.Sprintf("%13s%s%d %s", label, branch, p.PID, visible(p.Command)))
		if width > 1 && len(line) > width && !a.flags.full {
			line = append(line[:width-1], '…')
		}
		a.printf(a.Out, "%s\n", string(line))
	}
}

// visible shows what another process has written, without steering the terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, s)
}
