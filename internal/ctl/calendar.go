package ctl

import (
	"fmt"
	"io"
	"time"

	"wakesock/internal/value"
)

// Calendar prints each calendar expression in its normalised form and when it
// elapses next after base, as systemd-analyze calendar does; iterations is how
// many elapses to print. Relative times count from now. Both times must be in
// the local zone. Complaints go to errs; ok is false if there were any.
func Calendar(w, errs io.Writer, specs []string, iterations int, base, now time.Time) (ok bool) {
	ok = true
	for i, spec := range specs {
		c, err := value.ParseCalendarIn(spec, base.Location())
		if err != nil {
			ok = false
			fmt.Fprintf(errs, "wakesock: error: %v\n", err)
			hintAt(errs, spec, now, "calendar")
		} else {
			printCalendar(w, c, spec, iterations, base, now)
		}
		if i+1 < len(specs) {
			fmt.Fprintln(w)
		}
	}
	return ok
}

func printCalendar(w io.Writer, c value.Calendar, spec string, iterations int, base, now time.Time) {
	field := func(label, text string) { fmt.Fprintf(w, "%15s: %s\n", label, text) }
	if c.String() != spec {
		field("Original form", spec)
	}
	field("Normalized form", c.String())
	for i := range iterations {
		next, ok := c.Next(base)
		if !ok {
			if i == 0 {
				field("Next elapse", "never")
			}
			return
		}
		label := "Next elapse"
		if i > 0 {
			label = fmt.Sprintf("Iter. #%d", i+1)
		}
		field(label, value.FormatTimestamp(next))
		if !isUTC(base.Location()) {
			field("(in UTC)", value.FormatTimestamp(next.UTC()))
		}
		field("From now", value.FormatRelative(now.Sub(next)))
		base = next
	}
}

// isUTC says whether a zone is UTC for good, under whatever name.
func isUTC(zone *time.Location) bool {
	t := time.Date(2037, 1, 1, 0, 0, 0, 0, zone)
	_, offset := t.Zone()
	_, end := t.ZoneBounds()
	return offset == 0 && end.IsZero()
}

// hintAt tells which other verb understands the text.
func hintAt(errs io.Writer, text string, now time.Time, verb string) {
	if _, err := value.ParseSpan(text); err == nil && verb != "timespan" {
		fmt.Fprintf(errs, "wakesock: hint: this is a time span; try wakesock timespan %q\n", text)
		return
	}
	if _, err := value.ParseCalendarIn(text, now.Location()); err == nil && verb != "calendar" {
		fmt.Fprintf(errs, "wakesock: hint: this is a calendar expression; try wakesock calendar %q\n", text)
		return
	}
	if _, err := value.ParseTimestamp(text, now); err == nil {
		fmt.Fprintf(errs, "wakesock: hint: this is a point in time, not a span or a calendar expression\n")
	}
}
