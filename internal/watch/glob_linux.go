package watch

// Patterns of PathExistsGlob=: as glob(7) has them, and braces. Each folder that a
// part of the pattern is matched in is watched for whatever comes and goes.

import (
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// find follows a pattern and returns the first path that matches, "" for none.
func (w *Watcher) find(s *spec) string {
	found := ""
	for _, p := range braces(s.Path) { // all to their ends: each has folders to be watched
		found = first(found, w.match(s, root, "/", words(p)))
	}
	return found
}

// match finds what matches the rest of a pattern in a folder. That is shown by the
// name that led to it.
func (w *Watcher) match(s *spec, at place, shown string, rest []string) (found string) {
	plain := 0
	for plain < len(rest) && !strings.ContainsAny(rest[plain], `*?[\`) {
		plain++
	}
	at = w.walk(s, at, rest[:plain])
	shown = path.Join(shown, strings.Join(rest[:plain], "/"))
	switch {
	case !at.exists():
		return ""
	case plain == len(rest):
		return shown
	case !at.folder():
		return ""
	}
	w.watch(s, at.path, linkMask|unix.IN_ONLYDIR, interest{spec: s})
	f, err := os.Open(at.path)
	if err != nil {
		return ""
	}
	names, _ := f.Readdirnames(-1)
	_ = f.Close()
	for _, n := range names {
		switch {
		case !matches(rest[plain], n):
		case plain+1 == len(rest):
			found = first(found, path.Join(shown, n))
		default:
			if next := w.walk(s, at, []string{n}); next.exists() && next.folder() {
				found = first(found, w.match(s, next, path.Join(shown, n), rest[plain+1:]))
			}
		}
	}
	return found
}

// first is the one that sorts first, of those that are there.
func first(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// matches tells whether a pattern matches a name; a hidden file only if it says so.
func matches(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return ok && err == nil || err != nil && pattern == name
}

// mostBraces is how many patterns one with braces may stand for.
const mostBraces = 1000

// braces writes out {a,b}: "/x/{a,b}" is "/x/a" and "/x/b".
func braces(pattern string) []string {
	out := []string{pattern}
	for i := 0; i < len(out) && len(out) < mostBraces; {
		open, parts, rest := brace(out[i])
		if parts == nil {
			i++
			continue
		}
		var written []string
		for _, p := range parts {
			written = append(written, open+p+rest)
		}
		out = append(out[:i], append(written, out[i+1:]...)...)
	}
	return out
}

// brace cuts a pattern at its first pair of braces.
func brace(p string) (before string, parts []string, after string) {
	start := strings.IndexByte(p, '{')
	if start < 0 || strings.HasPrefix(p[start:], "{}") {
		return p, nil, ""
	}
	depth, from := 0, start+1
	for i := start; i < len(p); i++ {
		switch {
		case p[i] == '{':
			depth++
		case p[i] == ',' && depth == 1:
			parts, from = append(parts, p[from:i]), i+1
		case p[i] == '}':
			if depth--; depth == 0 {
				return p[:start], append(parts, p[from:i]), p[i+1:]
			}
		}
	}
	return p, nil, ""
}
