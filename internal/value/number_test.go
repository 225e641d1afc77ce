package value

import (
	"errors"
	"strconv"
	"testing"
)

func TestUint(t *testing.T) {
	for in, want := range map[string]uint64{"0": 0, "12": 12, "+7": 7, "0x10": 16, "010": 8, "0o17": 15, "0b11": 3, " 5": 5} {
		if got, err := ParseUint(in, 16); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "1_0", "08", "5 ", "1.5", "++1", "+-1", "-x"} {
		if got, err := ParseUint(s, 16); err == nil || errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"65536", "-1"} {
		if got, err := ParseUint(s, 16); !errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "-12": -12, "+7": 7, "-0x10": -16, "010": 8} {
		if got, err := ParseInt(in, 16); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "1_0", "40000"} {
		if got, err := ParseInt(s, 16); err == nil {
			t.Errorf("%q: got %d", s, got)
		}
	}
}

func TestBool(t *testing.T) {
	for in, want := range map[string]bool{
		"1": true, "yes": true, "Y": true, "TRUE": true, "t": true, "oN": true, "0": false, "No": false, "n": false, "false": false, "F": false, "OFF": false,
	} {
		if got, err := ParseBool(in); got != want || err != nil {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
	for _, s := range []string{"", "2", "oui", "yes ", "00"} {
		if _, err := ParseBool(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
	if FormatBool(true) != "yes" || FormatBool(false) != "no" {
		t.Error("not yes and no")
	}
}

func TestPermyriad(t *testing.T) {
	for in, want := range map[string]int{"10%": 1000, "10.5%": 1050, "10.55%": 1055, "50‰": 500, "50.5‰": 505, "5000‱": 5000, "0%": 0, "250%": 25000} {
		if got, err := ParsePermyriad(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "5", "%", "10.555%", "5.%", ".5%", "1.5‱", "10 %", "-5%", "1e3%", "99999999999999999999%", "30000000%"} {
		if got, err := ParsePermyriad(s); err == nil {
			t.Errorf("%q: got %d", s, got)
		}
	}
	for in, want := range map[int]string{0: "0%", 1000: "10%", 1050: "10.5%", 1025: "10.25%", 1: "0.01%", 10000: "100%"} {
		if got := FormatPercent(in); got != want {
			t.Errorf("%d: got %q, want %q", in, got, want)
		}
	}
}

func TestMode(t *testing.T) {
	for in, want := range map[string]string{"22": "0022", "0644": "0644", "7777": "7777", "00000077": "0077", "0": "0000"} {
		if got, err := ParseMode(in); got.String() != want || err != nil {
			t.Errorf("%q: got %v, %v; want %s", in, got, err, want)
		}
	}
	for _, s := range []string{"", "8", "-1", "+22", "0x12", "0o22", "022x", "10000", "77777777777777777777777"} {
		if got, err := ParseMode(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

// Every kind that is a few characters long, in one target: what reads, prints
// itself back.
func FuzzShortKinds(f *testing.F) {
	for _, s := range []string{"0x7f", "-12", "on", "12.5%", "0644", "SIGRTMIN+3", "TEMPFAIL", "0-3,5 7", "10:infinity", "-5:-20", "1s:2min", "fe80::1/10", "link-local"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseUint(s, 64); err == nil {
			same(t, s, n, strconv.FormatUint(n, 10), func(s string) (uint64, error) { return ParseUint(s, 64) })
		}
		if n, err := ParseInt(s, 64); err == nil {
			same(t, s, n, strconv.FormatInt(n, 10), func(s string) (int64, error) { return ParseInt(s, 64) })
		}
		if b, err := ParseBool(s); err == nil {
			same(t, s, b, FormatBool(b), ParseBool)
		}
		if n, err := ParsePermyriad(s); err == nil {
			same(t, s, n, FormatPercent(n), ParsePermyriad)
		}
		if m, err := ParseMode(s); err == nil {
			same(t, s, m, m.String(), ParseMode)
		}
		if g, err := ParseSignal(s); err == nil {
			same(t, s, g, g.String(), ParseSignal)
			same(t, s, g, g.Name(), ParseSignal)
		}
		if n, err := ParseExitStatus(s); err == nil && ExitStatusName(n) != "" {
			same(t, s, n, ExitStatusName(n), ParseExitStatus)
		}
		if c, err := ParseCPUSet(s); err == nil {
			same(t, s, c.String(), c.String(), func(s string) (string, error) {
				c, err := ParseCPUSet(s)
				return c.String(), err
			})
		}
		if p, err := ParsePrefix(s); err == nil && len(p) == 1 {
			same(t, s, p[0].String(), p[0].String(), func(s string) (string, error) {
				p, err := ParsePrefix(s)
				return p[0].String(), err
			})
		}
		for directive := range limitKinds {
			if l, err := ParseLimit(directive, s); err == nil {
				same(t, s, l, l.String(), func(s string) (Limit, error) { return ParseLimit(directive, s) })
			}
		}
	})
}

func same[T comparable](t *testing.T, s string, v T, text string, parse func(string) (T, error)) {
	t.Helper()
	if again, err := parse(text); err != nil || again != v {
		t.Fatalf("%q is %v, prints %q, which is %v, %v", s, v, text, again, err)
	}
}
