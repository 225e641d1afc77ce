package unit

import (
	"net/netip"

	"wakesock/internal/value"
)

// Resource is what systemd.resource-control(5) adds to [Service], [Socket] and [Slice]. A field has its directive's name.
type Resource struct {
	Slice                               Name
	AllowedCPUs                         value.CPUSet
	StartupAllowedCPUs                  value.CPUSet
	AllowedMemoryNodes                  value.CPUSet
	StartupAllowedMemoryNodes           value.CPUSet
	CPUAccounting                       bool
	CPUWeight                           uint64
	StartupCPUWeight                    uint64
	CPUQuota                            value.Span
	CPUQuotaPeriodSec                   value.Span
	CPUSetPartition                     string // 261
	MemoryAccounting                    bool
	MemoryMin                           Amount
	DefaultMemoryMin                    Amount
	MemoryLow                           Amount
	StartupMemoryLow                    Amount // 254
	DefaultMemoryLow                    Amount
	DefaultStartupMemoryLow             Amount // 254
	MemoryHigh                          Amount
	StartupMemoryHigh                   Amount // 254
	MemoryMax                           Amount
	StartupMemoryMax                    Amount // 254
	MemorySwapMax                       Amount
	StartupMemorySwapMax                Amount // 254
	MemoryZSwapMax                      Amount // 253
	StartupMemoryZSwapMax               Amount // 254
	MemoryZSwapWriteback                bool   // 256
	TasksAccounting                     bool
	TasksMax                            Amount
	IOAccounting                        bool
	IOWeight                            uint64
	StartupIOWeight                     uint64
	IODeviceWeight                      []DeviceValue
	IOReadBandwidthMax                  []DeviceValue
	IOWriteBandwidthMax                 []DeviceValue
	IOReadIOPSMax                       []DeviceValue
	IOWriteIOPSMax                      []DeviceValue
	IODeviceLatencyTargetSec            []DeviceValue
	IPAccounting                        bool
	IPAddressAllow                      []netip.Prefix
	IPAddressDeny                       []netip.Prefix
	IPIngressFilterPath                 []string
	IPEgressFilterPath                  []string
	BPFProgram                          []string
	SocketBindAllow                     []string
	SocketBindDeny                      []string
	RestrictNetworkInterfaces           []string
	BindNetworkInterface                string   // 260
	NFTSet                              []string // 255
	DeviceAllow                         []string
	DevicePolicy                        string
	Delegate                            string
	DelegateSubgroup                    string // 254
	DisableControllers                  []string
	ManagedOOMSwap                      string
	ManagedOOMMemoryPressure            string
	ManagedOOMMemoryPressureLimit       uint32
	ManagedOOMMemoryPressureDurationSec value.Span // 257
	ManagedOOMPreference                string
	MemoryPressureWatch                 string     // 254
	MemoryPressureThresholdSec          value.Span // 254
	CoredumpReceive                     bool       // 255
}

func resourceRows() []row[Resource] {
	return []row[Resource]{
		one("Slice", func(r *Resource) *Name { return &r.Slice }, sliceName, "", "echo.slice",
			"The slice that the unit's processes belong to.", notEnforced(noCgroups)),
		gather("AllowedCPUs", func(r *Resource) *value.CPUSet { return &r.AllowedCPUs }, cpuSet, joinCPUs, "0",
			"The processors that the unit may use.", notEnforced(noCgroups)),
		gather("StartupAllowedCPUs", func(r *Resource) *value.CPUSet { return &r.StartupAllowedCPUs }, cpuSet, joinCPUs, "0",
			"The processors that the unit may use while the machine starts or stops.", notEnforced(noCgroups)),
		gather("AllowedMemoryNodes", func(r *Resource) *value.CPUSet { return &r.AllowedMemoryNodes }, cpuSet, joinCPUs, "0",
			"The memory nodes that the unit may use.", notEnforced(noCgroups)),
		gather("StartupAllowedMemoryNodes", func(r *Resource) *value.CPUSet { return &r.StartupAllowedMemoryNodes }, cpuSet, joinCPUs, "0",
			"The memory nodes that the unit may use while the machine starts or stops.", notEnforced(noCgroups)),
		one("CPUAccounting", func(r *Resource) *bool { return &r.CPUAccounting }, boolean, "no", "yes",
			"Counts the processor time of the unit.", notEnforced(noCgroups)),
		one("CPUWeight", func(r *Resource) *uint64 { return &r.CPUWeight }, cpuWeight, "", "200",
			"The unit's share of the processor against its siblings.", notEnforced(noCgroups)),
		one("StartupCPUWeight", func(r *Resource) *uint64 { return &r.StartupCPUWeight }, cpuWeight, "", "200",
			"The unit's share of the processor while the machine starts or stops.", notEnforced(noCgroups)),
		one("CPUQuota", func(r *Resource) *value.Span { return &r.CPUQuota }, cpuQuota, "", "20%",
			"The most processor time that the unit gets, in percent of one processor.", notEnforced(noCgroups), property("CPUQuotaPerSecUSec"), shown("no limit")),
		one("CPUQuotaPeriodSec", func(r *Resource) *value.Span { return &r.CPUQuotaPeriodSec }, optionalSpan, "infinity", "10ms",
			"The period over which CPUQuota= is measured.", notEnforced(noCgroups), property("CPUQuotaPeriodUSec")),
		one("CPUSetPartition", func(r *Resource) *string { return &r.CPUSetPartition }, choice("", "member", "root", "isolated"), "", "isolated",
			"Sets the processors of the unit apart from those of its siblings.", notEnforced(noCgroups), since(261)),
		one("MemoryAccounting", func(r *Resource) *bool { return &r.MemoryAccounting }, boolean, "yes", "no",
			"Counts the memory of the unit.", notEnforced(noCgroups)),
		one("MemoryMin", func(r *Resource) *Amount { return &r.MemoryMin }, memoryFloor, "0", "64M",
			"Memory that is never taken from the unit.", notEnforced(noCgroups)),
		one("DefaultMemoryMin", func(r *Resource) *Amount { return &r.DefaultMemoryMin }, memoryFloor, "0", "64M",
			"The MemoryMin= of the unit's children.", notEnforced(noCgroups)),
		one("MemoryLow", func(r *Resource) *Amount { return &r.MemoryLow }, memoryFloor, "0", "64M",
			"Memory that is taken from the unit only when nobody else can spare any.", notEnforced(noCgroups)),
		one("StartupMemoryLow", func(r *Resource) *Amount { return &r.StartupMemoryLow }, memoryFloor, "0", "64M",
			"The MemoryLow= while the machine starts or stops.", notEnforced(noCgroups), since(254)),
		one("DefaultMemoryLow", func(r *Resource) *Amount { return &r.DefaultMemoryLow }, memoryFloor, "0", "64M",
			"The MemoryLow= of the unit's children.", notEnforced(noCgroups)),
		one("DefaultStartupMemoryLow", func(r *Resource) *Amount { return &r.DefaultStartupMemoryLow }, memoryFloor, "0", "64M",
			"The StartupMemoryLow= of the unit's children.", notEnforced(noCgroups), since(254)),
		one("MemoryHigh", func(r *Resource) *Amount { return &r.MemoryHigh }, memoryLimit, "infinity", "64M",
			"Memory above which the unit is slowed down.", notEnforced(noCgroups)),
		one("StartupMemoryHigh", func(r *Resource) *Amount { return &r.StartupMemoryHigh }, memoryLimit, "infinity", "64M",
			"The MemoryHigh= while the machine starts or stops.", notEnforced(noCgroups), since(254)),
		one("MemoryMax", func(r *Resource) *Amount { return &r.MemoryMax }, memoryLimit, "infinity", "64M",
			"The most memory that the unit can have.", notEnforced(noCgroups)),
		one("StartupMemoryMax", func(r *Resource) *Amount { return &r.StartupMemoryMax }, memoryLimit, "infinity", "64M",
			"The MemoryMax= while the machine starts or stops.", notEnforced(noCgroups), since(254)),
		one("MemorySwapMax", func(r *Resource) *Amount { return &r.MemorySwapMax }, memorySwap, "infinity", "64M",
			"The most swap that the unit can have.", notEnforced(noCgroups)),
		one("StartupMemorySwapMax", func(r *Resource) *Amount { return &r.StartupMemorySwapMax }, memorySwap, "infinity", "64M",
			"The MemorySwapMax= while the machine starts or stops.", notEnforced(noCgroups), since(254)),
		one("MemoryZSwapMax", func(r *Resource) *Amount { return &r.MemoryZSwapMax }, memorySwap, "infinity", "64M",
			"The most compressed swap that the unit can have.", notEnforced(noCgroups), since(253)),
		one("StartupMemoryZSwapMax", func(r *Resource) *Amount { return &r.StartupMemoryZSwapMax }, memorySwap, "infinity", "64M",
			"The MemoryZSwapMax= while the machine starts or stops.", notEnforced(noCgroups), since(254)),
		one("MemoryZSwapWriteback", func(r *Resource) *bool { return &r.MemoryZSwapWriteback }, boolean, "yes", "no",
			"Lets compressed swap of the unit move on to disk.", notEnforced(noCgroups), since(256)),
		one("TasksAccounting", func(r *Resource) *bool { return &r.TasksAccounting }, boolean, "yes", "no",
			"Counts the processes and threads of the unit.", notEnforced(noCgroups)),
		one("TasksMax", func(r *Resource) *Amount { return &r.TasksMax }, tasksMax, "", "100",
			"The most processes and threads that the unit can have.", notEnforced(noCgroups)),
		one("IOAccounting", func(r *Resource) *bool { return &r.IOAccounting }, boolean, "no", "yes",
			"Counts what the unit reads from and writes to disks.", notEnforced(noCgroups)),
		one("IOWeight", func(r *Resource) *uint64 { return &r.IOWeight }, weight, "", "200",
			"The unit's share of the disks against its siblings.", notEnforced(noCgroups)),
		one("StartupIOWeight", func(r *Resource) *uint64 { return &r.StartupIOWeight }, weight, "", "200",
			"The unit's share of the disks while the machine starts or stops.", notEnforced(noCgroups)),
		list("IODeviceWeight", func(r *Resource) *[]DeviceValue { return &r.IODeviceWeight }, deviceWeight, "/dev/null 200",
			"The unit's share of one disk.", notEnforced(noCgroups)),
		list("IOReadBandwidthMax", func(r *Resource) *[]DeviceValue { return &r.IOReadBandwidthMax }, deviceRate, "/dev/null 1M",
			"The most bytes a second that the unit reads from one disk.", notEnforced(noCgroups)),
		list("IOWriteBandwidthMax", func(r *Resource) *[]DeviceValue { return &r.IOWriteBandwidthMax }, deviceRate, "/dev/null 1M",
			"The most bytes a second that the unit writes to one disk.", notEnforced(noCgroups)),
		list("IOReadIOPSMax", func(r *Resource) *[]DeviceValue { return &r.IOReadIOPSMax }, deviceRate, "/dev/null 1K",
			"The most operations a second that the unit reads from one disk.", notEnforced(noCgroups)),
		list("IOWriteIOPSMax", func(r *Resource) *[]DeviceValue { return &r.IOWriteIOPSMax }, deviceRate, "/dev/null 1K",
			"The most operations a second that the unit writes to one disk.", notEnforced(noCgroups)),
		list("IODeviceLatencyTargetSec", func(r *Resource) *[]DeviceValue { return &r.IODeviceLatencyTargetSec }, deviceLatency, "/dev/null 25ms",
			"The time that one disk should take at most to answer the unit.", notEnforced(noCgroups), property("IODeviceLatencyTargetUSec")),
		one("IPAccounting", func(r *Resource) *bool { return &r.IPAccounting }, boolean, "no", "yes",
			"Counts the unit's network traffic.", notEnforced(noCgroups)),
		list("IPAddressAllow", func(r *Resource) *[]netip.Prefix { return &r.IPAddressAllow }, prefixes, "127.0.0.0/8",
			"Networks that the unit may speak with although IPAddressDeny= lists them.", notEnforced(noCgroups)),
		list("IPAddressDeny", func(r *Resource) *[]netip.Prefix { return &r.IPAddressDeny }, prefixes, "10.0.0.0/8",
			"Networks that the unit may not speak with.", notEnforced(noCgroups), security()),
		list("IPIngressFilterPath", func(r *Resource) *[]string { return &r.IPIngressFilterPath }, path1, "/sys/fs/bpf/in",
			"BPF programs that judge every packet to the unit.", notEnforced(noCgroups)),
		list("IPEgressFilterPath", func(r *Resource) *[]string { return &r.IPEgressFilterPath }, path1, "/sys/fs/bpf/out",
			"BPF programs that judge every packet from the unit.", notEnforced(noCgroups)),
		list("BPFProgram", func(r *Resource) *[]string { return &r.BPFProgram }, bpfProgram, "egress:/sys/fs/bpf/out",
			"BPF programs that are attached to the unit's control group.", notEnforced(noCgroups)),
		list("SocketBindAllow", func(r *Resource) *[]string { return &r.SocketBindAllow }, socketBind, "tcp:80",
			"Ports that the unit may bind although SocketBindDeny= lists them.", notEnforced(noCgroups), property("")),
		list("SocketBindDeny", func(r *Resource) *[]string { return &r.SocketBindDeny }, socketBind, "any",
			"Ports that the unit may not bind.", notEnforced(noCgroups), security(), property("")),
		list("RestrictNetworkInterfaces", func(r *Resource) *[]string { return &r.RestrictNetworkInterfaces }, interfaces, "lo",
			"Network interfaces that the unit may use, or with '~' may not.", notEnforced(noCgroups), security()),
		one("BindNetworkInterface", func(r *Resource) *string { return &r.BindNetworkInterface }, text, "", "eth0",
			"The network interface that all sockets of the unit are bound to.", notEnforced(noCgroups), since(260)),
		list("NFTSet", func(r *Resource) *[]string { return &r.NFTSet }, wordList, "cgroup:inet:filter:echo",
			"Firewall sets that the control group or the user of the unit is entered into.", notEnforced(noCgroups), since(255)),
		list("DeviceAllow", func(r *Resource) *[]string { return &r.DeviceAllow }, deviceAllow, "/dev/null rw",
			"Devices that the unit may use, and how.", notEnforced(noCgroups), security()),
		one("DevicePolicy", func(r *Resource) *string { return &r.DevicePolicy }, choice("auto", "closed", "strict"), "auto", "closed",
			"Says which devices the unit may use besides those of DeviceAllow=.", notEnforced(noCgroups), security()),
		delegateRow(one("Delegate", func(r *Resource) *string { return &r.Delegate }, delegate, "no", "yes",
			"Leaves the control groups below the unit's own to the unit.", notEnforced(noCgroups))),
		one("DelegateSubgroup", func(r *Resource) *string { return &r.DelegateSubgroup }, text, "", "main",
			"The control group below the unit's own that its processes start in.", notEnforced(noCgroups), since(254)),
		list("DisableControllers", func(r *Resource) *[]string { return &r.DisableControllers }, controllers, "cpu",
			"Controllers that are never turned on below the unit.", notEnforced(noCgroups)),
		one("ManagedOOMSwap", func(r *Resource) *string { return &r.ManagedOOMSwap }, choice("auto", "kill"), "auto", "kill",
			"Lets the unit be killed when swap runs short.", notEnforced(noOOMD), emptyResets()),
		one("ManagedOOMMemoryPressure", func(r *Resource) *string { return &r.ManagedOOMMemoryPressure }, choice("auto", "kill"), "auto", "kill",
			"Lets the unit be killed when it waits for memory too long.", notEnforced(noOOMD), emptyResets()),
		one("ManagedOOMMemoryPressureLimit", func(r *Resource) *uint32 { return &r.ManagedOOMMemoryPressureLimit }, permyriad, "0%", "60%",
			"How much waiting for memory is too much.", notEnforced(noOOMD)),
		one("ManagedOOMMemoryPressureDurationSec", func(r *Resource) *value.Span { return &r.ManagedOOMMemoryPressureDurationSec }, optionalSpan, "infinity", "20s",
			"How long a unit waits for memory before it is killed.", notEnforced(noOOMD), since(257), property("ManagedOOMMemoryPressureDurationUSec")),
		one("ManagedOOMPreference", func(r *Resource) *string { return &r.ManagedOOMPreference }, choice("none", "avoid", "omit"), "none", "avoid",
			"Keeps the unit from being chosen when memory runs short.", notEnforced(noOOMD)),
		one("MemoryPressureWatch", func(r *Resource) *string { return &r.MemoryPressureWatch }, boolOr("auto", "skip"), "auto", "off",
			"Tells the unit where it can watch for shortage of memory.", notEnforced(noCgroups), since(254)),
		one("MemoryPressureThresholdSec", func(r *Resource) *value.Span { return &r.MemoryPressureThresholdSec }, span, "200ms", "1s",
			"How long the unit waits for memory in two seconds before it is told.", notEnforced(noCgroups), since(254), property("MemoryPressureThresholdUSec")),
		one("CoredumpReceive", func(r *Resource) *bool { return &r.CoredumpReceive }, boolean, "no", "yes",
			"Forwards core dumps of a container to the unit.", notEnforced(noCgroups), since(255)),
	}
}

// allResourceRows is everything of systemd.resource-control(5), with what was for
// control groups of version 1 only.
func allResourceRows() []row[Resource] {
	v1 := func(name, text, instead string) row[Resource] {
		return gone[Resource](name, text, noLegacy, instead)
	}
	return append(resourceRows(),
		v1("CPUShares", "Was the unit's share of the processor.", "CPUWeight="),
		v1("StartupCPUShares", "Was the unit's share of the processor while the machine started.", "StartupCPUWeight="),
		v1("MemoryLimit", "Was the most memory that the unit could have.", "MemoryMax="),
		v1("BlockIOAccounting", "Counted what the unit read from and wrote to disks.", "IOAccounting="),
		v1("BlockIOWeight", "Was the unit's share of the disks.", "IOWeight="),
		v1("StartupBlockIOWeight", "Was the unit's share of the disks while the machine started.", "StartupIOWeight="),
		v1("BlockIODeviceWeight", "Was the unit's share of one disk.", "IODeviceWeight="),
		v1("BlockIOReadBandwidth", "Was the most bytes a second that the unit read from one disk.", "IOReadBandwidthMax="),
		v1("BlockIOWriteBandwidth", "Was the most bytes a second that the unit wrote to one disk.", "IOWriteBandwidthMax="),
		v1("NetClass", "Set the class of the unit's packets.", ""),
	)
}
