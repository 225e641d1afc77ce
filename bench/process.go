package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc/PID/stat: USER_HZ, which Linux fixes
// at 100 for user space on every architecture that Go runs on.
const tick = 10 * time.Millisecond

// process is one line of /proc/PID/stat, as far as it matters here: see proc(5).
type process struct {
	pid, parent int
	state       byte
	own         time.Duration // utime + stime
	waited      time.Duration // cutime + cstime: children it has waited for
	threads     int
	started     int64 // with the pid, names the process for ever
}

// parseStat reads /proc/PID/stat. The name of the program, in parentheses, may
// hold blanks and parentheses of its own.
func parseStat(text string) (process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("parse process state %q: no program name", text)
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 20 {
		return process{}, fmt.Errorf("parse process state %q: %d fields", text, len(fields))
	}
	numbers := make([]int64, 20)
	for i := 1; i < 20; i++ {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return process{}, fmt.Errorf("parse process state %q: %w", text, err)
		}
		numbers[i] = n
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil {
		return process{}, fmt.Errorf("parse process state %q: %w", text, err)
	}
	return process{
		pid:     pid,
		state:   fields[0][0],
		parent:  int(numbers[1]),
		own:     time.Duration(numbers[11]+numbers[12]) * tick,
		waited:  time.Duration(numbers[13]+numbers[14]) * tick,
		threads: int(numbers[17]),
		started: numbers[19],
	}, nil
}

// tree is a server and everything below it, by pid.
type tree map[int]process

// readTree reads the processes of the machine and keeps root and its descendants.
func readTree(root int) (tree, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	all := make(tree)
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		text, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // It ended meanwhile.
		}
		p, err := parseStat(string(text))
		if err != nil {
			return nil, err
		}
		all[p.pid] = p
	}
	if _, ok := all[root]; !ok {
		return nil, fmt.Errorf("the server (process %d) is gone", root)
	}
	return all.below(root), nil
}

// below keeps root and its descendants.
func (t tree) below(root int) tree {
	children := make(map[int][]int)
	for pid, p := range t {
		children[p.parent] = append(children[p.parent], pid)
	}
	kept := make(tree)
	queue := []int{root}
	for len(queue) > 0 {
		pid := queue[0]
		queue = append(queue[1:], children[pid]...)
		kept[pid] = t[pid]
	}
	return kept
}

// cost is the CPU time that a server used between two looks at its tree: own,
// by the processes that were there both times; all, with everything below them.
func cost(before, after tree) (own, all time.Duration) {
	for pid, p := range after {
		all += p.own + p.waited
		if old, ok := before[pid]; ok && old.started == p.started {
			own += p.own - old.own
		}
	}
	for _, p := range before {
		all -= p.own + p.waited
	}
	return own, max(all, own)
}

// machineBusy is the CPU time that all processes of the machine used since it
// started: user, nice, system, irq, softirq and steal of /proc/stat.
func machineBusy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return parseBusy(string(text))
}

func parseBusy(text string) time.Duration {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	var busy time.Duration
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			busy += time.Duration(n) * tick
		}
	}
	return busy
}
