package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
)

// sample is one measurement: one peer, one service, one count of clients.
type sample struct {
	Peer, Service  string
	Clients, Round int
	Connections    int // answered properly
	Failures       int
	FirstFailure   string  `json:",omitempty"`
	Seconds        float64 // until the last answer
	Rate           float64 // connections per second
	P50, P99, Max  float64 // microseconds, connect to end of file
	Own, All       float64 // CPU microseconds of the server per connection; see the package comment
	Client         float64 // CPU microseconds of the client per connection
	Others         float64 // CPUs that the rest of the machine used meanwhile
}

// result is everything that a run found.
type result struct {
	Machine  machine
	Seconds  float64
	Services []string
	Samples  []sample
	Idle     []idle
	Scale    []scale
	Core     core
	Skipped  []note // what was not measured
	Broken   []note // what Wakesock did wrong
}

// note is a reason, with what it is about.
type note struct{ About, Reason string }

func (r *result) skip(about string, why error)  { addNote(&r.Skipped, about, why) }
func (r *result) broke(about string, why error) { addNote(&r.Broken, about, why) }

// addNote keeps each note once: a peer is skipped for the same reason with every service.
func addNote(notes *[]note, about string, why error) {
	n := note{about, strings.ReplaceAll(why.Error(), "\n", "; ")}
	if !slices.Contains(*notes, n) {
		*notes = append(*notes, n)
	}
}

// figure picks one number of a sample.
type figure func(sample) float64

func rate(s sample) float64   { return s.Rate }
func p50(s sample) float64    { return s.P50 }
func p99(s sample) float64    { return s.P99 }
func ownCPU(s sample) float64 { return s.Own }
func allCPU(s sample) float64 { return s.All }

// rounds are the samples of one peer for one service and count of clients.
func (r *result) rounds(service string, clients int, peer string) []sample {
	var found []sample
	for _, s := range r.Samples {
		if s.Service == service && s.Clients == clients && s.Peer == peer && s.Connections > 0 {
			found = append(found, s)
		}
	}
	return found
}

// median of a figure over the rounds; false when there is none.
func (r *result) median(service string, clients int, peer string, f figure) (float64, bool) {
	var values []float64
	for _, s := range r.rounds(service, clients, peer) {
		values = append(values, f(s))
	}
	return median(values)
}

// ratio is the median over the rounds of peer's figure divided by that of
// reference in the same round; false when they share no round.
func (r *result) ratio(service string, clients int, peer, reference string, f figure) (float64, bool) {
	var values []float64
	for _, s := range r.rounds(service, clients, peer) {
		for _, base := range r.rounds(service, clients, reference) {
			if base.Round == s.Round && f(base) > 0 {
				values = append(values, f(s)/f(base))
			}
		}
	}
	return median(values)
}

// roundsOf is how many rounds of a service were measured, in part at least.
func (r *result) roundsOf(service string) int {
	n := 0
	for _, s := range r.Samples {
		if s.Service == service {
			n = max(n, s.Round+1)
		}
	}
	return n
}

// clients lists the counts that were measured with a service, in order.
func (r *result) clients(service string) []int {
	var counts []int
	for _, s := range r.Samples {
		if s.Service == service {
			counts = append(counts, s.Clients)
		}
	}
	slices.Sort(counts)
	return slices.Compact(counts)
}

// median is the middle value, or the mean of the two in the middle; false for none.
func median(values []float64) (float64, bool) {
	n := len(values)
	if n == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, true
}

func writeJSON(path string, r *result) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
