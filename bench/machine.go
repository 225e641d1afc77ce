package main

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// machine is where the figures come from.
type machine struct {
	Cores   int
	CPU     string
	Kernel  string
	Go      string
	Elapsed float64 // seconds of the whole run
}

func machineFacts(elapsed time.Duration) machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Elapsed: elapsed.Seconds()}
	var name syscall.Utsname
	if syscall.Uname(&name) == nil {
		m.Kernel = cString(name.Sysname[:]) + " " + cString(name.Release[:]) + " " + cString(name.Machine[:])
	}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}

// cString reads a field of uname(2), whose element type differs by architecture.
func cString[T int8 | uint8](field []T) string {
	var s strings.Builder
	for _, c := range field {
		if c == 0 {
			break
		}
		s.WriteByte(byte(c))
	}
	return s.String()
}
