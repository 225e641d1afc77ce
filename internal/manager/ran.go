package manager

import (
	"slices"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Ran is one run of a command, or how it is going; show and status tell of it
// until the unit's next start. The zero value is a command that never ran.
type Ran struct {
	Directive   string // "ExecStartPre"
	Command     *unit.Command
	PID         int
	Start, Exit Time     // Exit is 0 while the process is alive
	Code        ExitCode // CodeNone until then
	Status      int
}

// ran is what is known of a process that has just been started.
func (p *process) ran() Ran {
	return Ran{Directive: p.directive, Command: p.command, PID: p.pid, Start: p.start}
}

// ended is what is known of it when it has ended.
func (r Ran) ended(now Time, e Exited) Ran {
	r.Exit, r.Code, r.Status = now, e.Code, e.Status
	return r
}

// in tells whether an exit is one of a set.
func (r *Ran) in(set unit.ExitSet) bool {
	if r.Code == CodeExited {
		return slices.Contains(set.Statuses, r.Status)
	}
	return slices.Contains(set.Signals, value.Signal(r.Status))
}

// is tells whether the run is that of a command, which a reload may have read anew.
func (r *Ran) is(directive string, c *unit.Command) bool {
	return r.Directive == directive && r.Command.Path == c.Path && slices.Equal(r.Command.Args, c.Args)
}

// Run returns the last run of a command of the unit.
func (s *Snapshot) Run(directive string, c *unit.Command) Ran {
	for _, same := range [...]func(r *Ran) bool{
		func(r *Ran) bool { return r.Command == c },
		func(r *Ran) bool { return r.Command != nil && r.is(directive, c) },
	} {
		for _, r := range [...]*Ran{&s.ControlRun, &s.Last} {
			if same(r) {
				return *r
			}
		}
		for i := range slices.Backward(s.Ran) {
			if same(&s.Ran[i]) {
				return s.Ran[i]
			}
		}
	}
	return Ran{}
}
