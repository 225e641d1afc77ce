package unit

// Kinds of text: strings, names, paths and lists of them. All expand
// specifiers. In a list what is bad is left out with a problem, and the rest
// counts, as in systemd.

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"wakesock/internal/value"
)

const (
	pathMax      = 4095 // PATH_MAX without the NUL
	nameMax      = 255  // NAME_MAX
	interfaceMax = 15   // IFNAMSIZ without the NUL
)

// FormatWords prints a list of words as systemctl show does, quoted where they must be.
func FormatWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = QuoteWord(w)
	}
	return strings.Join(quoted, " ")
}

// FormatNames prints a list of names as systemctl show does.
func FormatNames(names []Name) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = QuoteWord(string(n))
	}
	return strings.Join(words, " ")
}

// formatLines is for properties that systemctl show prints once per element.
func formatLines(words []string) string { return strings.Join(words, "\n") }

var (
	// text is a string with specifiers.
	text = kind[string]{name: "text", parse: (*Context).Expand, format: same, empty: true}
	// raw is a string as written.
	raw = kind[string]{name: "text", parse: func(_ *Context, s string) (string, error) { return s, nil }, format: same, empty: true}
	// argument is for the kernel.
	argument = checked("text", func(s string) error {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 127 }) {
			return fmt.Errorf("%q has other than printable ASCII letters", s)
		}
		return nil
	})
)

// checked makes a kind of text that must pass a check.
func checked(name string, check func(s string) error) kind[string] {
	return kind[string]{
		name: name, format: same, empty: true,
		parse: func(c *Context, s string) (string, error) {
			s, err := c.Expand(s)
			if err == nil {
				err = check(s)
			}
			return s, err
		},
	}
}

// each makes a kind of lists of words; parse makes one element of one word.
func each[E any](name string, parse func(c *Context, word string) (E, error), format func([]E) string) kind[[]E] {
	return eachSplit(splitProtect, name, parse, format)
}

// eachEscaped is each for words that may hold C escapes.
func eachEscaped[E any](name string, parse func(c *Context, word string) (E, error), format func([]E) string) kind[[]E] {
	return eachSplit(SplitUnescape|splitStrict, name, parse, format)
}

func eachSplit[E any](flags SplitFlags, name string, parse func(c *Context, word string) (E, error), format func([]E) string) kind[[]E] {
	return kind[[]E]{
		name: name, format: format, empty: true,
		parse: func(c *Context, s string) ([]E, error) {
			words, err := SplitWords(s, flags)
			if err != nil {
				c.Warn("", "%v, the rest is left out", err)
			}
			return parseEach(c, words, parse), nil
		},
	}
}

func parseEach[E any](c *Context, words []string, parse func(c *Context, word string) (E, error)) []E {
	var all []E
	for _, w := range words {
		e, err := parse(c, w)
		if err != nil {
			c.Warn("", "%v, left out", err)
			continue
		}
		all = append(all, e)
	}
	return all
}

// single makes a kind of lists that grow by one element with each assignment.
func single[E any](name string, parse func(c *Context, s string) (E, error), format func([]E) string) kind[[]E] {
	return kind[[]E]{
		name: name, format: format, empty: true,
		parse: func(c *Context, s string) ([]E, error) {
			e, err := parse(c, s)
			if err != nil {
				return nil, err
			}
			return []E{e}, nil
		},
	}
}

var (
	wordList = each("words", (*Context).Expand, FormatWords)
	text1    = single("text", (*Context).Expand, FormatWords)
)

// wordsOf makes a kind of lists of words, each of which may be one of few; a
// '~' in front of the first word turns the meaning round and is kept.
func wordsOf(allowed ...string) kind[[]string] {
	k := each("words", func(_ *Context, w string) (string, error) {
		if !slices.Contains(allowed, strings.TrimPrefix(w, "~")) {
			return "", fmt.Errorf("%q is unknown, %w", w, oneOf(allowed))
		}
		return w, nil
	}, FormatWords)
	k.words = allowed
	return k
}

// absolute expands and normalises an absolute path.
func absolute(c *Context, s string) (string, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	return cleanPath(s)
}

func cleanPath(s string) (string, error) {
	switch {
	case !strings.HasPrefix(s, "/"):
		return "", fmt.Errorf("%q is not an absolute path", s)
	case len(s) > pathMax:
		return "", fmt.Errorf("a path of %d bytes is too long, at most %d are possible", len(s), pathMax)
	case slices.Contains(strings.Split(s, "/"), ".."):
		return "", fmt.Errorf("%q must not contain \"..\"", s)
	case slices.ContainsFunc(strings.Split(s, "/"), func(part string) bool { return len(part) > nameMax }):
		return "", fmt.Errorf("path %q has a part that is too long, at most %d bytes are possible", clip(s), nameMax)
	}
	return path.Clean(s), nil
}

// absolutePath may become empty when specifiers are expanded, and is unset then.
var absolutePath = kind[string]{
	name: "absolute path", format: same, empty: true,
	parse: func(c *Context, s string) (string, error) {
		s, err := c.Expand(s)
		if err != nil || s == "" {
			return "", err
		}
		return cleanPath(s)
	},
}

// optionalPath is a path that a '-' in front allows to be missing; the '-' is kept.
var optionalPath = kind[string]{
	name: "absolute path, after '-' it may be missing", format: same, empty: true,
	parse: func(c *Context, s string) (string, error) {
		p, err := absolute(c, strings.TrimPrefix(s, "-"))
		if strings.HasPrefix(s, "-") {
			p = "-" + p
		}
		return p, err
	},
}

var (
	paths    = each("absolute paths", absolute, FormatWords)
	path1    = single("absolute path", absolute, FormatWords)
	pathList = each("absolute paths, after '-' one may be missing, after '+' it is in the changed root",
		func(c *Context, w string) (string, error) {
			rest := strings.TrimPrefix(strings.TrimPrefix(w, "-"), "+")
			p, err := absolute(c, rest)
			return w[:len(w)-len(rest)] + p, err
		}, FormatWords)
)

// relativePaths are folders below a base, each perhaps with symbolic links after a colon.
var relativePaths = eachEscaped("relative paths", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	dir, link, _ := strings.Cut(w, ":")
	if c.Directive.Name == "ConfigurationDirectory" && link != "" {
		return "", fmt.Errorf("%q must not have a link", w)
	}
	if strings.HasPrefix(link, "/") || dir == "" || dir == "private" || strings.HasPrefix(dir, "/") || slices.Contains(strings.Split(dir, "/"), "..") || len(w) > pathMax {
		return "", fmt.Errorf("%q is not a path below another folder", w)
	}
	return w, nil
}, FormatWords)

// expandName makes a unit name of a word, which must end in one of the suffixes, if there are any.
func expandName(c *Context, s string, suffixes ...Type) (Name, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	n, err := ParseName(s)
	if err != nil {
		return "", err
	}
	if len(suffixes) > 0 && !slices.ContainsFunc(suffixes, func(t Type) bool { return strings.HasSuffix(s, "."+string(t)) }) {
		return "", fmt.Errorf("%q is not the name of a %s unit", s, suffixes[0])
	}
	return n, nil
}

func nameOf(suffixes ...Type) kind[Name] {
	return kind[Name]{
		name: "unit name",
		parse: func(c *Context, s string) (Name, error) {
			n, err := expandName(c, s, suffixes...)
			if err == nil && n.IsTemplate() {
				err = fmt.Errorf("%q is a template, not one of its instances", n)
			}
			return n, err
		},
		format: func(n Name) string { return string(n) },
	}
}

// eachName is each for unit names, in which backslashes and quotes are ordinary
// characters.
func eachName(parse func(c *Context, word string) (Name, error)) kind[[]Name] {
	return eachSplit(splitPlain, "unit names", parse, FormatNames)
}

var (
	names       = eachName(func(c *Context, w string) (Name, error) { return expandName(c, w) })
	socketNames = eachName(func(c *Context, w string) (Name, error) { return expandName(c, w, TypeSocket) })
	triggerName = kind[Name]{
		name: "unit name", format: func(n Name) string { return string(n) },
		parse: func(c *Context, s string) (Name, error) {
			n, err := expandName(c, s)
			n = n.standsFor(c.Unit.Name)
			if err == nil && (n == c.Unit.Name || slices.Contains(c.Unit.Aliases, n)) {
				err = errors.New("a unit cannot trigger itself")
			}
			return n, err
		},
	}
	serviceName = nameOf(TypeService)
	sliceName   = nameOf(TypeSlice)
	// unitNames are not expanded before the unit is enabled.
	unitNames = eachSplit(0, "unit names", func(_ *Context, w string) (string, error) { return w, nil }, FormatWords)
)

// boundDevice is a network interface; as in systemd, "*" stands for none and
// specifiers for nothing.
var boundDevice = kind[string]{
	name: "network interface", format: same, empty: true,
	parse: func(_ *Context, s string) (string, error) {
		if s == "*" {
			return "", nil
		}
		return s, checkInterface(s)
	},
}

func checkInterface(s string) error {
	bad := s == "" || len(s) > interfaceMax || s == "." || s == ".." || s == "all" || s == "default" ||
		strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 127 || strings.ContainsRune("/:%", r) })
	if _, err := value.ParseUint(s, 64); err == nil {
		bad = true // that is an index
	}
	if bad {
		return fmt.Errorf("%q is not the name of a network interface", s)
	}
	return nil
}

// interfaces are names of network interfaces; a '~' in front inverts the list.
var interfaces = unsetTilde(each("network interfaces", func(_ *Context, w string) (string, error) {
	if w == "~" {
		return w, nil
	}
	return w, checkInterface(strings.TrimPrefix(w, "~"))
}, FormatWords))

// descriptorName is the name of a file descriptor, sd_listen_fds_with_names(3).
var descriptorName = checked("descriptor name", checkDescriptorName)

func checkDescriptorName(s string) error {
	if s == "" || len(s) > 255 {
		return fmt.Errorf("%q is not the name of a file descriptor, which has from 1 to 255 letters", s)
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 127 || s[i] == ':' {
			return fmt.Errorf("%q is not the name of a file descriptor, which is of ASCII letters without ':'", s)
		}
	}
	return nil
}
