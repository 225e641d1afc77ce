package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// whitespace is what systemd skips between the parts of a value.
const whitespace = " \t\n\r"

// ParseUint reads an unsigned number of at most bits bits the way unit files
// write them: decimal, or with a prefix 0x, 0o, 0b, or octal with a leading 0;
// leading white space and one '+' are allowed. A number that does not fit
// matches [strconv.ErrRange].
func ParseUint(s string, bits int) (uint64, error) {
	digits, negative := strings.CutPrefix(strings.TrimLeft(s, whitespace), "-")
	if negative {
		if _, err := strconv.ParseUint(digits, 0, 64); err == nil {
			return 0, outOfRange("number", s)
		}
		return 0, notNumber(s)
	}
	digits = strings.TrimPrefix(digits, "+")
	if strings.ContainsAny(digits, "_+-") { // Go's underscores are not systemd's
		return 0, notNumber(s)
	}
	n, err := strconv.ParseUint(digits, 0, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, outOfRange("number", s)
	case err != nil:
		return 0, notNumber(s)
	}
	return n, nil
}

// ParseInt is [ParseUint] for numbers that may be negative.
func ParseInt(s string, bits int) (int64, error) {
	digits := strings.TrimLeft(s, whitespace)
	if strings.Contains(digits, "_") {
		return 0, notNumber(s)
	}
	n, err := strconv.ParseInt(digits, 0, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, outOfRange("number", s)
	case err != nil:
		return 0, notNumber(s)
	}
	return n, nil
}

func notNumber(s string) error { return fmt.Errorf("%q is not a number", s) }

// outOfRange names the kind and quotes the text; it matches strconv.ErrRange,
// so that callers can tell "too large" from "not understood".
func outOfRange(kind, s string) error {
	return fmt.Errorf("%s %q: %w", kind, s, strconv.ErrRange)
}

// splitDigits cuts s behind its leading decimal digits.
func splitDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}
