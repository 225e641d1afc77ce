package value

// Points in time as systemd.time(7) writes them: what --since= and --base-time=
// take and what systemctl prints. The local zone is the Location of the time
// that is passed in, so that nothing here depends on the process's environment.

import (
	"fmt"
	"strings"
	"time"
)

// weekdays are the days' names from Monday, the order of calendar expressions.
var weekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// cutWeekday cuts a weekday's name, long or short, in any case, from the head of
// s; day is 0 for Monday.
func cutWeekday(s string) (day int, rest string, ok bool) {
	for i, long := range weekdays {
		for _, name := range []string{long, long[:3]} {
			if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
				return i, s[len(name):], true
			}
		}
	}
	return 0, s, false
}

// timestampLayouts are the forms of a date and time, with what is missing: the
// time of day, or the date, which is then today's.
var timestampLayouts = []struct {
	layout  string
	today   bool
	seconds bool // a fraction may follow
}{
	{"2006-1-2 15:4:5", false, true}, {"2006-1-2T15:4:5", false, true}, {"2006-1-2 15:4", false, false},
	{"2006-1-2", false, false}, {"15:4:5", true, true}, {"15:4", true, false},
}

// ParseTimestamp reads a point in time: "now", "today", "yesterday", "tomorrow",
// "+1h", "-5min", "5min ago", "1h left", "@123.5", or a date and time with an
// optional weekday and an optional zone, "UTC" or an IANA name. Relative forms
// count from now; times without a zone are in now's Location. The result is in
// now's Location with the resolution of a microsecond. Dates before 1970 are
// out of range, as for systemd.
func ParseTimestamp(s string, now time.Time) (time.Time, error) {
	t, err := parseTimestamp(s, now)
	if err != nil {
		return time.Time{}, err
	}
	if t.Unix() < 0 || t.Year() > 9999 {
		return time.Time{}, outOfRange("timestamp", s)
	}
	return t.Truncate(time.Microsecond).In(now.Location()), nil
}

func parseTimestamp(s string, now time.Time) (time.Time, error) {
	relative := func(text string, direction int64) (time.Time, error) {
		d, err := ParseSpan(text)
		if err != nil {
			return time.Time{}, fmt.Errorf("timestamp %q: %w", s, err)
		}
		if d > 10000*Year {
			return time.Time{}, outOfRange("timestamp", s)
		}
		return time.UnixMicro(now.UnixMicro() + direction*int64(d)), nil
	}
	switch {
	case s == "now":
		return now, nil
	case strings.HasPrefix(s, "+"):
		return relative(s[1:], 1)
	case strings.HasPrefix(s, "-"):
		return relative(s[1:], -1)
	case strings.HasPrefix(s, "@"):
		d, err := ParseSpan(s[1:])
		if err != nil {
			return time.Time{}, fmt.Errorf("timestamp %q: %w", s, err)
		}
		if d > 10000*Year {
			return time.Time{}, outOfRange("timestamp", s)
		}
		return time.UnixMicro(int64(d)), nil
	case strings.HasSuffix(s, " ago"):
		return relative(strings.TrimSuffix(s, " ago"), -1)
	case strings.HasSuffix(s, " left"):
		return relative(strings.TrimSuffix(s, " left"), 1)
	}
	return parseDate(s, now)
}

// parseDate reads the absolute forms.
func parseDate(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	text := strings.TrimLeft(s, whitespace)
	var calendar Calendar // only its zone
	text = calendar.cutZone(text, now.Location())
	if calendar.location != nil {
		now = now.In(calendar.location)
	}
	for offset, name := range []string{"yesterday", "today", "tomorrow"} {
		if text == name {
			return midnight(now, offset-1), nil
		}
	}
	weekday, rest, named := cutWeekday(text)
	if named {
		if !strings.HasPrefix(rest, " ") {
			return time.Time{}, unknownTimestamp(s)
		}
		text = strings.TrimLeft(rest, " ")
	}
	for _, l := range timestampLayouts {
		body, micros := text, 0
		if whole, fraction, ok := strings.Cut(text, "."); ok && l.seconds {
			n, rest, ok := cutMicros(fraction)
			if !ok || rest != "" {
				continue
			}
			body, micros = whole, n
		}
		t, err := time.ParseInLocation(l.layout, century(body), now.Location())
		if err != nil {
			continue
		}
		if l.today {
			t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
		}
		if named && (int(t.Weekday())+6)%7 != weekday {
			return time.Time{}, fmt.Errorf("timestamp %q: that day is a %s", s, t.Weekday())
		}
		t = t.Add(time.Duration(micros) * time.Microsecond)
		for _, a := range abbreviations(now.Location()) {
			if a.name == calendar.inForce { // holds even when the other one is in force
				return wallOf(t).Add(-a.offset), nil
			}
		}
		return t, nil
	}
	return time.Time{}, unknownTimestamp(s)
}

func unknownTimestamp(s string) error {
	return fmt.Errorf("timestamp %q: expected a form such as 2026-11-22 18:30:00, 18:30, yesterday, -1h, 5min ago or @123", s)
}

// century completes a year of one or two digits as strptime(3) does: 69 to 99
// lie in the twentieth century.
func century(s string) string {
	digits, rest := splitDigits(s)
	switch {
	case !strings.HasPrefix(rest, "-"):
	case len(digits) == 1:
		return "200" + s
	case len(digits) == 2 && digits >= "69":
		return "19" + s
	case len(digits) == 2:
		return "20" + s
	}
	return s
}

// midnight is the start of the day that is days away from t's.
func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

// loadZone finds a zone by name. Names that Go gives a meaning of its own ("",
// "Local") are no zones.
func loadZone(name string) (*time.Location, bool) {
	if name == "UTC" {
		return time.UTC, true
	}
	if name == "" || name == "Local" || name[0] < 'A' {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// FormatTimestamp prints a point in time as systemctl does, to the second, in
// the time's Location: "Sun 2026-11-22 18:52:06 UTC".
func FormatTimestamp(t time.Time) string {
	if t.Year() > 9999 {
		return "--- XXXX-XX-XX XX:XX:XX" // as systemd has it
	}
	return t.Format("Mon 2006-01-02 15:04:05 ") + zoneName(t)
}

// FormatTimestampMicro is [FormatTimestamp] with six decimals of the second.
func FormatTimestampMicro(t time.Time) string {
	return t.Format("Mon 2006-01-02 15:04:05.000000 ") + zoneName(t)
}

// zoneName is the zone's abbreviation; zones without one show their offset.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	return name
}

// FormatRelative prints how long ago something was, "1min 30s ago", or, for a
// negative d, how long it will take, "1min 30s left", in the two largest units
// as systemctl status does.
func FormatRelative(d time.Duration) string {
	suffix := " ago"
	if d < 0 {
		suffix, d = " left", -d
	}
	if d < 0 { // the most negative duration
		d--
	}
	return relativeSpan(SpanOf(d), suffix)
}

func relativeSpan(n Span, suffix string) string {
	plural := func(n Span, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	pair := func(unit, part Span, unitName, partName string) string {
		return plural(n/unit, unitName) + " " + plural(n%unit/part, partName) + suffix
	}
	switch {
	case n >= Year:
		return pair(Year, Month, "year", "month")
	case n >= Month:
		return pair(Month, Day, "month", "day")
	case n >= Week:
		return pair(Week, Day, "week", "day")
	case n >= 2*Day:
		return plural(n/Day, "day") + suffix
	case n >= 25*Hour:
		return fmt.Sprintf("1 day %dh%s", (n-Day)/Hour, suffix)
	case n >= 6*Hour:
		return fmt.Sprintf("%dh%s", n/Hour, suffix)
	case n >= Hour:
		return fmt.Sprintf("%dh %dmin%s", n/Hour, n%Hour/Minute, suffix)
	case n >= 5*Minute:
		return fmt.Sprintf("%dmin%s", n/Minute, suffix)
	case n >= Minute:
		return fmt.Sprintf("%dmin %ds%s", n/Minute, n%Minute/Second, suffix)
	case n >= Second:
		return fmt.Sprintf("%ds%s", n/Second, suffix)
	case n >= Millisecond:
		return fmt.Sprintf("%dms%s", n/Millisecond, suffix)
	case n > 0:
		return fmt.Sprintf("%dus%s", n, suffix)
	}
	return "now"
}
