package manager

import (
	"fmt"
	"testing"

	"wakesock/internal/unit"
)

// TestChain: a thousand units in a row start and stop one after the other, and a
// thousand in a ring are refused with a message.
func TestChain(t *testing.T) {
	const n = 1000
	name := func(i int) unit.Name { return unit.Name(fmt.Sprintf("u%03d.service", i%n)) }
	for _, ring := range []bool{false, true} {
		files := make(map[string]string)
		for i := range n {
			text := "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
			if i < n-1 || ring {
				text = fmt.Sprintf("[Unit]\nRequires=%s\nAfter=%s\n", name(i+1), name(i+1)) + text
			}
			files[string(name(i))] = text
		}
		m := loaded(t, files)
		if ring {
			if result, _ := answer(m, Start, name(0)); result != JobCyclic {
				t.Errorf("a ring: %s", result)
			}
			continue
		}
		perform(m, Wanted{Verb: Start, Unit: name(0)})
		if s, _ := m.Snapshot(name(0)); s.Active != Active {
			t.Errorf("the last one is %v", s.Active)
		}
		perform(m, Wanted{Verb: Stop, Unit: name(n - 1)})
		for i := range n {
			if s, _ := m.Snapshot(name(i)); s.Active != Inactive {
				t.Fatalf("%s is %v", name(i), s.Active)
			}
		}
	}
}
