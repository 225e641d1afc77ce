package value

import (
	"slices"
	"time"
)

// A wall clock time is carried as a [time.Time] in UTC that shows the same
// digits: the calendar's arithmetic is then exact and knows no zone.

// Next returns the first moment after the given one at which the expression
// elapses, to the microsecond, in after's Location, which is also the local zone
// of the expression. It is false if that never happens, or not before the year
// 2200. Next depends on nothing but its arguments and the zones' tables.
func (c Calendar) Next(after time.Time) (time.Time, bool) {
	local := after.Location()
	zone := local
	if c.location != nil {
		zone = c.location
	}
	from := time.Unix(0, 0)
	if after.After(from) {
		from = after.Truncate(time.Microsecond).Add(time.Microsecond)
	}
	w, ok := c.match(wallOf(from.In(zone)))
	for ok {
		moments := momentsOf(w, zone)
		for _, t := range moments {
			if name, _ := t.Zone(); !t.Before(from) && (c.inForce == "" || c.inForce == name) {
				return t.In(local), true
			}
		}
		// Nothing at this time of the wall clock: skip it, and at once all that
		// cannot come before the zone's next change.
		resume := w.Add(time.Microsecond)
		if len(moments) == 0 {
			resume = later(resume, afterGap(w, zone))
		} else if c.inForce != "" {
			_, end := moments[len(moments)-1].ZoneBounds()
			if end.IsZero() {
				break
			}
			resume = later(resume, wallOf(end))
		}
		w, ok = c.match(resume)
	}
	return time.Time{}, false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// wallOf returns what the wall clock shows at t.
func wallOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// momentsOf returns the moments at which the zone's wall clock shows w, in
// order: one, two where clocks were set back, none where they were set forward.
func momentsOf(w time.Time, zone *time.Location) []time.Time {
	guess := wallIn(w, zone)
	around := []time.Time{guess}
	start, end := guess.ZoneBounds()
	if !start.IsZero() {
		around = append(around, start.Add(-1))
	}
	if !end.IsZero() {
		around = append(around, end)
	}
	var moments []time.Time
	for _, t := range around {
		_, offset := t.Zone()
		if m := w.Add(-time.Duration(offset) * time.Second).In(zone); wallOf(m).Equal(w) {
			moments = append(moments, m)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return slices.CompactFunc(moments, time.Time.Equal)
}

// wallIn lets Go guess the moment of w. For a time that does not exist it
// answers with one on either side of the gap.
func wallIn(w time.Time, zone *time.Location) time.Time {
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), zone)
}

// afterGap returns the wall clock time at the end of the gap that w lies in.
func afterGap(w time.Time, zone *time.Location) time.Time {
	guess := wallIn(w, zone)
	change, end := guess.ZoneBounds()
	if wallOf(guess).Before(w) {
		change = end
	}
	if change.IsZero() {
		return w
	}
	return wallOf(change)
}

// match returns the first wall clock time, not before w, that the components and
// weekdays allow. It goes from the years down; whenever a component moves on,
// those below it start over.
func (c Calendar) match(w time.Time) (time.Time, bool) {
	year, month, day := w.Year(), int(w.Month()), w.Day()
	clock := w.Sub(time.Date(year, w.Month(), day, 0, 0, 0, 0, time.UTC))
	for {
		y, ok := next(c.year, year, maxYear)
		if !ok {
			return time.Time{}, false
		}
		if y > year {
			year, month, day, clock = y, 1, 1, 0
		}
		m, ok := next(c.month, month, 12)
		if !ok {
			year, month, day, clock = year+1, 1, 1, 0
			continue
		}
		if m > month {
			month, day, clock = m, 1, 0
		}
		d, ok := c.nextDay(year, month, day)
		if !ok {
			month, day, clock = month+1, 1, 0
			continue
		}
		if d > day {
			day, clock = d, 0
		}
		if t, ok := c.nextClock(clock); ok {
			return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Add(t), true
		}
		day, clock = day+1, 0
	}
}

// nextDay returns the first allowed day of the month that is not before day.
func (c Calendar) nextDay(year, month, day int) (int, bool) {
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	days := c.day
	if c.monthEnd {
		days = fromMonthEnd(days, last)
	}
	for {
		d, ok := next(days, day, last)
		if !ok {
			return 0, false
		}
		weekday := time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC).Weekday()
		if c.weekdays == 0 || c.weekdays&(1<<((weekday+6)%7)) != 0 {
			return d, true
		}
		day = d + 1
	}
}

// fromMonthEnd turns days that count back from the last, 1, into days that count
// from the first. A repetition runs on towards the end of the month.
func fromMonthEnd(days []step, last int) []step {
	turned := make([]step, len(days))
	for i, p := range days {
		switch {
		case p.stop >= 0:
			turned[i] = step{last + 1 - p.stop, last + 1 - p.start, p.every}
		case p.every > 0:
			turned[i] = step{last + 1 - p.start, last, p.every}
		default:
			turned[i] = step{last + 1 - p.start, -1, 0}
		}
	}
	return turned
}

// nextClock returns the first allowed time of day that is not before t.
func (c Calendar) nextClock(t time.Duration) (time.Duration, bool) {
	hour, minute, second := int(t/time.Hour), int(t%time.Hour/time.Minute), int(t%time.Minute/time.Microsecond)
	for {
		h, ok := next(c.hour, hour, 23)
		if !ok {
			return 0, false
		}
		if h > hour {
			hour, minute, second = h, 0, 0
		}
		m, ok := next(c.minute, minute, 59)
		if !ok {
			hour, minute, second = hour+1, 0, 0
			continue
		}
		if m > minute {
			minute, second = m, 0
		}
		if s, ok := next(c.second, second, maxSecond); ok {
			return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(s)*time.Microsecond, true
		}
		minute, second = minute+1, 0
	}
}

// next returns the smallest value of a component from v to last.
func next(steps []step, v, last int) (int, bool) {
	if len(steps) == 0 {
		return v, v <= last
	}
	best := last + 1
	for _, p := range steps {
		n := p.start
		if n < v {
			if p.every == 0 {
				continue
			}
			n += (v - n + p.every - 1) / p.every * p.every
			if p.stop >= 0 && n > p.stop {
				continue
			}
		}
		best = min(best, n)
	}
	return best, best <= last
}
