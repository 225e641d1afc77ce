package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// A field is one of an entry's, named as systemd.journal-fields(7) names it.
type field struct {
	name  string
	value func(*Entry) []byte // empty: the entry has no such field
}

// The fields in the order of printing. An entry of the manager's own is about a
// unit, not from it: its unit and invocation have the names that systemd gives
// them there. WAKESOCK_SOURCE tells standard output from standard error, which
// journald does not.
var fields = []field{
	{"__REALTIME_TIMESTAMP", func(e *Entry) []byte { return strconv.AppendInt(nil, e.Time, 10) }},
	{"_TRANSPORT", func(e *Entry) []byte { return []byte(of(e, "journal", "stdout")) }},
	{"PRIORITY", func(e *Entry) []byte { return strconv.AppendInt(nil, int64(e.Priority), 10) }},
	{"SYSLOG_FACILITY", func(e *Entry) []byte { return strconv.AppendInt(nil, int64(e.Facility), 10) }},
	{"SYSLOG_IDENTIFIER", func(e *Entry) []byte { return []byte(e.Identifier) }},
	{"_PID", func(e *Entry) []byte {
		if e.PID == 0 {
			return nil
		}
		return strconv.AppendInt(nil, int64(e.PID), 10)
	}},
	{"_SYSTEMD_UNIT", func(e *Entry) []byte { return []byte(of(e, "", e.Unit)) }},
	{"UNIT", func(e *Entry) []byte { return []byte(of(e, e.Unit, "")) }},
	{"_SYSTEMD_INVOCATION_ID", func(e *Entry) []byte { return []byte(of(e, "", e.Invocation)) }},
	{"INVOCATION_ID", func(e *Entry) []byte { return []byte(of(e, e.Invocation, "")) }},
	{"WAKESOCK_SOURCE", func(e *Entry) []byte { return []byte(e.Source.String()) }},
	{"_LINE_BREAK", func(e *Entry) []byte {
		if e.Break == Newline {
			return nil
		}
		return []byte(e.Break.String())
	}},
	{"MESSAGE", func(e *Entry) []byte { return e.Message }},
}

// of chooses between what is for the manager's entries and what is for services'.
func of(e *Entry, manager, service string) string {
	if e.Source == Manager {
		return manager
	}
	return service
}

// eachField calls f for each field that an entry has.
func eachField(e *Entry, host string, f func(name string, value []byte)) {
	for _, field := range fields {
		if v := field.value(e); len(v) > 0 || field.name == "MESSAGE" {
			f(field.name, v)
		}
		if field.name == "_TRANSPORT" && host != "" {
			f("_HOSTNAME", []byte(host))
		}
	}
}

// appendJSON adds an entry as journalctl -o json does: an object of strings on one
// line, but values with bytes that are not printable UTF-8 as arrays of numbers.
func appendJSON(b []byte, e *Entry, host string) []byte {
	sep := byte('{')
	eachField(e, host, func(name string, value []byte) {
		b = append(b, sep, '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		b = appendJSONValue(b, value)
		sep = ','
	})
	return append(b, '}', '\n')
}

func appendJSONValue(b, value []byte) []byte {
	if printable(value) {
		s, err := json.Marshal(string(value))
		if err == nil {
			return append(b, s...)
		}
	}
	sep := byte('[')
	for _, c := range value {
		b = append(b, sep)
		b = strconv.AppendUint(b, uint64(c), 10)
		sep = ','
	}
	return append(b, ']')
}

// appendExport adds an entry in the journal export format: "NAME=value" lines and
// an empty line, or for a value that is not plain text its name, its length in 8
// bytes and the bytes. systemd-journal-remote reads it.
func appendExport(b []byte, e *Entry, host string) []byte {
	eachField(e, host, func(name string, value []byte) {
		b = append(b, name...)
		if utf8.Valid(value) && !bytes.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' }) {
			b = append(b, '=')
		} else {
			b = append(b, '\n')
			b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
		}
		b = append(b, value...)
		b = append(b, '\n')
	})
	return append(b, '\n')
}
