package unit

// The syntax of unit files, systemd.syntax(7). A file is split into physical
// lines, these are joined to logical lines where a backslash ends them, and
// every logical line is empty, a section header or an assignment.
//
// Four things that the manual page leaves open are settled as systemd settles
// them: a lone carriage return ends a line; a comment may be indented; an empty
// line ends a continuation; and a faulty section header or bad UTF-8 makes the
// whole file unusable, whereas a line without '=' is only skipped. A NUL byte,
// which systemd takes for the end of a line, is refused here: it never is meant.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxLine is the longest logical line that is read, in bytes.
const MaxLine = 1 << 20

// whitespace is what systemd strips and splits at.
const whitespace = " \t\n\r"

// An Item is one assignment as written, after continuation lines are joined.
// An Item with an empty Key stands for a section header.
type Item struct {
	Section, Key, Value string
	Place
}

// mostFatals is how many lines of a file may make it unusable before the rest is
// not looked at: a picture under the name of a unit is told in one screen.
const mostFatals = 20

// ParseFile splits the text of a unit file, which came from path, into its items
// in file order, and tells what is wrong with it. A problem that is Fatal makes
// the file unusable; items before its line stay good, and systemd applies those
// if the file is a drop-in. The meaning of sections and keys is not looked at.
func ParseFile(path string, data []byte) ([]Item, []Problem) {
	p := parser{path: path, rest: strings.TrimPrefix(string(data), "\ufeff")}
	for p.next() {
		p.parse()
		if p.fatals == mostFatals && p.rest != "" {
			p.fatal("is it a text file?", "the rest of the file is not looked at")
			break
		}
	}
	return p.items, p.problems
}

// A parser holds one logical line at a time.
type parser struct {
	path     string
	rest     string // not yet split
	line     int    // number of the last physical line that was read
	text     string // logical line
	start    int    // number of its first physical line
	section  string
	inside   bool // a section header was seen
	lost     bool // the last one was bad
	items    []Item
	problems []Problem
	fatals   int // how many of them are fatal
}

// next reads a logical line and reports whether there was one.
func (p *parser) next() bool {
	var joined strings.Builder
	going := false // a continuation is open
	for p.rest != "" {
		s := p.physical()
		if t := strings.TrimLeft(s, whitespace); t != "" && (t[0] == '#' || t[0] == ';') {
			continue
		}
		if !going {
			p.start = p.line
		}
		body := strings.TrimRight(s, `\`)
		if (len(s)-len(body))%2 == 0 {
			if !going {
				p.text = s
				return true
			}
			joined.WriteString(s)
			p.text = joined.String()
			return true
		}
		going = true
		joined.WriteString(s[:len(s)-1])
		joined.WriteByte(' ')
	}
	p.text = joined.String()
	return going
}

// physical cuts one line off the rest. Any pair of different line end characters
// counts as one end, which covers CRLF.
func (p *parser) physical() string {
	p.line++
	i := strings.IndexAny(p.rest, "\r\n")
	if i < 0 {
		s := p.rest
		p.rest = ""
		return s
	}
	s, end := p.rest[:i], i+1
	if end < len(p.rest) && p.rest[end] != p.rest[i] && (p.rest[end] == '\n' || p.rest[end] == '\r') {
		end++
	}
	p.rest = p.rest[end:]
	return s
}

// parse turns the logical line into an item or a problem.
func (p *parser) parse() {
	if len(p.text) > MaxLine {
		p.fatal("", "line is longer than 1 MiB")
		return
	}
	s := strings.Trim(p.text, whitespace)
	if s == "" {
		return
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		p.fatal("", "NUL byte at byte %d of the line", i+1)
		return
	}
	if i := invalidUTF8(s); i >= 0 {
		p.fatal("save the file as UTF-8", "byte %#02x at byte %d of the line is not valid UTF-8", s[i], i+1)
		return
	}
	if s[0] == '[' {
		p.header(s)
		return
	}
	key, value, found := strings.Cut(s, "=")
	key, value = strings.Trim(key, whitespace), strings.Trim(value, whitespace)
	switch {
	case p.lost:
	case !p.inside:
		p.warn("put a section header such as [Unit] above it", "assignment outside a section, ignored")
	case !found:
		p.warn("a long line is continued with a backslash at its end", "missing '=', line ignored")
	case key == "":
		p.warn("", "missing name before '=', line ignored")
	default:
		p.items = append(p.items, Item{p.section, key, value, p.place()})
	}
}

// header begins a section.
func (p *parser) header(s string) {
	p.inside, p.lost = true, true // what stands below a bad header is left out, and is no second fault
	if s[len(s)-1] != ']' {
		p.fatal("", "section header %q is not closed by ']'", clip(s))
		return
	}
	name := s[1 : len(s)-1]
	if !plainText(name) {
		p.fatal("", "section header %q holds quotes, backslashes or control characters", clip(s))
		return
	}
	p.section, p.lost = name, false
	p.items = append(p.items, Item{Section: name, Place: p.place()})
}

func (p *parser) place() Place { return Place{p.path, p.start} }

func (p *parser) warn(hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{Place: p.place(), What: fmt.Sprintf(format, args...), Hint: hint})
}

func (p *parser) fatal(hint, format string, args ...any) {
	p.warn(hint, format, args...)
	p.problems[len(p.problems)-1].Fatal = true
	p.fatals++
}

// invalidUTF8 returns the index of the first byte that does not belong to valid
// UTF-8, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

// plainText reports whether s is free of control characters, quotes and
// backslashes, which systemd refuses in section names and program paths.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\'' || c == '\\' || c == 0x7f {
			return false
		}
	}
	return true
}

// clip shortens text from a file for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
