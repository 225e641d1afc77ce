package value

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Span
		text string
	}{
		{"0", 0, "0"},
		{"1", Second, "1s"},
		{"90", 90 * Second, "1min 30s"},
		{"1.5", 1500 * Millisecond, "1.500000s"},
		{".5s", 500 * Millisecond, "500ms"},
		{"1s2", 3 * Second, "3s"},
		{"+1 +2", 3 * Second, "3s"},
		{" infinity ", Infinity, "infinity"},
		{"1year 0.000001s", Year + 1, "1y 1us"},
		{"0.0000001s", 0, "0"},
		{"1M1m", Month + Minute, "1month 1min"},
		{"1 µs", 1, "1us"},
		{"1 μs", 1, "1us"},
		{"1.999999999ms", 1999, "1.999ms"},
		{"1.99999999999999999999999999h", 7199999991, "1h 59min 59.999991s"}, // each digit rounds down by itself
		{"5400.25", 5400250 * Millisecond, "1h 30min 250ms"},
		{"100000d", 100000 * Day, "273y 9month 1w 5d 19h 30min"},
		{"1.5y", Year + 6*Month, "1y 6month"},
		{"300ms20s 5day", 5*Day + 20300*Millisecond, "5d 20.300000s"},
		{"00012", 12 * Second, "12s"},
		{"1\t\n s", Second, "1s"},
		{"9223372036854775806us", Infinity - 1, "292271y 1w 1d 10h 54.775806s"},
	} {
		got, err := ParseSpan(c.in)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("%q: got %d %q, %v; want %d %q", c.in, got, got, err, c.want, c.text)
		}
	}
	for _, s := range []string{"", " ", "5.", ".", "1.s", "1. s", "s", "1e3", "0x10", "1ns", "1S", "1,5s", "5 ss", "1.1.1s", "1+3", "1 . 5", "5 infinity", "infinitys", "1.-5s", "+.5", "1\x00"} {
		if d, err := ParseSpan(s); err == nil || errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"-1", "1 -1", "292278y", "99999999999999999999", "9223372036854775808us", "292271y 292271y"} {
		if d, err := ParseSpan(s); !errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %v, %v", s, d, err)
		}
	}
}

func TestSpanUnit(t *testing.T) {
	if d, err := ParseSpanUnit("5 1s", Microsecond); d != Second+5 || err != nil {
		t.Errorf("got %v, %v", d, err)
	}
}

func TestSpanFormat(t *testing.T) {
	for _, c := range []struct {
		in, accuracy Span
		want         string
	}{
		{1500 * Millisecond, Second, "1s"},
		{1500 * Millisecond, Millisecond, "1.500s"},
		{500 * Millisecond, Second, "500ms"}, // the first term always stays
		{1500, Second, "1ms"},
		{Hour + 30*Second, Minute, "1h"},
		{90061 * Second, Minute, "1d 1h 1min"},
		{Infinity, Second, "infinity"},
		{-5, Microsecond, "0"},
		{5, 0, "5us"},
	} {
		if got := c.in.Format(c.accuracy); got != c.want {
			t.Errorf("%d at %d: got %q, want %q", c.in, c.accuracy, got, c.want)
		}
	}
}

func TestSpanDuration(t *testing.T) {
	for in, want := range map[Span]time.Duration{0: 0, Second: time.Second, Infinity: math.MaxInt64, 1000 * Year: math.MaxInt64} {
		if got := in.Duration(); got != want {
			t.Errorf("%v: got %v", in, got)
		}
	}
	if got := SpanOf(1500 * time.Nanosecond); got != 1 {
		t.Errorf("got %v", got)
	}
}

func TestNanoseconds(t *testing.T) {
	for in, want := range map[string]int64{
		"1": 1, "50000": 50000, "1us": 1000, "1.5us": 1500, "1s": 1e9, "1ms 5us": 1005000, "1nsec 1ns": 2, "1w": 604800e9, "infinity": math.MaxInt64,
	} {
		if got, err := ParseNanoseconds(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "1ps", "300y", "-1"} {
		if got, err := ParseNanoseconds(s); err == nil {
			t.Errorf("%q: got %d", s, got)
		}
	}
}

// The spans that are tried on systemd-analyze are every pair of pieces.
func TestSpanAgainstSystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	pieces := []string{"1", "0.5", "1.", ".7", " ", "h", "min", "ms", "d", "year", "M", "us", "µs", "x", "300", "2 weeks", "99999999999", "+3", "-3", "infinity", "."}
	var spans []string
	var want []string
	for _, a := range pieces {
		for _, b := range pieces {
			for _, s := range []string{a + b, a + " " + b} {
				if d, err := ParseSpan(s); err == nil && d != Infinity {
					spans = append(spans, s)
					want = append(want, strconv.FormatInt(int64(d), 10), d.String())
				} else if err != nil && len(s)%4 == 0 { // it stops at what it refuses, so each needs a process
					cmd := exec.Command(tool, "timespan", "--", s)
					if out, err := cmd.Output(); err == nil {
						t.Errorf("%q: refused by us, but systemd-analyze says %s", s, out)
					}
				}
			}
		}
	}
	cmd := exec.Command(tool, append([]string{"timespan", "--"}, spans...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("systemd-analyze refuses what we take: %v, after %q", err, out[max(0, len(out)-80):])
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if _, text, ok := strings.Cut(strings.TrimSpace(line), "s: "); ok && strings.Contains(line, "μs: ") {
			got = append(got, text)
		} else if text, ok := strings.CutPrefix(strings.TrimSpace(line), "Human: "); ok {
			got = append(got, text)
		}
	}
	for i, g := range got {
		if i < len(want) && g != want[i] {
			t.Errorf("%q: ours %s, theirs %s", spans[i/2], want[i], g)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d answers to %d questions", len(got), len(want))
	}
	t.Logf("%d spans taken by both", len(spans))
}

func FuzzSpan(f *testing.F) {
	for _, s := range []string{"1y 2month 3w 4d 5h 6min 7.8s", "infinity", ".5us", "1 µs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = ParseNanoseconds(s)
		d, err := ParseSpan(s)
		if err != nil {
			return
		}
		if again, err := ParseSpan(d.String()); err != nil || again != d {
			t.Fatalf("%q is %d, prints %q, which is %d, %v", s, d, d, again, err)
		}
	})
}
