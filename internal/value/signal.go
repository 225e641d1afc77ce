package value

import (
	"fmt"
	"strconv"
	"strings"
)

// A Signal is a signal number; 0 is none.
type Signal int

// The realtime signals that programs may use. The kernel's begin at 32, but the
// C libraries keep the first two for themselves, and "RTMIN" means theirs.
const (
	sigRTMin Signal = 34
	sigRTMax Signal = 64
)

// signalNames is signal(7)'s table for all but MIPS, Alpha, SPARC and PA-RISC.
var signalNames = [...]string{
	1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1",
	11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 17: "CHLD", 18: "CONT", 19: "STOP",
	20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU", 25: "XFSZ", 26: "VTALRM", 27: "PROF", 28: "WINCH",
	29: "IO", 30: "PWR", 31: "SYS",
}

// ParseSignal reads a signal: a name with or without SIG, a number from 1 to 64,
// or a realtime signal such as RTMIN+3 or SIGRTMAX-1.
func ParseSignal(s string) (Signal, error) {
	if g, ok := signalByName(s); ok {
		return g, nil
	}
	if n, err := ParseUint(s, 32); err == nil && n >= 1 && n <= uint64(sigRTMax) {
		return Signal(n), nil
	}
	if upper := strings.ToUpper(s); upper != s {
		if _, ok := signalByName(upper); ok {
			return 0, fmt.Errorf("%q is not a signal; did you mean %s?", s, upper)
		}
	}
	return 0, fmt.Errorf("%q is not a signal: expected a name such as SIGTERM or a number from 1 to %d", s, int(sigRTMax))
}

func signalByName(s string) (Signal, bool) {
	name := strings.TrimPrefix(s, "SIG")
	for i, n := range signalNames {
		if n != "" && n == name {
			return Signal(i), true
		}
	}
	if n, ok := realtime(name, "RTMIN", "+"); ok {
		return sigRTMin + n, true
	}
	n, ok := realtime(name, "RTMAX", "-")
	return sigRTMax - n, ok
}

// realtime reads the n of "RTMIN+n" or "RTMAX-n"; the base alone is 0.
func realtime(s, base, sign string) (Signal, bool) {
	rest, ok := strings.CutPrefix(s, base)
	if !ok || rest == "" {
		return 0, ok
	}
	digits, ok := strings.CutPrefix(rest, sign)
	if !ok || digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	n, err := ParseUint(digits, 32)
	return Signal(n), err == nil && Signal(n) <= sigRTMax-sigRTMin
}

// Name returns the signal's name without SIG ("TERM", "RTMIN+3"), its number if
// it has none.
func (g Signal) Name() string {
	switch {
	case g > 0 && int(g) < len(signalNames):
		return signalNames[g]
	case g >= sigRTMin && g <= sigRTMax:
		return fmt.Sprintf("RTMIN+%d", g-sigRTMin)
	}
	return strconv.Itoa(int(g))
}

// String returns the signal's name ("SIGTERM", "SIGRTMIN+3"), its number if it
// has none. Note that systemctl show prints signals as numbers.
func (g Signal) String() string {
	name := g.Name()
	if name[0] < 'A' {
		return name
	}
	return "SIG" + name
}
