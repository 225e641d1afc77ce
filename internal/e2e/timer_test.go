package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// counter is a job that adds a line to a file, with what it was told of its timer.
const counter = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo \"$TRIGGER_UNIT $TRIGGER_TIMER_REALTIME_USEC\" >>{dir}/runs'\n"

// TestTimer: a timer elapses, tells its unit, and elapses again.
func TestTimer(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"tick.timer":   "[Timer]\nOnActiveSec=10ms\nOnUnitInactiveSec=50ms\nAccuracySec=1us\n",
		"tick.service": counter,
		"far.timer":    "[Timer]\nOnCalendar=*-01-01 00:00:00\nUnit=tick.service\n",
	}, "tick.timer", "far.timer")
	m.eventually("three runs", func() bool { return strings.Count(m.read("runs"), "tick.timer 1") >= 3 })
	m.must("stop", "tick.timer")
	m.is("tick.timer", "SubState", "dead")
	out := m.must("list-timers", "--all")
	if !strings.Contains(out, "far.timer  tick.service") || !strings.Contains(out, "-01-01 00:00:00") {
		t.Errorf("%s", out)
	}
	if s := m.must("status", "far.timer"); !strings.Contains(s, "Trigger: ") || !strings.Contains(s, "Triggers: ● tick.service") {
		t.Errorf("%s", s)
	}
	if s := m.must("status", "-n0", "far.timer"); !strings.Contains(s, "far.timer; static)") || strings.Contains(s, "Started far.timer") {
		t.Errorf("without log lines: %s", s)
	}
	if at := m.show("far.timer", "NextElapseUSecRealtime"); !strings.Contains(at, "-01-01 00:00:00") {
		t.Errorf("next elapse %q", at)
	}
}

// TestTimerFar: times beyond all counting, and those that a clock cannot sleep until,
// never come, and nobody wakes up for them.
func TestTimerFar(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"never.timer":  "[Timer]\nOnActiveSec=infinity\nUnit=tick.service\n",
		"far.timer":    "[Timer]\nOnActiveSec=1000y\nUnit=tick.service\n",
		"clock.timer":  "[Timer]\nOnClockChange=yes\nUnit=tick.service\n",
		"past.timer":   "[Timer]\nOnCalendar=2020-01-01\nUnit=tick.service\n",
		"tick.service": counter,
	}, "never.timer", "far.timer", "clock.timer", "past.timer")
	m.is("never.timer", "SubState", "waiting")
	m.is("never.timer", "NextElapseUSecMonotonic", "infinity")
	m.is("never.timer", "TimersMonotonic", "{ OnActiveUSec=infinity ; next_elapse=infinity }")
	var names []string
	for line := range strings.Lines(m.must("list-timers", "--no-legend")) {
		f := strings.Fields(line)
		names = append(names, f[len(f)-2])
	}
	if got := strings.Join(names, " "); got != "clock.timer never.timer far.timer past.timer" {
		t.Errorf("list-timers has them in the order %s", got)
	}
	ticks := func() string { // of processor time
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.pid))
		return strings.Join(strings.Fields(string(text))[13:15], " ")
	}
	m.eventually("the manager sleeps", func() bool {
		before := ticks()
		time.Sleep(200 * time.Millisecond)
		return ticks() == before
	})
	if runs := m.read("runs"); runs != "" {
		t.Errorf("it ran: %q", runs)
	}
}

// TestTimerPersistent: a run that was missed while no manager was there is caught up
// once, though the manager before was killed.
func TestTimerPersistent(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := setup{files: map[string]string{
		"year.timer":   "[Timer]\nOnCalendar=*-01-01 00:00:00\nPersistent=yes\nAccuracySec=1us\n",
		"year.service": counter,
	}, units: []string{"year.timer"}}
	m := s.launchIn(t, dir)
	m.ready()
	stamp := filepath.Join(m.state, "timers", "stamp-year.timer")
	m.eventually("a stamp", func() bool { _, err := os.Stat(stamp); return err == nil })
	if runs := m.read("runs"); runs != "" {
		t.Errorf("it ran at its first start: %q", runs)
	}
	m.quit(syscall.SIGKILL)

	past := time.Now().AddDate(-2, 0, 0)
	if err := os.Chtimes(stamp, past, past); err != nil {
		t.Fatal(err)
	}
	m = s.launchIn(t, dir)
	m.ready()
	m.eventually("the missed run", func() bool { return strings.Count(m.read("runs"), "year.timer") == 1 })
	m.eventually("the new stamp", func() bool {
		info, err := os.Stat(stamp)
		return err == nil && time.Since(info.ModTime()) < time.Hour
	})
	m.quit(syscall.SIGKILL)

	m = s.launchIn(t, dir)
	m.ready()
	m.is("year.timer", "SubState", "waiting")
	if n := strings.Count(m.read("runs"), "year.timer"); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

// TestTimerZone: the local time zone is changed, in a folder /etc of the manager's
// own. A timer elapses for that, and noon is another time from then on.
func TestTimerZone(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "unshare", "mount")
	const zones = "/usr/share/zoneinfo/"
	if _, err := os.Stat(zones + "Asia/Kolkata"); err != nil {
		t.Skip("no zones are installed: ", err)
	}
	dir := folder(t)
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	zone := func(name string) { // as timedatectl does
		t.Helper()
		if err := os.Symlink(zones+name, etc+"/new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(etc+"/new", etc+"/localtime"); err != nil {
			t.Fatal(err)
		}
	}
	zone("UTC")
	m := setup{
		units: []string{"zone.timer", "noon.timer"},
		wrap:  []string{"unshare", "--mount", "--propagation", "private", "sh", "-c", `mount --bind "$0" /etc && exec env -u TZ "$@"`, etc},
		files: map[string]string{
			"zone.timer":   "[Timer]\nOnTimezoneChange=yes\nUnit=tick.service\n",
			"noon.timer":   "[Timer]\nOnCalendar=*-*-* 12:00\nUnit=tick.service\n",
			"tick.service": counter,
		},
	}.launchIn(t, dir)
	m.ready()
	noon := func() string { return m.show("noon.timer", "NextElapseUSecRealtime") }
	if at := noon(); !strings.HasSuffix(at, " 12:00:00 UTC") {
		t.Errorf("noon is at %q", at)
	}
	zone("Asia/Kolkata")
	m.eventually("a run", func() bool { return strings.Count(m.read("runs"), "zone.timer 1") == 1 })
	m.eventually("another noon", func() bool { return strings.HasSuffix(noon(), " 12:00:00 IST") })
	if err := os.WriteFile(etc+"/other", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	zone("Europe/Berlin")
	m.eventually("a second run", func() bool { return strings.Count(m.read("runs"), "zone.timer 1") >= 2 })
	if n := strings.Count(m.read("runs"), "zone.timer"); n != 2 {
		t.Errorf("%d runs, want 2", n)
	}
}
