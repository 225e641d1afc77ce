package ctl

import (
	"fmt"
	"strings"
)

// special are the characters for which a shell wants quotes.
const special = " \t\n\"\\`$*?['()<>|&;!"

// escapes are the control characters that have a letter of their own.
var escapes = map[byte]byte{'\a': 'a', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v'}

// shellQuoted quotes a value so that a shell reads it back, as show-environment
// prints it: $'…' where quotes are needed.
func shellQuoted(s string) string {
	if !strings.ContainsAny(s, special) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s
	}
	return "$'" + escaped(s, `\'`) + "'"
}

// assignmentQuoted quotes NAME=VALUE as the Environment property of the manager has it.
func assignmentQuoted(s string) string {
	if !strings.ContainsAny(s, special) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s
	}
	return `"` + escaped(s, "\"\\`$") + `"`
}

// escaped puts a backslash before each of the bytes in those, and writes control
// characters as C does.
func escaped(s, those string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case strings.IndexByte(those, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case escapes[c] != 0:
			b.WriteByte('\\')
			b.WriteByte(escapes[c])
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
