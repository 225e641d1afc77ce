package unit

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// A Specifier is one row of the table "SPECIFIERS" in systemd.unit(5).
type Specifier struct {
	Letter   byte
	Text     string // what it expands to, a phrase
	Since    int    // the systemd version that introduced it, 0 for 252 and older
	Instance bool   // differs between the instances of one template

	value func(c *Context) (string, error)
}

// Specifiers lists every specifier but "%%".
func Specifiers() []Specifier { return specifiers }

var specifiers = []Specifier{
	fact('a', "architecture", func(h *Host) string { return h.Arch }),
	fact('A', "version of the operating system's image", func(h *Host) string { return h.OSImageVersion }),
	known('b', "boot ID", func(h *Host) string { return h.BootID }),
	fact('B', "build ID of the operating system", func(h *Host) string { return h.OSBuild }),
	fact('C', "root of the cache directories", func(h *Host) string { return h.Cache }),
	own('d', "credentials directory of the unit", true, func(c *Context) (string, error) {
		return c.Host.Credentials + "/" + string(c.Unit.Name), nil
	}),
	later(255, fact('D', "root of the shared data directories", func(h *Host) string { return h.Share })),
	fact('E', "root of the configuration directories", func(h *Host) string { return h.Config }),
	own('f', "instance, or else prefix, unescaped to a path", true, func(c *Context) (string, error) {
		s := c.Unit.Name.Instance()
		if s == "" {
			s = c.Unit.Name.Prefix()
		}
		return UnescapePath(s)
	}),
	fact('g', "group of the manager", func(h *Host) string { return h.Group }),
	fact('G', "group ID of the manager", func(h *Host) string { return strconv.Itoa(h.GID) }),
	fact('h', "home directory of the manager's user", func(h *Host) string { return h.Home }),
	known('H', "host name", func(h *Host) string { return h.Hostname }),
	own('i', "instance", true, func(c *Context) (string, error) { return c.Unit.Name.Instance(), nil }),
	own('I', "instance, unescaped", true, func(c *Context) (string, error) { return Unescape(c.Unit.Name.Instance()) }),
	own('j', "last part of the prefix", false, func(c *Context) (string, error) { return lastPart(c.Unit.Name), nil }),
	own('J', "last part of the prefix, unescaped", false, func(c *Context) (string, error) {
		return Unescape(lastPart(c.Unit.Name))
	}),
	known('l', "host name without its domain", (*Host).ShortHostname),
	fact('L', "root of the log directories", func(h *Host) string { return h.Logs }),
	known('m', "machine ID", func(h *Host) string { return h.MachineID }),
	fact('M', "ID of the operating system's image", func(h *Host) string { return h.OSImage }),
	own('n', "unit name", true, func(c *Context) (string, error) { return string(c.Unit.Name), nil }),
	own('N', "unit name without its type", true, func(c *Context) (string, error) { return c.Unit.Name.Stem(), nil }),
	fact('o', "ID of the operating system", func(h *Host) string { return h.OSID }),
	own('p', "prefix", false, func(c *Context) (string, error) { return c.Unit.Name.Prefix(), nil }),
	own('P', "prefix, unescaped", false, func(c *Context) (string, error) { return Unescape(c.Unit.Name.Prefix()) }),
	known('q', "pretty host name", func(h *Host) string {
		if h.PrettyHostname != "" {
			return h.PrettyHostname
		}
		return h.ShortHostname()
	}),
	fact('s', "shell of the manager's user", func(h *Host) string { return h.Shell }),
	fact('S', "root of the state directories", func(h *Host) string { return h.State }),
	fact('t', "root of the runtime directories", func(h *Host) string { return h.Runtime }),
	fact('T', "directory for temporary files", func(h *Host) string { return h.Temp }),
	fact('u', "user name of the manager", func(h *Host) string { return h.User }),
	fact('U', "user ID of the manager", func(h *Host) string { return strconv.Itoa(h.UID) }),
	known('v', "kernel release", func(h *Host) string { return h.KernelRelease }),
	fact('V', "directory for large temporary files", func(h *Host) string { return h.VarTemp }),
	fact('w', "version ID of the operating system", func(h *Host) string { return h.OSVersion }),
	fact('W', "variant ID of the operating system", func(h *Host) string { return h.OSVariant }),
	own('y', "path of the unit file", false, func(c *Context) (string, error) { return fragment(c) }),
	own('Y', "directory of the unit file", false, func(c *Context) (string, error) {
		f, err := fragment(c)
		return path.Dir(f), err
	}),
	dated(own('c', "path of a control group", true, func(c *Context) (string, error) { return "/" + string(c.Unit.Name), nil })),
	dated(own('r', "path of the slice's control group", false, func(*Context) (string, error) { return "", nil })),
	dated(own('R', "path of the root control group", false, func(*Context) (string, error) { return "", nil })),
}

var specifierOf = func() (t [256]*Specifier) {
	for i := range specifiers {
		t[specifiers[i].Letter] = &specifiers[i]
	}
	return t
}()

// fact is a specifier that the host alone decides.
func fact(letter byte, text string, value func(*Host) string) Specifier {
	return Specifier{Letter: letter, Text: text, value: func(c *Context) (string, error) { return value(c.Host), nil }}
}

// known is a fact without which a setting makes no sense.
func known(letter byte, text string, value func(*Host) string) Specifier {
	return Specifier{Letter: letter, Text: text, value: func(c *Context) (string, error) {
		s := value(c.Host)
		if s == "" {
			return "", fmt.Errorf("the %s is not known here", text)
		}
		return s, nil
	}}
}

// own is a specifier that the unit decides.
func own(letter byte, text string, instance bool, value func(*Context) (string, error)) Specifier {
	return Specifier{Letter: letter, Text: text, Instance: instance, value: value}
}

func later(version int, s Specifier) Specifier {
	s.Since = version
	return s
}

// dated is a specifier that the manual has forgotten. It still expands, to what it
// is before a unit has its control group, but who writes it most likely means a
// percent sign, as in date +%c.
func dated(s Specifier) Specifier {
	value := s.value
	s.value = func(c *Context) (string, error) {
		if c.Directive != nil {
			c.Warn("write %% for a percent sign", "%%%c is a specifier of the past, the %s", s.Letter, s.Text)
		}
		return value(c)
	}
	return s
}

// lastPart returns the part of the prefix after its last dash.
func lastPart(n Name) string {
	p := n.Prefix()
	return p[strings.LastIndexByte(p, '-')+1:]
}

func fragment(c *Context) (string, error) {
	if c.Unit.source == "" {
		return "", errors.New("the unit has no file")
	}
	return c.Unit.source, nil
}

// Expand replaces the specifiers in s. A letter or digit after '%' that is no
// specifier is an error; any other character stays with its '%'.
func (c *Context) Expand(s string) (string, error) {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s, nil
	}
	var b strings.Builder
	for ; i >= 0; i = strings.IndexByte(s, '%') {
		b.WriteString(s[:i])
		if i+1 == len(s) {
			b.WriteByte('%')
			return b.String(), nil
		}
		letter := s[i+1]
		s = s[i+2:]
		switch sp := specifierOf[letter]; {
		case letter == '%':
			b.WriteByte('%')
		case sp != nil:
			v, err := sp.value(c)
			if err != nil {
				return "", fmt.Errorf("specifier %%%c: %w", letter, err)
			}
			b.WriteString(v)
		case isAlphanumeric(letter):
			return "", fmt.Errorf("unknown specifier %%%c; write %%%% for a percent sign", letter)
		default:
			b.WriteByte('%')
			b.WriteByte(letter)
		}
		if b.Len() > MaxLine {
			return "", fmt.Errorf("value is longer than 1 MiB once its specifiers are replaced")
		}
	}
	b.WriteString(s)
	return b.String(), nil
}

// variesByInstance reports whether s holds a specifier that differs between the
// instances of a template.
func variesByInstance(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		i++
		if sp := specifierOf[s[i]]; sp != nil && sp.Instance {
			return true
		}
	}
	return false
}
