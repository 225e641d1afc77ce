package ctl

import "wakesock/internal/unit"

// shellQuoted quotes a value so that a shell reads it back, as show-environment
// prints it: $'…' where quotes are needed.
func shellQuoted(s string) string {
	if !unit.NeedsQuotes(s) {
		return s
	}
	return "$'" + unit.EscapeC(s, `\'`) + "'"
}
