package main

import (
	"fmt"
	"io"
)

// writeReport prints tables, ratios, goals and facts, in that order.
func writeReport(w io.Writer, r *result) {
	for _, s := range r.Services {
		writeFigures(w, r, s)
	}
	for _, s := range r.Services {
		writeRatios(w, r, s)
	}
	writeIdle(w, r.Idle)
	writeScale(w, r.Scale)
	writeCore(w, r.Core)
	writeGoals(w, r)
	writeNotes(w, "skipped", r.Skipped)
	writeNotes(w, "WAKESOCK DID NOT ANSWER PROPERLY", r.Broken)
	writeMachine(w, r)
}

// writeFigures prints the medians of one service: a line per peer and count.
func writeFigures(w io.Writer, r *result, service string) {
	for _, clients := range r.clients(service) {
		fmt.Fprintf(w, "%s, %d at once: medians of %d × %g s; times in µs\n", service, clients, r.roundsOf(service), r.Seconds)
		t := table{{"", "conn/s", "p50", "p99", "CPU own", "CPU all", "failed"}}
		for _, p := range peers {
			cell := func(f figure) string { return whole(r.median(service, clients, p.name, f)) }
			rounds := r.rounds(service, clients, p.name)
			if len(rounds) == 0 {
				continue
			}
			failed := ""
			if n := failures(rounds); n > 0 {
				failed = whole(float64(n), true)
			}
			t.add(p.name, cell(rate), cell(p50), cell(p99), cell(ownCPU), cell(allCPU), failed)
		}
		t.write(w)
		fmt.Fprintln(w)
	}
}

func failures(rounds []sample) int {
	n := 0
	for _, s := range rounds {
		n += s.Failures
	}
	return n
}

// references are what every peer is compared to.
var references = []string{floorTwo, tcpserverName, systemdName}

// writeRatios prints each peer's rate, p50 and CPU divided by those of the references.
func writeRatios(w io.Writer, r *result, service string) {
	for _, clients := range r.clients(service) {
		fmt.Fprintf(w, "%s, %d at once: ratios\n", service, clients)
		t := table{{""}}
		for _, ref := range references {
			t[0] = append(t[0], "conn/s ÷ "+ref)
		}
		t[0] = append(t[0], "p50 ÷ "+floorTwo, "CPU own ÷ "+floorTwo, "CPU all ÷ "+floorTwo)
		for _, p := range peers {
			if len(r.rounds(service, clients, p.name)) == 0 {
				continue
			}
			line := []string{p.name}
			for _, ref := range references {
				line = append(line, times(r.ratio(service, clients, p.name, ref, rate)))
			}
			for _, f := range []figure{p50, ownCPU, allCPU} {
				line = append(line, times(r.ratio(service, clients, p.name, floorTwo, f)))
			}
			t.add(line...)
		}
		t.write(w)
		fmt.Fprintln(w)
	}
}

func writeNotes(w io.Writer, title string, notes []note) {
	if len(notes) == 0 {
		return
	}
	fmt.Fprintf(w, "%s\n", title)
	for _, n := range notes {
		fmt.Fprintf(w, "  %s: %s\n", n.About, n.Reason)
	}
	fmt.Fprintln(w)
}

// writeMachine prints what one has to know to believe the figures.
func writeMachine(w io.Writer, r *result) {
	m := r.Machine
	fmt.Fprintf(w, "%d cores (%s), %s, %s; the run took %.0f s\n", m.Cores, m.CPU, m.Kernel, m.Go, m.Elapsed)
	var others, client []float64
	worst := 0.0
	for _, s := range r.Samples {
		others = append(others, s.Others)
		worst = max(worst, s.Others)
		if s.Connections > 0 && s.Service == echoC {
			client = append(client, s.Client)
		}
	}
	if usual, ok := median(others); ok {
		fmt.Fprintf(w, "meanwhile the rest of the machine used %.2f CPUs (median), %.2f at most", usual, worst)
		if usual > 0.1 {
			fmt.Fprint(w, ": too busy to trust rates and times, which then favour servers of many processes; CPU ratios hold")
		}
		fmt.Fprintln(w)
	}
	if usual, ok := median(client); ok {
		fmt.Fprintf(w, "the client used %.0f µs per connection, counted in none of the figures\n", usual)
	}
}
