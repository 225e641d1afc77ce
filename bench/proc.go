package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// firstPort is where the ports of the many idle sockets begin, on an address of their own.
const firstPort = 10001

// freeHost picks a loopback address on which nobody listens at firstPort and above.
func freeHost() (string, error) {
	for range 100 {
		host := fmt.Sprintf("127.%d.%d.1", 2+rand.IntN(250), rand.IntN(256))
		free := true
		for _, port := range []int{firstPort, firstPort + many/2, firstPort + many - 1} {
			l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return host, nil
		}
	}
	return "", errors.New("no free loopback address")
}

// awaitListening waits until the manager listens on all addresses. It asks the
// kernel: a connection would start a service, and trying to bind the address
// would take it away from the manager.
func awaitListening(m *manager, addresses ...string) error {
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			return err
		}
		open, missing := listening(string(text)), ""
		for _, a := range addresses {
			if !open[a] {
				missing = a
			}
		}
		if missing == "" {
			return nil
		}
		if died := m.died(); died != nil {
			return died
		}
		if time.Since(begin) > 30*time.Second {
			return fmt.Errorf("does not listen on %s", missing)
		}
	}
}

// listening reads the addresses of listening sockets from /proc/net/tcp, where
// an address is the number that its four bytes are in memory: see proc(5).
func listening(text string) map[string]bool {
	const listen = "0A"
	open := make(map[string]bool)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != listen {
			continue
		}
		var ip uint32
		var port uint16
		if _, err := fmt.Sscanf(fields[1], "%X:%X", &ip, &port); err != nil {
			continue
		}
		var raw [4]byte
		binary.NativeEndian.PutUint32(raw[:], ip)
		open[netip.AddrPortFrom(netip.AddrFrom4(raw), port).String()] = true
	}
	return open
}

// residentKiB is the resident memory of a process (VmRSS).
func residentKiB(pid int) (float64, error) {
	n, err := statusNumber(fmt.Sprintf("/proc/%d/status", pid), "VmRSS")
	return float64(n), err
}

func threads(pid int) (int, error) {
	return statusNumber(fmt.Sprintf("/proc/%d/status", pid), "Threads")
}

// switches is how often the threads of a process were given a CPU so far.
func switches(pid int) (int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("process %d is gone", pid)
	}
	sum := 0
	for _, file := range files {
		for _, name := range []string{"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"} {
			n, err := statusNumber(file, name)
			if errors.Is(err, os.ErrNotExist) {
				continue // The thread ended meanwhile.
			}
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

func statusNumber(path, name string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := parseStatus(string(text), name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// parseStatus finds the number of one line of /proc/PID/status.
func parseStatus(text, name string) (int, error) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if ok && key == name {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return 0, fmt.Errorf("no line %q", name)
}
