package journal

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Format is a way to print entries, named as journalctl's -o names it.
type Format uint8

// The formats.
const (
	Short           Format = iota // Nov 22 18:52:06 host name[pid]: message
	ShortPrecise                  // with microseconds
	ShortISO                      // 2026-11-22T18:52:06+0100
	ShortISOPrecise               // 2026-11-22T18:52:06.123456+0100
	ShortFull                     // Sun 2026-11-22 18:52:06 CET: as --since takes it
	ShortUnix                     // seconds since 1970, with microseconds
	WithUnit                      // as ShortFull, with the name of the unit that spoke, not the program's
	JSON                          // an object per line
	Export                        // the journal export format of systemd
	Cat                           // the message alone
)

var formats = [...]struct {
	name     string
	layout   string // of time.Format, if it is for that
	fraction bool   // the layout has fractions of a second
}{
	Short:           {"short", shortTime, false},
	ShortPrecise:    {"short-precise", shortTime + ".000000", true},
	ShortISO:        {"short-iso", "2006-01-02T15:04:05-0700", false},
	ShortISOPrecise: {"short-iso-precise", "2006-01-02T15:04:05.000000-0700", true},
	ShortFull:       {"short-full", "Mon 2006-01-02 15:04:05 MST", false},
	ShortUnix:       {"short-unix", "", true},
	WithUnit:        {"with-unit", "Mon 2006-01-02 15:04:05 MST", false},
	JSON:            {"json", "", false},
	Export:          {"export", "", false},
	Cat:             {"cat", "", false},
}

// String returns the name, as journalctl spells it.
func (f Format) String() string { return formats[f].name }

// Formats returns the names of all formats, for help and completion.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ParseFormat reads the argument of -o.
func ParseFormat(s string) (Format, error) {
	for i, f := range formats {
		if f.name == s {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("unknown output format %q: it is one of %s", s, strings.Join(Formats(), ", "))
}

// A Printer turns entries into one of the formats. It may not be used by two
// goroutines at once.
type Printer struct {
	Format   Format
	Host     string         // shown by the short formats, if any
	Terminal bool           // escape what could steer a terminal, in the formats for people
	Location *time.Location // of the times shown; nil: the local one

	stamp stamp
}

// Append adds the text of an entry to b, with its last newline.
func (p *Printer) Append(b []byte, e *Entry) []byte {
	switch p.Format {
	case JSON:
		return appendJSON(b, e, p.Host)
	case Export:
		return appendExport(b, e, p.Host)
	case Cat:
		return append(p.message(b, e.Message, 0), '\n')
	case Short, ShortPrecise, ShortISO, ShortISOPrecise, ShortFull, ShortUnix, WithUnit:
		return p.short(b, e)
	}
	return b
}

func (p *Printer) short(b []byte, e *Entry) []byte {
	start := len(b)
	b = p.time(b, e)
	if p.Host != "" {
		b = append(b, ' ')
		b = p.text(b, p.Host)
	}
	name := e.Identifier
	if e.Unit != "" && (name == "" || p.Format == WithUnit && e.Source != Manager) {
		name = e.Unit
	}
	if name == "" {
		name = "unknown"
	}
	b = append(b, ' ')
	b = p.text(b, name)
	b = appendPID(b, e.PID)
	b = append(b, ": "...)
	b = p.message(b, e.Message, len(b)-start)
	return append(b, '\n')
}

func (p *Printer) time(b []byte, e *Entry) []byte {
	t := e.When()
	if p.Location != nil {
		t = t.In(p.Location)
	}
	f := formats[p.Format]
	if p.Format == ShortUnix {
		b = strconv.AppendInt(b, e.Time/1e6, 10)
		return fmt.Appendf(b, ".%06d", e.Time%1e6)
	}
	if f.fraction {
		return t.AppendFormat(b, f.layout)
	}
	return p.stamp.append(b, t, f.layout)
}

func (p *Printer) text(b []byte, s string) []byte {
	if p.Terminal {
		return appendEscaped(b, s)
	}
	return append(b, s...)
}

// message adds a message. Further lines of one, which only the manager's own
// entries have, are indented to stand below the first.
func (p *Printer) message(b, message []byte, indent int) []byte {
	for first := true; ; first = false {
		if !first {
			b = append(b, '\n')
			b = append(b, bytes.Repeat([]byte{' '}, indent)...)
		}
		line, rest, more := bytes.Cut(message, []byte{'\n'})
		if p.Terminal {
			b = appendEscaped(b, trimLine(line))
		} else {
			b = append(b, line...)
		}
		if !more {
			return b
		}
		message = rest
	}
}
