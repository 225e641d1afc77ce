package ctl

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"wakesock/internal/value"
)

// Timespan prints each time span in microseconds and in its normalised form, as
// systemd-analyze timespan does. It stops at the first span that it cannot read,
// complains to errs and returns false.
func Timespan(w, errs io.Writer, spans []string) (ok bool) {
	for i, text := range spans {
		d, err := value.ParseSpan(text)
		if err != nil {
			fmt.Fprintf(errs, "wakesock: error: %v\n", err)
			hintAt(errs, text, time.Now(), "timespan")
			return false
		}
		micros := uint64(d)
		if d == value.Infinity {
			micros = math.MaxUint64 // as systemd counts it
		}
		fmt.Fprintf(w, "Original: %s\n      μs: %d\n   Human: %s\n", strings.TrimRight(text, " \t\n"), micros, d)
		if i+1 < len(spans) {
			fmt.Fprintln(w)
		}
	}
	return true
}
