package e2e

import (
	"strings"
	"testing"
)

// Units together, systemd.unit(5): what starts and stops with what, in which
// order, and what is told about it.

// chain is a service that notes its start and its stop.
func chain(name string, lines ...string) string {
	return "[Unit]\n" + strings.Join(lines, "\n") + "\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=" + note("+"+name) +
		"\nExecStop=" + note("-"+name) + "\n"
}

func TestTogether(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target":      "[Unit]\nAllowIsolate=yes\n",
		"a.service":        chain("a"),
		"need.service":     chain("need", "Requires=a.service", "After=a.service"),
		"part.service":     chain("part", "PartOf=a.service", "After=need.service"),
		"foe.service":      chain("foe", "Conflicts=a.service", "After=a.service part.service need.service"),
		"c1.service":       chain("c1", "Requires=c2.service", "After=c2.service"),
		"c2.service":       chain("c2", "Requires=c1.service", "After=c1.service"),
		"skipped.service":  chain("skipped", "ConditionPathExists=/no/such"),
		"asserted.service": chain("asserted", "AssertPathExists=|/no/such", "AssertPathIsDirectory=|/etc/passwd"),
		"sleeps.service":   "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n",
		"waits.service":    chain("waits", "After=sleeps.service"),
		"last.service":     chain("last", "DefaultDependencies=no"),
	}, "idle.target")
	m.must("start", "need.service", "part.service")
	m.notes("+a\n+need\n+part\n")
	m.must("restart", "a.service")
	m.is("part.service", "ActiveState", "active")
	m.notes("+a\n+need\n+part\n-part\n-need\n-a\n+a\n+need\n+part\n")
	m.must("start", "foe.service")
	m.notes("+a\n+need\n+part\n-part\n-need\n-a\n+a\n+need\n+part\n-part\n-need\n-a\n+foe\n")

	if out, code := m.ctl("start", "c1.service"); code != 1 || !strings.Contains(out, "c1.service after c2.service after c1.service") {
		t.Errorf("a ring: %d %s", code, out)
	}
	m.says("Found ordering cycle on c1.service/start")
	if out, code := m.ctl("isolate", "a.service"); code != 4 || !strings.Contains(out, "may not be isolated") {
		t.Errorf("isolate: %d %s", code, out)
	}
	if out, code := m.ctl("reload", "a.service"); code != 3 || !strings.Contains(out, "not applicable") {
		t.Errorf("reload: %d %s", code, out)
	}

	m.must("start", "skipped.service")
	if out, _ := m.ctl("status", "skipped.service"); !strings.Contains(out, "Condition: start condition failed at") ||
		!strings.Contains(out, "└─ ConditionPathExists=/no/such was not met") {
		t.Errorf("status: %s", out)
	}
	if got := m.show("skipped.service", "ConditionResult"); got != "no" {
		t.Errorf("ConditionResult=%s", got)
	}
	if out, code := m.ctl("start", "asserted.service"); code != 1 || !strings.Contains(out, "assertion failed") {
		t.Errorf("assertion: %d %s", code, out)
	}

	m.must("start", "--no-block", "sleeps.service")
	m.must("start", "--no-block", "waits.service")
	out := m.must("list-jobs", "--no-legend")
	if f := strings.Fields(out); len(f) != 8 || f[1] != "sleeps.service" || f[2] != "start" || f[3] != "running" || f[5] != "waits.service" || f[7] != "waiting" {
		t.Errorf("list-jobs:\n%s", out)
	} else if out, code := m.ctl("stop", "--job-mode=fail", "sleeps.service"); code != 4 || !strings.Contains(out, "destructive") {
		t.Errorf("job mode fail: %d %s", code, out)
	} else {
		m.must("cancel", f[0])
		m.is("waits.service", "ActiveState", "active")
	}
	m.must("stop", "sleeps.service")

	if out := m.must("list-dependencies", "need.service"); !strings.Contains(out, "├─a.service") || !strings.Contains(out, "├─sysinit.target") {
		t.Errorf("list-dependencies:\n%s", out)
	}
	if out := m.must("list-dependencies", "--reverse", "--plain", "a.service"); !strings.Contains(out, "need.service") {
		t.Errorf("list-dependencies --reverse:\n%s", out)
	}
	m.must("isolate", "idle.target")
	m.is("foe.service", "ActiveState", "inactive")
	m.is("sysinit.target", "ActiveState", "inactive")
}

// TestShutdown: the manager's end is a start of shutdown.target.
func TestShutdown(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"all.target":               "[Unit]\nWants=first.service second.service\n",
		"first.service":            chain("first"),
		"second.service":           chain("second", "After=first.service"),
		"farewell.service":         "[Unit]\nDefaultDependencies=no\nAfter=first.service second.service\n[Service]\nType=oneshot\nExecStart=" + note("farewell") + "\n",
		"shutdown.target.d/x.conf": "[Unit]\nWants=farewell.service\nAfter=farewell.service\n",
	}, "all.target")
	m.notes("+first\n+second\n")
	m.quit(15)
	m.notes("+first\n+second\n-second\n-first\nfarewell\n")
}
