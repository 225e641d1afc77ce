package unit

import "fmt"

// A Place is a line of a file; Line is 1-based, 0 for the file as a whole.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	switch {
	case p.File == "":
		return "-"
	case p.Line == 0:
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Problem is something wrong in a unit file. It is a value, not an error: they
// are collected, and loading goes on as systemd's does.
type Problem struct {
	Place
	Section string // empty for problems of syntax or of the file
	Name    string // directive, without '='
	What    string // what is wrong, lower case, no full stop
	Hint    string // what helps; may be empty
	Note    bool   // worth telling, yet not wrong: a directive that is not enforced here
	Fatal   bool   // the unit is refused for it; in a drop-in, the rest of the file is
}

// String prints "file:line: [Section] Name=: what; hint".
func (p Problem) String() string {
	s := p.Place.String() + ": "
	if p.Section != "" {
		s += "[" + p.Section + "] "
	}
	if p.Name != "" {
		s += p.Name + "=: "
	}
	s += p.What
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}
