package unit

// Sandbox is what systemd.exec(5) says about what a process may see and do.
type Sandbox struct {
	RootDirectory           string
	RootImage               string
	RootImageOptions        []string
	RootImagePolicy         string // 254
	RootHash                string
	RootHashSignature       string
	RootVerity              string
	RootEphemeral           bool   // 254
	RootMStack              string // 260
	ExtensionDirectories    []string
	ExtensionImages         []string
	ExtensionImagePolicy    string // 254
	MountImages             []string
	MountImagePolicy        string // 254
	MountAPIVFS             string
	BindLogSockets          string // 257
	ProtectProc             string
	ProcSubset              string
	BindPaths               []string
	BindReadOnlyPaths       []string
	DynamicUser             bool
	CapabilityBoundingSet   CapabilitySet
	AmbientCapabilities     CapabilitySet
	NoNewPrivileges         bool
	SecureBits              []string
	SELinuxContext          string
	AppArmorProfile         string
	SmackProcessLabel       string
	ProtectSystem           string
	ProtectHome             string
	ReadWritePaths          []string
	ReadOnlyPaths           []string
	InaccessiblePaths       []string
	ExecPaths               []string
	NoExecPaths             []string
	TemporaryFileSystem     []string
	PrivateTmp              string
	PrivateDevices          bool
	PrivateNetwork          bool
	NetworkNamespacePath    string
	PrivateIPC              bool
	IPCNamespacePath        string
	PrivatePIDs             bool // 257
	PrivateUsers            string
	UserNamespacePath       string // 259
	ProtectHostname         string
	ProtectClock            bool
	ProtectKernelTunables   bool
	ProtectKernelModules    bool
	ProtectKernelLogs       bool
	ProtectControlGroups    string
	RestrictAddressFamilies []string
	RestrictFileSystems     []string
	RestrictNamespaces      []string
	DelegateNamespaces      []string // 258
	LockPersonality         bool
	MemoryDenyWriteExecute  bool
	RestrictRealtime        bool
	RestrictSUIDSGID        bool
	RemoveIPC               bool
	PrivateMounts           string
	MountFlags              string
	PrivateBPF              bool     // 258
	BPFDelegateCommands     []string // 258
	BPFDelegateMaps         []string // 258
	BPFDelegatePrograms     []string // 258
	BPFDelegateAttachments  []string // 258
	SystemCallFilter        []string
	SystemCallErrorNumber   string
	SystemCallArchitectures []string
	SystemCallLog           []string
}

func sandboxRows() []row[Exec] {
	return []row[Exec]{
		one("RootDirectory", func(e *Exec) *string { return &e.RootDirectory }, optionalPath, "", "/srv/root",
			"Makes this folder the root of the file system that the commands see.", notEnforced(noSandbox), fatal(), security()),
		one("RootImage", func(e *Exec) *string { return &e.RootImage }, absolutePath, "", "/srv/root.img",
			"Mounts this disk image as the root of the file system that the commands see.", notEnforced(noImages), fatal(), security()),
		list("RootImageOptions", func(e *Exec) *[]string { return &e.RootImageOptions }, rootOptions, "root:nodev",
			"Mount options for the partitions of RootImage=.", notEnforced(noImages), property("")),
		one("RootImagePolicy", func(e *Exec) *string { return &e.RootImagePolicy }, text, "", "root=verity",
			"Says which partitions RootImage= must, may or may not have, and how protected they have to be.", notEnforced(noImages), since(254)),
		one("RootHash", func(e *Exec) *string { return &e.RootHash }, rootHash, "", "0123456789abcdef0123456789abcdef",
			"The root hash, or a file with it, that the data of RootImage= is checked against.", notEnforced(noImages), security()),
		one("RootHashSignature", func(e *Exec) *string { return &e.RootHashSignature }, rootSignature, "", "/srv/root.p7s",
			"The signature of RootHash=, as a file or in base64.", notEnforced(noImages)),
		one("RootVerity", func(e *Exec) *string { return &e.RootVerity }, absolutePath, "", "/srv/root.verity",
			"The file that holds the verity data of RootImage=.", notEnforced(noImages), fatal()),
		one("RootEphemeral", func(e *Exec) *bool { return &e.RootEphemeral }, boolean, "no", "yes",
			"Runs on a throw-away copy of RootDirectory= or RootImage=.", notEnforced(noImages), since(254)),
		one("RootMStack", func(e *Exec) *string { return &e.RootMStack }, absolutePath, "", "/srv/root.mstack",
			"Builds the root of the file system from a stack of overlay layers and bind mounts.", notEnforced(noImages), since(260), security()),
		list("ExtensionDirectories", func(e *Exec) *[]string { return &e.ExtensionDirectories }, pathList, "/srv/extension",
			"Folders that are laid over /usr and /opt, or over /etc.", notEnforced(noImages)),
		list("ExtensionImages", func(e *Exec) *[]string { return &e.ExtensionImages }, mounts, "/srv/extension.img",
			"Disk images that are laid over /usr and /opt, or over /etc.", notEnforced(noImages)),
		one("ExtensionImagePolicy", func(e *Exec) *string { return &e.ExtensionImagePolicy }, text, "", "root=verity",
			"The image policy that ExtensionImages= have to meet.", notEnforced(noImages), since(254)),
		list("MountImages", func(e *Exec) *[]string { return &e.MountImages }, mounts, "/srv/a.img:/a",
			"Disk images and the places where they are mounted.", notEnforced(noImages)),
		one("MountImagePolicy", func(e *Exec) *string { return &e.MountImagePolicy }, text, "", "root=verity",
			"The image policy that MountImages= have to meet.", notEnforced(noImages), since(254)),
		one("MountAPIVFS", func(e *Exec) *string { return &e.MountAPIVFS }, triState, "", "yes",
			"Mounts /proc, /sys, /dev and /run in the changed root.", notEnforced(noSandbox)),
		one("BindLogSockets", func(e *Exec) *string { return &e.BindLogSockets }, triState, "", "yes",
			"Makes the sockets of the log reachable from a changed root.", notEnforced(noSandbox), since(257)),
		one("ProtectProc", func(e *Exec) *string { return &e.ProtectProc }, choice("noaccess", "invisible", "ptraceable", "default"), "default", "invisible",
			"Hides the processes of other users in /proc.", notEnforced(noSandbox), security()),
		one("ProcSubset", func(e *Exec) *string { return &e.ProcSubset }, choice("all", "pid"), "all", "pid",
			"Leaves only the processes of /proc and hides the rest.", notEnforced(noSandbox), security()),
		list("BindPaths", func(e *Exec) *[]string { return &e.BindPaths }, bindPaths, "/srv/a:/a",
			"Bind mounts SOURCE:DESTINATION:OPTIONS that the commands see.", notEnforced(noSandbox)),
		list("BindReadOnlyPaths", func(e *Exec) *[]string { return &e.BindReadOnlyPaths }, bindPaths, "/srv/a:/a",
			"Bind mounts like BindPaths=, but read-only.", notEnforced(noSandbox), security()),
		one("DynamicUser", func(e *Exec) *bool { return &e.DynamicUser }, boolean, "no", "yes",
			"Allocates a user and a group for as long as the unit runs.", notEnforced(noDynamic), security(), fatal()),
		capabilityRow("CapabilityBoundingSet", func(e *Exec) *CapabilitySet { return &e.CapabilityBoundingSet }, allCapabilities, "CAP_CHOWN",
			"The capabilities that the commands can ever have.", notEnforced(noSandbox), security()),
		capabilityRow("AmbientCapabilities", func(e *Exec) *CapabilitySet { return &e.AmbientCapabilities }, 0, "CAP_NET_BIND_SERVICE",
			"The capabilities that commands of an ordinary user are given.", notEnforced(noSandbox)),
		one("NoNewPrivileges", func(e *Exec) *bool { return &e.NoNewPrivileges }, boolean, "no", "yes",
			"Makes sure that no program gains privileges by set-user-ID bits or file capabilities.", notEnforced(noSandbox), security()),
		list("SecureBits", func(e *Exec) *[]string { return &e.SecureBits }, secureBits, "noroot",
			"The secure bits of the process, which take special rights away from root.", notEnforced(noSandbox), security()),
		one("SELinuxContext", func(e *Exec) *string { return &e.SELinuxContext }, text, "", "system_u:system_r:echo_t",
			"The SELinux context that the commands run in.", notEnforced(noSELinux), security(), fatal()),
		one("AppArmorProfile", func(e *Exec) *string { return &e.AppArmorProfile }, text, "", "echo",
			"The AppArmor profile that the commands run under.", notEnforced(noAppArmor), security(), fatal()),
		one("SmackProcessLabel", func(e *Exec) *string { return &e.SmackProcessLabel }, text, "", "echo",
			"The Smack label that the commands run with.", notEnforced(noSmack), security(), fatal()),
		one("ProtectSystem", func(e *Exec) *string { return &e.ProtectSystem }, boolOr("full", "strict"), "no", "full",
			"Makes /usr and the boot loader, with full also /etc, with strict everything, read-only.", notEnforced(noSandbox), security()),
		one("ProtectHome", func(e *Exec) *string { return &e.ProtectHome }, boolOr("read-only", "tmpfs"), "no", "read-only",
			"Makes /home, /root and /run/user inaccessible, read-only or empty.", notEnforced(noSandbox), security()),
		list("ReadWritePaths", func(e *Exec) *[]string { return &e.ReadWritePaths }, pathList, "/var/lib/echo",
			"Paths that stay writable where other settings make their surroundings read-only.", notEnforced(noSandbox)),
		list("ReadOnlyPaths", func(e *Exec) *[]string { return &e.ReadOnlyPaths }, pathList, "/etc",
			"Paths that become read-only.", notEnforced(noSandbox), security()),
		list("InaccessiblePaths", func(e *Exec) *[]string { return &e.InaccessiblePaths }, pathList, "/srv",
			"Paths that can no longer be reached.", notEnforced(noSandbox), security()),
		list("ExecPaths", func(e *Exec) *[]string { return &e.ExecPaths }, pathList, "/usr/bin",
			"Paths from which programs may be run although NoExecPaths= forbids their surroundings.", notEnforced(noSandbox)),
		list("NoExecPaths", func(e *Exec) *[]string { return &e.NoExecPaths }, pathList, "/home",
			"Paths from which no program may be run.", notEnforced(noSandbox), security()),
		list("TemporaryFileSystem", func(e *Exec) *[]string { return &e.TemporaryFileSystem }, emptyFolders, "/var:ro",
			"Places where an empty temporary file system is mounted.", notEnforced(noSandbox), security()),
		one("PrivateTmp", func(e *Exec) *string { return &e.PrivateTmp }, boolOr("connected", "disconnected"), "no", "yes",
			"Gives the unit a /tmp and a /var/tmp of its own.", notEnforced(noSandbox), security()),
		one("PrivateDevices", func(e *Exec) *bool { return &e.PrivateDevices }, boolean, "no", "yes",
			"Gives the unit a /dev with harmless devices only.", notEnforced(noSandbox), security()),
		one("PrivateNetwork", func(e *Exec) *bool { return &e.PrivateNetwork }, boolean, "no", "yes",
			"Gives the unit a network of its own with nothing but the loopback device.", notEnforced(noSandbox), security()),
		one("NetworkNamespacePath", func(e *Exec) *string { return &e.NetworkNamespacePath }, absolutePath, "", "/run/netns/a",
			"Runs the commands in the network namespace that this file stands for.", notEnforced(noSandbox), security()),
		one("PrivateIPC", func(e *Exec) *bool { return &e.PrivateIPC }, boolean, "no", "yes",
			"Gives the unit semaphores, shared memory and message queues of its own.", notEnforced(noSandbox), security()),
		one("IPCNamespacePath", func(e *Exec) *string { return &e.IPCNamespacePath }, absolutePath, "", "/run/ipcns/a",
			"Runs the commands in the IPC namespace that this file stands for.", notEnforced(noSandbox), security()),
		one("PrivatePIDs", func(e *Exec) *bool { return &e.PrivatePIDs }, boolean, "no", "yes",
			"Gives the unit process numbers of its own and hides all other processes.", notEnforced(noSandbox), security(), since(257)),
		one("PrivateUsers", func(e *Exec) *string { return &e.PrivateUsers }, boolOr("self", "identity", "full", "managed"), "no", "yes",
			"Gives the unit users of its own, mapped to those outside.", notEnforced(noSandbox), security()),
		one("UserNamespacePath", func(e *Exec) *string { return &e.UserNamespacePath }, absolutePath, "", "/run/userns/a",
			"Runs the commands in the user namespace that this file stands for.", notEnforced(noSandbox), since(259), security()),
		one("ProtectHostname", func(e *Exec) *string { return &e.ProtectHostname }, protectHostname, "no", "yes",
			"Prevents the unit from changing the host name.", notEnforced(noSandbox), security()),
		one("ProtectClock", func(e *Exec) *bool { return &e.ProtectClock }, boolean, "no", "yes",
			"Prevents the unit from changing the clock.", notEnforced(noSandbox), security()),
		one("ProtectKernelTunables", func(e *Exec) *bool { return &e.ProtectKernelTunables }, boolean, "no", "yes",
			"Makes the kernel variables in /proc and /sys read-only.", notEnforced(noSandbox), security()),
		one("ProtectKernelModules", func(e *Exec) *bool { return &e.ProtectKernelModules }, boolean, "no", "yes",
			"Prevents the unit from loading kernel modules.", notEnforced(noSandbox), security()),
		one("ProtectKernelLogs", func(e *Exec) *bool { return &e.ProtectKernelLogs }, boolean, "no", "yes",
			"Prevents the unit from reading and writing the log of the kernel.", notEnforced(noSandbox), security()),
		one("ProtectControlGroups", func(e *Exec) *string { return &e.ProtectControlGroups }, boolOr("private", "strict"), "no", "yes",
			"Makes the control groups read-only for the unit, or gives it its own tree.", notEnforced(noSandbox), security()),
		list("RestrictAddressFamilies", func(e *Exec) *[]string { return &e.RestrictAddressFamilies }, addressFamilies, "AF_INET AF_INET6",
			"The families of sockets that the commands may open.", notEnforced(noSandbox), security()),
		list("RestrictFileSystems", func(e *Exec) *[]string { return &e.RestrictFileSystems }, filterList, "ext4",
			"The kinds of file system that the commands may open files on.", notEnforced(noSandbox), security()),
		list("RestrictNamespaces", func(e *Exec) *[]string { return &e.RestrictNamespaces }, namespaces, "yes",
			"The kinds of namespace that the commands may create and enter.", notEnforced(noSandbox), security()),
		list("DelegateNamespaces", func(e *Exec) *[]string { return &e.DelegateNamespaces }, namespaces, "yes",
			"The kinds of namespace that the user namespace of the unit owns.", notEnforced(noSandbox), since(258)),
		one("LockPersonality", func(e *Exec) *bool { return &e.LockPersonality }, boolean, "no", "yes",
			"Forbids to change the execution domain.", notEnforced(noSandbox), security()),
		one("MemoryDenyWriteExecute", func(e *Exec) *bool { return &e.MemoryDenyWriteExecute }, boolean, "no", "yes",
			"Forbids memory that is writable and executable.", notEnforced(noSandbox), security()),
		one("RestrictRealtime", func(e *Exec) *bool { return &e.RestrictRealtime }, boolean, "no", "yes",
			"Forbids realtime scheduling.", notEnforced(noSandbox), security()),
		one("RestrictSUIDSGID", func(e *Exec) *bool { return &e.RestrictSUIDSGID }, boolean, "no", "yes",
			"Forbids to set the set-user-ID and set-group-ID bits of files.", notEnforced(noSandbox), security()),
		one("RemoveIPC", func(e *Exec) *bool { return &e.RemoveIPC }, boolean, "no", "yes",
			"Removes the semaphores, shared memory and message queues of the user when the unit stops.", notEnforced(noSandbox)),
		one("PrivateMounts", func(e *Exec) *string { return &e.PrivateMounts }, triState, "", "yes",
			"Gives the unit a mount namespace of its own.", notEnforced(noSandbox), security()),
		one("MountFlags", func(e *Exec) *string { return &e.MountFlags }, choice("", "shared", "slave", "private"), "", "private",
			"Says which mounts travel between the unit and the rest of the machine.", notEnforced(noSandbox)),
		one("PrivateBPF", func(e *Exec) *bool { return &e.PrivateBPF }, boolean, "no", "yes",
			"Mounts a BPF file system of its own for the unit.", notEnforced(noSandbox), security(), since(258)),
		list("BPFDelegateCommands", func(e *Exec) *[]string { return &e.BPFDelegateCommands }, wordList, "BPFProgLoad",
			"The BPF commands that the private BPF file system lends to the unit.", notEnforced(noSandbox), since(258)),
		list("BPFDelegateMaps", func(e *Exec) *[]string { return &e.BPFDelegateMaps }, wordList, "BPFMapTypeArray",
			"The kinds of BPF map that the private BPF file system lends to the unit.", notEnforced(noSandbox), since(258)),
		list("BPFDelegatePrograms", func(e *Exec) *[]string { return &e.BPFDelegatePrograms }, wordList, "BPFProgTypeSocketFilter",
			"The kinds of BPF program that the private BPF file system lends to the unit.", notEnforced(noSandbox), since(258)),
		list("BPFDelegateAttachments", func(e *Exec) *[]string { return &e.BPFDelegateAttachments }, wordList, "BPFCGroupInetIngress",
			"The places of attachment that the private BPF file system lends to the unit.", notEnforced(noSandbox), since(258)),
		list("SystemCallFilter", func(e *Exec) *[]string { return &e.SystemCallFilter }, systemCalls, "@system-service",
			"The system calls that the commands may use, by name or by group.", notEnforced(noSandbox), security()),
		one("SystemCallErrorNumber", func(e *Exec) *string { return &e.SystemCallErrorNumber }, errorNumber, "", "EPERM",
			"The error that a forbidden system call returns in place of killing the process.", notEnforced(noSandbox)),
		list("SystemCallArchitectures", func(e *Exec) *[]string { return &e.SystemCallArchitectures }, wordsOf(callArchitectures...), "native",
			"The callArchitectures whose system calls the commands may use.", notEnforced(noSandbox), security()),
		list("SystemCallLog", func(e *Exec) *[]string { return &e.SystemCallLog }, systemCalls, "@mount",
			"The system calls whose use is logged.", notEnforced(noSandbox)),
	}
}
