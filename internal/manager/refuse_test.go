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
