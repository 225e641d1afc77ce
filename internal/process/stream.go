package process

import "wakesock/internal/unit"

// A Resolved is what one of the three standard streams really is, after the
// defaults and inheritance of systemd.exec(5).
type Resolved struct {
	unit.Stream      // Kind is null, tty…, data, file, append, truncate, socket, journal, kmsg…, fd (with its Name), or dup
	Of          int  // dup: the stream, 0 or 1, that this one is a duplicate of
	Both        bool // file, for input: an output is a duplicate of it, so it is opened for reading and writing
}

// kindDup is the Kind of a stream that duplicates an earlier one.
const kindDup = "dup"

// Journal says whether the stream goes to the journal, in which case the caller
// of Plan.Start supplies a stream into it.
func (r Resolved) Journal() bool {
	switch r.Kind {
	case "journal", "kmsg", "journal+console", "kmsg+console":
		return true
	}
	return false
}

// terminal says whether a kind of input is a terminal.
func terminal(kind string) bool { return kind == "tty" || kind == "tty-force" || kind == "tty-fail" }

// Streams resolves the standard streams of a unit: input, output, error. An
// output inherits from the one before it. Two that go to the same place are one
// descriptor, as in systemd.
func Streams(u *unit.Unit) (in, out, err Resolved) {
	x := u.Exec
	in = named(x.StandardInput, "stdin")
	switch in.Kind {
	case "", "null", "data":
		in.Kind = "null"
		if x.StandardInputText != "" {
			in.Kind = "data"
		}
	}

	out = named(x.StandardOutput, "stdout")
	out.Kind = x.Output()
	err = named(x.StandardError, "stderr")
	if err.Kind == "" {
		err.Kind = "inherit"
	}

	switch {
	case err.Kind == "inherit", err.Kind == "truncate" && out.Kind == "truncate" && err.Path == out.Path:
		err = Resolved{Stream: unit.Stream{Kind: kindDup}, Of: 1}
	case err.Kind != "truncate" && err.Stream == out.Stream:
		err = Resolved{Stream: unit.Stream{Kind: kindDup}, Of: 1}
	}
	for _, o := range []*Resolved{&out, &err} {
		if in.Kind == "file" && o.Path == in.Path && (o.Kind == "file" || o.Kind == "append" || o.Kind == "truncate") {
			in.Both = true
			*o = Resolved{Stream: unit.Stream{Kind: kindDup}}
		}
	}
	if out.Kind == "inherit" {
		out = Resolved{Stream: unit.Stream{Kind: kindDup}}
	}
	return in, out, err
}

// named fills in the descriptor name that "fd" without one stands for.
func named(s unit.Stream, name string) Resolved {
	if s.Kind == "fd" && s.Name == "" {
		s.Name = name
	}
	return Resolved{Stream: s}
}
