package unit

// Kinds of value of systemd.exec(5): users, environments, limits, scheduling.
// Those of sandboxing are in kind_sandbox.go, streams and logs in kind_stream.go.

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"wakesock/internal/value"
)

var workingDirectory = kind[WorkingDirectory]{
	name: "absolute path or ~, after '-' it may be missing", empty: true,
	parse: func(c *Context, s string) (w WorkingDirectory, err error) {
		rest := strings.TrimPrefix(s, "-")
		w.Ignore = rest != s
		if rest == "~" {
			w.Home = true
			return w, nil
		}
		w.Path, err = absolute(c, rest)
		return w, err
	},
	format: func(w WorkingDirectory) string {
		s := w.Path
		if w.Home {
			s = "~"
		}
		if w.Ignore {
			s = "!" + s
		}
		return s
	},
}

var searchPath = kind[[]string]{
	name: "absolute paths separated by colons", format: FormatWords, empty: true,
	parse: func(c *Context, s string) ([]string, error) {
		var all []string
		for p := range strings.SplitSeq(s, ":") {
			p, err := absolute(c, unprotect(p))
			if err != nil {
				c.Warn("", "%v, left out", err)
				continue
			}
			all = append(all, p)
		}
		return all, nil
	},
}

// unprotect takes away the backslashes that protect the characters behind them.
func unprotect(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// checkUser tells what cannot be a user or a group at all; whether there is one
// of that name shows when it is needed.
func checkUser(s string) error {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		if n >= math.MaxUint32 || n == math.MaxUint16 {
			return fmt.Errorf("%q stands for no user or group", s)
		}
		return nil
	}
	switch {
	case s == "" || len(s) > 255 || s == "." || s == "..",
		strings.ContainsAny(s, ":/"), strings.ContainsFunc(s, unicode.IsControl), s != strings.TrimSpace(s), s[0] == '-', strings.Trim(s, "0123456789") == "":
		return fmt.Errorf("%q is not the name of a user or group", s)
	}
	return nil
}

var user = checked("user or group", checkUser)

// groups are refused as a whole if one of them is bad: a command must not run
// with others than those that were meant.
var groups = kind[[]string]{
	name: "groups", format: FormatWords, empty: true,
	parse: func(c *Context, s string) ([]string, error) {
		words, err := SplitWords(s, splitPlain)
		for i := 0; i < len(words) && err == nil; i++ {
			words[i], err = user.parse(c, words[i])
		}
		return words, err
	},
}

// checkVariable tells what is not the name of an environment variable.
func checkVariable(s string) error {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("%q is not the name of an environment variable", s)
		}
	}
	if s == "" {
		return errors.New("the name of an environment variable is missing")
	}
	return nil
}

func assignment(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	name, _, found := strings.Cut(w, "=")
	if !found {
		return "", fmt.Errorf("%q is not NAME=VALUE", w)
	}
	return w, checkVariable(name)
}

var (
	environment = kind[[]string]{
		name: "environment", format: FormatWords, empty: true,
		parse: eachEscaped("", assignment, FormatWords).parse,
	}
	variableNames = each("names of environment variables", func(c *Context, w string) (string, error) {
		w, err := c.Expand(w)
		if err == nil {
			err = checkVariable(w)
		}
		return w, err
	}, FormatWords)
	unsetEnvironment = eachEscaped("names of environment variables, or NAME=VALUE", func(c *Context, w string) (string, error) {
		w, err := c.Expand(w)
		if err == nil {
			name, _, _ := strings.Cut(w, "=")
			err = checkVariable(name)
		}
		return w, err
	}, FormatWords)
)

// joinEnvironment lets a new value of a variable take the place of the old one.
func joinEnvironment(old, more []string) []string {
	all := slices.Clone(old)
	for _, w := range more {
		name, _, _ := strings.Cut(w, "=")
		i := slices.IndexFunc(all, func(o string) bool { return strings.HasPrefix(o, name+"=") })
		if i < 0 {
			all = append(all, w)
		} else {
			all[i] = w
		}
	}
	return all
}

var environmentFile = single("absolute path or pattern, after '-' it may be missing", func(c *Context, s string) (f EnvironmentFile, err error) {
	rest := strings.TrimPrefix(s, "-")
	f.Ignore = rest != s
	f.Path, err = absolute(c, rest)
	return f, err
}, func(files []EnvironmentFile) string {
	lines := make([]string, len(files))
	for i, f := range files {
		lines[i] = fmt.Sprintf("%s (ignore_errors=%s)", f.Path, yesNo(f.Ignore))
	}
	return formatLines(lines)
})

// limit is the kind of the limit that a directive of this name sets.
func limit(directive string) kind[value.Limit] {
	return kind[value.Limit]{
		name: "limit, or soft:hard",
		parse: func(_ *Context, s string) (value.Limit, error) {
			l, err := value.ParseLimit(directive, s)
			l.Set = true
			return l, err
		},
		format: func(l value.Limit) string { // one that is not set is the manager's
			if !l.Set {
				return ""
			}
			return l.HardString()
		},
	}
}

// dumped are the kinds of memory in a core dump in the order of their bits, core(5).
var dumped = []string{"private-anonymous", "shared-anonymous", "private-file-backed", "shared-file-backed", "elf-headers",
	"private-huge", "shared-huge", "private-dax", "shared-dax"}

var coredumpFilter = kind[uint32]{
	name: "kinds of memory, default, all, or a mask in base 16", words: dumped, empty: true,
	parse: func(c *Context, s string) (mask uint32, err error) {
		for _, w := range strings.Fields(s) {
			n, err := strconv.ParseUint(strings.TrimPrefix(w, "0x"), 16, 32)
			switch i := slices.Index(dumped, w); {
			case i >= 0:
				mask |= 1 << i
			case w == "default":
				mask |= 0x33
			case w == "all":
				mask = math.MaxUint32
			case err == nil:
				mask |= uint32(n)
			default:
				c.Warn("", "%q is unknown, %v; left out", w, oneOf(dumped))
			}
		}
		return mask, nil
	},
	format: func(mask uint32) string { return fmt.Sprintf("0x%x", mask) },
}

// policyNumbers are those of sched(7).
var policyNumbers = map[string]string{"other": "0", "fifo": "1", "rr": "2", "batch": "3", "idle": "5", "ext": "7"}

var (
	cpuPolicy = kind[string]{
		name: "word", words: []string{"other", "batch", "idle", "fifo", "rr", "ext"}, empty: true,
		parse: func(c *Context, s string) (string, error) {
			for word, number := range policyNumbers {
				if s == number {
					return word, nil
				}
			}
			return choice("other", "batch", "idle", "fifo", "rr", "ext").parse(c, s)
		},
		format: func(s string) string { return policyNumbers[s] },
	}
	numaPolicy = shownBy(choice("", "default", "preferred", "bind", "interleave", "local"), func(s string) string {
		if s == "" {
			return "n/a"
		}
		return s
	})
)

// shownBy gives a kind another format.
func shownBy[T any](k kind[T], format func(T) string) kind[T] {
	k.format = format
	return k
}

// nanoseconds is 0 or more of them; a number without unit counts them.
var nanoseconds = kind[int64]{
	name: "time span in nanoseconds", parse: plain(value.ParseNanoseconds),
	format: func(n int64) string { return strconv.FormatInt(n, 10) },
}

// cpuAffinity and numaMask are kept as text, because one word of each is no set.
var (
	cpuAffinity = setOr("numa")
	numaMask    = setOr("all")
)

// joinSets unites two sets, unless one is a word.
func joinSets(a, b string) string {
	x, err1 := value.ParseCPUSet(a)
	y, err2 := value.ParseCPUSet(b)
	if err1 != nil || err2 != nil {
		return b
	}
	return joinCPUs(x, y).String()
}

// joinCPUs unites two sets.
func joinCPUs(a, b value.CPUSet) value.CPUSet {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func setOr(word string) kind[string] {
	return kind[string]{
		name: "CPU set, or " + word, empty: true, format: same,
		parse: func(c *Context, s string) (string, error) {
			s, err := c.Expand(s)
			if err != nil || s == word {
				return s, err
			}
			set, err := value.ParseCPUSet(s)
			return set.String(), err
		},
	}
}

var ioClass = kind[string]{
	name: "word", words: []string{"none", "realtime", "best-effort", "idle"}, empty: true,
	parse: func(_ *Context, s string) (string, error) {
		words := []string{"none", "realtime", "best-effort", "idle"}
		if n, err := value.ParseUint(s, 8); err == nil && int(n) < len(words) {
			return words[n], nil
		}
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("%q is unknown, %w", s, oneOf(words))
		}
		return s, nil
	},
	format: func(s string) string {
		if s == "none" {
			s = "best-effort" // which the kernel makes of it
		}
		return strconv.Itoa(slices.Index([]string{"none", "realtime", "best-effort", "idle"}, s))
	},
}

var terminalSize = kind[uint32]{name: "unsigned integer", parse: unsigned.parse, format: unsigned.format, empty: true}
