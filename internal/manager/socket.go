package manager

// A socket unit holds descriptors open and waits for somebody to knock.
//
//	dead → start-pre → start-open → start-post → listening ⇄ (deferred →) running
//	     → stop-pre → (stop-pre-sigterm → stop-pre-sigkill)
//	     → stop-post → (final-sigterm → final-sigkill) → dead or failed
//
// The descriptors are closed between stop-pre and stop-post. What the commands
// leave behind is `left`, as with a service; the last two signals are for it, too.
//
// With Accept=no the first thing to read starts the service, and the socket is
// running, deaf, until the service is down again. With Accept=yes every
// connection makes an instance of the template, and the socket stays listening.
//
// Too much traffic never ends a socket. Over its trigger limit it is paused: it
// stays listening without being watched, the kernel's backlog holds who comes,
// and its one deadline resumes it. systemd fails such a socket instead;
// TriggerLimitAction=fail in [X-Wakesock] asks for that.

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

type socketState int

const (
	socketDead socketState = iota
	socketStartPre
	socketStartOpen
	socketStartPost
	socketListening
	socketDeferred
	socketRunning
	socketStopPre
	socketStopPreSigterm
	socketStopPreSigkill
	socketStopPost
	socketFinalSigterm
	socketFinalSigkill
	socketFailed
)

// socketStates is what is true of each state; docs/states.md is made of it.
var socketStates = [...]stateFacts{
	socketDead:           {"dead", Inactive, "", "a start"},
	socketStartPre:       {"start-pre", Activating, "TimeoutSec=", "the commands of ExecStartPre="},
	socketStartOpen:      {"start-open", Activating, "TimeoutSec=", "the addresses to be opened"},
	socketStartPost:      {"start-post", Activating, "TimeoutSec=", "the commands of ExecStartPost="},
	socketListening:      {"listening", Active, "the end of the pause, if paused", "somebody who knocks; when paused, for its end"},
	socketDeferred:       {"deferred", Active, "DeferTriggerMaxSec=", "the end of those that its service conflicts with"},
	socketRunning:        {"running", Active, "", "the end of its service"},
	socketStopPre:        {"stop-pre", Deactivating, "TimeoutSec=", "the commands of ExecStopPre="},
	socketStopPreSigterm: {"stop-pre-sigterm", Deactivating, "TimeoutSec=", "the control process to obey KillSignal="},
	socketStopPreSigkill: {"stop-pre-sigkill", Deactivating, "TimeoutSec=", "the control process to die of FinalKillSignal="},
	socketStopPost:       {"stop-post", Deactivating, "TimeoutSec=", "the commands of ExecStopPost="},
	socketFinalSigterm:   {"final-sigterm", Deactivating, "TimeoutSec=", "what is left to obey KillSignal="},
	socketFinalSigkill:   {"final-sigkill", Deactivating, "TimeoutSec=", "what is left to die of FinalKillSignal="},
	socketFailed:         {"failed", Failed, "", "a start, or reset-failed"},
}

func (s socketState) String() string { return socketStates[s].sub }

// failedKept is how many failed instances of one socket are kept to be looked
// at; beyond it the oldest are forgotten, so that a bad day does not fill memory.
const failedKept = 64

type socket struct {
	*Unit
	state   socketState
	held    bool // descriptors are open
	paused  bool // listening, but deaf until the deadline
	watched bool
	res     Result
	control process
	left    bool // other processes are known to be there
	queue   []unit.Command

	triggers, polls limiter
	live            int            // instances alive
	sources         map[string]int // the same by peer, where MaxConnectionsPerSource= counts them
	failed          []*service     // failed instances, oldest first
	accepted        uint64
	refused         uint64
	warned          Time // when a refusal was last logged
}

func (s *socket) set(state socketState, timeout value.Span) {
	s.state = state
	if state != socketListening {
		s.paused = false
	}
	s.m.arm(s.Unit, s.m.after(timeout))
	s.become(socketStates[state].active)
}

func (s *socket) sub() string    { return s.state.String() }
func (s *socket) result() Result { return s.res }

func (s *socket) start() {
	if !s.active.down() {
		return
	}
	if why := s.unwanted(); why != "" {
		s.log(3, why)
		s.m.finish(s.job, JobFailed, string(s.Name)+": "+why) // and nothing has changed
		return
	}
	s.res, s.ran, s.left = Success, nil, false
	s.invocation = s.m.newInvocation()
	s.triggers.reset()
	s.polls.reset()
	s.enter(socketStartPre)
}

// limitHit fails a start that was one too many.
func (s *socket) limitHit() {
	s.fail(FailureStartLimit)
	s.set(socketFailed, 0)
	s.m.collect(s.Unit)
}

// unwanted says why there is no point in listening: nobody could serve who
// comes, or somebody does already. A template may come later, connections are
// refused until then.
func (s *socket) unwanted() string {
	result, text := s.m.refusal(s.target)
	switch {
	case s.Def.Socket.Accept:
		if result != JobDone {
			s.log(4, s.Def.PlaceOf("Socket", "Accept").String()+": "+text+
				"; Accept=yes needs this template: until it is there and daemon-reload was called, connections are closed")
		}
		return ""
	case result != JobDone:
		return s.Def.PlaceOf("Socket", "Service").String() + ": cannot listen: " + text
	}
	if d := s.m.units[s.target]; d != nil && d.service != nil && !d.active.down() && d.service.state != serviceAutoRestart {
		return "Socket service " + string(s.target) + " already active, refusing."
	}
	return ""
}

// listen waits for somebody to knock.
func (s *socket) listen() {
	s.set(socketListening, 0)
	s.watch()
}

func (s *socket) watch() {
	if !s.watched && !s.m.quitting {
		s.watched = true
		s.m.do(Watch{Unit: s.Name})
	}
}

func (s *socket) unwatch() {
	if s.watched {
		s.watched = false
		s.m.do(Unwatch{Unit: s.Name})
	}
}

// drop closes what is held open.
func (s *socket) drop() {
	if s.held {
		s.m.do(Close{Def: s.Def, Remove: s.Def.Socket.RemoveOnStop})
	}
	s.held, s.watched = false, false
}

func (e Listened) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.socket == nil {
		return
	}
	s := u.socket
	if e.Err != "" {
		text := e.Place + ": " + e.Err
		if e.Place == "" {
			text = s.Def.Fragment + ": " + e.Err
		}
		if e.Hint != "" {
			text += "; " + e.Hint
		}
		s.log(3, text)
	}
	switch s.state {
	case socketStartOpen:
		if e.Err != "" {
			s.wind(FailureResources)
			return
		}
		s.held = true
		s.past(socketStartOpen)
	case socketListening: // reopened after a reload; the watch goes with the descriptors
		if s.watched {
			s.m.do(Watch{Unit: s.Name})
		}
	case socketDead, socketStartPre, socketStartPost, socketDeferred, socketRunning, socketStopPre, socketStopPreSigterm, socketStopPreSigkill,
		socketStopPost, socketFinalSigterm, socketFinalSigkill, socketFailed:
	}
}

func (s *socket) triggeredMoved(u *Unit) {
	v := u.service
	if v == nil {
		return
	}
	switch v.state {
	case serviceDead, servicePinned, serviceFailed, serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceAutoRestart:
		switch {
		case s.state != socketRunning:
		case v.state == serviceFailed && v.limited:
			s.exhausted(v)
		case v.job != nil: // what comes of it is awaited, so that a restart does not wake the socket
		default:
			if s.Def.Socket.FlushPending {
				s.m.do(Flush{Unit: s.Name})
			}
			s.listen()
		}
	case serviceRunning:
		if (s.state == socketListening || s.state == socketDeferred) && !s.Def.Socket.Accept {
			s.unwatch()
			s.set(socketRunning, 0)
		}
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceExited,
		serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost,
		serviceStop, serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceStopPost:
	}
}

// exhausted waits until a service that hit its start limit may be started again.
func (s *socket) exhausted(v *service) {
	if s.Def.Wakesock.TriggerLimitAction == "fail" {
		s.log(4, string(v.Name)+" hit its start limit; failing the socket, as TriggerLimitAction=fail asks.")
		s.wind(FailureServiceLife)
		return
	}
	s.pause(v.starts.end(v.Def.Common.StartLimitIntervalSec), string(v.Name)+" hit its start limit")
}

func (s *socket) expire() {
	switch s.state {
	case socketListening:
		s.paused = false
		if d := s.m.units[s.target]; d != nil && d.service != nil && !s.Def.Socket.Accept && !d.active.down() {
			s.set(socketRunning, 0) // started by other means during the pause
			return
		}
		s.log(6, "Listening again.")
		s.watch()
	case socketDeferred:
		s.log(4, "DeferTriggerMaxSec= is over, and "+string(s.target)+" still conflicts with others.")
		s.wind(FailureTimeout)
	case socketStartPre, socketStartOpen, socketStartPost, socketStopPre, socketStopPreSigterm, socketStopPreSigkill,
		socketStopPost, socketFinalSigterm, socketFinalSigkill:
		s.late()
	case socketDead, socketRunning, socketFailed:
		panic("BUG: deadline in " + s.state.String())
	}
}

func (s *socket) reset() {
	s.starts.reset()
	if s.state == socketFailed {
		s.res = Success
		s.set(socketDead, 0)
	}
}

// redefined opens what is new and closes what is no longer wanted; addresses
// that did not change are not touched.
func (s *socket) redefined() {
	s.m.stir() // DeferTrigger= may be another
	if s.held {
		s.m.do(Open{Def: s.Def})
	}
}

func (s *socket) collectable() bool { return s.live == 0 && len(s.failed) == 0 }

func (s *socket) gone() {}
