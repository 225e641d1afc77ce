package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What /proc says about processes.

// children are the child processes of a process, by any of its threads.
func children(pid int) []int {
	var pids []int
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil {
		return nil
	}
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue
		}
		for _, w := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(w); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

func descendants(pid int) []int {
	all := children(pid)
	for i := 0; i < len(all); i++ {
		all = append(all, children(all[i])...)
	}
	return all
}

// descriptors counts the open descriptors of a process, but for the one that a
// manager keeps from its first look at its children on.
func descriptors(pid int) int {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	names, err := os.ReadDir(dir)
	if err != nil {
		return -1
	}
	n := 0
	for _, name := range names {
		if to, err := os.Readlink(filepath.Join(dir, name.Name())); err == nil && !strings.HasSuffix(to, "/children") {
			n++
		}
	}
	return n
}

// status is one field of /proc/PID/status, "" if there is no such process.
func status(pid int, field string) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// alive tells whether a process is there and not a zombie.
func alive(pid int) bool {
	s := status(pid, "State")
	return s != "" && !strings.HasPrefix(s, "Z")
}

// memory is the resident memory of a process in bytes.
func memory(pid int) int {
	kb, err := strconv.Atoi(strings.TrimSuffix(status(pid, "VmRSS"), " kB"))
	if err != nil {
		return -1
	}
	return kb << 10
}

func commandLine(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
}
