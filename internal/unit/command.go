package unit

// Command lines, systemd.service(5) "COMMAND LINES". A line is split into words
// and unquoted first, then each word's specifiers are replaced; so a value that
// holds white space stays one word. Variables are substituted when the command
// is run.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Command is one line of ExecStart= and its sisters, after specifiers are
// expanded; environment variables are not yet substituted.
type Command struct {
	Path      string   // program, as written: absolute, or a plain name to look up in the search path
	Args      []string // argv, Args[0] included ('@' replaces it); may hold $VAR and ${VAR}
	Ignore    bool     // '-': failure counts as success
	Verbatim  bool     // ':': no environment variable substitution
	Privilege Privilege
	Raw       string // the text that it was written as
	Place     Place
}

// A Privilege says how much of User= and its kin applies to a command.
type Privilege string

// The privilege prefixes.
const (
	PrivilegeNormal   Privilege = ""
	PrivilegeFull     Privilege = "+"  // no restriction at all
	PrivilegeNoSetuid Privilege = "!"  // all but the change of user
	PrivilegeAmbient  Privilege = "!!" // as normal where ambient capabilities exist, else as "!"
)

// ParseCommand parses one assignment of ExecStart= or a sister, which may hold
// several commands separated by lone semicolons. A command with '-' that is
// wrong, and one whose first word has no end, is only warned of, and ends the
// line; any other is an error, for which systemd refuses the unit.
func ParseCommand(c *Context, s string) ([]Command, error) {
	var all []Command
	for {
		for ok := true; ok; { // systemd tolerates separators before, after and without commands
			s, ok = separator(strings.TrimLeft(s, whitespace))
		}
		if s == "" {
			return all, nil
		}
		start := s
		cmd, err := parseOne(c, &s)
		if err != nil && cmd.Ignore {
			c.Warn("", "%v, command ignored", err)
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		cmd.Raw = strings.TrimRight(start[:len(start)-len(s)], whitespace)
		cmd.Place = c.Place
		all = append(all, cmd)
	}
}

// separator cuts a lone semicolon and the white space after it off s.
func separator(s string) (string, bool) {
	if s == "" || s[0] != ';' || len(s) > 1 && strings.IndexByte(whitespace, s[1]) < 0 {
		return s, false
	}
	return strings.TrimLeft(s[1:], whitespace), true
}

// parseOne parses the command that s begins with and leaves the rest in s, from
// the separator on. Where it fails, Ignore tells whether that matters.
func parseOne(c *Context, s *string) (Command, error) {
	var cmd Command
	w, err := nextWord(s, SplitUnescape)
	if err != nil {
		cmd.Ignore = true // whoever does not say what to run has nothing run
		return cmd, err
	}
	c.warnEscape(w)
	name, separateName := cmd.prefixes(w.text)
	program, err := c.Expand(name)
	if err != nil {
		return cmd, err
	}
	if err := checkProgram(program); err != nil {
		return cmd, err
	}
	cmd.Path = simplifyPath(program)
	if !separateName {
		cmd.Args = append(cmd.Args, program)
	}
	for {
		*s = strings.TrimLeft(*s, whitespace)
		if _, ok := separator(*s); ok || *s == "" {
			break
		}
		if rest, ok := strings.CutPrefix(*s, `\;`); ok && (rest == "" || strings.IndexByte(whitespace, rest[0]) >= 0) {
			cmd.Args, *s = append(cmd.Args, ";"), rest
			continue
		}
		w, err := nextWord(s, SplitUnescape)
		if err != nil {
			return cmd, err
		}
		c.warnEscape(w)
		arg, err := c.Expand(w.text)
		if err != nil {
			return cmd, err
		}
		cmd.Args = append(cmd.Args, arg)
	}
	if len(cmd.Args) == 0 {
		return cmd, fmt.Errorf("%q lacks the name that '@' announces; write it after the program", program)
	}
	return cmd, nil
}

// prefixes reads the prefix characters of a program's word, in any order, each
// at most once, and returns what follows them.
func (cmd *Command) prefixes(s string) (rest string, separateName bool) {
	for ; s != ""; s = s[1:] {
		switch c := s[0]; {
		case c == '-' && !cmd.Ignore:
			cmd.Ignore = true
		case c == '@' && !separateName:
			separateName = true
		case c == ':' && !cmd.Verbatim:
			cmd.Verbatim = true
		case c == '+' && cmd.Privilege == PrivilegeNormal:
			cmd.Privilege = PrivilegeFull
		case c == '!' && cmd.Privilege == PrivilegeNormal:
			cmd.Privilege = PrivilegeNoSetuid
		case c == '!' && cmd.Privilege == PrivilegeNoSetuid:
			cmd.Privilege = PrivilegeAmbient
		default:
			return s, separateName
		}
	}
	return "", separateName
}

func checkProgram(p string) error {
	switch {
	case p == "":
		return errors.New("no program after the prefix characters")
	case !plainText(p):
		return fmt.Errorf("program %q holds quotes, backslashes or control characters", p)
	case strings.HasSuffix(p, "/"):
		return fmt.Errorf("program %q is a directory", p)
	case strings.HasPrefix(p, "/"):
		return nil
	case strings.HasPrefix(p, "|"):
		return fmt.Errorf("program %q: the prefix '|' is not supported; write /bin/sh -lc '…'", p)
	case p == "." || p == ".." || strings.Contains(p, "/"):
		return fmt.Errorf("program %q is neither an absolute path nor a plain file name", p)
	case len(p) > 255:
		return fmt.Errorf("program name %q is longer than 255 bytes", clip(p))
	}
	return nil
}

// Expand returns argv with the environment's variables put in: a word "$NAME"
// becomes its value's words, "${NAME}" anywhere becomes its value as it is, and
// "$$" a dollar sign. Variables that are not set count as empty.
func (cmd *Command) Expand(env func(string) (string, bool)) []string {
	if cmd.Verbatim || !slices.ContainsFunc(cmd.Args, func(a string) bool { return strings.Contains(a, "$") }) {
		return cmd.Args
	}
	argv := make([]string, 0, len(cmd.Args))
	for _, a := range cmd.Args {
		if name, ok := strings.CutPrefix(a, "$"); ok && !strings.HasPrefix(name, "$") && !strings.HasPrefix(name, "{") {
			value, _ := env(name)
			words, _ := SplitWords(value, splitLoose) // loose splitting does not fail
			argv = append(argv, words...)
			continue
		}
		argv = append(argv, expandBraces(a, env))
	}
	return argv
}

// expandBraces replaces ${NAME} and $$. What is neither stays as it is, also what
// would be a default in a shell.
func expandBraces(s string, env func(string) (string, bool)) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		switch s[1] {
		case '$':
			b.WriteByte('$')
			s = s[2:]
		case '{':
			end := strings.IndexAny(s, "}:")
			if end < 0 {
				b.WriteString(s)
				return b.String()
			}
			if s[end] == ':' { // the start of a shell's ${NAME:-default}, which is not known here
				b.WriteString(s[:end+1])
				s = s[end+1:]
				continue
			}
			value, _ := env(s[2:end])
			b.WriteString(value)
			s = s[end+1:]
		default:
			b.WriteByte('$')
			s = s[1:]
		}
	}
	b.WriteString(s)
	return b.String()
}
