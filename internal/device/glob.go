package device

import "strings"

// matches tells whether s is one of the alternatives of a pattern, which '|'
// separates. Where none has a wildcard a backslash is a character like others.
func matches(pattern, s string, fold bool) bool {
	if fold {
		pattern, s = strings.ToLower(pattern), strings.ToLower(s)
	}
	plain := !strings.ContainsAny(pattern, "*?[")
	for p := range strings.SplitSeq(pattern, "|") {
		if plain && p == s || !plain && glob(p, s) {
			return true
		}
	}
	return false
}

// glob tells whether s is what a pattern with *, ? and […] describes. Unlike in
// path.Match, '*' takes slashes as well.
func glob(p, s string) bool {
	star, mark := -1, 0 // where the last '*' was, and what it takes so far
	i, j := 0, 0
	for j < len(s) {
		if i < len(p) && p[i] == '*' {
			star, mark = i, j
			i++
			continue
		}
		if n, ok := globByte(p[i:], s[j]); ok {
			i += n
			j++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	return strings.Trim(p[i:], "*") == ""
}

// globByte tells whether the beginning of a pattern takes c, and how long it is.
func globByte(p string, c byte) (n int, ok bool) {
	if p == "" {
		return 0, false
	}
	switch p[0] {
	case '?':
		return 1, true
	case '\\':
		if len(p) > 1 {
			return 2, p[1] == c
		}
	case '[':
		if n, ok, closed := globSet(p, c); closed {
			return n, ok
		}
	}
	return 1, p[0] == c
}

// globSet reads […] or [!…]; closed is false if it does not end, so that '[' is
// itself.
func globSet(p string, c byte) (n int, ok, closed bool) {
	i := 1
	not := i < len(p) && (p[i] == '!' || p[i] == '^')
	if not {
		i++
	}
	for first := true; i < len(p); first = false {
		if p[i] == ']' && !first {
			return i + 1, ok != not, true
		}
		if i+2 < len(p) && p[i+1] == '-' && p[i+2] != ']' {
			ok = ok || p[i] <= c && c <= p[i+2]
			i += 3
			continue
		}
		ok = ok || p[i] == c
		i++
	}
	return 0, false, false
}
