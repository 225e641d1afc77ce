package unit

import (
	"fmt"
	"strings"
	"time"

	"wakesock/internal/value"
)

// A CommandList is what one directive says to run.
type CommandList struct {
	Directive string // "ExecStartPre"
	Commands  []Command
}

// CommandLists are the directives of u that run commands, in the order in which
// systemctl shows them.
func (u *Unit) CommandLists() []CommandList {
	switch {
	case u.Service != nil:
		s := u.Service
		return []CommandList{
			{"ExecCondition", s.ExecCondition}, {"ExecStartPre", s.ExecStartPre}, {"ExecStart", s.ExecStart}, {"ExecStartPost", s.ExecStartPost},
			{"ExecReload", s.ExecReload}, {"ExecStop", s.ExecStop}, {"ExecStopPost", s.ExecStopPost},
		}
	case u.Socket != nil:
		s := u.Socket
		return []CommandList{
			{"ExecStartPre", s.ExecStartPre}, {"ExecStartPost", s.ExecStartPost}, {"ExecStopPre", s.ExecStopPre}, {"ExecStopPost", s.ExecStopPost},
		}
	}
	return nil
}

// A CommandRun is what became of a command; the zero value is one that never ran.
type CommandRun struct {
	Start, End time.Time // zero: not yet
	PID        int
	Code       string // "exited", "killed", "dumped"; "" before the end
	Status     int    // exit status, or signal
}

// FormatCommand prints one line of the properties ExecStart and its sisters, as
// systemctl show does.
func FormatCommand(c Command, r CommandRun) string {
	return formatRun(c, "ignore_errors="+yesNo(c.Ignore), r)
}

// FormatCommandEx prints one line of the properties ExecStartEx and its sisters.
func FormatCommandEx(c Command, r CommandRun) string {
	var flags []string
	if c.Ignore {
		flags = append(flags, "ignore-failure")
	}
	switch c.Privilege {
	case PrivilegeNormal:
	case PrivilegeFull:
		flags = append(flags, "privileged")
	case PrivilegeNoSetuid:
		flags = append(flags, "no-setuid")
	case PrivilegeAmbient:
		flags = append(flags, "ambient")
	}
	if c.Verbatim {
		flags = append(flags, "no-env-expand")
	}
	return formatRun(c, "flags="+strings.Join(flags, " "), r)
}

func formatRun(c Command, flags string, r CommandRun) string {
	code, status := "(null)", "0/0"
	switch {
	case r.Code == "exited":
		code, status = r.Code, fmt.Sprint(r.Status)
	case r.Code != "":
		code, status = r.Code, fmt.Sprintf("%d/%s", r.Status, value.Signal(r.Status).Name())
	}
	return fmt.Sprintf("{ path=%s ; argv[]=%s ; %s ; start_time=[%s] ; stop_time=[%s] ; pid=%d ; code=%s ; status=%s }",
		c.Path, strings.Join(c.Args, " "), flags, formatMoment(r.Start), formatMoment(r.End), r.PID, code, status)
}

func formatMoment(t time.Time) string {
	if t.IsZero() {
		return "n/a"
	}
	return value.FormatTimestamp(t)
}

func formatCommands(all []Command) string {
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = FormatCommand(c, CommandRun{})
	}
	return formatLines(lines)
}
