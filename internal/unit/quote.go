package unit

// Splitting into words, systemd.syntax(7) "QUOTING", and quoting them again. Quotes
// may stand anywhere in a word, as in a shell. What a backslash means depends on
// the directive, as in systemd: in commands, environments and names of folders it
// begins a C escape, in lists of unit names it is an ordinary character, as are
// quotes, in most other lists it protects the next character.

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SplitFlags say how words are split.
type SplitFlags int

// The ways to split. With none, quotes are removed and a backslash is an
// ordinary character, as in [Install].
const (
	SplitUnescape SplitFlags = 1 << iota // decode C escapes; one that is not in the manual's table is kept as it stands
	splitStrict                          // with it: such an escape is an error
	splitProtect                         // a backslash protects the next character
	splitLoose                           // the same, and an open quote ends with the text
	splitPlain                           // quotes are ordinary characters, too
)

var errUnbalanced = errors.New("unbalanced quotes")

// SplitWords splits s at white space and removes quotes. Errors are an unbalanced
// quote and, if strict, an unknown escape; the words before it are returned with it.
func SplitWords(s string, flags SplitFlags) ([]string, error) {
	var words []string
	for {
		w, err := nextWord(&s, flags)
		if err != nil {
			return words, err
		}
		if !w.found {
			return words, nil
		}
		words = append(words, w.text)
	}
}

// warnEscape tells of an escape that is not known.
func (c *Context) warnEscape(w word) {
	if w.odd != "" {
		c.Warn(`write \\ for a backslash`, "unknown escape sequence %s kept as it stands", w.odd)
	}
}

// A word is what nextWord found.
type word struct {
	text  string
	found bool
	odd   string // the first unknown escape sequence
}

// nextWord cuts the next word off s.
func nextWord(s *string, flags SplitFlags) (word, error) {
	rest := strings.TrimLeft(*s, whitespace)
	*s = rest
	if rest == "" {
		return word{}, nil
	}
	w := word{found: true}
	special := whitespace + `"'\`
	if flags&splitPlain != 0 {
		special = whitespace
	}
	if end := strings.IndexAny(rest, special); end < 0 || strings.IndexByte(whitespace, rest[end]) >= 0 {
		if end < 0 { // the common case needs no copy
			end = len(rest)
		}
		w.text, *s = rest[:end], rest[end:]
		return w, nil
	}
	var text []byte
	var quote byte
	i := 0
	for ; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == '\\' && flags&SplitUnescape != 0:
			decoded, n := unescapeC(rest[i:])
			if n == 0 {
				n = min(2, len(rest)-i)
				if flags&splitStrict != 0 {
					return word{}, fmt.Errorf(`unknown escape sequence %s (write \\ for a backslash)`, rest[i:i+n])
				}
				decoded = []byte(rest[i : i+n])
				if w.odd == "" {
					w.odd = rest[i : i+n]
				}
			}
			text = append(text, decoded...)
			i += n - 1
		case c == '\\' && flags&(splitProtect|splitLoose) != 0:
			if i++; i < len(rest) {
				text = append(text, rest[i])
			}
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && strings.IndexByte(whitespace, c) >= 0:
			w.text, *s = string(text), rest[i:]
			return w, nil
		default:
			text = append(text, c)
		}
	}
	*s = ""
	if quote != 0 && flags&splitLoose == 0 {
		return word{}, errUnbalanced
	}
	w.text = string(text)
	return w, nil
}

// escapes are the escape sequences of one letter.
var escapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '"': '"', '\'': '\'', 's': ' ',
}

// unescapeC decodes the escape sequence that s begins with and returns how long
// it is, or 0 if it is none. NUL cannot be written.
func unescapeC(s string) ([]byte, int) {
	if len(s) < 2 {
		return nil, 0
	}
	if c, ok := escapes[s[1]]; ok {
		return []byte{c}, 2
	}
	switch s[1] {
	case 'x':
		v, ok := digits(s, 2, 2, 16)
		return []byte{byte(v)}, length(ok, 4)
	case 'u':
		v, ok := digits(s, 2, 4, 16)
		return appendRune(v), length(ok, 6)
	case 'U':
		v, ok := digits(s, 2, 8, 16)
		return appendRune(v), length(ok && v <= utf8.MaxRune, 10)
	}
	v, ok := digits(s, 1, 3, 8)
	return []byte{byte(v)}, length(ok && v <= 255, 4)
}

func length(ok bool, n int) int {
	if ok {
		return n
	}
	return 0
}

// digits reads n digits of the base at s[from:]; zero does not count.
func digits(s string, from, n, base int) (uint32, bool) {
	if len(s) < from+n || !isAlphanumeric(s[from]) { // ParseUint takes no sign, but be plain about it
		return 0, false
	}
	v, err := strconv.ParseUint(s[from:from+n], base, 32)
	return uint32(v), err == nil && v != 0
}

// appendRune encodes a code point. Surrogates, which are no characters, are
// encoded as if they were, as systemd does.
func appendRune(v uint32) []byte {
	if v >= 0xd800 && v <= 0xdfff {
		return []byte{0xe0 | byte(v>>12), 0x80 | byte(v>>6)&0x3f, 0x80 | byte(v)&0x3f}
	}
	return slices.Clip(utf8.AppendRune(nil, rune(v)))
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// QuoteWord quotes a word of a list, or of an environment, as systemctl show does.
func QuoteWord(s string) string {
	if s != "" && !NeedsQuotes(s) {
		return s
	}
	return `"` + EscapeC(s, "\"\\`$") + `"`
}

// NeedsQuotes reports whether a shell would take s apart, or a terminal obey it.
func NeedsQuotes(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || strings.ContainsRune(" \"\\`$*?['()<>|&;!", r)
	})
}

// EscapeC writes control characters as C does, and puts a backslash before each
// of the bytes in those.
func EscapeC(s, those string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case strings.IndexByte(those, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case controls[c] != 0:
			b.WriteByte('\\')
			b.WriteByte(controls[c])
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// controls are the control characters that have a letter of their own.
var controls = map[byte]byte{'\a': 'a', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v'}
