package manager

// A service is a sequence of commands around one main process. Its states are
// those that systemctl shows as SubState:
//
//	dead → (condition) → start-pre → start → start-post → running
//	     → (exited, with RemainAfterExit=) → stop → (stop-watchdog) → stop-sigterm → stop-sigkill
//	     → stop-post → (final-watchdog) → final-sigterm → final-sigkill → dead, failed or auto-restart
//	running ⇄ reload, reload-signal, reload-notify, reload-post
//
// Two processes at most are its own at any time: main, which is the service, and
// control, which every command but ExecStart= starts; with Type=forking, ExecStart=
// too, and main is found when it has ended. What they leave behind is `left`: known
// to be there, not known by number; it goes with the signals and is reported gone
// by Emptied.
//
// This file has the types and the way from command to command; then read
// service_start.go, service_stop.go, service_reload.go, and process.go for what news
// of processes leads to. What a service says of itself is in service_notify.go.

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
	serviceReload
	serviceReloadSignal
	serviceReloadNotify
	serviceReloadPost
	serviceStop
	serviceStopWatchdog
	serviceStopSigterm
	serviceStopSigkill
	serviceStopPost
	serviceFinalWatchdog
	serviceFinalSigterm
	serviceFinalSigkill
	serviceFailed
	servicePinned
	serviceAutoRestart
)

// serviceStates is what is true of each state; docs/states.md is made of it.
var serviceStates = [...]stateFacts{
	serviceDead:          {"dead", Inactive, "", "a start"},
	serviceCondition:     {"condition", Activating, "TimeoutStartSec=", "the commands of ExecCondition="},
	serviceStartPre:      {"start-pre", Activating, "TimeoutStartSec=", "the commands of ExecStartPre="},
	serviceStart:         {"start", Activating, "TimeoutStartSec=", "what Type= says: the program to run, to say READY=1, to have its bus name, to leave a daemon behind, or to end"},
	serviceStartPost:     {"start-post", Activating, "TimeoutStartSec=, or the watchdog's", "the commands of ExecStartPost=, then for the PID file"},
	serviceRunning:       {"running", Active, "RuntimeMaxSec=, or the watchdog's", "the end of the main process, or a stop"},
	serviceExited:        {"exited", Active, "", "a stop; the main process has ended, RemainAfterExit= holds"},
	serviceReload:        {"reload", Reloading, "TimeoutStartSec=, or the watchdog's", "the commands of ExecReload="},
	serviceReloadSignal:  {"reload-signal", Reloading, "TimeoutStartSec=, or the watchdog's", "RELOADING=1 in answer to ReloadSignal="},
	serviceReloadNotify:  {"reload-notify", Reloading, "TimeoutStartSec=, or the watchdog's", "READY=1, which ends the reload"},
	serviceReloadPost:    {"reload-post", Reloading, "TimeoutStartSec=, or the watchdog's", "the commands of ExecReloadPost="},
	serviceStop:          {"stop", Deactivating, "TimeoutStopSec=", "the commands of ExecStop="},
	serviceStopWatchdog:  {"stop-watchdog", Deactivating, "TimeoutAbortSec=", "the processes to die of WatchdogSignal="},
	serviceStopSigterm:   {"stop-sigterm", Deactivating, "TimeoutStopSec=", "the processes to obey KillSignal="},
	serviceStopSigkill:   {"stop-sigkill", Deactivating, "TimeoutStopSec=", "the processes to die of FinalKillSignal="},
	serviceStopPost:      {"stop-post", Deactivating, "TimeoutStopSec=", "the commands of ExecStopPost=, then for a main process that KillMode=none spared"},
	serviceFinalWatchdog: {"final-watchdog", Deactivating, "TimeoutAbortSec=", "what is left to die of WatchdogSignal="},
	serviceFinalSigterm:  {"final-sigterm", Deactivating, "TimeoutStopSec=", "what is left to obey KillSignal="},
	serviceFinalSigkill:  {"final-sigkill", Deactivating, "TimeoutStopSec=", "what is left to die of FinalKillSignal="},
	serviceFailed:        {"failed", Failed, "", "a start, or reset-failed"},
	servicePinned:        {"dead-resources-pinned", Inactive, "", "a start, which gets the descriptors that FileDescriptorStorePreserve=yes keeps"},
	serviceAutoRestart:   {"auto-restart", Activating, "RestartSec=", "the time of the next start"},
}

func (s serviceState) String() string { return serviceStates[s].sub }

// A process is one command's process.
type process struct {
	run       Run // 0: none
	pid       int // 0: not known yet
	directive string
	command   *unit.Command // nil: not started by us, but adopted
	start     Time
	unborn    bool // it failed before it became the program
}

type service struct {
	*Unit
	state     serviceState
	main      process
	control   process
	mainKnown bool           // there is or was a main process in this activation
	left      bool           // other processes are known to be there
	queue     []unit.Command // commands still to come in this state
	res       Result         // of this activation
	reloadRes Result         // of the last reload; "" is Success
	halted    bool           // a stop was asked for: no restart
	limited   bool           // the last start was one too many, StartLimitBurst=
	owned     bool           // somebody has BusName=
	restarts  int            // NRestarts
	alarms    [alarmCount]Time
	ends      Time     // when RuntimeMaxSec= is over; 0: never
	said      *said    // what the service said of itself; nil: nothing
	unfit     string   // what was wrong with the PID file when it was last looked at
	seeking   Time     // the pause before the next look for a PID file; 0: not looking
	monitor   []string // variables of the one whose OnFailure= or OnSuccess= asked for this start
	held      *Spawn   // of Type=idle: to be started when no job is left
	stored    int      // descriptors that are kept for the next start
	from      *socket  // the socket whose connection made this instance
	link      Conn     // its connection, while the manager holds it
	counted   bool     // among the live instances of from
	peer      value.Peer
	source    string // peer.Source(), counted by from

	last            Ran // of the main process
	conditionStatus int // exit status of the last ExecCondition= command
}

// set is the only door between states. timeout is when the new state is
// cut short; 0 and Infinity mean never.
func (s *service) set(state serviceState, timeout value.Span) { s.setUntil(state, s.m.after(timeout)) }

// setUntil is set with the time itself; 0 is never.
func (s *service) setUntil(state serviceState, until Time) {
	s.state = state
	s.alarms[alarmState], s.alarms[alarmSeek] = until, 0
	if !state.guarded() {
		s.alarms[alarmWatchdog] = 0
	}
	s.rearm()
	s.become(serviceStates[state].active)
}

func (s *service) sub() string    { return s.state.String() }
func (s *service) result() Result { return s.res }

// serviceDirectives are those whose commands the states run.
var serviceDirectives = [serviceAutoRestart + 1]string{
	serviceCondition: "ExecCondition", serviceStartPre: "ExecStartPre", serviceStart: "ExecStart", serviceStartPost: "ExecStartPost",
	serviceReload: "ExecReload", serviceReloadPost: "ExecReloadPost", serviceStop: "ExecStop", serviceStopPost: "ExecStopPost",
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
	case serviceReload:
		return d.ExecReload
	case serviceReloadPost:
		return d.ExecReloadPost
	case serviceStop:
		return d.ExecStop
	case serviceStopPost:
		return d.ExecStopPost
	case serviceDead, serviceRunning, serviceExited, serviceReloadSignal, serviceReloadNotify,
		serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill,
		serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceFailed, servicePinned, serviceAutoRestart:
	}
	return nil
}

// timeout returns how long one command of a state may take.
func (s *service) timeout(state serviceState) value.Span {
	d := s.Def.Service
	switch {
	case state == serviceStopWatchdog || state == serviceFinalWatchdog:
		return max(d.AbortTimeout(), 1) // 0 is no time, not no limit
	case serviceStates[state].active == Deactivating:
		return d.TimeoutStopSec
	case d.Type == unit.ServiceOneshot && d.TimeoutStartSec == 0:
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
	if main && s.Def.Service.Type != unit.ServiceForking {
		was = &s.main
		s.mainKnown = true
	}
	delete(s.m.runs, was.run) // with KillMode=none it may still be there
	*was = p
	s.alarm(alarmState, s.m.after(s.timeout(s.state))) // for each command anew
	s.m.runs[p.run] = s
	e := &Spawn{
		Run: p.run, Def: s.Def, Command: c, Vars: s.vars(main),
		Sockets: s.triggers(), Listen: main, Conn: s.link,
		Main: main, Stored: main && s.stored > 0, Socket: s.from != nil,
	}
	if main && s.Def.Service.Type == unit.ServiceIdle && s.postpone(e) {
		return
	}
	s.m.do(e)
}

// triggers are the sockets that the service is handed.
func (s *service) triggers() []unit.Name {
	if s.from != nil {
		return nil
	}
	return s.m.socketsOf(s.Unit)
}

// vars are the manager's own variables for the next command, systemd.exec(5).
// NOTIFY_SOCKET= without a value is filled in by those who have the socket, and
// WATCHDOG_PID= by the process.
func (s *service) vars(main bool) []string {
	d := s.Def.Service
	vars := make([]string, 1, 8)
	vars[0] = "INVOCATION_ID=" + string(s.invocation)
	if s.from != nil {
		vars = append(vars, s.peer.Env()...)
	}
	if access := d.NotifyAccess; access == "all" || access == "exec" || main && access == "main" {
		vars = append(vars, "NOTIFY_SOCKET=")
	}
	if main {
		if d.WatchdogSec > 0 && d.WatchdogSec != value.Infinity {
			vars = append(vars, "WATCHDOG_PID=", "WATCHDOG_USEC="+strconv.FormatInt(int64(d.WatchdogSec), 10))
		}
		if d.FileDescriptorStoreMax > 0 {
			vars = append(vars, "FDSTORE="+strconv.FormatUint(uint64(d.FileDescriptorStoreMax), 10))
		}
		if d.RestartMode == "debug" && s.restarts > 0 {
			vars = append(vars, "DEBUG_INVOCATION=1")
		}
	} else if s.main.pid != 0 {
		vars = append(vars, "MAINPID="+strconv.Itoa(s.main.pid))
	}
	if d.PIDFile != "" {
		vars = append(vars, "PIDFILE="+d.PIDFile)
	}
	vars = append(vars, s.cause...)
	if serviceStates[s.state].active == Deactivating {
		vars = append(vars, s.outcome("")...)
	}
	if s.state == serviceStartPre || s.state == serviceStart {
		vars = append(vars, s.monitor...)
	}
	return vars
}

// outcome is how the service ended, or is about to, as variables.
func (s *service) outcome(prefix string) []string {
	vars := []string{prefix + "SERVICE_RESULT=" + string(s.res)}
	if s.last.Code != CodeNone {
		vars = append(vars, prefix+"EXIT_CODE="+string(s.last.Code), prefix+"EXIT_STATUS="+s.last.Code.show(s.last.Status))
	}
	return vars
}

// monitored is what a service learns that OnFailure= or OnSuccess= of this one
// starts, and of no other one: else it could not tell whose end it was.
func (s *service) monitored() []string {
	return append(s.outcome("MONITOR_"), "MONITOR_INVOCATION_ID="+string(s.invocation), "MONITOR_UNIT="+string(s.Name))
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
		s.begin()
	case serviceStart:
		s.guard()
		s.enter(serviceStartPost)
	case serviceStartPost:
		s.settle(Success)
	case serviceReload:
		s.reloaded(Success)
	case serviceReloadPost:
		s.settle(Success)
	case serviceStop:
		s.terminate(serviceStopSigterm, Success)
	case serviceStopPost:
		s.terminate(serviceFinalSigterm, Success)
	case serviceDead, serviceRunning, serviceExited, serviceReloadSignal, serviceReloadNotify,
		serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill,
		serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceFailed, servicePinned, serviceAutoRestart:
		panic("BUG: past " + state.String())
	}
}

// settle is where a started service rests: running while it is alive, exited if it
// shall remain, else on its way down. ExecStop= is not for a service that failed.
func (s *service) settle(r Result) {
	s.fail(r)
	switch {
	case s.res != Success:
		s.terminate(serviceStopSigterm, s.res)
	case s.alive() && s.saying() == value.NoticeStopping:
		s.stopping()
	case s.alive() && s.saying() == value.NoticeReloading && s.state != serviceReloadNotify:
		s.set(serviceReloadNotify, s.timeout(serviceReloadNotify))
	case s.alive():
		s.run()
	case s.Def.Service.RemainAfterExit:
		s.set(serviceExited, 0)
	default:
		s.wind(Success)
	}
}

// run is to be up, for as long as RuntimeMaxSec= says; a reload does not make it longer.
func (s *service) run() {
	if d := s.Def.Service; !s.active.up() && d.RuntimeMaxSec != value.Infinity && d.RuntimeMaxSec > 0 {
		s.ends = s.m.after(d.RuntimeMaxSec)
		if d.RuntimeRandomizedExtraSec > 0 && d.RuntimeRandomizedExtraSec != value.Infinity {
			s.ends += Time(s.m.random.Uint64() % uint64(d.RuntimeRandomizedExtraSec+1))
		}
	}
	s.setUntil(serviceRunning, s.ends)
}

// alive tells whether a service that has started is still there.
func (s *service) alive() bool {
	d := s.Def.Service
	switch {
	case d.Type == unit.ServiceDBus && !s.owned:
		return false
	case s.main.run != 0:
		return true
	case s.mainKnown && d.ExitType != "cgroup":
		return false
	}
	return s.left
}

// fail notes the first thing that went wrong.
func (s *service) fail(r Result) {
	if s.res == Success {
		s.res = r
	}
}
