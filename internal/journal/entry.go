package journal

import (
	"encoding/binary"
	"errors"
	"time"
)

// A Source says who spoke.
type Source uint8

// The sources of entries.
const (
	Manager Source = iota // the manager's own event about a unit
	Stdout                // a line of the service's standard output
	Stderr                // a line of its standard error
)

var sourceNames = [...]string{"manager", "stdout", "stderr"}

// String returns "manager", "stdout" or "stderr".
func (s Source) String() string { return nameOf(sourceNames[:], int(s)) }

// A LineBreak says what ended a line.
type LineBreak uint8

// What can end a line. The names are those of journald's _LINE_BREAK= field.
const (
	Newline LineBreak = iota // a newline, which is not part of the message
	LineMax                  // the line was too long: it goes on in the next entry
	EOF                      // the stream ended without a newline
)

var breakNames = [...]string{"newline", "line-max", "eof"}

// String returns "newline", "line-max" or "eof".
func (b LineBreak) String() string { return nameOf(breakNames[:], int(b)) }

// MaxMessage is the length in bytes at which a line is split, as LineMax=48K of
// journald.conf(5), and the most of a message of the manager's own that is kept.
const MaxMessage = 48 << 10

// maxName bounds the length in bytes of unit, invocation and identifier each.
// Unit names have at most 255 bytes.
const maxName = 1024

// An Entry is one line of the log.
type Entry struct {
	Time       int64     // microseconds since 1970 UTC; 0 in Append: now
	Unit       string    // the unit that spoke or, for the manager, that is spoken about
	Invocation string    // its invocation id, 32 hex digits, or empty
	Identifier string    // SyslogIdentifier=: the name of the program
	PID        int       // the process, 0 if unknown
	Priority   Priority  // the zero value is Emerg: set it
	Facility   Facility  // SYSLOG_FACILITY
	Source     Source    // who spoke
	Break      LineBreak // how the line ended
	Message    []byte    // the line without its newline; any bytes
}

// When returns the time of the entry in the local time zone.
func (e *Entry) When() time.Time { return time.UnixMicro(e.Time) }

// appendEntry adds the payload of an entry to b. Names and messages beyond their
// bounds are cut: a frame must stay readable whatever it is fed.
func appendEntry(b []byte, e *Entry) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Time))
	lineBreak, message := e.Break, e.Message
	if len(message) > MaxMessage {
		message, lineBreak = message[:MaxMessage], LineMax
	}
	b = append(b, byte(e.Facility)<<3|byte(e.Priority&7), byte(e.Source), byte(lineBreak))
	b = binary.AppendUvarint(b, uint64(max(e.PID, 0)))
	b = appendName(b, e.Unit)
	b = appendName(b, e.Invocation)
	b = appendName(b, e.Identifier)
	return append(b, message...)
}

func appendName(b []byte, s string) []byte {
	s = s[:min(len(s), maxName)]
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

var errPayload = errors.New("entry is malformed")

// A decoder turns payloads back into entries. It keeps the names that it has seen,
// so that reading a million lines of ten units does not make a million strings.
type decoder struct {
	names map[string]string
}

// entry decodes a payload. The message is a part of b, not a copy.
func (d *decoder) entry(b []byte) (Entry, error) {
	if len(b) < 11 {
		return Entry{}, errPayload
	}
	e := Entry{
		Time:     int64(binary.LittleEndian.Uint64(b)),
		Priority: Priority(b[8] & 7),
		Facility: Facility(b[8] >> 3),
		Source:   Source(b[9]),
		Break:    LineBreak(b[10]),
	}
	pid, n := binary.Uvarint(b[11:])
	if n <= 0 || pid > 1<<31 {
		return Entry{}, errPayload
	}
	e.PID, b = int(pid), b[11+n:]
	for _, name := range []*string{&e.Unit, &e.Invocation, &e.Identifier} {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return Entry{}, errPayload
		}
		b = b[n:]
		*name, b = d.name(b[:length]), b[length:]
	}
	e.Message = b
	return e, nil
}

// maxNames bounds the memory of a reader of a journal with very many instances.
const maxNames = 4096

func (d *decoder) name(b []byte) string {
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	if d.names == nil || len(d.names) >= maxNames {
		d.names = make(map[string]string)
	}
	s := string(b)
	d.names[s] = s
	return s
}
