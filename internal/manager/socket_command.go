package manager

// The commands of a socket unit: before and after its descriptors are opened
// and closed, one control process at a time.

import (
	"strings"

	"wakesock/internal/unit"
)

func (s *socket) commands(state socketState) []unit.Command {
	d := s.Def.Socket
	switch state {
	case socketStartPre:
		return d.ExecStartPre
	case socketStartPost:
		return d.ExecStartPost
	case socketStopPre:
		return d.ExecStopPre
	case socketStopPost:
		return d.ExecStopPost
	case socketDead, socketStartOpen, socketListening, socketRunning, socketStopPreSigterm, socketStopPreSigkill,
		socketFinalSigterm, socketFinalSigkill, socketFailed:
	}
	return nil
}

// enter goes into a state that runs commands, or past it if there are none.
func (s *socket) enter(state socketState) {
	s.queue = s.commands(state)
	if len(s.queue) == 0 {
		s.past(state)
		return
	}
	s.set(state, s.Def.Socket.TimeoutSec)
	s.next()
}

func (s *socket) next() {
	c := &s.queue[0]
	s.queue = s.queue[1:]
	s.control = process{run: s.m.newRun(), command: c, start: s.m.now}
	s.m.arm(s.Unit, s.m.after(s.Def.Socket.TimeoutSec)) // for each command anew
	s.m.ctl[s.control.run] = s
	e := &Spawn{Run: s.control.run, Def: s.Def, Command: c, Vars: []string{"INVOCATION_ID=" + string(s.invocation)}}
	if s.m.config.User { // that socket may be the bus, for which systemctl --user would wait
		e.Vars = append(e.Vars, "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/none")
	}
	if s.held && s.Def.Socket.PassFileDescriptorsToExec {
		e.Sockets, e.Listen = []unit.Name{s.Name}, true
	}
	s.m.do(e)
}

// past goes on after what a state was there for is done.
func (s *socket) past(state socketState) {
	switch state {
	case socketStartPre:
		s.set(socketStartOpen, s.Def.Socket.TimeoutSec)
		s.m.do(Open{Def: s.Def})
	case socketStartOpen:
		s.enter(socketStartPost)
	case socketStartPost:
		s.listen()
	case socketStopPre, socketStopPreSigterm, socketStopPreSigkill:
		s.drop()
		s.enter(socketStopPost)
	case socketStopPost, socketFinalSigterm, socketFinalSigkill:
		s.drop()
		if s.res == Success {
			s.set(socketDead, 0)
		} else {
			s.set(socketFailed, 0)
		}
		s.m.collect(s.Unit)
	case socketDead, socketListening, socketRunning, socketFailed:
		panic("BUG: past " + state.String())
	}
}

// fail notes the first thing that went wrong.
func (s *socket) fail(r Result) {
	if s.res == Success {
		s.res = r
	}
}

// wind begins the way down of a socket that was opened, or should have been.
func (s *socket) wind(r Result) {
	s.fail(r)
	s.unwatch()
	s.enter(socketStopPre)
}

// terminate sends the signal of a state to the control process and waits for
// its end; without one it goes on.
func (s *socket) terminate(state socketState, r Result) {
	s.fail(r)
	s.queue = nil
	if s.control.run == 0 {
		s.past(state)
		return
	}
	sig := s.Def.Kill.KillSignal
	if state == socketStopPreSigkill || state == socketFinalSigkill {
		sig = s.Def.Kill.FinalKillSignal
	}
	s.m.do(Signal{Unit: s.Name, Signal: sig, Runs: []Run{s.control.run}, Rest: s.Def.Kill.KillMode == "control-group"})
	s.set(state, s.Def.Socket.TimeoutSec)
}

func (s *socket) spawned(e Spawned) {
	if s.control.run != e.Run {
		return
	}
	s.control.pid = e.PID
	if e.Failure != "" {
		s.log(3, s.control.command.Place.String()+": "+e.Failure)
	}
}

func (s *socket) exited(e Exited, why string) {
	delete(s.m.ctl, e.Run)
	if s.control.run != e.Run {
		return
	}
	command := s.control.command
	s.control = process{}
	r := Success
	if e.Code != CodeExited || e.Status != 0 {
		r = e.failure()
		s.log(5, strings.TrimSuffix("Control process exited, code="+string(e.Code)+", status="+e.Text()+": "+why, ": "))
		if command.Ignore {
			r = Success
		}
	}
	switch {
	case r == Success && len(s.queue) > 0:
		s.next()
	case r != Success && s.state == socketStartPre:
		s.terminate(socketFinalSigterm, r)
	case r != Success && s.state == socketStartPost:
		s.wind(r)
	default:
		s.fail(r)
		s.past(s.state)
	}
}

func (s *socket) stop() {
	switch s.state {
	case socketStartPre, socketStartOpen, socketStartPost:
		s.terminate(socketStopPreSigterm, Success)
	case socketListening, socketRunning:
		s.wind(Success)
	case socketDead, socketStopPre, socketStopPreSigterm, socketStopPreSigkill, socketStopPost,
		socketFinalSigterm, socketFinalSigkill, socketFailed:
	}
}

// late follows a command, or an end, that takes longer than TimeoutSec=.
func (s *socket) late() {
	s.log(4, "State '"+s.state.String()+"' timed out.")
	switch s.state {
	case socketStartPre, socketStopPost:
		s.terminate(socketFinalSigterm, FailureTimeout)
	case socketStartOpen:
		s.wind(FailureTimeout)
	case socketStartPost:
		s.kill()
		s.wind(FailureTimeout)
	case socketStopPre:
		s.terminate(socketStopPreSigterm, FailureTimeout)
	case socketStopPreSigterm:
		s.escalate(socketStopPreSigkill)
	case socketFinalSigterm:
		s.escalate(socketFinalSigkill)
	case socketStopPreSigkill, socketFinalSigkill:
		s.abandon()
		s.fail(FailureTimeout)
		s.past(s.state)
	case socketDead, socketListening, socketRunning, socketFailed:
		panic("BUG: late in " + s.state.String())
	}
}

// escalate follows a SIGTERM that was not obeyed.
func (s *socket) escalate(state socketState) {
	if !s.Def.Kill.SendSIGKILL {
		s.abandon()
	}
	s.terminate(state, FailureTimeout)
}

// kill ends a control process that nothing waits for any more.
func (s *socket) kill() {
	if s.control.run != 0 {
		s.m.do(Signal{Unit: s.Name, Signal: s.Def.Kill.FinalKillSignal, Runs: []Run{s.control.run}})
		s.abandon()
	}
}

// abandon stops waiting for the control process.
func (s *socket) abandon() {
	delete(s.m.ctl, s.control.run)
	s.control = process{}
}
