package value

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shorthands are the expressions that have names.
var shorthands = map[string]string{
	"minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
	"weekly": "Mon *-*-* 00:00:00", "monthly": "*-*-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00",
	"yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00",
	"anually":      "*-01-01 00:00:00", // a slip that systemd keeps
	"semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
	"biannually": "*-01,07-01 00:00:00", "bi-annually": "*-01,07-01 00:00:00",
}

// maxSteps bounds the values of one component, as systemd does.
const maxSteps = 241

// ParseCalendar reads a calendar expression. Besides UTC and IANA zone names it
// takes the abbreviations of the process's local zone, [time.Local]. Zone tables
// are the system's; a program that must know them everywhere imports
// time/tzdata.
func ParseCalendar(s string) (Calendar, error) { return ParseCalendarIn(s, time.Local) }

// ParseCalendarIn is [ParseCalendar] with another local zone.
func ParseCalendarIn(s string, local *time.Location) (Calendar, error) {
	c, err := parseCalendar(s, local)
	if err != nil {
		return Calendar{}, fmt.Errorf("calendar expression %q: %w", s, err)
	}
	return c, nil
}

func parseCalendar(s string, local *time.Location) (Calendar, error) {
	var c Calendar
	text := c.cutZone(s, local)
	if long, ok := shorthands[strings.ToLower(text)]; ok {
		text = long
	}
	if text == "" {
		return c, errors.New("nothing is said about the time")
	}
	if epoch, ok := strings.CutPrefix(text, "@"); ok {
		return parseEpoch(epoch)
	}
	rest, err := c.cutWeekdays(text)
	if err == nil {
		rest, err = c.cutDate(rest)
	}
	if err == nil {
		err = c.parseClock(rest)
	}
	return c, err
}

// cutZone takes a zone from the end of the text.
func (c *Calendar) cutZone(s string, local *time.Location) (rest string) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s
	}
	rest, name := s[:i], s[i+1:]
	if strings.EqualFold(name, "UTC") {
		c.zone, c.location = "UTC", time.UTC
		return rest
	}
	for _, a := range abbreviations(local) {
		if strings.EqualFold(name, a.name) {
			c.zone, c.inForce = a.name, a.name
			return rest
		}
	}
	if location, ok := loadZone(name); ok {
		c.zone, c.location = name, location
		return rest
	}
	return s
}

// An abbreviation is a name that a zone goes by for a part of the year: CET, CEST.
type abbreviation struct {
	name   string
	offset time.Duration
}

// abbreviations are a zone's names in winter and summer. They are those of the
// rules that hold in the end; earlier ones do not count.
func abbreviations(zone *time.Location) []abbreviation {
	var all []abbreviation
	for month := range 12 {
		name, seconds := time.Date(2037, time.Month(month+1), 15, 0, 0, 0, 0, zone).Zone()
		if a := (abbreviation{name, time.Duration(seconds) * time.Second}); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// parseEpoch reads the seconds of "@1234567890", a single moment.
func parseEpoch(s string) (Calendar, error) {
	digits, rest := splitDigits(s)
	if digits == "" || rest != "" {
		return Calendar{}, errors.New("expected whole seconds since 1970 after @")
	}
	seconds, err := strconv.ParseInt(digits, 10, 64)
	t := time.Unix(seconds, 0).UTC()
	if err != nil || t.Year() > maxYear || t.Year() < minYear {
		return Calendar{}, fmt.Errorf("@%s is after the year %d: %w", s, maxYear, strconv.ErrRange)
	}
	one := func(n int) []step { return []step{{n, -1, 0}} }
	return Calendar{
		year: one(t.Year()), month: one(int(t.Month())), day: one(t.Day()),
		hour: one(t.Hour()), minute: one(t.Minute()), second: one(t.Second() * int(Second)),
		zone: "UTC", location: time.UTC,
	}, nil
}

// cutWeekdays takes "Mon..Wed,Fri " from the head of the text; there may be none.
func (c *Calendar) cutWeekdays(s string) (rest string, err error) {
	for text := s; ; {
		first, after, ok := cutWeekday(text)
		if !ok {
			if text == s {
				return s, nil // no weekdays at all
			}
			return "", fmt.Errorf("expected a weekday at %q", text)
		}
		last := first
		for _, sign := range []string{"..", "-"} { // the dash is the old way
			if range_, found := strings.CutPrefix(after, sign); found {
				if last, after, ok = cutWeekday(range_); !ok {
					return "", fmt.Errorf("expected a weekday at %q", range_)
				}
				break
			}
		}
		if last < first {
			return "", fmt.Errorf("%s..%s runs backwards: weeks begin on Monday", weekdays[first][:3], weekdays[last][:3])
		}
		for day := first; day <= last; day++ {
			c.weekdays |= 1 << day
		}
		more := strings.HasPrefix(after, ",")
		text = strings.TrimPrefix(after, ",")
		switch {
		case text == "" || text[0] == ' ':
			if c.weekdays == 1<<7-1 {
				c.weekdays = 0
			}
			return strings.TrimLeft(text, " "), nil
		case !more:
			return "", fmt.Errorf("expected ',', '..' or a space behind the weekday at %q", text)
		}
	}
}

// cutDate takes the date from the head of the text: year-month-day or month-day,
// the last '-' a '~' for days from the end of the month. What has no such
// separator is a time of day.
func (c *Calendar) cutDate(s string) (rest string, err error) {
	if s == "" {
		return "", nil
	}
	var parts [][]step
	for text := s; ; {
		var part []step
		if part, text, err = cutSteps(text, 1); err != nil {
			return "", err
		}
		if len(parts) == 0 && (text == "" || text[0] == ':') {
			return s, nil
		}
		parts = append(parts, part)
		if text == "" || text[0] == ' ' {
			rest = strings.TrimLeft(text, " ")
			break
		}
		if text[0] != '-' && text[0] != '~' || c.monthEnd || len(parts) == 3 {
			return "", fmt.Errorf("expected YEAR-MONTH-DAY or MONTH-DAY, found %q", text)
		}
		c.monthEnd, text = text[0] == '~', text[1:]
	}
	switch len(parts) {
	case 3:
		c.year, c.month, c.day = parts[0], parts[1], parts[2]
	case 2:
		c.month, c.day = parts[0], parts[1]
	default:
		return "", fmt.Errorf("%q is not a date: expected YEAR-MONTH-DAY or MONTH-DAY", s)
	}
	for i := range c.year {
		c.year[i].start, c.year[i].stop = fullYear(c.year[i].start), fullYear(c.year[i].stop)
	}
	if c.day == nil {
		c.monthEnd = false
	}
	lastDay := 31
	if c.monthEnd {
		lastDay = 28 // every month has that many
	}
	if c.year, err = settle("year", c.year, minYear, maxYear, false); err != nil {
		return "", err
	}
	if c.month, err = settle("month", c.month, 1, 12, false); err != nil {
		return "", err
	}
	c.day, err = settle("day", c.day, 1, lastDay, c.monthEnd)
	return rest, err
}

// fullYear completes a year of two digits.
func fullYear(n int) int {
	switch {
	case n >= 0 && n < 70:
		return n + 2000
	case n >= 70 && n < 100:
		return n + 1900
	}
	return n
}

// parseClock reads the time of day, hour:minute or hour:minute:second. Nothing
// means midnight.
func (c *Calendar) parseClock(s string) error {
	zero := []step{{0, -1, 0}}
	if s == "" {
		c.hour, c.minute, c.second = zero, zero, zero
		return nil
	}
	wrong := func(text string) error {
		return fmt.Errorf("expected HOUR:MINUTE or HOUR:MINUTE:SECOND at %q", text)
	}
	hour, text, err := cutSteps(s, 1)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(text, ":") {
		return wrong(s)
	}
	minute, text, err := cutSteps(text[1:], 1)
	if err != nil {
		return err
	}
	second := zero
	if after, ok := strings.CutPrefix(text, ":"); ok {
		if second, text, err = cutSteps(after, int(Second)); err != nil {
			return err
		}
		if second == nil {
			second = []step{everySecond}
		}
	}
	if text != "" {
		return wrong(text)
	}
	if c.hour, err = settle("hour", hour, 0, 23, false); err != nil {
		return err
	}
	if c.minute, err = settle("minute", minute, 0, 59, false); err != nil {
		return err
	}
	c.second, err = settle("second", second, 0, maxSecond, false)
	return err
}
