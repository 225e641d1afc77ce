package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/value"
)

// Timers implements control.Manager.
func (d *Daemon) Timers(_ context.Context, r control.UnitsRequest) ([]control.Timer, error) {
	rows := []control.Timer{}
	if !d.ask(func() {
		for _, s := range d.manager.Snapshots() {
			if s.Def.Timer == nil || !d.selected(&s, &r) {
				continue
			}
			row := control.Timer{Unit: string(s.Name), Activates: string(s.Target), Waiting: s.Sub == "waiting"}
			if t := s.Timer; t != nil {
				row.Next, row.Last = d.nextElapse(t), t.LastWall
			}
			rows = append(rows, row)
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// nextElapse is when a timer elapses next, in microseconds since the epoch; 0 is never.
func (d *Daemon) nextElapse(t *manager.TimerSnapshot) int64 {
	next := t.Next.Wall
	if next == int64(manager.Never) {
		next = 0
	}
	if m := t.Next.Time; m != 0 && m != manager.Never {
		wall := time.Now().UnixMicro() + int64(m-d.now())
		if next == 0 || wall < next {
			next = wall
		}
	}
	return next
}

// timerProperties are what the state of a timer adds to its settings.
var timerProperties = slices.Concat([]property{
	{"Unit", text(func(s *manager.Snapshot) string { return string(s.Target) })},
	{"TimersMonotonic", func(d *Daemon, s *manager.Snapshot) string {
		return elapses(s, "TimersMonotonic", false, func(at int64) string { return d.monotonicSpan(manager.Time(at)) })
	}},
	{"TimersCalendar", func(d *Daemon, s *manager.Snapshot) string {
		return elapses(s, "TimersCalendar", true, d.wallDate)
	}},
	{"NextElapseUSecRealtime", wallProperty(func(t *manager.TimerSnapshot) int64 { return t.Next.Wall })},
	{"NextElapseUSecMonotonic", func(d *Daemon, s *manager.Snapshot) string {
		if s.Timer == nil || s.Timer.Next.Time == 0 {
			return "infinity"
		}
		return d.monotonicSpan(s.Timer.Next.Time)
	}},
	{"LastTriggerUSec", wallProperty(func(t *manager.TimerSnapshot) int64 { return t.LastWall })},
	{"LastTriggerUSecMonotonic", func(d *Daemon, s *manager.Snapshot) string {
		if s.Timer == nil || s.Timer.Last == 0 {
			return "0"
		}
		return d.monotonicSpan(s.Timer.Last)
	}},
	{"Result", text(func(s *manager.Snapshot) string { return string(s.Result) })},
})

func wallProperty(f func(*manager.TimerSnapshot) int64) func(*Daemon, *manager.Snapshot) string {
	return func(d *Daemon, s *manager.Snapshot) string {
		if s.Timer == nil || f(s.Timer) == 0 {
			return ""
		}
		return d.wallDate(f(s.Timer))
	}
}

func (d *Daemon) wallDate(wall int64) string {
	return value.FormatTimestamp(time.UnixMicro(wall).In(d.clock.zone))
}

// monotonicSpan prints a time as the span since the machine was booted.
func (d *Daemon) monotonicSpan(t manager.Time) string {
	if t == manager.Never {
		return value.Infinity.String()
	}
	return value.Span(d.monotonic(t)).String()
}

// elapses prints the On…= lines of one kind with when each comes next, the last first.
func elapses(s *manager.Snapshot, name string, calendar bool, print func(int64) string) string {
	var lines []string
	for i, e := range s.Def.Timer.Elapses {
		if (e.Name == "OnCalendar") != calendar {
			continue
		}
		what, at := strings.TrimSuffix(e.Name, "Sec")+"USec="+e.Span.String(), "0"
		if calendar {
			what, at = "OnCalendar="+e.Calendar.String(), "(null)"
		}
		if s.Timer != nil && i < len(s.Timer.ElapsesAt) && s.Timer.ElapsesAt[i] != 0 {
			at = print(s.Timer.ElapsesAt[i])
		}
		lines = append(lines, fmt.Sprintf("{ %s ; next_elapse=%s }", what, at))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n"+name+"=")
}
