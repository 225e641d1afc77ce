package unit

import "wakesock/internal/value"

// A Protocol is the kind of socket that a Listen directive asks for.
type Protocol string

// The kinds of listening file in [Socket], named as list-sockets prints them.
const (
	ListenStream           Protocol = "Stream"
	ListenDatagram         Protocol = "Datagram"
	ListenSequentialPacket Protocol = "SequentialPacket"
	ListenFIFO             Protocol = "FIFO"
	ListenSpecial          Protocol = "Special"
	ListenNetlink          Protocol = "Netlink"
	ListenMessageQueue     Protocol = "MessageQueue"
	ListenUSBFunction      Protocol = "USBFunction"
)

// A Listen is one place that a socket unit listens on.
type Listen struct {
	Protocol Protocol
	Address  value.Address
}

// Socket is the [Socket] section, systemd.socket(5). A field has its
// directive's name; all Listen directives share Listen, in file order.
type Socket struct {
	Listen                    []Listen
	SocketProtocol            string // "", udplite, sctp, mptcp
	BindIPv6Only              string // default, both, ipv6-only
	Backlog                   uint32
	BindToDevice              string
	SocketUser                string
	SocketGroup               string
	SocketMode                value.Mode
	DirectoryMode             value.Mode
	Accept                    bool
	Writable                  bool
	FlushPending              bool
	MaxConnections            uint32
	MaxConnectionsPerSource   uint32 // 0: no limit
	KeepAlive                 bool
	KeepAliveTimeSec          value.Span // 0: the kernel's
	KeepAliveIntervalSec      value.Span
	KeepAliveProbes           uint32
	NoDelay                   bool
	Priority                  int // -1: unset
	DeferAcceptSec            value.Span
	ReceiveBuffer             value.Size // 0: the kernel's
	SendBuffer                value.Size
	IPTOS                     int // -1: unset
	IPTTL                     int // -1: unset
	Mark                      int // -1: unset
	ReusePort                 bool
	SmackLabel                string
	SmackLabelIPIn            string
	SmackLabelIPOut           string
	SELinuxContextFromNet     bool
	PipeSize                  value.Size
	MessageQueueMaxMessages   int64
	MessageQueueMessageSize   int64
	FreeBind                  bool
	Transparent               bool
	Broadcast                 bool
	PassCredentials           bool
	PassPIDFD                 bool // 257
	PassSecurity              bool
	PassPacketInfo            bool
	AcceptFileDescriptors     bool   // 258
	Timestamping              string // off, us, ns
	TCPCongestion             string
	ExecStartPre              []Command
	ExecStartPost             []Command
	ExecStopPre               []Command
	ExecStopPost              []Command
	TimeoutSec                value.Span
	Service                   Name
	RemoveOnStop              bool
	Symlinks                  []string
	FileDescriptorName        string
	TriggerLimitIntervalSec   value.Span
	TriggerLimitBurst         uint32
	PollLimitIntervalSec      value.Span // 255
	PollLimitBurst            uint32
	PassFileDescriptorsToExec bool   // 256
	DeferTrigger              string // 258: no, yes, patient
	DeferTriggerMaxSec        value.Span
}

func socketRows() []row[Socket] {
	return []row[Socket]{
		one("SocketProtocol", func(s *Socket) *string { return &s.SocketProtocol }, socketProtocol, "", "sctp",
			"Listens with another protocol than TCP and UDP.", emptyRefused()),
		one("BindIPv6Only", func(s *Socket) *string { return &s.BindIPv6Only }, bindIPv6Only, "default", "both",
			"Says whether IPv6 sockets serve IPv4, too."),
		one("Backlog", func(s *Socket) *uint32 { return &s.Backlog }, unsigned, "2147483647", "5",
			"The most connections that wait to be accepted.", shown("the most that the kernel allows")),
		one("BindToDevice", func(s *Socket) *string { return &s.BindToDevice }, boundDevice, "", "lo",
			"Binds the sockets to one network interface."),
		one("SocketUser", func(s *Socket) *string { return &s.SocketUser }, user, "", "nobody",
			"The owner of the unix sockets and FIFOs.", fatal()),
		one("SocketGroup", func(s *Socket) *string { return &s.SocketGroup }, user, "", "nogroup",
			"The group of the unix sockets and FIFOs.", fatal()),
		one("SocketMode", func(s *Socket) *value.Mode { return &s.SocketMode }, mode, "0666", "0600",
			"The access mode of unix sockets, FIFOs and message queues."),
		one("DirectoryMode", func(s *Socket) *value.Mode { return &s.DirectoryMode }, mode, "0755", "0700",
			"The access mode of the folders that are made for unix sockets and FIFOs."),
		one("Accept", func(s *Socket) *bool { return &s.Accept }, boolean, "no", "yes",
			"Accepts each connection and starts an instance of the service for it."),
		one("Writable", func(s *Socket) *bool { return &s.Writable }, boolean, "no", "yes",
			"Opens special files for writing, too."),
		one("FlushPending", func(s *Socket) *bool { return &s.FlushPending }, boolean, "no", "yes",
			"Throws away what waits in the sockets when the service ends."),
		one("MaxConnections", func(s *Socket) *uint32 { return &s.MaxConnections }, unsigned, "64", "8",
			"The most instances alive at once with Accept=yes."),
		one("MaxConnectionsPerSource", func(s *Socket) *uint32 { return &s.MaxConnectionsPerSource }, unsigned, "0", "8",
			"The most instances alive at once for one address or user.", shown("no limit")),
		one("KeepAlive", func(s *Socket) *bool { return &s.KeepAlive }, boolean, "no", "yes",
			"Sends packets over idle connections to see whether they live."),
		one("KeepAliveTimeSec", func(s *Socket) *value.Span { return &s.KeepAliveTimeSec }, span, "0", "2h",
			"How long a connection is idle before the first such packet.", property("KeepAliveTimeUSec"), shown("the kernel's")),
		one("KeepAliveIntervalSec", func(s *Socket) *value.Span { return &s.KeepAliveIntervalSec }, span, "0", "75s",
			"The time between two such packets.", property("KeepAliveIntervalUSec"), shown("the kernel's")),
		one("KeepAliveProbes", func(s *Socket) *uint32 { return &s.KeepAliveProbes }, unsigned, "0", "9",
			"How many such packets may remain without answer.", shown("the kernel's")),
		one("NoDelay", func(s *Socket) *bool { return &s.NoDelay }, boolean, "no", "yes",
			"Sends small packets at once."),
		one("Priority", func(s *Socket) *int { return &s.Priority }, integer, "-1", "6",
			"The priority of the packets that are sent.", shown("the kernel's")),
		one("DeferAcceptSec", func(s *Socket) *value.Span { return &s.DeferAcceptSec }, span, "0", "10s",
			"How long to wait for the first data of a connection before it counts as one.", property("DeferAcceptUSec")),
		one("ReceiveBuffer", func(s *Socket) *value.Size { return &s.ReceiveBuffer }, size, "0", "64K",
			"The size of the sockets' receive buffer.", shown("the kernel's")),
		one("SendBuffer", func(s *Socket) *value.Size { return &s.SendBuffer }, size, "0", "64K",
			"The size of the sockets' send buffer.", shown("the kernel's")),
		one("IPTOS", func(s *Socket) *int { return &s.IPTOS }, typeOfService, "", "low-delay",
			"The type of service of the packets that are sent.", shown("the kernel's")),
		one("IPTTL", func(s *Socket) *int { return &s.IPTTL }, integer, "-1", "64",
			"The time to live of the packets that are sent.", shown("the kernel's")),
		one("Mark", func(s *Socket) *int { return &s.Mark }, integer, "-1", "5",
			"The firewall mark of the packets that are sent.", shown("none")),
		one("ReusePort", func(s *Socket) *bool { return &s.ReusePort }, boolean, "no", "yes",
			"Lets several sockets be bound to one port."),
		one("SmackLabel", func(s *Socket) *string { return &s.SmackLabel }, text, "", "echo",
			"The Smack label of FIFOs.", notEnforced(noSmack)),
		one("SmackLabelIPIn", func(s *Socket) *string { return &s.SmackLabelIPIn }, text, "", "echo",
			"The Smack label of incoming packets.", notEnforced(noSmack)),
		one("SmackLabelIPOut", func(s *Socket) *string { return &s.SmackLabelIPOut }, text, "", "echo",
			"The Smack label of outgoing packets.", notEnforced(noSmack)),
		one("SELinuxContextFromNet", func(s *Socket) *bool { return &s.SELinuxContextFromNet }, boolean, "no", "yes",
			"Runs an instance in the SELinux context of its peer.", notEnforced(noSELinux), property("")),
		one("PipeSize", func(s *Socket) *value.Size { return &s.PipeSize }, size, "0", "64K",
			"The size of the FIFOs.", shown("the kernel's")),
		one("MessageQueueMaxMessages", func(s *Socket) *int64 { return &s.MessageQueueMaxMessages }, long, "0", "10",
			"The most messages that a message queue holds.", shown("the kernel's")),
		one("MessageQueueMessageSize", func(s *Socket) *int64 { return &s.MessageQueueMessageSize }, long, "0", "1024",
			"The largest message that a message queue takes.", shown("the kernel's")),
		one("FreeBind", func(s *Socket) *bool { return &s.FreeBind }, boolean, "no", "yes",
			"Binds to addresses that no interface has yet."),
		one("Transparent", func(s *Socket) *bool { return &s.Transparent }, boolean, "no", "yes",
			"Binds to addresses that are not the machine's own."),
		one("Broadcast", func(s *Socket) *bool { return &s.Broadcast }, boolean, "no", "yes",
			"Lets datagram sockets send to broadcast addresses."),
		one("PassCredentials", func(s *Socket) *bool { return &s.PassCredentials }, boolean, "no", "yes",
			"Lets unix sockets receive the credentials of the sender."),
		one("PassPIDFD", func(s *Socket) *bool { return &s.PassPIDFD }, boolean, "no", "yes",
			"Lets unix sockets receive a descriptor of the sending process.", since(257)),
		one("PassSecurity", func(s *Socket) *bool { return &s.PassSecurity }, boolean, "no", "yes",
			"Lets unix sockets receive the security context of the sender."),
		one("PassPacketInfo", func(s *Socket) *bool { return &s.PassPacketInfo }, boolean, "no", "yes",
			"Lets sockets receive the address that a packet was sent to."),
		one("AcceptFileDescriptors", func(s *Socket) *bool { return &s.AcceptFileDescriptors }, boolean, "yes", "no",
			"Lets unix sockets receive file descriptors.", since(258)),
		one("Timestamping", func(s *Socket) *string { return &s.Timestamping }, timestamping, "off", "us",
			"Lets sockets receive the time when a packet came."),
		one("TCPCongestion", func(s *Socket) *string { return &s.TCPCongestion }, raw, "", "cubic",
			"The algorithm that avoids congestion of TCP connections."),
		list("ExecStartPre", func(s *Socket) *[]Command { return &s.ExecStartPre }, command, "/bin/true",
			"Commands that run before the sockets are opened.", fatal()),
		list("ExecStartPost", func(s *Socket) *[]Command { return &s.ExecStartPost }, command, "/bin/true",
			"Commands that run after the sockets are opened.", fatal()),
		list("ExecStopPre", func(s *Socket) *[]Command { return &s.ExecStopPre }, command, "/bin/true",
			"Commands that run before the sockets are closed.", fatal()),
		list("ExecStopPost", func(s *Socket) *[]Command { return &s.ExecStopPost }, command, "/bin/true",
			"Commands that run after the sockets are closed.", fatal()),
		one("TimeoutSec", func(s *Socket) *value.Span { return &s.TimeoutSec }, spanFixZero, "90s", "5s",
			"How long each of the commands may take.", property("TimeoutUSec")),
		one("Service", func(s *Socket) *Name { return &s.Service }, serviceName, "", "other.service",
			"The service that is started for traffic, if not the one of the same name.", property("")),
		one("RemoveOnStop", func(s *Socket) *bool { return &s.RemoveOnStop }, boolean, "no", "yes",
			"Removes unix sockets, FIFOs and message queues when the unit stops."),
		list("Symlinks", func(s *Socket) *[]string { return &s.Symlinks }, paths, "/run/echo",
			"Symbolic links to the unix socket or the FIFO."),
		one("FileDescriptorName", func(s *Socket) *string { return &s.FileDescriptorName }, descriptorName, "", "web",
			"The name that the service finds in LISTEN_FDNAMES.", shown("the unit's name")),
		one("PassFileDescriptorsToExec", func(s *Socket) *bool { return &s.PassFileDescriptorsToExec }, boolean, "no", "yes",
			"Hands the sockets to the commands of ExecStartPost=, ExecStopPre= and ExecStopPost=.", since(256)),
		one("TriggerLimitIntervalSec", func(s *Socket) *value.Span { return &s.TriggerLimitIntervalSec }, span, "2s", "10s",
			"The interval in which the service may be triggered TriggerLimitBurst= times.", property("TriggerLimitIntervalUSec")),
		one("TriggerLimitBurst", func(s *Socket) *uint32 { return &s.TriggerLimitBurst }, burst, "", "10",
			"How often the service may be triggered in TriggerLimitIntervalSec=.", shown("20, or 200 with Accept=yes")),
		one("PollLimitIntervalSec", func(s *Socket) *value.Span { return &s.PollLimitIntervalSec }, span, "2s", "10s",
			"The interval in which the sockets are asked PollLimitBurst= times at most.", since(255), property("PollLimitIntervalUSec")),
		one("PollLimitBurst", func(s *Socket) *uint32 { return &s.PollLimitBurst }, burst, "", "10",
			"How often the sockets are asked for traffic in PollLimitIntervalSec=.", since(255), shown("0, no limit, unlike systemd: the trigger limit pauses the socket already")),
		one("DeferTrigger", func(s *Socket) *string { return &s.DeferTrigger }, boolOr("patient"), "no", "yes",
			"Stops nobody that the service conflicts with; yes waits for queued jobs, patient as long as it takes, and then the socket fails.", since(258)),
		one("DeferTriggerMaxSec", func(s *Socket) *value.Span { return &s.DeferTriggerMaxSec }, spanFixZero, "infinity", "1min",
			"How long DeferTrigger= waits.", since(258), property("DeferTriggerMaxUSec")),
	}
}
