package value

// Calendar expressions, systemd.time(7): weekdays, a date and a time of day,
// each component a list of values, ranges and steps, and a zone.
//
// An expression names wall clock times. When it elapses is decided by going
// through matching wall clock times in order and asking the zone for the moment
// of each. A time that the zone skips (spring) never comes and is passed over; a
// time that it repeats (autumn) elapses once, at the first of its moments that
// is still to come. So no expression elapses twice for the same wall clock time
// of a day, and "02:30" does not elapse on the day without 02:30. systemd does
// the same.

import (
	"fmt"
	"strings"
	"time"
)

// A Calendar is a calendar expression, OnCalendar= of systemd.timer(5). It is a
// value: neither parsing nor asking for the next elapse changes it.
type Calendar struct {
	weekdays         uint8 // bit 0 is Monday; 0 means any
	year, month, day []step
	monthEnd         bool // days count back from the end of the month, 1 is the last
	hour, minute     []step
	second           []step         // in microseconds
	zone             string         // as written; "" is the local zone
	location         *time.Location // nil: the local zone
	inForce          string         // abbreviation that the local zone must go by: CET, CEST
}

// A step is a component's value, range (stop >= 0) or repetition (every > 0). A
// component is a list of steps; an empty list is '*'.
type step struct {
	start, stop, every int
}

// The bounds of components. Years beyond are as far as systemd looks.
const (
	minYear   = 1970
	maxYear   = 2199
	maxSecond = 60*int(Second) - 1
)

// String prints the normalised form as systemd-analyze does:
// "Mon..Fri *-*-* 09..17/2:00/30:00 Europe/Berlin".
func (c Calendar) String() string {
	var b strings.Builder
	if c.weekdays != 0 {
		b.WriteString(formatWeekdays(c.weekdays) + " ")
	}
	separator := "-"
	if c.monthEnd {
		separator = "~"
	}
	b.WriteString(formatSteps(c.year, 4, 1) + "-" + formatSteps(c.month, 2, 1) + separator + formatSteps(c.day, 2, 1) + " " +
		formatSteps(c.hour, 2, 1) + ":" + formatSteps(c.minute, 2, 1) + ":" + formatSteps(c.second, 2, int(Second)))
	if c.zone != "" {
		b.WriteString(" " + c.zone)
	}
	return b.String()
}

// Equal says whether both expressions have the same normalised form.
func (c Calendar) Equal(d Calendar) bool { return c.String() == d.String() }

// formatWeekdays prints runs of three days and more as ranges.
func formatWeekdays(set uint8) string {
	var words []string
	for i := 0; i < 7; i++ {
		j := i
		for ; j < 7 && set&(1<<j) != 0; j++ {
		}
		switch {
		case j-i >= 3:
			words = append(words, weekdays[i][:3]+".."+weekdays[j-1][:3])
			i = j
		case j > i:
			words = append(words, weekdays[i][:3])
		}
	}
	return strings.Join(words, ",")
}

// formatSteps prints a component, its values with at least width digits. unit is
// what the text counts in: 1, or a second's worth of microseconds.
func formatSteps(steps []step, width, unit int) string {
	if len(steps) == 0 || unit > 1 && len(steps) == 1 && steps[0] == everySecond {
		return "*"
	}
	number := func(n, width int) string {
		s := fmt.Sprintf("%0*d", width, n/unit)
		if n%unit > 0 {
			s += fmt.Sprintf(".%06d", n%unit)
		}
		return s
	}
	words := make([]string, len(steps))
	for i, p := range steps {
		words[i] = number(p.start, width)
		if p.stop >= 0 {
			words[i] += ".." + number(p.stop, width)
		}
		if p.every > 0 && !(p.stop >= 0 && p.every == unit) {
			words[i] += "/" + number(p.every, 1)
		}
	}
	return strings.Join(words, ",")
}

// everySecond is '*' as the component of seconds: not any microsecond.
var everySecond = step{start: 0, stop: -1, every: int(Second)}
