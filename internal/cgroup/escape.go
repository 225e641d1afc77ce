package cgroup

import "strings"

// kernelFiles are the first words of files that the kernel has in a group's
// folder, now or once a controller is enabled: "memory.max". The kernel refuses
// to make a file whose name a group has taken, so a unit memory.service must not
// have a group of that name.
var kernelFiles = []string{
	"cgroup", "cpu", "cpuacct", "cpuset", "memory", "io", "blkio", "pids", "devices", "freezer", "hugetlb", "rdma",
	"misc", "dmem", "perf_event", "net_cls", "net_prio", "irq", "debug",
	"tasks", "notify_on_release", "release_agent", // of v1, whole
}

// escape is the name of a unit's group: the unit's own, with a "_" before it
// where it could be taken for a file of the kernel, is hidden or begins with
// "_". It is what systemd does, and says so in its description of the control
// group interface, so that tools read both alike.
func escape(unit string) string {
	first, _, _ := strings.Cut(unit, ".")
	if first == "" || first[0] == '_' {
		return "_" + unit
	}
	for _, word := range kernelFiles {
		if first == word {
			return "_" + unit
		}
	}
	return unit
}

// unescape undoes escape.
func unescape(group string) string { return strings.TrimPrefix(group, "_") }
