package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A Process is one entry of /proc.
type Process struct {
	PID, PPID, PGID, SID int
	Start                uint64 // clock ticks from boot to its start; with PID, it names a process for good
	State                byte   // R, S, D, T, Z …, proc(5)
	Threads              int
	Memory               uint64 // resident, in bytes
	Name                 string // of the program, at most 15 bytes
	Invocation           string // INVOCATION_ID of its environment, its beginning if there is but the mark; "" if it has none or may not be read
}

// Descendants are all processes below this one, parents before their children,
// zombies included. It reads all of /proc: 10 µs for each process of the machine.
func Descendants() ([]Process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	children := make(map[int][]Process)
	for _, p := range all {
		children[p.PPID] = append(children[p.PPID], p)
	}
	found := children[os.Getpid()]
	for i := 0; i < len(found); i++ {
		found[i].Invocation = Invocation(found[i].PID)
		found = append(found, children[found[i].PID]...)
	}
	return found, nil
}

// Usage sums up resident memory, in bytes, and threads of some processes. Those
// that are gone count nothing.
func Usage(pids []int) (memory uint64, tasks int) {
	for _, pid := range pids {
		if p, ok := Look(pid); ok {
			memory += p.Memory
			tasks += p.Threads
		}
	}
	return memory, tasks
}

// Look reads what /proc says about a process, without its Invocation.
func Look(pid int) (Process, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}, false
	}
	return parseStat(string(b))
}

func processes() ([]Process, error) {
	d, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var all []Process
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := Look(pid); ok {
				all = append(all, p)
			}
		}
	}
	return all, nil
}

// parseStat reads a line of /proc/PID/stat. The name stands in parentheses and may
// hold any character, parentheses and line feeds included.
func parseStat(s string) (p Process, ok bool) {
	open, end := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')')
	if open < 2 || end < open {
		return p, false
	}
	p.Name = s[open+1 : end]
	f := strings.Fields(s[end+1:]) // from field 3 of proc(5) on
	if len(f) < 22 || len(f[0]) != 1 {
		return p, false
	}
	p.State = f[0][0]
	var pages uint64
	for _, n := range []struct {
		text string
		to   *int
	}{{s[:open-1], &p.PID}, {f[1], &p.PPID}, {f[2], &p.PGID}, {f[3], &p.SID}, {f[17], &p.Threads}} {
		v, err := strconv.Atoi(n.text)
		if err != nil {
			return p, false
		}
		*n.to = v
	}
	var err1, err2 error
	p.Start, err1 = strconv.ParseUint(f[19], 10, 64)
	pages, err2 = strconv.ParseUint(f[21], 10, 64)
	p.Memory = pages * uint64(os.Getpagesize())
	return p, err1 == nil && err2 == nil
}

// Invocation is the INVOCATION_ID with which a process, or one that it descends
// from, was started; only its beginning where the process has no such variable.
func Invocation(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return Mark(pid)
	}
	for v := range bytes.SplitSeq(b, []byte{0}) {
		if id, ok := bytes.CutPrefix(v, []byte("INVOCATION_ID=")); ok {
			return string(id)
		}
	}
	return Mark(pid)
}
