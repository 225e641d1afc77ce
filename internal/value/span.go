package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Span is a length of time in microseconds, the resolution of systemd.time(7).
// It is never negative. Infinity is a span that never ends.
type Span int64

// Infinity is the span that "infinity" denotes: no limit.
const Infinity Span = math.MaxInt64

// Units of time as spans. A month is 30.4375 days and a year 365.25 days.
const (
	Microsecond Span = 1
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
	Week             = 7 * Day
	Month            = 2629800 * Second
	Year             = 31557600 * Second
)

// spanNames is the table of units that systemd.time(7) understands. Both micro
// signs count: U+00B5 and the Greek letter U+03BC.
var spanNames = map[string]Span{
	"usec": Microsecond, "us": Microsecond, "µs": Microsecond, "μs": Microsecond,
	"msec": Millisecond, "ms": Millisecond,
	"seconds": Second, "second": Second, "sec": Second, "s": Second,
	"minutes": Minute, "minute": Minute, "min": Minute, "m": Minute,
	"hours": Hour, "hour": Hour, "hr": Hour, "h": Hour,
	"days": Day, "day": Day, "d": Day,
	"weeks": Week, "week": Week, "w": Week,
	"months": Month, "month": Month, "M": Month,
	"years": Year, "year": Year, "y": Year,
}

// ParseSpan reads a time span; a term without a unit counts seconds. Spans that
// do not fit in 63 bits of microseconds (292,271 years) match [strconv.ErrRange].
func ParseSpan(s string) (Span, error) { return ParseSpanUnit(s, Second) }

// ParseSpanUnit is [ParseSpan] with another unit for terms that name none.
func ParseSpanUnit(s string, unit Span) (Span, error) {
	n, err := parseTerms(s, int64(unit), func(name string) int64 { return int64(spanNames[name]) })
	return Span(n), err
}

// ParseNanoseconds reads a time span in nanoseconds, as TimerSlackNSec= takes
// it: a term without a unit counts nanoseconds, and the units "nsec" and "ns"
// exist besides those of [ParseSpan]. "infinity" is [math.MaxInt64].
func ParseNanoseconds(s string) (int64, error) {
	return parseTerms(s, 1, func(name string) int64 {
		if name == "ns" || name == "nsec" {
			return 1
		}
		return 1000 * int64(spanNames[name])
	})
}

// parseTerms adds up the terms of a span, each a decimal number with an optional
// fraction and an optional unit. unit gives a unit's length, or 0 if there is
// no such unit. "infinity" is the largest value.
func parseTerms(s string, without int64, unit func(name string) int64) (int64, error) {
	rest := strings.Trim(s, whitespace)
	if rest == "infinity" {
		return math.MaxInt64, nil
	}
	if rest == "" {
		return 0, fmt.Errorf("time span %q is empty", s)
	}
	total := int64(0)
	for rest != "" {
		term := rest
		number, fraction, tail, ok := cutNumber(rest)
		if !ok {
			if n, _, _, ok := cutNumber(strings.TrimPrefix(rest, "-")); ok && n != "" {
				return 0, fmt.Errorf("time span %q is negative: %w", s, strconv.ErrRange)
			}
			return 0, fmt.Errorf("time span %q: expected a number at %q", s, term)
		}
		after := strings.TrimLeft(tail, whitespace)
		name := after[:len(after)-len(strings.TrimLeftFunc(after, unicode.IsLetter))]
		length := without
		if name != "" {
			if length = unit(name); length == 0 {
				return 0, fmt.Errorf("time span %q: unknown unit %q; units are us ms s min h d w month y", s, name)
			}
		} else if tail != "" && tail == after { // "1+2", "1.5.5"
			return 0, fmt.Errorf("time span %q: expected a unit at %q", s, after)
		}
		rest = strings.TrimLeft(after[len(name):], whitespace)

		n, err := strconv.ParseInt("0"+number, 10, 64)
		if err != nil || n > math.MaxInt64/length {
			return 0, outOfRange("time span", s)
		}
		n *= length
		// Each digit of the fraction is rounded down by itself, as systemd does,
		// so that the same text gives the same microsecond.
		for _, digit := range fraction {
			length /= 10
			part := int64(digit-'0') * length
			if n > math.MaxInt64-part {
				return 0, outOfRange("time span", s)
			}
			n += part
		}
		if total > math.MaxInt64-n {
			return 0, outOfRange("time span", s)
		}
		total += n
	}
	return total, nil
}

// cutNumber cuts "[+]DIGITS[.DIGITS]" from s. The digits before the point may be
// missing, but not those behind it.
func cutNumber(s string) (number, fraction, rest string, ok bool) {
	unsigned := strings.TrimPrefix(s, "+")
	number, rest = splitDigits(unsigned)
	if number == "" && unsigned != s {
		return "", "", s, false
	}
	if after, point := strings.CutPrefix(rest, "."); point {
		if fraction, rest = splitDigits(after); fraction == "" {
			return "", "", s, false
		}
	}
	if number == "" && fraction == "" {
		return "", "", s, false
	}
	return number, fraction, rest, true
}

// spanUnits are the units that spans are printed in, from the largest.
var spanUnits = []struct {
	name   string
	length Span
	digits int // decimal places of a microsecond in this unit
}{
	{"y", Year, 0}, {"month", Month, 0}, {"w", Week, 0}, {"d", Day, 0}, {"h", Hour, 0}, {"min", Minute, 0},
	{"s", Second, 6}, {"ms", Millisecond, 3}, {"us", Microsecond, 0},
}

// String prints the span as systemctl show does: "1min 30s", "1.500000s",
// "infinity", "0".
func (d Span) String() string { return d.Format(Microsecond) }

// Format prints the span as [Span.String] does, leaving out what is finer than
// accuracy, except that the first term is never left out.
func (d Span) Format(accuracy Span) string {
	if d == Infinity {
		return "infinity"
	}
	if d <= 0 {
		return "0"
	}
	var terms []string
	for _, u := range spanUnits {
		if d <= 0 || d < accuracy && len(terms) > 0 {
			break
		}
		if d < u.length {
			continue
		}
		whole, rest := d/u.length, d%u.length
		if digits := u.digits; rest > 0 && digits > 0 {
			// Below a minute the rest becomes decimals, as many as accuracy asks for.
			for a := accuracy; a > 1; a /= 10 {
				rest /= 10
				digits--
			}
			if digits > 0 {
				terms = append(terms, fmt.Sprintf("%d.%0*d%s", whole, digits, rest, u.name))
				break
			}
		}
		terms = append(terms, fmt.Sprintf("%d%s", whole, u.name))
		d %= u.length
	}
	return strings.Join(terms, " ")
}

// Duration returns the span as a [time.Duration], at most the longest there is
// (292 years), which stands for Infinity too.
func (d Span) Duration() time.Duration {
	if d > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return time.Duration(d) * time.Microsecond
}

// SpanOf returns a duration as a span, rounded down to microseconds.
func SpanOf(d time.Duration) Span { return Span(d / time.Microsecond) }
