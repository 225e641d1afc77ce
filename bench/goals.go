package main

import (
	"fmt"
	"io"
)

// goal is something that Wakesock wants to reach. Missing one is printed, never an error.
type goal struct {
	what  string
	value func(*result) (float64, bool)
	least bool // value must be at least limit, else at most
	limit float64
	unit  string
}

// rateGoal: the static service's connections/s are at least limit times those of a reference.
func rateGoal(clients int, reference string, limit float64) goal {
	return goal{
		what: fmt.Sprintf("conn/s at c=%d ÷ %s", clients, reference),
		value: func(r *result) (float64, bool) {
			return r.ratio(echoC, clients, wakesockName, reference, rate)
		},
		least: true, limit: limit, unit: "×",
	}
}

// costGoal: a figure of the static service is at most limit times the floor's.
func costGoal(what string, clients int, f figure, limit float64) goal {
	return goal{
		what: fmt.Sprintf("%s at c=%d ÷ %s", what, clients, floorTwo),
		value: func(r *result) (float64, bool) {
			return r.ratio(echoC, clients, wakesockName, floorTwo, f)
		},
		limit: limit, unit: "×",
	}
}

// idleGoal: something that Wakesock costs while nothing happens is at most limit.
func idleGoal(what string, f func(idle) (float64, bool), limit float64, unit string) goal {
	return goal{
		what: what,
		value: func(r *result) (float64, bool) {
			for _, i := range r.Idle {
				if i.Manager == wakesockName {
					return f(i)
				}
			}
			return 0, false
		},
		limit: limit, unit: unit,
	}
}

var goals = []goal{
	rateGoal(8, floorTwo, 0.8),
	rateGoal(64, floorTwo, 0.8),
	rateGoal(8, tcpserverName, 1.1),
	rateGoal(64, tcpserverName, 1.1),
	rateGoal(8, systemdName, 10),
	rateGoal(64, systemdName, 10),
	costGoal("p50", 1, p50, 1.3),
	costGoal("CPU all", 1, allCPU, 1.4),
	costGoal("CPU all", 8, allCPU, 1.4),
	costGoal("CPU all", 64, allCPU, 1.4),
	idleGoal("RSS with 1,000 sockets", func(i idle) (float64, bool) { return i.ManyRSS / 1024, i.ManyRSS > 0 }, 24, " MiB"),
	idleGoal("idle wake-ups per second", func(i idle) (float64, bool) { return i.WakeUps, i.ManyRSS > 0 }, 0, "/s"),
	idleGoal("daemon-reload of 1,000 units", func(i idle) (float64, bool) { return i.Reload, i.Reload > 0 }, 300, " ms"),
	idleGoal("threads that 1,000 instances add", func(i idle) (float64, bool) {
		return float64(i.ManyThreads - i.OneThreads), i.ManyThreads > 0
	}, 4, ""), // Go's runtime adds one now and then; what counts is that it is not 1,000.
	coreGoal("10,000 units: read", coreLoad, 1, 2000, " ms"),
	coreGoal("10,000 units: transaction, start all", coreStart, 1, 300, " ms"),
	coreGoal("10,000 units: transaction, stop all", coreStop, 1, 300, " ms"),
	coreGoal("10,000 units: a step, p99", coreStep, 0.001, 1, " ms"),
	scaleGoal("10,000 units: load and start", func(s scale) float64 { return s.Start }, 2300, " ms"),
	scaleGoal("10,000 units: RSS", func(s scale) float64 { return s.RSS / 1024 }, 120, " MiB"),
	scaleGoal("10,000 timers: wake-ups per second", func(s scale) float64 { return s.WakeUps }, 0, "/s"),
}

// scaleGoal: something that ten thousand units cost Wakesock is at most limit.
func scaleGoal(what string, f func(scale) float64, limit float64, unit string) goal {
	return goal{
		what: what,
		value: func(r *result) (float64, bool) {
			for _, s := range r.Scale {
				if s.Manager == wakesockName && s.Units == manyUnits && s.RSS > 0 {
					return f(s), true
				}
			}
			return 0, false
		},
		limit: limit, unit: unit,
	}
}

// verdict compares a value to the goal's limit.
func (g goal) verdict(value float64, ok bool) string {
	switch {
	case !ok:
		return "not measured"
	case g.least && value >= g.limit, !g.least && value <= g.limit:
		return "reached"
	default:
		return "missed"
	}
}

func writeGoals(w io.Writer, r *result) {
	t := table{{"goals of " + wakesockName, "wanted", "is", ""}}
	for _, g := range goals {
		sign := "≤"
		if g.least {
			sign = "≥"
		}
		value, ok := g.value(r)
		is := none
		if ok {
			is = fmt.Sprintf("%.2f%s", value, g.unit)
		}
		t.add(g.what, fmt.Sprintf("%s %g%s", sign, g.limit, g.unit), is, g.verdict(value, ok))
	}
	t.write(w)
	fmt.Fprintln(w)
}
