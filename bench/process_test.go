package main

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const fields = "S 17 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 4242 1 1"
	for _, name := range []string{"(init)", "(a b)", "(a) S 1 (b)", "()"} {
		got, err := parseStat("12 " + name + " " + fields + "\n")
		want := process{pid: 12, parent: 17, state: 'S', own: 11 * tick, waited: 15 * tick, threads: 9, started: 4242}
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, bad := range []string{"", "1", "1 (a", "1 (a) S 2", "x (a) " + fields, "1 (a) S x" + fields[2:]} {
		if got, err := parseStat(bad); err == nil {
			t.Errorf("parseStat(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestReadTreeHasThisProcess(t *testing.T) {
	got, err := readTree(os.Getpid())
	if err != nil || got[os.Getpid()].parent != os.Getppid() {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := readTree(1 << 30); err == nil {
		t.Error("a process that does not exist has a tree")
	}
}

func TestBelow(t *testing.T) {
	all := tree{1: {pid: 1}, 2: {pid: 2, parent: 1}, 3: {pid: 3, parent: 2}, 4: {pid: 4, parent: 1}}
	got := all.below(2)
	if len(got) != 2 || got[2].pid != 2 || got[3].pid != 3 {
		t.Errorf("below 2: %v", got)
	}
}

func TestCost(t *testing.T) {
	server := func(own, waited time.Duration) process {
		return process{pid: 1, own: own, waited: waited, started: 5}
	}
	acceptor := func(own time.Duration) process { return process{pid: 2, own: own, started: 6} }
	tests := []struct {
		name          string
		before, after tree
		own, all      time.Duration
	}{
		{"nothing", tree{1: server(3, 4)}, tree{1: server(3, 4)}, 0, 0},
		{"own and waited for", tree{1: server(3, 4)}, tree{1: server(5, 10)}, 2, 8},
		{"two acceptors", tree{1: server(3, 4), 2: acceptor(1)}, tree{1: server(5, 4), 2: acceptor(4)}, 5, 5},
		{"a child that still lives", tree{1: server(3, 4)}, tree{1: server(3, 4), 9: {own: 7}}, 0, 7},
		{"an old child waited for meanwhile", tree{1: server(3, 4), 9: {own: 7}}, tree{1: server(3, 11)}, 0, 0},
		{"a process id used again", tree{1: server(0, 0), 9: {own: 7, started: 1}}, tree{1: server(0, 7), 9: {own: 2, started: 2}}, 0, 2},
	}
	for _, test := range tests {
		if own, all := cost(test.before, test.after); own != test.own || all != test.all {
			t.Errorf("%s: own %d, all %d, want %d, %d", test.name, own, all, test.own, test.all)
		}
	}
}

func TestGrewSince(t *testing.T) {
	calm := tree{1: {state: 'S'}}
	for _, test := range []struct {
		now  tree
		want bool
	}{
		{tree{1: {state: 'R'}}, false},
		{tree{1: {state: 'S'}, 2: {state: 'Z'}}, false},
		{tree{1: {state: 'S'}, 2: {state: 'S'}}, true},
	} {
		if got := test.now.grewSince(calm); got != test.want {
			t.Errorf("%v: %v", test.now, got)
		}
	}
}

func TestParseBusy(t *testing.T) {
	const text = "cpu  1 2 3 1000 1000 4 5 6 100 100\ncpu0 9 9 9 9\n"
	if got := parseBusy(text); got != 21*tick {
		t.Errorf("busy %v, want %v", got, 21*tick)
	}
	if got := parseBusy("cpu"); got != 0 {
		t.Errorf("busy %v of nothing", got)
	}
}

func TestParseStatus(t *testing.T) {
	const text = "Name:\tx\nVmRSS:\t    1234 kB\nThreads:\t5\n"
	for name, want := range map[string]int{"VmRSS": 1234, "Threads": 5} {
		if got, err := parseStatus(text, name); err != nil || got != want {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
	if _, err := parseStatus(text, "Thread"); err == nil {
		t.Error("found a line that is not there")
	}
}
