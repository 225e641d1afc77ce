package unit

// Escaping of strings for unit names, systemd.unit(5) "STRING ESCAPING FOR
// INCLUSION IN UNIT NAMES".

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Escape makes any string fit for a part of a unit name: '/' becomes '-', and
// what is not a letter, digit, ':', '_' or '.' (a leading '.', too) becomes \xNN.
func Escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/':
			b.WriteByte('-')
		case c == '.' && i == 0, c == '-', c == '\\', !isNameByte(c):
			escapeByte(&b, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func escapeByte(b *strings.Builder, c byte) {
	const hex = "0123456789abcdef"
	b.WriteString(`\x`)
	b.WriteByte(hex[c>>4])
	b.WriteByte(hex[c&15])
}

// Unescape is the reverse of Escape.
func Unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '-':
			b.WriteByte('/')
		case '\\':
			if len(s) < i+4 || s[i+1] != 'x' {
				return "", fmt.Errorf(`unescape %q: a backslash must begin \xNN`, s)
			}
			v, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", fmt.Errorf(`unescape %q: %q is no hexadecimal number`, s, s[i+2:i+4])
			}
			if v == 0 {
				return "", fmt.Errorf(`unescape %q: \x00 cannot be part of a string`, s)
			}
			b.WriteByte(byte(v))
			i += 3
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

var errNotNormal = errors.New(`path holds "." or ".."`)

// EscapePath escapes a file system path: duplicate and outer slashes are
// dropped, and the root directory is "-".
func EscapePath(path string) (string, error) {
	s := strings.Trim(simplifyPath(path), "/")
	if s == "" {
		return "-", nil
	}
	if !isNormal(s) {
		return "", fmt.Errorf("escape path %q: %w", path, errNotNormal)
	}
	return Escape(s), nil
}

// UnescapePath is the reverse of EscapePath; its result is absolute.
func UnescapePath(s string) (string, error) {
	if s == "-" {
		return "/", nil
	}
	p, err := Unescape(s)
	if err != nil {
		return "", err
	}
	if p == "" || strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/") || strings.Contains(p, "//") || !isNormal(p) {
		return "", fmt.Errorf("unescape %q: %q is no normalized path", s, p)
	}
	return "/" + p, nil
}

// simplifyPath drops duplicate and trailing slashes and "." components, but
// keeps "..", as systemd does with paths from unit files.
func simplifyPath(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "./") &&
		!strings.HasSuffix(path, "/") && !strings.HasSuffix(path, "/.") {
		return path
	}
	var parts []string
	for p := range strings.SplitSeq(path, "/") {
		if p != "" && p != "." {
			parts = append(parts, p)
		}
	}
	s := strings.Join(parts, "/")
	if strings.HasPrefix(path, "/") {
		return "/" + s
	}
	return s
}

// isNormal reports whether no component of path is "." or "..".
func isNormal(path string) bool {
	for p := range strings.SplitSeq(path, "/") {
		if p == "." || p == ".." {
			return false
		}
	}
	return true
}

// Mangle makes a unit name of what a person typed: a valid name is kept, a path
// below /dev or /sys becomes a device, another absolute path a mount, and
// anything else has the characters escaped that no name can hold and the type
// appended if it lacks one.
func Mangle(s string, t Type) (Name, error) {
	if n, err := ParseName(s); err == nil {
		return n, nil
	}
	if strings.HasPrefix(s, "/") {
		kind := TypeMount
		if strings.HasPrefix(s, "/dev/") && s != "/dev/" || strings.HasPrefix(s, "/sys/") && s != "/sys/" {
			kind = TypeDevice
		}
		if e, err := EscapePath(s); err == nil {
			return ParseName(e + "." + string(kind))
		}
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/':
			b.WriteByte('-')
		case c == '@', isNameByte(c):
			b.WriteByte(c)
		default:
			escapeByte(&b, c)
		}
	}
	if s == "" {
		return "", errors.New("unit name is empty")
	}
	if n, err := ParseName(b.String()); err == nil {
		return n, nil
	}
	return ParseName(b.String() + "." + string(t))
}
