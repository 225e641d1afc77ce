package notify

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wakesock/internal/value"
)

// MaxMessage is how long a datagram may be, in bytes; that is what systemd allows.
const MaxMessage = 4096

// MaxName is how long the name of kept descriptors may be.
const MaxName = 255

// A Message is a datagram's text: the notice, and what was wrong with it. Wrong
// fields are left out.
type Message struct {
	value.Notice
	Problems []string
	fields   int
}

// fields are the words of sd_notify(3) and how each is read. An unknown word is no
// problem: programs send their own.
var fields = map[string]func(m *Message, v string) error{
	"READY":     func(m *Message, v string) error { return m.state(v, &m.Ready, value.NoticeReady) },
	"RELOADING": func(m *Message, v string) error { return m.state(v, &m.Reloading, value.NoticeReloading) },
	"STOPPING":  func(m *Message, v string) error { return m.state(v, &m.Stopping, value.NoticeStopping) },
	"MONOTONIC_USEC": func(m *Message, v string) (err error) {
		m.Monotonic, err = number(v)
		return err
	},
	"STATUS": func(m *Message, v string) error {
		if !utf8.ValidString(v) {
			return fmt.Errorf("it is not valid UTF-8")
		}
		m.HasStatus, m.Status = true, v
		return nil
	},
	"ERRNO": func(m *Message, v string) error {
		n, err := strconv.ParseUint(v, 10, 12) // up to 4095, the kernel's last
		if err == nil {
			m.Errno = int(n)
		}
		return err
	},
	"BUSERROR": func(m *Message, v string) error {
		if v == "" || len(v) > MaxName || strings.IndexFunc(v, func(r rune) bool { return r != '.' && r != '_' && !alphanumeric(r) }) >= 0 {
			return fmt.Errorf("it is not the name of a bus error")
		}
		m.BusError = v
		return nil
	},
	"MAINPID": func(m *Message, v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err == nil && n <= 0 {
			err = fmt.Errorf("it is not the number of a process")
		}
		if err == nil {
			m.MainPID = int(n)
		}
		return err
	},
	"MAINPIDFDID": func(m *Message, v string) (err error) {
		m.MainPIDFDID, err = number(v)
		return err
	},
	"NOTIFYACCESS": func(m *Message, v string) error {
		switch v {
		case "none", "main", "exec", "all":
			m.Access = v
			return nil
		}
		return fmt.Errorf("it is none of none, main, exec and all")
	},
	"WATCHDOG": func(m *Message, v string) error {
		switch v {
		case "1":
			m.Alive = true
		case "trigger":
			m.Trigger = true
		default:
			return fmt.Errorf("it is neither 1 nor trigger")
		}
		return nil
	},
	"WATCHDOG_USEC": func(m *Message, v string) (err error) {
		m.Watchdog, err = micros(v)
		m.HasWatchdog = err == nil
		return err
	},
	"EXTEND_TIMEOUT_USEC": func(m *Message, v string) (err error) {
		m.Extend, err = micros(v)
		return err
	},
	"FDSTORE":       func(m *Message, v string) error { return one(v, &m.Store) },
	"FDSTOREREMOVE": func(m *Message, v string) error { return one(v, &m.Unstore) },
	"FDNAME": func(m *Message, v string) error {
		if !validName(v) {
			return fmt.Errorf("it is no name for a descriptor: up to %d printable ASCII characters without a colon", MaxName)
		}
		m.FDName = v
		return nil
	},
	"FDPOLL": func(m *Message, v string) error {
		switch v {
		case "0", "no", "false", "off", "n", "f":
			m.NoPoll = true
		case "1", "yes", "true", "on", "y", "t":
			m.NoPoll = false
		default:
			return fmt.Errorf("it is neither yes nor no")
		}
		return nil
	},
	"BARRIER": func(m *Message, v string) error { return one(v, &m.Barrier) },
}

// Parse reads a datagram's text: lines of NAME=VALUE. It never fails; of a field
// that comes twice the last counts.
func Parse(text []byte) *Message {
	m := &Message{}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, v, ok := strings.Cut(strings.TrimSuffix(line, "\x00"), "=")
		if !ok {
			continue
		}
		m.fields++
		read := fields[name]
		if read == nil {
			continue
		}
		if err := read(m, v); err != nil {
			if len(v) > 40 {
				v = v[:40] + "…"
			}
			m.Problems = append(m.Problems, fmt.Sprintf("%s=%q in a notification: %v", name, v, plain(err)))
		}
	}
	if m.Barrier && m.fields > 1 {
		m.Notice = value.Notice{Barrier: true}
		m.Problems = append(m.Problems, "BARRIER=1 comes with other fields, which are ignored")
	}
	if m.MainPID == 0 {
		m.MainPIDFDID = 0
	}
	return m
}

// Empty tells whether the message says nothing that is understood.
func (m *Message) Empty() bool { return m.Notice == value.Notice{} }

func (m *Message) state(v string, to *bool, s value.NoticeState) error {
	if err := one(v, to); err != nil {
		return err
	}
	m.Last = s
	return nil
}

// one reads a field whose only value is 1.
func one(v string, to *bool) error {
	if v != "1" {
		return fmt.Errorf("it is not 1")
	}
	*to = true
	return nil
}

// number reads a number; what is none is 0.
func number(v string) (uint64, error) {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, err
	}
	return n, nil
}

// micros reads a number of microseconds.
func micros(v string) (value.Span, error) {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, err
	}
	if n >= uint64(value.Infinity) {
		return value.Infinity, nil
	}
	return value.Span(n), nil
}

func validName(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ':' {
			return false
		}
	}
	return true
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// plain is an error without the name of the function that had it.
func plain(err error) error {
	if e, ok := err.(*strconv.NumError); ok {
		return e.Err
	}
	return err
}
