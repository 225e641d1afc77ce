package process

import (
	"strings"
	"unicode/utf8"
)

// parseEnvironmentFile reads the assignments of an EnvironmentFile=, by the
// rules of systemd.exec(5): a shell's quoting, without its expansions. What is
// no assignment to a valid name is left out.
func parseEnvironmentFile(s string) []string {
	s = strings.TrimPrefix(s, "\uFEFF")
	var all []string
	for s != "" {
		c := s[0]
		switch {
		case isBlank(c) || isNewline(c):
			s = s[1:]
			continue
		case c == '#' || c == ';':
			s = skipComment(s)
			continue
		}
		end := 1 + strings.IndexAny(s[1:], "=\n\r") // a '=' in front begins a name, if no valid one
		if end < 1 {
			break
		}
		if s[end] != '=' {
			s = s[end:]
			continue
		}
		key := strings.TrimRight(s[:end], " \t")
		var value string
		value, s = environmentValue(s[end+1:])
		if validName(key) && validValue(value) {
			all = append(all, key+"="+value)
		}
	}
	return all
}

// skipComment drops a comment; a backslash takes the next character into it.
func skipComment(s string) string {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case isNewline(s[i]):
			return s[i:]
		}
	}
	return ""
}

// environmentValue reads a value up to the end of its line and returns what follows.
func environmentValue(s string) (value, rest string) {
	var b []byte
	keep := 0 // length of b that trailing white space is not trimmed from
	fresh := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isNewline(c):
			return string(trimTail(b, keep)), s[i:]
		case fresh && isBlank(c): // before the value, and after a quoted piece
		case fresh && c == '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return string(b) + s[i+1:], ""
			}
			b = append(b, s[i+1:i+1+end]...)
			keep = len(b)
			i += end + 1
		case fresh && c == '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] != '\\' || i+1 == len(s) {
					b = append(b, s[i])
					continue
				}
				i++
				switch s[i] {
				case '"', '\\', '`', '$':
					b = append(b, s[i])
				case '\n':
				default:
					b = append(b, '\\', s[i])
				}
			}
			keep = len(b)
		case c == '\\':
			fresh = false
			if i++; i < len(s) && !isNewline(s[i]) {
				b = append(b, s[i])
			}
			keep = len(b) // white space in front of it stays, too
		default:
			fresh = false
			b = append(b, c)
		}
	}
	return string(trimTail(b, keep)), ""
}

// trimTail drops white space from the end of b, down to keep bytes.
func trimTail(b []byte, keep int) []byte {
	for len(b) > keep && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool   { return c == ' ' || c == '\t' }
func isNewline(c byte) bool { return c == '\n' || c == '\r' }

// validName says whether s is a name that systemd lets a variable have.
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// validValue says whether s can stand in an environment block.
func validValue(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
