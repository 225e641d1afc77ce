package manager

// Signals to the processes of units: when they shall end, systemd.kill(5), and
// by hand.

// A killStep is how strongly the processes of a unit are asked to end.
type killStep int

const (
	killTerm  killStep = iota // KillSignal=, or RestartKillSignal= where it shall start again
	killFinal                 // KillSignal= to what is left at the end
	killAbort                 // WatchdogSignal=
	killForce                 // FinalKillSignal=, unless SendSIGKILL=no
)

// kill sends the signal of a step to a unit's processes. runs are the unit's own processes, 0 is none; left
// tells that there are others. It is false if nobody is to get the signal or to be
// waited for.
func (u *Unit) kill(step killStep, left bool, runs ...Run) bool {
	k := u.Def.Kill
	sig := k.KillSignal
	switch step {
	case killTerm:
		if k.RestartKillSignal != 0 && u.job != nil && u.job.kind == Restart {
			sig = k.RestartKillSignal
		}
	case killFinal:
	case killAbort:
		sig = k.WatchdogSignal
	case killForce:
		if !k.SendSIGKILL {
			return false
		}
		sig = k.FinalKillSignal
	}
	force := step == killForce
	e := Signal{Unit: u.Name, Signal: sig, Runs: alive(runs...), Hangup: k.SendSIGHUP && (step == killTerm || step == killFinal)}
	switch k.KillMode {
	case "none":
		return false
	case "process":
		left = false
	case "mixed":
		e.Rest, left = force, left && force
	default:
		e.Rest = true
	}
	if len(e.Runs) == 0 && !left {
		return false
	}
	e.Last = e.Rest
	u.m.do(e)
	return true
}

// alive drops the runs that are none.
func alive(runs ...Run) (list []Run) {
	for _, r := range runs {
		if r != 0 {
			list = append(list, r)
		}
	}
	return list
}

func (e Killed) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil {
		return
	}
	var main, control Run
	switch {
	case u.service != nil:
		main, control = u.service.main.run, u.service.control.run
	case u.socket != nil:
		control = u.socket.control.run
	default:
		return
	}
	if e.Who == "control" {
		main = 0
	}
	if e.Who == "main" {
		control = 0
	}
	m.do(Signal{Unit: u.Name, Signal: e.Signal, Runs: alive(main, control), Rest: e.Who == "all" || e.Who == ""})
}
