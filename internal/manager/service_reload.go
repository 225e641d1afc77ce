package manager

// Reloading: ExecReload=, or a signal that the service answers with RELOADING=1 and
// READY=1, or both.

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// canReload tells whether there is a way to make the service reload.
func (s *service) canReload() bool {
	d := s.Def.Service
	return len(d.ExecReload) > 0 || d.Type == unit.ServiceNotifyReload
}

// reload makes a running service read its configuration again. It comes back to
// running, whether that went well or not; reloadRes tells.
func (s *service) reload() {
	if s.state != serviceRunning && s.state != serviceExited {
		return
	}
	d := s.Def.Service
	s.reloadRes = Success
	signalled := d.Type == unit.ServiceNotifyReload && s.main.run != 0
	if signalled {
		sd := s.speak()
		sd.last = value.NoticeNone
		sd.reloadBegin = s.m.now
		s.m.do(Signal{Unit: s.Name, Signal: d.ReloadSignal, Runs: []Run{s.main.run}})
	}
	switch {
	case len(d.ExecReload) > 0:
		s.enter(serviceReload)
	case signalled:
		s.set(serviceReloadSignal, s.timeout(serviceReloadSignal))
	default:
		s.settle(Success)
	}
}

func (s *service) reloadResult() Result { return s.reloadRes }

// reloadEnded follows the end of a process while the service reloads.
func (s *service) reloadEnded(r Result, main bool) {
	switch {
	case main && s.lingers():
		s.fail(r)
	case main && s.control.run != 0: // which goes on; settle will see it
		s.fail(r)
	case main:
		s.wind(r)
	case s.state == serviceReloadSignal, s.state == serviceReloadNotify: // a late control process
	case r == Success && len(s.queue) > 0:
		s.next()
	case r == Success:
		s.past(s.state)
	default:
		s.reloadRes = r
		s.settle(Success)
	}
}

// reloaded follows a reload that went well, as far as commands go.
func (s *service) reloaded(r Result) {
	d := s.Def.Service
	if d.Type == unit.ServiceForking && d.PIDFile != "" { // the daemon may have made itself anew
		s.m.do(Seek{Unit: s.Name, File: d.PIDFile})
	}
	switch {
	case s.saying() == value.NoticeReloading && s.alive():
		s.set(serviceReloadNotify, s.timeout(serviceReloadNotify))
	case s.res == Success && s.alive():
		s.enter(serviceReloadPost)
	default:
		s.settle(r)
	}
}

// killControl ends a control process that nothing waits for any more.
func (s *service) killControl() {
	if s.control.run != 0 {
		s.m.do(Signal{Unit: s.Name, Signal: value.Signal(9), Runs: []Run{s.control.run}})
		delete(s.m.runs, s.control.run)
		s.control = process{}
	}
	s.queue = nil
}
