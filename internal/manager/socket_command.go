package manager

// The commands of a socket unit: before and after its descriptors are opened
// and closed, one control process at a time.

import (
	"strings"

	"wakesock/internal/unit"
)

// socketDirectives are those whose commands the states run.
var socketDirectives = [socketFailed + 1]string{
	socketStartPre: "ExecStartPre", socketStartPost: "ExecStartPost", socketStopPre: "ExecStopPre", socketStopPost: "ExecStopPost",
}

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
	case socketDead, socketStartOpen, socketListening, socketDeferred, socketRunning, socketStopPreSigterm, socketStopPreSigkill,
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
	delete(s.m.ctl, s.control.run) // with KillMode=none it may still be there
	s.control = process{run: s.m.newRun(), directive: socketDirectives[s.state], command: c, start: s.m.now}
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
	case socketStopPost:
		s.terminate(socketFinalSigterm, Success)
	case socketFinalSigterm, socketFinalSigkill:
		s.abandon()
		s.drop()
		if s.res == Success {
			s.set(socketDead, 0)
		} else {
			s.set(socketFailed, 0)
		}
		s.m.collect(s.Unit)
	case socketDead, socketListening, socketDeferred, socketRunning, socketFailed:
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

// terminate sends the signal of a state to what is alive and waits for its end;
// with nobody to send it to it goes on. What KillMode=mixed spares from the first
// signal gets the second at once when nobody else is there.
func (s *socket) terminate(state socketState, r Result) {
	s.fail(r)
	s.queue = nil
	step := killForce
	switch state {
	case socketStopPreSigterm:
		step = killTerm
	case socketFinalSigterm:
		step = killFinal
	case socketDead, socketStartPre, socketStartOpen, socketStartPost, socketListening, socketDeferred, socketRunning, socketStopPre,
		socketStopPreSigkill, socketStopPost, socketFinalSigkill, socketFailed:
	}
	switch {
	case s.Unit.kill(step, s.left, s.control.run):
		s.set(state, s.Def.Socket.TimeoutSec)
	case state == socketStopPreSigterm && s.Def.Kill.SendSIGKILL:
		s.terminate(socketStopPreSigkill, Success)
	case state == socketFinalSigterm && s.Def.Kill.SendSIGKILL:
		s.terminate(socketFinalSigkill, Success)
	default:
		s.past(state)
	}
}

// quiet goes on after a signal once the control process has gone. What else was
// left behind is waited for at the very end only, after ExecStopPost=.
func (s *socket) quiet() {
	if s.control.run != 0 {
		return
	}
	last := s.state == socketFinalSigterm || s.state == socketFinalSigkill
	switch k := s.Def.Kill; {
	case !last, !s.left, k.KillMode == "process", k.KillMode == "none":
		s.past(s.state)
	case k.KillMode == "mixed" && s.state == socketFinalSigterm && k.SendSIGKILL:
		s.terminate(socketFinalSigkill, Success)
	}
}

// emptied notes that nothing is left of what the commands have left behind.
func (s *socket) emptied() {
	s.left = false
	switch s.state {
	case socketStopPreSigterm, socketStopPreSigkill, socketFinalSigterm, socketFinalSigkill:
		s.quiet()
	case socketDead, socketStartPre, socketStartOpen, socketStartPost, socketListening, socketDeferred, socketRunning, socketStopPre,
		socketStopPost, socketFailed:
	}
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
	if why == "" {
		s.ran = append(s.ran, s.control.ran().ended(s.m.now, e))
	}
	s.control = process{}
	s.left = s.left || e.Left
	r := Success
	if e.Code != CodeExited || e.Status != 0 {
		r = e.failure()
		s.log(5, strings.TrimSuffix("Control process exited, code="+string(e.Code)+", status="+e.Text()+": "+why, ": "))
		if command.Ignore {
			r = Success
		}
	}
	switch {
	case s.state == socketStopPreSigterm, s.state == socketStopPreSigkill, s.state == socketFinalSigterm, s.state == socketFinalSigkill:
		s.fail(r)
		s.quiet()
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
	case socketListening, socketDeferred, socketRunning:
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
		s.giveUp()
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
	case socketDead, socketListening, socketDeferred, socketRunning, socketFailed:
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

// giveUp ends a control process that nothing waits for any more.
func (s *socket) giveUp() {
	if s.control.run != 0 {
		s.m.do(Signal{Unit: s.Name, Signal: s.Def.Kill.FinalKillSignal, Runs: []Run{s.control.run}})
		s.release()
	}
}

// release stops waiting for the control process.
func (s *socket) release() {
	delete(s.m.ctl, s.control.run)
	s.control = process{}
}

// abandon stops waiting for processes that do not go.
func (s *socket) abandon() {
	s.release()
	s.left = false
}
