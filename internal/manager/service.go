package manager

// A service is a sequence of commands around one main process. Its states are
// those that systemctl shows as SubState:
//
//	dead → (condition) → start-pre → start → start-post → running
//	     → (exited, with RemainAfterExit=) → stop → stop-sigterm → stop-sigkill
//	     → stop-post → final-sigterm → final-sigkill → dead, failed or auto-restart
//
// Two processes at most are its own at any time: main, which ExecStart= starts,
// and control, which every other command starts. What they leave behind is
// `left`: known to be there, not known by number; it goes with the signals and
// is reported gone by Emptied.

import (
	"strconv"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

type serviceState int

const (
	serviceDead serviceState = iota
	serviceCondition
	serviceStartPre
	serviceStart
	serviceStartPost
	serviceRunning
	serviceExited
	serviceStop
	serviceStopSigterm
	serviceStopSigkill
	serviceStopPost
	serviceFinalSigterm
	serviceFinalSigkill
	serviceFailed
	serviceAutoRestart
)

// serviceStates is what is true of each state; docs/states.md is made of it.
var serviceStates = [...]stateFacts{
	serviceDead:         {"dead", Inactive, "", "a start"},
	serviceCondition:    {"condition", Activating, "TimeoutStartSec=", "the commands of ExecCondition="},
	serviceStartPre:     {"start-pre", Activating, "TimeoutStartSec=", "the commands of ExecStartPre="},
	serviceStart:        {"start", Activating, "TimeoutStartSec=", "the program to run; with Type=oneshot, for it to end"},
	serviceStartPost:    {"start-post", Activating, "TimeoutStartSec=", "the commands of ExecStartPost="},
	serviceRunning:      {"running", Active, "RuntimeMaxSec=", "the end of the main process, or a stop"},
	serviceExited:       {"exited", Active, "", "a stop; the main process has ended, RemainAfterExit= holds"},
	serviceStop:         {"stop", Deactivating, "TimeoutStopSec=", "the commands of ExecStop="},
	serviceStopSigterm:  {"stop-sigterm", Deactivating, "TimeoutStopSec=", "the processes to obey KillSignal="},
	serviceStopSigkill:  {"stop-sigkill", Deactivating, "TimeoutStopSec=", "the processes to die of FinalKillSignal="},
	serviceStopPost:     {"stop-post", Deactivating, "TimeoutStopSec=", "the commands of ExecStopPost="},
	serviceFinalSigterm: {"final-sigterm", Deactivating, "TimeoutStopSec=", "what is left to obey KillSignal="},
	serviceFinalSigkill: {"final-sigkill", Deactivating, "TimeoutStopSec=", "what is left to die of FinalKillSignal="},
	serviceFailed:       {"failed", Failed, "", "a start, or reset-failed"},
	serviceAutoRestart:  {"auto-restart", Activating, "RestartSec=", "the time of the next start"},
}

func (s serviceState) String() string { return serviceStates[s].sub }

// A process is one command's process.
type process struct {
	run       Run // 0: none
	pid       int // 0: not known yet
	directive string
	command   *unit.Command
	start     Time
}

type service struct {
	*Unit
	state    serviceState
	main     process
	control  process
	left     bool           // other processes are known to be there
	queue    []unit.Command // commands still to come in this state
	res      Result         // of this activation
	halted   bool           // a stop was asked for: no restart
	limited  bool           // the last start was one too many, StartLimitBurst=
	restarts int            // NRestarts
	from     *socket        // the socket whose connection made this instance
	link     Conn           // its connection, while the manager holds it
	counted  bool           // among the live instances of from
	peer     value.Peer
	source   string // peer.Source(), counted by from

	last            Ran // of the main process
	conditionStatus int // exit status of the last ExecCondition= command
}

// set is the only door between states. timeout is when the new state is
// cut short; 0 and Infinity mean never.
func (s *service) set(state serviceState, timeout value.Span) {
	s.state = state
	s.m.arm(s.Unit, s.m.after(timeout))
	s.become(serviceStates[state].active)
}

func (s *service) sub() string    { return s.state.String() }
func (s *service) result() Result { return s.res }

func (s *service) start() {
	switch s.state {
	case serviceDead, serviceFailed, serviceAutoRestart:
	case serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceRunning, serviceExited,
		serviceStop, serviceStopSigterm, serviceStopSigkill, serviceStopPost, serviceFinalSigterm, serviceFinalSigkill:
		return
	}
	c := s.Def.Common
	if !s.starts.below(s.m.now, c.StartLimitIntervalSec, c.StartLimitBurst) {
		s.log(4, "Start request repeated too quickly.")
		s.fail(FailureStartLimit) // the failure that led here is kept
		s.limited = true
		s.end(serviceFailed)
		return
	}
	if s.state != serviceAutoRestart {
		s.restarts = 0
	}
	if s.from != nil {
		s.from.begun(s)
	}
	s.res, s.halted, s.limited, s.left = Success, false, false, false
	s.main, s.control, s.queue = process{}, process{}, nil
	s.last, s.ran = Ran{}, nil
	s.invocation = s.m.newInvocation()
	s.enter(serviceCondition)
}

// serviceDirectives are those whose commands the states run.
var serviceDirectives = [serviceAutoRestart + 1]string{
	serviceCondition: "ExecCondition", serviceStartPre: "ExecStartPre", serviceStart: "ExecStart", serviceStartPost: "ExecStartPost",
	serviceStop: "ExecStop", serviceStopPost: "ExecStopPost",
}

// commands returns what a state runs one after the other.
func (s *service) commands(state serviceState) []unit.Command {
	d := s.Def.Service
	switch state {
	case serviceCondition:
		return d.ExecCondition
	case serviceStartPre:
		return d.ExecStartPre
	case serviceStart:
		return d.ExecStart
	case serviceStartPost:
		return d.ExecStartPost
	case serviceStop:
		return d.ExecStop
	case serviceStopPost:
		return d.ExecStopPost
	case serviceDead, serviceRunning, serviceExited, serviceStopSigterm, serviceStopSigkill,
		serviceFinalSigterm, serviceFinalSigkill, serviceFailed, serviceAutoRestart:
	}
	return nil
}

// timeout returns how long one command of a state may take.
func (s *service) timeout(state serviceState) value.Span {
	d := s.Def.Service
	if serviceStates[state].active == Deactivating {
		return d.TimeoutStopSec
	}
	if d.Type == unit.ServiceOneshot && d.TimeoutStartSec == 0 {
		return value.Infinity
	}
	return d.TimeoutStartSec
}

// enter goes into a state that runs commands, or past it if there are none.
func (s *service) enter(state serviceState) {
	s.queue = s.commands(state)
	if len(s.queue) == 0 {
		s.past(state)
		return
	}
	s.set(state, s.timeout(state))
	s.next()
}

// next starts the next command of the state.
func (s *service) next() {
	c := &s.queue[0]
	s.queue = s.queue[1:]
	p := process{run: s.m.newRun(), directive: serviceDirectives[s.state], command: c, start: s.m.now}
	main := s.state == serviceStart
	was := &s.control
	if main {
		was = &s.main
	}
	delete(s.m.runs, was.run) // with KillMode=none it may still be there
	*was = p
	s.m.arm(s.Unit, s.m.after(s.timeout(s.state))) // for each command anew
	s.m.runs[p.run] = s
	s.m.do(&Spawn{
		Run: p.run, Def: s.Def, Command: c, Vars: s.vars(main),
		Sockets: s.triggers(), Listen: main, Conn: s.link,
		Main: main, Socket: s.from != nil,
	})
}

// triggers are the sockets that the service is handed.
func (s *service) triggers() []unit.Name {
	if s.from != nil {
		return nil
	}
	return s.m.socketsOf(s.Unit)
}

// vars are the manager's own variables for the next command, systemd.exec(5).
func (s *service) vars(main bool) []string {
	vars := make([]string, 1, 8)
	vars[0] = "INVOCATION_ID=" + string(s.invocation)
	if s.from != nil {
		vars = append(vars, s.peer.Env()...)
	}
	if !main && s.main.pid != 0 {
		vars = append(vars, "MAINPID="+strconv.Itoa(s.main.pid))
	}
	vars = append(vars, s.cause...)
	if serviceStates[s.state].active == Deactivating {
		vars = append(vars, "SERVICE_RESULT="+string(s.res))
		if s.last.Code != CodeNone {
			vars = append(vars, "EXIT_CODE="+string(s.last.Code), "EXIT_STATUS="+s.last.Code.show(s.last.Status))
		}
	}
	return vars
}

// show prints an exit status as $EXIT_STATUS has it: a number, or a signal's name without SIG.
func (c ExitCode) show(status int) string {
	if c == CodeExited {
		return strconv.Itoa(status)
	}
	name := value.Signal(status).String()
	if len(name) > 3 && name[:3] == "SIG" {
		return name[3:]
	}
	return name
}

// past goes on after the commands of a state have all succeeded.
func (s *service) past(state serviceState) {
	switch state {
	case serviceCondition:
		s.enter(serviceStartPre)
	case serviceStartPre:
		s.enter(serviceStart)
	case serviceStart:
		s.enter(serviceStartPost)
	case serviceStartPost:
		s.settle(Success)
	case serviceStop:
		s.terminate(serviceStopSigterm, Success)
	case serviceStopPost:
		s.terminate(serviceFinalSigterm, Success)
	case serviceDead, serviceRunning, serviceExited, serviceStopSigterm, serviceStopSigkill,
		serviceFinalSigterm, serviceFinalSigkill, serviceFailed, serviceAutoRestart:
		panic("BUG: past " + state.String())
	}
}

// settle is where a started service rests: running while there is a main
// process, exited if it shall remain, else on its way down. ExecStop= is not for
// a service that failed.
func (s *service) settle(r Result) {
	s.fail(r)
	switch {
	case s.res != Success:
		s.terminate(serviceStopSigterm, s.res)
	case s.main.run != 0:
		s.set(serviceRunning, s.Def.Service.RuntimeMaxSec)
	case s.Def.Service.RemainAfterExit:
		s.set(serviceExited, 0)
	default:
		s.wind(Success)
	}
}

// fail notes the first thing that went wrong.
func (s *service) fail(r Result) {
	if s.res == Success {
		s.res = r
	}
}

// wind begins the way down with ExecStop=, which is for a service that started well.
func (s *service) wind(r Result) {
	s.fail(r)
	s.enter(serviceStop)
}

// terminate sends the signal of a state to what is alive and waits; with
// nobody to send it to it goes on. What KillMode=mixed spares from the first
// signal gets the second at once when nobody else is there.
func (s *service) terminate(state serviceState, r Result) {
	s.fail(r)
	switch {
	case s.signal(state):
		s.set(state, s.Def.Service.TimeoutStopSec)
	case state == serviceStopSigterm && s.Def.Kill.SendSIGKILL:
		s.terminate(serviceStopSigkill, Success)
	case state == serviceFinalSigterm && s.Def.Kill.SendSIGKILL:
		s.terminate(serviceFinalSigkill, Success)
	default:
		s.signalled(state)
	}
}

// signalled goes on when nothing is alive any more in a state that sent signals.
func (s *service) signalled(state serviceState) {
	switch state {
	case serviceStopSigterm, serviceStopSigkill:
		s.enter(serviceStopPost)
	case serviceFinalSigterm, serviceFinalSigkill:
		s.rest()
	case serviceDead, serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceRunning, serviceExited,
		serviceStop, serviceStopPost, serviceFailed, serviceAutoRestart:
		panic("BUG: signals sent in " + state.String())
	}
}

// signal sends the signal that belongs to a state; false if there was nobody to
// send it to or to wait for.
func (s *service) signal(state serviceState) bool {
	kill := state == serviceStopSigkill || state == serviceFinalSigkill
	return s.kill(kill, s.left, s.main.run, s.control.run)
}

// rest is the end of an activation: dead, failed, or waiting for the restart.
//
// Before a restart the service is down for a moment all the same: whoever waits
// for its start learns how that went.
func (s *service) rest() {
	s.abandon()
	s.queue = nil
	state := serviceDead
	if s.res != Success && s.res != FailureCondition {
		state = serviceFailed
	}
	if !s.halted && !s.m.quitting && s.restarting() {
		s.set(state, 0)
		s.set(serviceAutoRestart, max(s.Def.Service.RestartSec, 1))
		return
	}
	s.end(state)
}

// end is the end of an activation that nothing follows.
func (s *service) end(state serviceState) {
	s.hangup() // first: the client learns of it before anybody waits
	if s.job == nil || s.job.kind != Restart {
		s.cause = nil
	}
	s.set(state, 0)
	s.leave()
	s.m.collect(s.Unit)
}

// leave lets go of the connection and of the place among the live instances.
func (s *service) leave() {
	s.hangup()
	if s.from != nil {
		s.from.ended(s)
	}
}

// hangup lets go of the connection.
func (s *service) hangup() {
	if s.link != 0 {
		s.m.do(Hangup{Conn: s.link})
		s.link = 0
	}
}

// release lets go of the connection as soon as no later command can need it, so
// that the client sees its end when the service closes it.
func (s *service) release() {
	d := s.Def.Service
	if s.link != 0 && s.state == serviceStart && len(s.queue) == 0 && d.Restart == unit.RestartNo &&
		len(d.ExecStartPost) == 0 && len(d.ExecStop) == 0 && len(d.ExecStopPost) == 0 {
		s.hangup()
	}
}
