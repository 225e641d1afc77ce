package unit

import "wakesock/internal/value"

// A ServiceType is a value of Type=.
type ServiceType string

// The service types of systemd.service(5).
const (
	ServiceSimple       ServiceType = "simple"
	ServiceExec         ServiceType = "exec"
	ServiceForking      ServiceType = "forking"
	ServiceOneshot      ServiceType = "oneshot"
	ServiceDBus         ServiceType = "dbus"
	ServiceNotify       ServiceType = "notify"
	ServiceNotifyReload ServiceType = "notify-reload"
	ServiceIdle         ServiceType = "idle"
)

// A Restart is a value of Restart=.
type Restart string

// The values of Restart=.
const (
	RestartNo         Restart = "no"
	RestartOnSuccess  Restart = "on-success"
	RestartOnFailure  Restart = "on-failure"
	RestartOnAbnormal Restart = "on-abnormal"
	RestartOnWatchdog Restart = "on-watchdog"
	RestartOnAbort    Restart = "on-abort"
	RestartAlways     Restart = "always"
)

// An ExitSet is a set of exit statuses and signals.
type ExitSet struct {
	Statuses []int
	Signals  []value.Signal
}

// Service is the [Service] section, systemd.service(5). A field has its
// directive's name.
type Service struct {
	Type                        ServiceType // "" until load resolves it: simple, or oneshot without ExecStart
	ExitType                    string
	RemainAfterExit             bool
	GuessMainPID                bool
	PIDFile                     string
	BusName                     string
	ExecCondition               []Command
	ExecStartPre                []Command
	ExecStart                   []Command
	ExecStartPost               []Command
	ExecReload                  []Command
	ExecReloadPost              []Command // 259
	ExecStop                    []Command
	ExecStopPost                []Command
	RestartSec                  value.Span
	RestartSteps                uint32 // 254
	RestartMaxDelaySec          value.Span
	TimeoutStartSec             value.Span // Infinity: none; TimeoutSec= sets this and TimeoutStopSec
	TimeoutStopSec              value.Span
	TimeoutAbortSec             value.Span // see AbortTimeout
	TimeoutStartFailureMode     string
	TimeoutStopFailureMode      string
	RuntimeMaxSec               value.Span
	RuntimeRandomizedExtraSec   value.Span
	WatchdogSec                 value.Span
	Restart                     Restart
	RestartMode                 string // 254
	SuccessExitStatus           ExitSet
	RestartPreventExitStatus    ExitSet
	RestartForceExitStatus      ExitSet
	RootDirectoryStartOnly      bool
	NonBlocking                 bool
	NotifyAccess                string
	Sockets                     []Name
	FileDescriptorStoreMax      uint32
	FileDescriptorStorePreserve string // 254
	USBFunctionDescriptors      string
	USBFunctionStrings          string
	OOMPolicy                   string
	OpenFile                    []string     // 253
	ReloadSignal                value.Signal // 253
	RefreshOnReload             []string     // 258
}

func serviceRows() []row[Service] {
	return []row[Service]{
		one("Type", func(s *Service) *ServiceType { return &s.Type }, serviceTypes, "", "oneshot",
			"Says when the service counts as started.", shown("simple, or oneshot without ExecStart=")),
		one("ExitType", func(s *Service) *string { return &s.ExitType }, choice("main", "cgroup"), "main", "cgroup",
			"Says whether the service ends with its main process or with its last one."),
		one("RemainAfterExit", func(s *Service) *bool { return &s.RemainAfterExit }, boolean, "no", "yes",
			"Keeps the service active after its processes have ended."),
		one("GuessMainPID", func(s *Service) *bool { return &s.GuessMainPID }, boolean, "yes", "no",
			"Guesses the main process of a forking service without PIDFile=."),
		one("PIDFile", func(s *Service) *string { return &s.PIDFile }, pidFile, "", "/run/echo.pid",
			"The file in which a forking service writes its process number."),
		one("BusName", func(s *Service) *string { return &s.BusName }, busName, "", "org.example.Echo",
			"The bus name whose appearance shows that the service is ready."),
		list("ExecCondition", func(s *Service) *[]Command { return &s.ExecCondition }, command, "/bin/true",
			"Commands that decide whether the service starts at all.", fatal()),
		list("ExecStartPre", func(s *Service) *[]Command { return &s.ExecStartPre }, command, "/bin/true",
			"Commands that run before the main one.", fatal()),
		list("ExecStart", func(s *Service) *[]Command { return &s.ExecStart }, command, "/bin/true",
			"The command that is the service.", fatal()),
		list("ExecStartPost", func(s *Service) *[]Command { return &s.ExecStartPost }, command, "/bin/true",
			"Commands that run when the service has started.", fatal()),
		list("ExecReload", func(s *Service) *[]Command { return &s.ExecReload }, command, "/bin/true",
			"Commands that make the service read its configuration again.", fatal()),
		list("ExecReloadPost", func(s *Service) *[]Command { return &s.ExecReloadPost }, command, "/bin/true",
			"Commands that run when the service has reloaded.", fatal(), since(259)),
		list("ExecStop", func(s *Service) *[]Command { return &s.ExecStop }, command, "/bin/true",
			"Commands that ask the service to stop.", fatal()),
		list("ExecStopPost", func(s *Service) *[]Command { return &s.ExecStopPost }, command, "/bin/true",
			"Commands that run when the service has stopped, however it ended.", fatal()),
		one("RestartSec", func(s *Service) *value.Span { return &s.RestartSec }, span, "100ms", "1s",
			"The time between the end of the service and its restart.", property("RestartUSec")),
		one("RestartSteps", func(s *Service) *uint32 { return &s.RestartSteps }, unsigned, "0", "5",
			"How many restarts it takes for the delay to grow from RestartSec= to RestartMaxDelaySec=.", since(254)),
		one("RestartMaxDelaySec", func(s *Service) *value.Span { return &s.RestartMaxDelaySec }, span, "infinity", "1min",
			"The delay between restarts after RestartSteps= of them.", since(254), property("RestartMaxDelayUSec")),
		one("TimeoutStartSec", func(s *Service) *value.Span { return &s.TimeoutStartSec }, spanFixZero, "90s", "5s",
			"How long the service may take to start.", property("TimeoutStartUSec"), shown("1min 30s, or infinity for oneshot")),
		one("TimeoutStopSec", func(s *Service) *value.Span { return &s.TimeoutStopSec }, spanFixZero, "90s", "5s",
			"How long the service and each stop command may take to stop.", property("TimeoutStopUSec")),
		one("TimeoutAbortSec", func(s *Service) *value.Span { return &s.TimeoutAbortSec }, abortTimeout, "", "5s",
			"How long the service may take to end after its watchdog has aborted it.", property("TimeoutAbortUSec"), shown("TimeoutStopSec=")),
		one("TimeoutStartFailureMode", func(s *Service) *string { return &s.TimeoutStartFailureMode }, timeoutMode, "terminate", "kill",
			"How a service is ended that takes too long to start."),
		one("TimeoutStopFailureMode", func(s *Service) *string { return &s.TimeoutStopFailureMode }, timeoutMode, "terminate", "kill",
			"How a service is ended that takes too long to stop."),
		one("RuntimeMaxSec", func(s *Service) *value.Span { return &s.RuntimeMaxSec }, span, "infinity", "1h",
			"How long the service may run.", property("RuntimeMaxUSec")),
		one("RuntimeRandomizedExtraSec", func(s *Service) *value.Span { return &s.RuntimeRandomizedExtraSec }, span, "0", "5min",
			"The most that is added by chance to RuntimeMaxSec=.", property("RuntimeRandomizedExtraUSec")),
		one("WatchdogSec", func(s *Service) *value.Span { return &s.WatchdogSec }, span, "0", "30s",
			"The time in which the service must show again and again that it is alive.", property("WatchdogUSec")),
		one("Restart", func(s *Service) *Restart { return &s.Restart }, restarts, "no", "always",
			"Says after which end the service is started again."),
		one("RestartMode", func(s *Service) *string { return &s.RestartMode }, choice("normal", "direct", "debug"), "normal", "direct",
			"Says whether a restart passes through the failed state.", since(254)),
		gather("SuccessExitStatus", func(s *Service) *ExitSet { return &s.SuccessExitStatus }, exitSet, ExitSet.join, "SIGUSR1",
			"Exit statuses and signals that count as success."),
		gather("RestartPreventExitStatus", func(s *Service) *ExitSet { return &s.RestartPreventExitStatus }, exitSet, ExitSet.join, "1 SIGABRT",
			"Exit statuses and signals after which there is no restart."),
		gather("RestartForceExitStatus", func(s *Service) *ExitSet { return &s.RestartForceExitStatus }, exitSet, ExitSet.join, "1",
			"Exit statuses and signals after which there is always a restart."),
		one("RootDirectoryStartOnly", func(s *Service) *bool { return &s.RootDirectoryStartOnly }, boolean, "no", "yes",
			"Applies RootDirectory= to ExecStart= only.", notEnforced(noSandbox)),
		one("NonBlocking", func(s *Service) *bool { return &s.NonBlocking }, boolean, "no", "yes",
			"Makes the sockets that are handed over non-blocking."),
		one("NotifyAccess", func(s *Service) *string { return &s.NotifyAccess }, choice("none", "main", "exec", "all"), "none", "all",
			"Says whose notifications are listened to."),
		list("Sockets", func(s *Service) *[]Name { return &s.Sockets }, socketNames, "other.socket",
			"Socket units that the service gets its sockets from, besides the one of the same name.", lasting(), property("")),
		one("FileDescriptorStoreMax", func(s *Service) *uint32 { return &s.FileDescriptorStoreMax }, unsigned, "0", "4",
			"How many file descriptors the manager keeps for the service."),
		one("FileDescriptorStorePreserve", func(s *Service) *string { return &s.FileDescriptorStorePreserve }, boolOr("restart"), "restart", "yes",
			"Says when kept file descriptors are closed.", since(254)),
		one("USBFunctionDescriptors", func(s *Service) *string { return &s.USBFunctionDescriptors }, absolutePath, "", "/etc/usb",
			"The file with the descriptors of a USB function.", notEnforced(noUSB)),
		one("USBFunctionStrings", func(s *Service) *string { return &s.USBFunctionStrings }, absolutePath, "", "/etc/usb",
			"The file with the strings of a USB function.", notEnforced(noUSB)),
		one("OOMPolicy", func(s *Service) *string { return &s.OOMPolicy }, choice("", "stop", "continue", "kill"), "", "kill",
			"What happens to the service when the kernel kills a process of it for want of memory.", emulated(oomCounted), emptyRefused(), shown("stop")),
		list("OpenFile", func(s *Service) *[]string { return &s.OpenFile }, openFile, "/etc/hostname:name:read-only",
			"Files that are opened and handed over like sockets.", since(253)),
		one("ReloadSignal", func(s *Service) *value.Signal { return &s.ReloadSignal }, signal, "SIGHUP", "SIGUSR1",
			"The signal that makes a notify-reload service reload.", since(253)),
		list("RefreshOnReload", func(s *Service) *[]string { return &s.RefreshOnReload }, refresh, "credentials",
			"Which of the resources are refreshed when the service reloads.", notEnforced(noRefresh), since(260)),
	}
}
