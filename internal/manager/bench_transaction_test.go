package manager

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"wakesock/internal/unit"
)

// crowd is n services with three dependencies each on others, all wanted by one
// target, and the target itself.
func crowd(t testing.TB, n int) []*unit.Unit {
	r := rand.New(rand.NewPCG(1, 2))
	files := map[string]string{"sysinit.target": "[Unit]\nDefaultDependencies=no\n", "basic.target": "[Unit]\nRequires=sysinit.target\n", "shutdown.target": "[Unit]\nDefaultDependencies=no\n"}
	all := "[Unit]\nWants="
	for i := range n {
		text := "[Unit]\n"
		for range 3 {
			if k := r.IntN(i + 1); k != i {
				text += fmt.Sprintf("%s=u%d.service\nAfter=u%d.service\n", []string{"Requires", "Wants"}[r.IntN(2)], k, k)
			}
		}
		files[fmt.Sprintf("u%d.service", i)] = text + "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
		all += fmt.Sprintf(" u%d.service", i)
	}
	files["all.target"] = all + "\n"
	return defs(t, files)
}

// perform plays the edges: every process starts and ends well. It returns how
// long each Step took.
func perform(m *Manager, events ...Event) (took []time.Duration) {
	now := m.now
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		now++
		begin := time.Now()
		effects := m.Step(now, e)
		took = append(took, time.Since(begin))
		for _, f := range effects {
			switch f := f.(type) {
			case *Spawn:
				events = append(events, Spawned{Run: f.Run, PID: 7}, Exited{Run: f.Run, Code: CodeExited})
			case Check:
				events = append(events, Checked{Unit: f.Unit, Number: f.Number})
			}
		}
	}
	return took
}

// BenchmarkTransaction is how long a transaction takes that touches 10,000 units
// with 30,000 dependencies, and how long the steps take that carry it out.
func BenchmarkTransaction(b *testing.B) {
	loaded := crowd(b, 10_000)
	for _, way := range []string{"start", "stop"} {
		b.Run(way, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				m := New(Config{})
				m.Step(1, Loaded{Defs: loaded})
				event := Event(Wanted{Verb: Start, Unit: "all.target"})
				if way == "stop" {
					perform(m, event)
					event = Wanted{Verb: Stop, Unit: "sysinit.target"}
				}
				b.StartTimer()
				took := perform(m, event)
				b.StopTimer()
				b.ReportMetric(float64(took[0].Microseconds())/1000, "ms/transaction")
				slices.Sort(took)
				b.ReportMetric(float64(took[(len(took)-1)*99/100].Microseconds()), "µs/step-p99")
				b.ReportMetric(float64(len(took)), "steps")
				if s, _ := m.Snapshot("u9999.service"); s.Active != map[string]ActiveState{"start": Active, "stop": Inactive}[way] {
					b.Fatalf("u9999.service is %v", s.Active)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkGraph is how long it takes to learn 10,000 definitions.
func BenchmarkGraph(b *testing.B) {
	loaded := crowd(b, 10_000)
	for b.Loop() {
		New(Config{}).Step(1, Loaded{Defs: loaded})
	}
}
