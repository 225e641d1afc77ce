package process

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"wakesock/internal/unit"
)

// copyProgram puts an executable of its own into a new folder.
func copyProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit \"$STATUS\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// proven compiles a plan and starts it once, so that later starts may be ahead.
func proven(t *testing.T, path string, change func(*unit.Exec)) *Plan {
	t.Helper()
	p := compile(t, testConfig(t), service(change), &unit.Command{Path: path, Args: []string{path}})
	pid, failure, err := p.Start(start("STATUS=0"))
	if failure != nil || err != nil {
		t.Fatal(failure, err)
	}
	wait(t, pid)
	return p
}

// TestAhead starts many more children than may be under way at once, without waiting,
// while the collector runs. Each gets its own environment.
func TestAhead(t *testing.T) {
	p := proven(t, copyProgram(t), nil)
	before := len(openFiles(t))
	statuses := make(map[int]int)
	for i := range 40 * mostUnderWay {
		s := start(fmt.Sprintf("STATUS=%d", i%100))
		s.Ahead = true
		pid, failure, err := p.Start(s)
		if failure != nil || err != nil {
			t.Fatal(failure, err)
		}
		statuses[pid] = i % 100
		if i%100 == 0 {
			runtime.GC()
		}
	}
	for pid, want := range statuses {
		if e := wait(t, pid); e.Code != Exited || e.Status != want {
			t.Errorf("%v, want status %d", e, want)
		}
		if f := LateFailure(pid); f != nil {
			t.Error(f)
		}
	}
	if n := len(p.births); n > mostUnderWay {
		t.Errorf("%d births are kept, at most %d wanted", n, mostUnderWay)
	}
	if after := len(openFiles(t)); after != before {
		t.Errorf("%d descriptors, before %d", after, before)
	}
}

// TestLateFailure takes the program away from a plan that was proven. What failed is
// told once for each child; then the plan looks again before it runs ahead.
func TestLateFailure(t *testing.T) {
	path := copyProgram(t)
	p := proven(t, path, nil)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	late := 0
	for i := range 5 {
		s := start("STATUS=0")
		s.Ahead = true
		pid, failure, err := p.Start(s)
		if err != nil {
			t.Fatal(err)
		}
		if e := wait(t, pid); e.Status != 203 {
			t.Fatal(e)
		}
		if f := LateFailure(pid); f != nil {
			late++
			if failure != nil {
				t.Errorf("start %d failed twice: %v and %v", i, failure, f)
			}
			failure = f
		}
		if failure == nil || failure.Status != 203 || !strings.Contains(failure.Text, "no such file") {
			t.Errorf("start %d: %v", i, failure)
		}
		if f := LateFailure(pid); f != nil {
			t.Errorf("told twice: %v", f)
		}
	}
	if late != 1 {
		t.Errorf("%d starts ran ahead of a missing program, want 1", late)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	pid, failure, err := p.Start(start("STATUS=3"))
	if failure != nil || err != nil {
		t.Fatal(failure, err)
	}
	if e := wait(t, pid); e.Status != 3 {
		t.Error(e)
	}
}

// TestLateFailuresBounded lets failures pile up that nobody asks about.
func TestLateFailuresBounded(t *testing.T) {
	path := copyProgram(t)
	for range mostFailed/2 + 20 {
		p := proven(t, path, nil)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second may run ahead too, if the first has not failed yet
			s := start("STATUS=0")
			s.Ahead = true
			pid, _, err := p.Start(s)
			if err != nil {
				t.Fatal(err)
			}
			defer wait(t, pid)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	p := proven(t, path, nil)
	s := start("STATUS=0")
	s.Ahead = true
	pid, _, err := p.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, pid)
	ahead.mu.Lock()
	defer ahead.mu.Unlock()
	if n := len(ahead.all); n > mostFailed+1 {
		t.Errorf("%d failures are kept, at most %d wanted", n, mostFailed)
	}
}
