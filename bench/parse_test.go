package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseClient(t *testing.T) {
	got, cpu, err := parseClient("connections=10 failures=2 elapsed=2000000 p50=1.5 p99=20 max=30.25 cpu=500 error=read: Connection reset by peer\n")
	want := sample{Connections: 10, Failures: 2, FirstFailure: "read: Connection reset by peer", Seconds: 2, Rate: 5, P50: 1.5, P99: 20, Max: 30.25}
	if err != nil || got != want || cpu != 500*time.Microsecond {
		t.Errorf("%+v, %v, %v, want %+v", got, cpu, err, want)
	}
	got, _, err = parseClient("connections=0 failures=0 elapsed=0 p50=0.0 p99=0.0 max=0.0 cpu=7 error=\n")
	if err != nil || got != (sample{}) {
		t.Errorf("no connections: %+v, %v", got, err)
	}
	for _, bad := range []string{"", "usage", "connections=x error=", "connections error="} {
		if _, _, err := parseClient(bad); err == nil {
			t.Errorf("parseClient(%q) succeeded", bad)
		}
	}
}

func TestParseMissing(t *testing.T) {
	const text = "\tlinux-vdso.so.1 (0x1)\n\tlibwrap.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n\tlibnsl.so.2 => not found\n"
	if got := parseMissing(text); !slices.Equal(got, []string{"libwrap.so.0", "libnsl.so.2"}) {
		t.Errorf("missing: %q", got)
	}
	if got := parseMissing("\tnot a dynamic executable\n"); got != nil {
		t.Errorf("missing in a static program: %q", got)
	}
}

func TestListening(t *testing.T) {
	// The kernel prints the number that the bytes 127.0.0.1 are in its memory.
	local := fmt.Sprintf("%08X:115C", binary.NativeEndian.Uint32([]byte{127, 0, 0, 1}))
	text := "  sl  local_address rem_address   st tx_queue\n" +
		"   0: " + local + " 00000000:0000 0A 00000000:00000000\n" +
		"   1: 00000000:0050 00000000:0000 01 00000000:00000000\n" +
		"   2: nonsense 00000000:0000 0A\n"
	got := listening(text)
	if len(got) != 1 || !got["127.0.0.1:4444"] {
		t.Errorf("listening: %v", got)
	}
}

func TestParseOptions(t *testing.T) {
	tests := []struct {
		args string
		bad  string // part of the error; empty: none
		ok   func(options) bool
	}{
		{"", "", func(o options) bool {
			return o.rounds == 5 && o.seconds == 0.8 && slices.Equal(o.clients, []int{1, 8, 64}) && o.wants("socat") && o.idle
		}},
		{"-short", "", func(o options) bool {
			return o.rounds == 1 && o.seconds == 0.3 && o.wants(wakesockName) && o.wants(floorTwo) && !o.wants("socat")
		}},
		{"-short -rounds 2 -peers socat", "", func(o options) bool { return o.rounds == 2 && o.wants("socat") && !o.wants(floorTwo) }},
		{"-c 3 -only python", "", func(o options) bool { return slices.Equal(o.clients, []int{3}) && o.only == python }},
		{"-c 0", "-c", nil},
		{"-c 1,x", "-c", nil},
		{"-c 5000", "-c", nil},
		{"-peers inetd", `no peer "inetd"`, nil},
		{"-only perl", "want one of echo-c", nil},
		{"-seconds 0.01", "out of range", nil},
		{"-rounds -1", "out of range", nil},
		{"x", "unexpected argument", nil},
	}
	for _, test := range tests {
		got, err := parseOptions(strings.Fields(test.args), io.Discard)
		switch {
		case test.bad == "" && (err != nil || !test.ok(got)):
			t.Errorf("%q: %+v, %v", test.args, got, err)
		case test.bad != "" && (err == nil || !strings.Contains(err.Error(), test.bad)):
			t.Errorf("%q: error %v, want %q in it", test.args, err, test.bad)
		}
	}
}

func TestLastLine(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\nb\n\n": "b", "\n \n": "", "a\r\n": "a"} {
		if got := lastLine([]byte(text)); got != want {
			t.Errorf("lastLine(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestParseCore(t *testing.T) {
	const text = "goos: linux\nBenchmarkTransaction/start-2  \t 3\t 123328142 ns/op\t 21.83 ms/transaction\t 20001 steps\t 17.00 µs/step-p99\nBenchmarkGraph \t 3 \t 31677341 ns/op\nok  \twakesock/internal/manager\t1.8s\n"
	got := parseCore(text)
	for figure, want := range map[string]float64{coreStart: 21.83, coreStep: 17, coreGraph: 31677341} {
		if got[figure] != want {
			t.Errorf("%s: %v, want %v", figure, got[figure], want)
		}
	}
	if len(got) != 5 {
		t.Errorf("more than the benchmarks say: %v", got)
	}
}
