package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{5, 1}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 100, 2}, 3},
	}
	for _, test := range tests {
		if got, ok := median(test.values); !ok || got != test.want {
			t.Errorf("median(%v) = %v, %v, want %v", test.values, got, ok, test.want)
		}
	}
	if _, ok := median(nil); ok {
		t.Error("nothing has a median")
	}
}

// sampleResult has two rounds in which the machine was twice as slow in the second.
func sampleResult() *result {
	one := func(peer string, round int, rate, p50, all float64) sample {
		return sample{Peer: peer, Service: echoC, Clients: 8, Round: round, Connections: 10, Rate: rate, P50: p50, P99: 2 * p50, Own: all / 4, All: all, Client: 50}
	}
	return &result{
		Seconds: 1, Services: []string{echoC},
		Samples: []sample{
			one(floorTwo, 0, 10000, 700, 100), one(floorTwo, 1, 5000, 1400, 200),
			one(wakesockName, 0, 9000, 800, 110), one(wakesockName, 1, 4500, 1600, 220),
			one(tcpserverName, 0, 6000, 1200, 200),
		},
		Idle:    []idle{{Manager: wakesockName, OneRSS: 4096, ManyRSS: 30 * 1024, Reload: 20, OneThreads: 5, ManyThreads: 6}},
		Skipped: []note{{"xinetd", "no apt-get"}},
		Machine: machine{Cores: 2, CPU: "a CPU", Kernel: "Linux", Go: "go", Elapsed: 3},
	}
}

func TestRatioIsTakenWithinRounds(t *testing.T) {
	r := sampleResult()
	if got, ok := r.ratio(echoC, 8, wakesockName, floorTwo, rate); !ok || got != 0.9 {
		t.Errorf("ratio to the floor: %v, %v", got, ok)
	}
	// Only the first round has both.
	if got, ok := r.ratio(echoC, 8, wakesockName, tcpserverName, rate); !ok || got != 1.5 {
		t.Errorf("ratio to tcpserver: %v, %v", got, ok)
	}
	if _, ok := r.ratio(echoC, 8, wakesockName, systemdName, rate); ok {
		t.Error("a ratio to a peer that was not measured")
	}
	if got, _ := r.median(echoC, 8, wakesockName, rate); got != 6750 {
		t.Errorf("median rate %v", got)
	}
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	writeReport(&out, sampleResult())
	got := out.String()
	plain := strings.Join(strings.Fields(got), " ")
	for _, want := range []string{
		"echo-c, 8 at once: medians of 2 × 1 s; times in µs",
		"floor-2 7,500 1,050 2,100 38 150",
		"wakesock 0.90× 1.50× –",
		"conn/s at c=8 ÷ floor-2 ≥ 0.8× 0.90× reached",
		"conn/s at c=8 ÷ systemd ≥ 10× – not measured",
		"RSS with 1,000 sockets ≤ 24 MiB 30.00 MiB missed",
		"threads that 1,000 instances add ≤ 4 1.00 reached",
		"skipped xinetd: no apt-get",
		"2 cores (a CPU), Linux, go; the run took 3 s",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "DID NOT ANSWER") {
		t.Error("the report says that Wakesock failed")
	}
	for line := range strings.Lines(got) {
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
}

func TestTableAligns(t *testing.T) {
	var out bytes.Buffer
	table{{"", "µs", "x"}, {"long name", "1,000", "–"}, {"s", "1"}}.write(&out)
	const want = "" +
		"              µs  x\n" +
		"long name  1,000  –\n" +
		"s              1\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestVerdict(t *testing.T) {
	least, most := goal{least: true, limit: 0.8}, goal{limit: 0}
	for _, test := range []struct {
		g     goal
		value float64
		ok    bool
		want  string
	}{
		{least, 0.8, true, "reached"}, {least, 0.79, true, "missed"}, {least, 0, false, "not measured"},
		{most, 0, true, "reached"}, {most, 0.1, true, "missed"},
	} {
		if got := test.g.verdict(test.value, test.ok); got != test.want {
			t.Errorf("%+v: %v is %s, want %s", test.g, test.value, got, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 12: "12", 999.6: "1,000", 1234567: "1,234,567", -1500: "-1,500", -0.2: "0"} {
		if got := whole(v, true); got != want {
			t.Errorf("whole(%v) = %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.954: "0.95×", 9.99: "9.99×", 9.996: "10.0×", 43.21: "43.2×", 123.4: "123×"} {
		if got := times(v, true); got != want {
			t.Errorf("times(%v) = %q, want %q", v, got, want)
		}
	}
	if whole(1, false) != none || times(1, false) != none {
		t.Error("a figure that was not measured has a number")
	}
}

func TestPeersAreNamedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range peers {
		if p.name == "" || p.what == "" || p.start == nil || seen[p.name] {
			t.Errorf("peer %+v", p)
		}
		seen[p.name] = true
	}
	for _, name := range append(references, shortPeers...) {
		if !seen[name] {
			t.Errorf("no peer %q", name)
		}
	}
}
