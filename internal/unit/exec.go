package unit

import (
	"slices"

	"wakesock/internal/value"
)

// An EnvironmentFile is one EnvironmentFile= line.
type EnvironmentFile struct {
	Path   string // may be a glob
	Ignore bool   // '-': need not exist
}

// A WorkingDirectory is the value of WorkingDirectory=.
type WorkingDirectory struct {
	Path   string // "" means unset
	Home   bool   // '~'
	Ignore bool   // '-': need not exist
}

// Exec is what systemd.exec(5) adds to [Service] and [Socket]. A field has its
// directive's name.
type Exec struct {
	WorkingDirectory        WorkingDirectory
	ExecSearchPath          []string
	User                    string
	Group                   string
	SupplementaryGroups     []string
	UMask                   value.Mode
	Environment             []string // "K=V", each K once
	EnvironmentFile         []EnvironmentFile
	PassEnvironment         []string
	UnsetEnvironment        []string
	StandardInput           Stream
	StandardOutput          Stream // Kind "" means default: inherit if input is a socket or tty, else the manager's default
	StandardError           Stream // Kind "" means default: inherit
	StandardInputText       string // what StandardInput=data reads: StandardInputText= and StandardInputData=
	LogLevelMax             string
	LogExtraFields          []string
	LogFilterPatterns       []string // 253
	LogNamespace            string
	LogRateLimitIntervalSec value.Span
	LogRateLimitBurst       uint32
	SyslogIdentifier        string
	SyslogFacility          string
	SyslogLevel             string
	SyslogLevelPrefix       bool
	IgnoreSIGPIPE           bool
	Nice                    int
	NiceSet                 bool
	OOMScoreAdjust          int
	OOMScoreAdjustSet       bool
	LimitCPU, LimitFSIZE, LimitDATA, LimitSTACK, LimitCORE, LimitRSS, LimitNOFILE, LimitAS,
	LimitNPROC, LimitMEMLOCK, LimitLOCKS, LimitSIGPENDING, LimitMSGQUEUE, LimitNICE, LimitRTPRIO, LimitRTTIME value.Limit

	Sandbox
	Folders
	Credentials
	Schedule
	Terminal
}

func execRows() []row[Exec] {
	return []row[Exec]{
		one("WorkingDirectory", func(e *Exec) *WorkingDirectory { return &e.WorkingDirectory }, workingDirectory, "", "/srv",
			"The folder that the commands start in.", fatal()),
		list("ExecSearchPath", func(e *Exec) *[]string { return &e.ExecSearchPath }, searchPath, "/opt/bin",
			"The folders in which programs are looked up that are named without a path."),
		one("User", func(e *Exec) *string { return &e.User }, user, "", "nobody",
			"The user that the commands run as.", fatal()),
		one("Group", func(e *Exec) *string { return &e.Group }, user, "", "nogroup",
			"The group that the commands run as.", fatal()),
		list("SupplementaryGroups", func(e *Exec) *[]string { return &e.SupplementaryGroups }, groups, "audio",
			"Further groups of the commands' processes.", fatal()),
		one("UMask", func(e *Exec) *value.Mode { return &e.UMask }, mode, "0022", "0077",
			"The access bits that new files do not get."),
		gather("Environment", func(e *Exec) *[]string { return &e.Environment }, environment, joinEnvironment, "A=1",
			"Environment variables of the commands."),
		list("EnvironmentFile", func(e *Exec) *[]EnvironmentFile { return &e.EnvironmentFile }, environmentFile, "-/etc/default/echo",
			"Files with environment variables of the commands.", property("EnvironmentFiles")),
		list("PassEnvironment", func(e *Exec) *[]string { return &e.PassEnvironment }, variableNames, "LANG",
			"Environment variables of the manager that the commands get, too."),
		list("UnsetEnvironment", func(e *Exec) *[]string { return &e.UnsetEnvironment }, unsetEnvironment, "LANG",
			"Environment variables that the commands do not get."),
		one("IgnoreSIGPIPE", func(e *Exec) *bool { return &e.IgnoreSIGPIPE }, boolean, "yes", "no",
			"Lets the commands ignore SIGPIPE."),
		marked(one("Nice", func(e *Exec) *int { return &e.Nice }, integerIn(-20, 19), "0", "5",
			"The nice level of the process.", emptyResets()), func(e *Exec) *bool { return &e.NiceSet }),
		marked(one("OOMScoreAdjust", func(e *Exec) *int { return &e.OOMScoreAdjust }, integerIn(-1000, 1000), "0", "500",
			"How readily the kernel kills the process for want of memory.", emptyResets()), func(e *Exec) *bool { return &e.OOMScoreAdjustSet }),
	}
}

// allExecRows is everything of systemd.exec(5), with earlier names.
func allExecRows() []row[Exec] {
	rows := slices.Concat(execRows(), limitRows(), streamRows(), inputRows(), terminalRows(), scheduleRows(), sandboxRows(),
		folderRows(), credentialRows())
	return append(rows,
		old("ReadWriteDirectories", rows, "ReadWritePaths"),
		old("ReadOnlyDirectories", rows, "ReadOnlyPaths"),
		old("InaccessibleDirectories", rows, "InaccessiblePaths"),
		gone[Exec]("Capabilities", "Set the capabilities of the commands.", noLonger, "CapabilityBoundingSet= or AmbientCapabilities="),
	)
}
