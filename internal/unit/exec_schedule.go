package unit

// Schedule is what systemd.exec(5) says about processors, memory and disks.
type Schedule struct {
	CoredumpFilter           uint32 // bits of /proc/PID/coredump_filter
	KeyringMode              string
	TimerSlackNSec           int64
	Personality              string
	MemoryKSM                string // 254
	MemoryTHP                string // 260
	CPUSchedulingPolicy      string
	CPUSchedulingPriority    int
	CPUSchedulingResetOnFork bool
	CPUAffinity              string
	NUMAPolicy               string
	NUMAMask                 string
	IOSchedulingClass        string
	IOSchedulingPriority     int
}

func scheduleRows() []row[Exec] {
	return []row[Exec]{
		one("CoredumpFilter", func(e *Exec) *uint32 { return &e.CoredumpFilter }, coredumpFilter, "default", "private-anonymous",
			"The kinds of memory that a core dump holds.", notEnforced(noSchedule)),
		one("KeyringMode", func(e *Exec) *string { return &e.KeyringMode }, choice("inherit", "private", "shared"), "private", "inherit",
			"Gives the unit a session keyring of its own, none, or one with the keys of its user.", notEnforced(noKeyring)),
		one("TimerSlackNSec", func(e *Exec) *int64 { return &e.TimerSlackNSec }, nanoseconds, "50us", "100us",
			"How late the timers of the process may be, to save power.", notEnforced(noSchedule)),
		one("Personality", func(e *Exec) *string { return &e.Personality }, choice("", "x86", "x86-64", "arm", "arm-be", "arm64", "arm64-be", "ppc", "ppc-le", "ppc64", "ppc64-le", "s390", "s390x"), "", "x86-64",
			"The architecture that uname(2) reports to the commands.", notEnforced(noSchedule)),
		one("MemoryKSM", func(e *Exec) *string { return &e.MemoryKSM }, triState, "", "yes",
			"Lets the kernel merge equal pages of memory.", notEnforced(noSchedule), since(254)),
		one("MemoryTHP", func(e *Exec) *string { return &e.MemoryTHP }, choice("inherit", "disable", "madvise", "system"), "inherit", "disable",
			"Says whether the commands use transparent huge pages.", notEnforced(noSchedule), since(260)),
		one("CPUSchedulingPolicy", func(e *Exec) *string { return &e.CPUSchedulingPolicy }, cpuPolicy, "other", "batch",
			"The scheduling policy of the process.", notEnforced(noSchedule), emptyResets()),
		one("CPUSchedulingPriority", func(e *Exec) *int { return &e.CPUSchedulingPriority }, integerIn(0, 99), "", "5",
			"The realtime priority of the process.", notEnforced(noSchedule)),
		one("CPUSchedulingResetOnFork", func(e *Exec) *bool { return &e.CPUSchedulingResetOnFork }, boolean, "no", "yes",
			"Gives children of the process the ordinary scheduling policy.", notEnforced(noSchedule)),
		gather("CPUAffinity", func(e *Exec) *string { return &e.CPUAffinity }, cpuAffinity, joinSets, "0",
			"The processors that the commands may run on.", notEnforced(noSchedule)),
		one("NUMAPolicy", func(e *Exec) *string { return &e.NUMAPolicy }, numaPolicy, "", "bind",
			"How memory is spread over the nodes of the machine.", notEnforced(noSchedule)),
		one("NUMAMask", func(e *Exec) *string { return &e.NUMAMask }, numaMask, "", "0",
			"The memory nodes that NUMAPolicy= speaks of.", notEnforced(noSchedule)),
		one("IOSchedulingClass", func(e *Exec) *string { return &e.IOSchedulingClass }, ioClass, "best-effort", "idle",
			"The class of the process when it waits for disks.", notEnforced(noSchedule)),
		one("IOSchedulingPriority", func(e *Exec) *int { return &e.IOSchedulingPriority }, integerIn(0, 7), "4", "6",
			"The priority of the process within its class when it waits for disks.", notEnforced(noSchedule), emptyResets()),
	}
}
