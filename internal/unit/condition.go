package unit

import (
	"strings"
)

// A Condition is one Condition…= or Assert…= line.
type Condition struct {
	Name    string // directive: "ConditionPathExists", "AssertPathExists"
	Trigger bool   // '|'
	Negate  bool   // '!'
	Param   string
	Place   Place
}

// String prints the condition as a unit file says it, without the name.
func (n Condition) String() string {
	s := n.Param
	if n.Negate {
		s = "!" + s
	}
	if n.Trigger {
		s = "|" + s
	}
	return s
}

// conditions are the tests that follow Condition and Assert: what they take, an
// example, and what holds if they succeed.
var conditions = []struct {
	name, kind, example, text string
	since                     int
}{
	{"Architecture", "text", "x86-64", "the machine has this architecture", 0},
	{"Firmware", "text", "uefi", "the machine has this firmware", 0},
	{"Virtualization", "text", "vm", "the machine is virtual, of this kind", 0},
	{"Host", "text", "echo", "the machine has this name or identity", 0},
	{"KernelCommandLine", "text", "debug", "the kernel was given this argument", 0},
	{"KernelVersion", "text", ">=5.0", "the kernel has this version", 0},
	{"Version", "text", "systemd >= 250", "the kernel, systemd or the C library has this version", 258},
	{"KernelModuleLoaded", "text", "loop", "this kernel module is loaded", 258},
	{"Credential", "text", "key", "the manager was given this credential", 0},
	{"Environment", "text", "LANG=C", "the manager has this environment variable", 0},
	{"Security", "text", "selinux", "the machine has this security technique", 0},
	{"Capability", "text", "CAP_CHOWN", "the manager's bounding set has this capability", 0},
	{"ACPower", "text", "yes", "the machine is on mains power, or not", 0},
	{"NeedsUpdate", "path", "/etc", "this folder is older than /usr", 0},
	{"FirstBoot", "text", "yes", "the machine boots for the first time, or not", 0},
	{"PathExists", "path", "/etc/passwd", "this path exists", 0},
	{"PathExistsGlob", "path", "/etc/*.conf", "a path exists that matches this pattern", 0},
	{"PathIsDirectory", "path", "/etc", "this path is a folder", 0},
	{"PathIsSymbolicLink", "path", "/bin", "this path is a symbolic link", 0},
	{"PathIsMountPoint", "path", "/proc", "this path is a mount point", 0},
	{"PathIsReadWrite", "path", "/tmp", "the file system of this path is writable", 0},
	{"PathIsEncrypted", "path", "/home", "the disk below this path is encrypted", 0},
	{"PathIsSocket", "path", "/run/echo", "this path is a socket", 260},
	{"DirectoryNotEmpty", "path", "/etc", "this folder holds something", 0},
	{"FileNotEmpty", "path", "/etc/passwd", "this file holds something", 0},
	{"FileIsExecutable", "path", "/bin/sh", "this file is executable", 0},
	{"User", "text", "root", "the manager runs as this user", 0},
	{"Group", "text", "root", "the manager runs in this group", 0},
	{"ControlGroupController", "text", "memory", "these controllers of control groups are there", 0},
	{"Memory", "text", ">=1G", "the machine has this much memory", 0},
	{"CPUs", "text", ">=2", "this many processors may be used", 0},
	{"CPUFeature", "text", "rdrand", "the processor has this feature", 0},
	{"OSRelease", "text", "ID=debian", "/etc/os-release says this", 0},
	{"MemoryPressure", "text", "50%", "there is at most this much waiting for memory", 0},
	{"CPUPressure", "text", "50%", "there is at most this much waiting for processors", 0},
	{"IOPressure", "text", "50%", "there is at most this much waiting for disks", 0},
}

func conditionRows() []row[Common] {
	var rows []row[Common]
	for _, prefix := range []string{"Condition", "Assert"} {
		for _, n := range conditions {
			if prefix+n.name == "AssertFirmware" {
				continue // systemd never had it
			}
			parse := (*Context).Expand
			if n.kind == "path" {
				parse = absolute
			}
			text := "Skips the start of the unit unless " + n.text + "."
			if prefix == "Assert" {
				text = "Lets the start of the unit fail unless " + n.text + "."
			}
			rows = append(rows, conditionRow(prefix, n.name, n.kind, n.example, text, parse, n.since))
		}
	}
	return rows
}

// conditionRow is one row of those that share Common.Conditions. An empty value
// resets all conditions, or all assertions.
func conditionRow(prefix, name, kindName, example, text string, parse func(*Context, string) (string, error), version int) row[Common] {
	k := single("condition on a "+kindName, func(c *Context, s string) (n Condition, err error) {
		n = Condition{Name: prefix + name, Place: c.Place}
		s, n.Trigger = strings.CutPrefix(s, "|")
		s = strings.TrimLeft(s, " \t")
		s, n.Negate = strings.CutPrefix(s, "!")
		n.Param, err = parse(c, strings.TrimLeft(s, " \t"))
		return n, err
	}, func([]Condition) string { return "[unprintable]" })
	r := list(prefix+name, func(c *Common) *[]Condition { return &c.Conditions }, k, example, text,
		since(version), property(""))
	r.reset = func(s, _ *Common) {
		var rest []Condition
		for _, n := range s.Conditions {
			if !strings.HasPrefix(n.Name, prefix) {
				rest = append(rest, n)
			}
		}
		s.Conditions = rest
	}
	return r
}
