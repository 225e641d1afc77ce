package ctl

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// analyze runs systemd-analyze and returns what it prints and whether it is content.
func analyze(t *testing.T, zone string, args ...string) (string, bool) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "TZ="+zone, "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	return string(out), err == nil
}

// Whole outputs are compared, but for the relative times of which neither side
// can know when the other looked at the clock.
func TestCalendarAsSystemd(t *testing.T) {
	specs := []string{"daily", "Mon *-*-* 00:00:00", "12-10-15", "bad", "weekly Pacific/Auckland", "*-2-29", "5", "*:0/20:30.5", "@1", "daily UTC"}
	fromNow := regexp.MustCompile(`From now: .*`)
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "Europe/London", "Africa/Abidjan", "GMT"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		base := time.Date(2026, 10, 24, 12, 0, 0, 0, zone)
		for iterations, flag := range map[int]string{1: "1", 12: "12", 0: "0"} {
			args := append([]string{"calendar", "--iterations=" + flag, "--base-time=2026-10-24 12:00:00", "--"}, specs...)
			want, wantOK := analyze(t, name, args...)
			var got, errs bytes.Buffer
			ok := Calendar(&got, &errs, specs, iterations, base, time.Now())
			clean := func(s string) string { return fromNow.ReplaceAllString(s, "From now: -") }
			if diff := cmp.Diff(clean(want), clean(got.String())); diff != "" || ok != wantOK {
				t.Errorf("%s, %d iterations: ok %v, want %v; -systemd +ours:\n%s", name, iterations, ok, wantOK, diff)
			}
			if !strings.Contains(errs.String(), `error: calendar expression "bad"`) || !strings.Contains(errs.String(), `hint: this is a time span; try wakesock timespan "5"`) {
				t.Errorf("complaints: %s", errs.String())
			}
		}
	}
}

func TestTimespanAsSystemd(t *testing.T) {
	for _, spans := range [][]string{
		{"1s", "300s", "1year 0.000001s"}, {"5", "x", "6"}, {"infinity"}, {"daily"}, {"55s500ms", "300ms20s 5day"}, {"1.5y"}, {" 1h "},
	} {
		want, wantOK := analyze(t, "UTC", append([]string{"timespan", "--"}, spans...)...)
		var got, errs bytes.Buffer
		ok := Timespan(&got, &errs, spans)
		if diff := cmp.Diff(want, got.String()); diff != "" || ok != wantOK || ok != (errs.Len() == 0) {
			t.Errorf("%q: ok %v, want %v; -systemd +ours:\n%s", spans, ok, wantOK, diff)
		}
	}
}
