package value

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// cutSteps takes a component from the head of the text: '*' (an empty list), or
// values, ranges and repetitions separated by commas. unit is what a whole
// number counts; above 1 there may be decimals.
func cutSteps(s string, unit int) (steps []step, rest string, err error) {
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		return nil, rest, nil
	}
	for text := s; ; {
		var p step
		if p, rest, err = cutStep(text, unit); err != nil {
			return nil, "", err
		}
		if steps = append(steps, p); len(steps) > maxSteps {
			return nil, "", fmt.Errorf("more than %d values in a component", maxSteps)
		}
		switch {
		case rest == "" || strings.ContainsRune(" -~:", rune(rest[0])):
			return steps, rest, nil
		case rest[0] != ',':
			return nil, "", fmt.Errorf("unexpected %q", rest)
		}
		text = rest[1:]
	}
}

// cutStep takes START[..STOP][/EVERY] from the head of the text.
func cutStep(s string, unit int) (p step, rest string, err error) {
	p.stop = -1
	if p.start, rest, err = cutDecimal(s, unit); err != nil {
		return p, "", err
	}
	after, isRange := strings.CutPrefix(rest, "..")
	if isRange {
		if p.stop, rest, err = cutDecimal(after, unit); err != nil {
			return p, "", err
		}
		p.every = unit
	}
	if after, ok := strings.CutPrefix(rest, "/"); ok {
		if p.every, rest, err = cutDecimal(after, unit); err != nil {
			return p, "", err
		}
		if p.every == 0 {
			return p, "", fmt.Errorf("%q repeats by nothing: %w", s, strconv.ErrRange)
		}
	} else if isRange && unit > 1 && p.start+unit > p.stop {
		return p, "", fmt.Errorf("%q is a range of less than a second", s)
	}
	return p, rest, nil
}

// cutDecimal takes a number from the head of the text, where unit is above 1
// with up to six decimals; further ones round the last.
func cutDecimal(s string, unit int) (n int, rest string, err error) {
	digits, rest := splitDigits(s)
	if digits == "" {
		return 0, "", fmt.Errorf("expected a number or '*' at %q", s)
	}
	n64, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, "", outOfRange("number", digits)
	}
	n = int(n64)
	if unit == 1 {
		return n, rest, nil
	}
	if n > math.MaxInt/unit-1 {
		return 0, "", outOfRange("number", digits)
	}
	n *= unit
	if after, ok := strings.CutPrefix(rest, "."); ok && !strings.HasPrefix(after, ".") {
		var micros int
		if micros, rest, ok = cutMicros(after); !ok {
			return 0, "", fmt.Errorf("expected decimals at %q", after)
		}
		n += micros
	}
	return n, rest, nil
}

// cutMicros takes the decimals of a second from the head of the text and rounds
// them to microseconds.
func cutMicros(s string) (micros int, rest string, ok bool) {
	digits, rest := splitDigits(s)
	if digits == "" {
		return 0, s, false
	}
	micros, _ = strconv.Atoi((digits + "000000")[:6])
	if len(digits) > 6 && digits[6] >= '5' {
		micros++
	}
	return micros, rest, true
}

// settle checks a component's bounds and brings it into its normal form: ranges
// end on a value that they reach, those that reach but one are single values,
// and the list is sorted without duplicates.
func settle(name string, steps []step, low, high int, fromEnd bool) ([]step, error) {
	for i := range steps {
		p := &steps[i]
		if p.stop >= 0 {
			if p.start > p.stop {
				return nil, fmt.Errorf("a range of %ss runs backwards", name)
			}
			p.stop -= (p.stop - p.start) % p.every
			if p.stop == p.start {
				p.stop, p.every = -1, 0
			}
		}
		if p.start < low || max(p.start, p.stop) > high {
			return nil, fmt.Errorf("a %s is out of bounds: %w", name, strconv.ErrRange)
		}
		room := high - p.start
		if fromEnd {
			room = p.start - low
		}
		if p.stop < 0 && p.every > room {
			return nil, fmt.Errorf("a %s never repeats: the step is too long: %w", name, strconv.ErrRange)
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(a.start-b.start, a.stop-b.stop, a.every-b.every)
	})
	return slices.Compact(steps), nil
}
