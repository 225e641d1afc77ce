package manager

import (
	"strings"
	"testing"

	"wakesock/internal/unit"
)

// loaded returns a manager that knows the units of some files.
func loaded(t *testing.T, files map[string]string) *Manager {
	t.Helper()
	m := New(Config{})
	m.Step(1, Loaded{Defs: defs(t, files)})
	return m
}

// answer asks for a job and returns how it ended, "" if it goes on.
func answer(m *Manager, verb Verb, name unit.Name) (JobResult, string) {
	for _, e := range m.Step(m.now, Wanted{Verb: verb, Unit: name, Request: 7}) {
		if a, ok := e.(Answer); ok {
			return a.Result, a.Text
		}
	}
	return "", ""
}

func TestRefusedTypes(t *testing.T) {
	for typ, hint := range map[string]string{
		"forking": "use Type=simple and keep the program in the foreground", "dbus\nBusName=org.example.Echo": "use Type=simple",
		"notify": "", "notify-reload": "", "idle": "", "simple": "", "exec": "", "oneshot": "",
	} {
		m := loaded(t, map[string]string{
			"a.service":    "[Service]\nType=" + typ + "\nExecStart=/a\n",
			"a.socket":     "[Socket]\nListenStream=80\n",
			"web@.service": "[Service]\nType=" + typ + "\nExecStart=/web\n",
			"web.socket":   "[Socket]\nListenStream=81\nAccept=yes\n",
		})
		result, text := answer(m, Start, "a.service")
		if (result == JobRefused) != (hint != "") || !strings.Contains(text, hint) {
			t.Errorf("Type=%s: %s %q", typ, result, text)
		}
		if hint == "" {
			continue
		}
		if result, text := answer(m, Start, "a.socket"); result != JobFailed || !strings.Contains(text, hint) {
			t.Errorf("Type=%s, its socket: %s %q", typ, result, text)
		}
	}
}

// A service that tells when it is ready counts as started once its program runs,
// and fails to start if that cannot be run.
func TestNotify(t *testing.T) {
	m := loaded(t, map[string]string{"a.service": "[Service]\nType=notify\nExecStart=/a\n"})
	run := func() Run {
		for _, e := range m.Step(m.now, Wanted{Verb: Start, Unit: "a.service", Request: 1}) {
			if s, ok := e.(*Spawn); ok {
				return s.Run
			}
		}
		t.Fatal("nothing is started")
		return 0
	}
	first := run()
	m.Step(m.now, Spawned{Run: first, PID: 10, Failure: "exec /a: no such file or directory (203/EXEC)"})
	m.Step(m.now, Exited{Run: first, Code: CodeExited, Status: 203})
	if s, _ := m.Snapshot("a.service"); s.Active != Failed {
		t.Errorf("without a program it is %v", s.Active)
	}
	m.Step(m.now, Spawned{Run: run(), PID: 11})
	if s, _ := m.Snapshot("a.service"); s.Active != Active {
		t.Errorf("with its program it is %v", s.Active)
	}
}

func TestManualRefused(t *testing.T) {
	files := map[string]string{
		"start.service": "[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/a\n",
		"stop.service":  "[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart=/a\n",
		"all.target":    "[Unit]\nDefaultDependencies=no\nWants=start.service stop.service\n",
	}
	for _, tt := range []struct {
		unit    unit.Name
		verb    Verb
		refused bool
	}{
		{"start.service", Start, true}, {"start.service", Stop, false}, {"start.service", Restart, true}, {"start.service", TryRestart, true},
		{"stop.service", Start, false}, {"stop.service", Stop, true}, {"stop.service", Restart, true}, {"stop.service", TryRestart, true},
	} {
		m := loaded(t, files)
		if result, text := answer(m, Start, "all.target"); result != JobDone {
			t.Fatalf("the target: %s %s", result, text)
		}
		if s, _ := m.Snapshot(tt.unit); s.Active != Activating {
			t.Errorf("%s is not started with the target, but %v", tt.unit, s.Active)
		}
		result, text := answer(m, tt.verb, tt.unit)
		if (result == JobNotByHand) != tt.refused || tt.refused && !strings.Contains(text, "RefuseManual") {
			t.Errorf("%s %s: %s %q", tt.verb, tt.unit, result, text)
		}
	}
}
