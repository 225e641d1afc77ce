package journal

import (
	"fmt"
	"strconv"
	"strings"
)

// A Priority is a syslog level: 0 the most important, 7 the least.
type Priority uint8

// The priorities of syslog(3).
const (
	Emerg Priority = iota
	Alert
	Crit
	Err
	Warning
	Notice
	Info
	Debug
)

var priorityNames = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// String returns the name that systemd uses, "err" for 3.
func (p Priority) String() string { return nameOf(priorityNames[:], int(p)) }

// ParsePriority reads a level as SyslogLevel= and LogLevelMax= have it: a name or
// a number from 0 to 7.
func ParsePriority(s string) (Priority, error) {
	n, ok := lookUp(priorityNames[:], s)
	if !ok {
		return 0, fmt.Errorf("unknown log level %q: it is a number from 0 to 7 or one of %s",
			s, strings.Join(priorityNames[:], ", "))
	}
	return Priority(n), nil
}

// A PrioritySet is a set of priorities, a bit for each. The empty set stands for
// all of them wherever this package asks for one.
type PrioritySet uint8

// UpTo is the set of p and all that is more important: what LogLevelMax=p keeps.
func UpTo(p Priority) PrioritySet { return PrioritySet(1<<(p+1) - 1) }

// Has reports whether entries of priority p are meant.
func (s PrioritySet) Has(p Priority) bool { return s == 0 || s&(1<<p) != 0 }

// ParsePriorities reads what journalctl's -p takes: one level, which means it and
// all that are more important, or a range FROM..TO in either order.
func ParsePriorities(s string) (PrioritySet, error) {
	from, to, isRange := strings.Cut(s, "..")
	p, err := ParsePriority(from)
	if err != nil {
		return 0, err
	}
	if !isRange {
		return UpTo(p), nil
	}
	q, err := ParsePriority(to)
	if err != nil {
		return 0, err
	}
	if p > q {
		p, q = q, p
	}
	return UpTo(q) &^ (UpTo(p) >> 1), nil
}

// A Facility is a syslog facility, 0 to 23.
type Facility uint8

// The facilities that are used here. Daemon is the default of SyslogFacility=.
const (
	Kern   Facility = 0
	User   Facility = 1
	Daemon Facility = 3
)

// The two gaps (12 to 15) have no name that systemd accepts.
var facilityNames = [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
	"authpriv", "ftp", "", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// String returns the name that systemd uses, or the number where there is none.
func (f Facility) String() string { return nameOf(facilityNames[:], int(f)) }

// ParseFacility reads a facility as SyslogFacility= has it: a name or a number
// from 0 to 23.
func ParseFacility(s string) (Facility, error) {
	n, ok := lookUp(facilityNames[:], s)
	if !ok {
		return 0, fmt.Errorf("unknown log facility %q: it is a number from 0 to 23 or a name such as daemon, user, local0", s)
	}
	return Facility(n), nil
}

func nameOf(names []string, n int) string {
	if n < len(names) && names[n] != "" {
		return names[n]
	}
	return strconv.Itoa(n)
}

func lookUp(names []string, s string) (int, bool) {
	for i, name := range names {
		if name != "" && s == name {
			return i, true
		}
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err == nil && int(n) < len(names)
}

// cutPriority takes a prefix "<N>" of sd-daemon(3) off a line. Up to three digits
// are read, as systemd does, but only the values 0 to 7 are a level.
func cutPriority(line []byte) (Priority, []byte, bool) {
	if len(line) < 3 || line[0] != '<' {
		return 0, line, false
	}
	n := 0
	for i := 1; i < len(line) && i <= 4; i++ {
		switch c := line[i]; {
		case c >= '0' && c <= '9' && i < 4:
			n = n*10 + int(c-'0')
		case c == '>' && i > 1 && n <= 7:
			return Priority(n), line[i+1:], true
		default:
			return 0, line, false
		}
	}
	return 0, line, false
}
