package condition

// Comparisons of versions, as systemd.unit(5) has them: an operator and what to
// compare with, or a shell pattern.

import (
	"path"
	"strings"
)

// operator splits "NAME OP VALUE"; op is "" if there is none.
func operator(s string) (name, op, rest string) {
	at := len(s)
	for _, o := range []string{"!$=", "$=", "<=", ">=", "!=", "<>", "==", "<", ">", "="} {
		if i := strings.Index(s, o); i >= 0 && (i < at || i == at && len(o) > len(op)) {
			at, op = i, o
		}
	}
	if op == "" {
		return s, "", ""
	}
	return strings.TrimSpace(s[:at]), op, strings.TrimSpace(s[at+len(op):])
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// ordered tells whether an operator is true of an order.
func ordered(op string, n int) bool {
	switch op {
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case ">=":
		return n >= 0
	case "!=", "<>":
		return n != 0
	}
	return n == 0
}

// compare compares two versions, or for = and != two texts, the second of which
// may be a pattern with $=.
func compare(op, have, want string) bool {
	switch op {
	case "=":
		return have == want
	case "!=":
		return have != want
	case "$=", "!$=":
		ok, err := path.Match(want, have)
		return err == nil && ok == (op == "$=")
	}
	return ordered(op, versionOrder(have, want))
}

// versions tells whether a version is as every word of a list says.
func versions(have, list string) bool {
	all := words(list)
	for i := 0; i < len(all); i++ {
		_, op, want := operator(all[i])
		if op != "" && want == "" && i+1 < len(all) { // "> 5.0"
			i++
			want = all[i]
		}
		if op == "" || !strings.HasPrefix(all[i], op) && want != all[i] {
			if ok, err := path.Match(all[i], have); err != nil || !ok {
				return false
			}
			continue
		}
		if !ordered(op, versionOrder(have, want)) {
			return false
		}
	}
	return len(all) > 0
}

// words splits at white space outside of quotes, which it removes.
func words(s string) []string {
	var all []string
	var b strings.Builder
	quote, in := byte(0), false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if in {
				all = append(all, b.String())
				b.Reset()
				in = false
			}
		default:
			in = true
			b.WriteByte(c)
		}
	}
	if in {
		all = append(all, b.String())
	}
	return all
}

// versionOrder compares versions by the rules of the Version Format Specification
// of the UAPI group: '~' is before everything, '-' before '^', before '.'; numbers
// count as numbers, and letters before numbers.
func versionOrder(a, b string) int {
	separator := func(c byte) bool { return c == '~' || c == '-' || c == '^' || c == '.' }
	valid := func(c byte) bool {
		return separator(c) || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for {
		for a != "" && !valid(a[0]) {
			a = a[1:]
		}
		for b != "" && !valid(b[0]) {
			b = b[1:]
		}
		for _, c := range []byte{'~', 0, '-', '^', '.'} {
			if c == 0 {
				if a == "" || b == "" {
					return sign(int64(len(a) - len(b)))
				}
				continue
			}
			x, y := a != "" && a[0] == c, b != "" && b[0] == c
			if x != y {
				if x {
					return -1
				}
				return 1
			}
			if x {
				a, b = a[1:], b[1:]
			}
		}
		if a == "" || b == "" {
			continue
		}
		digit := func(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
		if digit(a) || digit(b) {
			x, y := span(a, true), span(b, true)
			n, k := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(n) != len(k) {
				return sign(int64(len(n) - len(k)))
			}
			if n != k {
				return strings.Compare(n, k)
			}
			if (x == 0) != (y == 0) {
				return sign(int64(x - y))
			}
			a, b = a[x:], b[y:]
			continue
		}
		x, y := span(a, false), span(b, false)
		if c := strings.Compare(a[:x], b[:y]); c != 0 {
			return c
		}
		if x == 0 {
			return strings.Compare(a, b)
		}
		a, b = a[x:], b[y:]
	}
}

// span is how many bytes at the beginning are digits, or letters.
func span(s string, digits bool) int {
	for i := range len(s) {
		c := s[i]
		if isDigit := c >= '0' && c <= '9'; isDigit != digits || !digits && !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return i
		}
	}
	return len(s)
}
