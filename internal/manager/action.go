package manager

// Actions on the manager or the machine: FailureAction=, SuccessAction=,
// StartLimitAction=, JobTimeoutAction=.

import "strings"

// A Place is where a manager runs, which decides what its actions may do.
type Place int

// The places.
const (
	Anywhere  Place = iota // an ordinary process among others
	Container              // PID 1 of a container: its end is the container's
	Machine                // PID 1 of a machine, which it may halt or start again
)

// emergency carries out an action because of what happened to u. status is what
// the manager shall exit with; -1 takes that of the unit's main process. What
// concerns a machine is done only as its PID 1; in a container it is an exit.
func (m *Manager) emergency(u *Unit, action string, status int, what string) {
	if action == "" || action == "none" {
		return
	}
	if status < 0 {
		status = u.exitStatus()
	}
	verb, force := strings.CutSuffix(action, "-force")
	if !force {
		verb, force = strings.CutSuffix(action, "-immediate")
	}
	switch {
	case verb == "exit":
	case m.config.Place == Machine:
		m.machine = verb
	case m.config.Place == Container:
		u.log(4, "The "+what+"; "+action+" is asked for, which means exit here.")
	default:
		u.log(4, "The "+what+"; "+action+" is asked for, which only the first process of a machine may do. Ignored.")
		return
	}
	u.log(4, "The "+what+"; "+action+" follows.")
	if force {
		m.do(Exit{Code: status, Machine: m.machine})
		return
	}
	Quit{Code: status}.apply(m)
}

// exitStatus is that of the unit's last main process, 255 if there is none.
func (u *Unit) exitStatus() int {
	if s := u.service; s != nil && s.last.Code == CodeExited {
		return s.last.Status
	}
	return 255
}
