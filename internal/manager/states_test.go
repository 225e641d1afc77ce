package manager

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestGeneratedStates keeps docs/states.md fresh; -update writes it.
func TestGeneratedStates(t *testing.T) {
	const file = "../../docs/states.md"
	var b strings.Builder
	b.WriteString(`# States

Made from the tables in internal/manager by ` + "`go test ./internal/manager -run TestGenerated -update`" + `; do not edit.

The active state is what all types share; the sub state is the type's own. A state that waits has one deadline at most: when it
comes, the unit goes on, most often one step further down. Conversations in internal/manager/testdata show each way through them.
`)
	for _, table := range []struct {
		title, way string
		states     []stateFacts
	}{
		{"Services", "dead → condition → start-pre → start → start-post → running → (exited) → stop → stop-sigterm → stop-sigkill → " +
			"stop-post → final-sigterm → final-sigkill → dead, failed or auto-restart; states with nothing to do are passed over.", serviceStates[:]},
		{"Sockets", "dead → start-pre → start-open → start-post → listening ⇄ (deferred →) running → stop-pre → stop-post → dead or failed. " +
			"start-open is Wakesock's own.", socketStates[:]},
		{"Paths", "dead → start-watch → waiting ⇄ running → dead or failed. start-watch is Wakesock's own.", pathStates[:]},
		{"Timers", "dead → waiting ⇄ running → elapsed → dead or failed.", timerStates[:]},
		{"Devices", "dead → (tentative) → plugged → dead.", deviceStates[:]},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| sub state | active state | deadline | waits for |\n|---|---|---|---|\n", table.title, table.way)
		for _, s := range table.states {
			deadline := s.deadline
			if deadline == "" {
				deadline = "–"
			}
			fmt.Fprintf(&b, "| %s | %v | %s | %s |\n", s.sub, s.active, deadline, s.waits)
		}
	}
	b.WriteString(`
## Everything else

Targets, and the types that have no life of their own yet, are ` + "`dead`" + ` or ` + "`active`" + `.
`)
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != b.String() {
		t.Errorf("%s is not fresh (%v); go test ./internal/manager -run TestGenerated -update", file, err)
	}
}

// TestStateFacts holds the tables against each other: a state that is neither up
// nor down waits for something that a deadline can cut short.
func TestStateFacts(t *testing.T) {
	for _, table := range [][]stateFacts{serviceStates[:], socketStates[:], pathStates[:], timerStates[:], deviceStates[:]} {
		seen := make(map[string]bool)
		for _, s := range table {
			if s.sub == "" || s.waits == "" || seen[s.sub] {
				t.Errorf("state %q: no name, no reason, or twice", s.sub)
			}
			seen[s.sub] = true
			if (s.active == Activating || s.active == Deactivating) && s.deadline == "" {
				t.Errorf("state %q waits without a deadline", s.sub)
			}
		}
	}
}
