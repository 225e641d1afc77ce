package journal

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// shortTime is the time of syslog, as journalctl prints it.
const shortTime = "Jan 02 15:04:05"

// A stamp prints times of one layout without fractions of a second; it keeps the
// last one, for most lines of a log share their second with the line before.
type stamp struct {
	second int64
	text   []byte
}

func (s *stamp) append(b []byte, t time.Time, layout string) []byte {
	if u := t.Unix(); u != s.second || s.text == nil {
		s.second, s.text = u, t.AppendFormat(s.text[:0], layout)
	}
	return append(b, s.text...)
}

func appendPID(b []byte, pid int) []byte {
	if pid == 0 {
		return b
	}
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(pid), 10)
	return append(b, ']')
}

// isControl tells the characters that can steer a terminal: C0 but for the tab,
// DEL and C1.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 }

// printable reports whether text is UTF-8 without control characters but for tab and
// newline: what journalctl prints as a string.
func printable(text []byte) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || isControl(r) && r != '\n' {
			return false
		}
		i += n
	}
	return true
}

// trimLine takes off what cannot be seen at the end of a line, such as the carriage
// return of services that speak a network protocol.
func trimLine(line []byte) []byte { return bytes.TrimRight(line, " \t\r") }

// appendEscaped adds text with control characters and bytes that are not UTF-8 as
// escapes of C: \n, \x1b, \xff.
func appendEscaped[T string | []byte](b []byte, text T) []byte {
	const hex = "0123456789abcdef"
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f || c == '\t' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(text[i:min(len(text), i+utf8.UTFMax)]))
		if !isControl(r) && !(r == utf8.RuneError && n == 1) {
			i += n
			continue
		}
		b = append(b, text[start:i]...)
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		default:
			for _, c := range []byte(text[i : i+n]) {
				b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
			}
		}
		i += n
		start = i
	}
	return append(b, text[start:]...)
}
