package value

import (
	"math"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The examples of systemd.time(7), at its moment and place, and more.
func TestTimestamp(t *testing.T) {
	shanghai := zone(t, "Asia/Shanghai")
	now := time.Date(2012, 11, 23, 18, 15, 22, 500000, shanghai)
	for in, want := range map[string]string{
		"Fri 2012-11-23 11:12:13":      "Fri 2012-11-23 11:12:13",
		"2012-11-23 11:12:13":          "Fri 2012-11-23 11:12:13",
		"2012-11-23 11:12:13 UTC":      "Fri 2012-11-23 19:12:13",
		"2012-11-23 11:12:13 utc":      "Fri 2012-11-23 19:12:13",
		"2012-11-23":                   "Fri 2012-11-23 00:00:00",
		"12-11-23":                     "Fri 2012-11-23 00:00:00",
		"1-2-3":                        "Sat 2001-02-03 00:00:00",
		"99-12-31":                     "Fri 1999-12-31 00:00:00",
		"11:12:13":                     "Fri 2012-11-23 11:12:13",
		"11:12":                        "Fri 2012-11-23 11:12:00",
		"Fri 11:12":                    "Fri 2012-11-23 11:12:00",
		"friday 2012-11-23":            "Fri 2012-11-23 00:00:00",
		"now":                          "Fri 2012-11-23 18:15:22",
		"today":                        "Fri 2012-11-23 00:00:00",
		"today UTC":                    "Fri 2012-11-23 08:00:00", // the manual's 16:00 of the day before is a slip
		"yesterday":                    "Thu 2012-11-22 00:00:00",
		"tomorrow":                     "Sat 2012-11-24 00:00:00",
		"tomorrow Pacific/Auckland":    "Fri 2012-11-23 19:00:00", // likewise
		"+3h30min":                     "Fri 2012-11-23 21:45:22",
		"-5s":                          "Fri 2012-11-23 18:15:17",
		"- 5s":                         "Fri 2012-11-23 18:15:17",
		"11min ago":                    "Fri 2012-11-23 18:04:22",
		" 11min  ago":                  "Fri 2012-11-23 18:04:22",
		"1h left":                      "Fri 2012-11-23 19:15:22",
		"@1395716396":                  "Tue 2014-03-25 10:59:56",
		"@0":                           "Thu 1970-01-01 08:00:00",
		"  2012-11-23  11:12":          "Fri 2012-11-23 11:12:00",
		"2012-11-23T11:12:13":          "Fri 2012-11-23 11:12:13",
		"2012-11-23T11:12:13Z":         "Fri 2012-11-23 19:12:13",
		"2012-11-23T11:12:13+01:00":    "Fri 2012-11-23 18:12:13",
		"2012-11-23 11:12:13 CST":      "Fri 2012-11-23 11:12:13",
		"2012-07-23 11:12 Asia/Tehran": "Mon 2012-07-23 14:42:00",
		"9999-12-31":                   "Fri 9999-12-31 00:00:00",
	} {
		got, err := ParseTimestamp(in, now)
		if err != nil || FormatTimestamp(got) != want+" CST" {
			t.Errorf("%q: got %s, %v; want %s", in, FormatTimestamp(got), err, want)
		}
	}
	if got := FormatTimestamp(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)); got != "--- XXXX-XX-XX XX:XX:XX" {
		t.Errorf("the year 10000: %s", got)
	}
	for in, want := range map[string]string{
		"2014-03-25 03:59:56.654563": "Tue 2014-03-25 03:59:56.654563 CST", "11:12:13.1234567": "Fri 2012-11-23 11:12:13.123457 CST",
		"@1.5": "Thu 1970-01-01 08:00:01.500000 CST", "now": "Fri 2012-11-23 18:15:22.000500 CST", "-5us": "Fri 2012-11-23 18:15:22.000495 CST",
	} {
		if got, err := ParseTimestamp(in, now); err != nil || FormatTimestampMicro(got) != want {
			t.Errorf("%q: got %s, %v; want %s", in, FormatTimestampMicro(got), err, want)
		}
	}
	for _, s := range []string{
		"", " ", "NOW", "Today", "now UTC", "+5min UTC", "@5 UTC", "5minago", "ago", "infinity", "+infinity", "-infinity", "@infinity", "-60y", "+9000y", "1969-12-30",
		"10000-01-01", "100-1-1", "Thu 2012-11-23", "Fri", "Fri, 2012-11-23", "2012-11", "2012-11-23 11", "2012-13-01", "2012-02-30", "25:00", "24:00", "11:60",
		"11:12:13.", "11:12.5", "yesterday 10:00", "2012 -11-23", "2012-11-23 11:12 Nowhere/Land", "2012-11-23 \x00",
	} {
		if got, err := ParseTimestamp(s, now); err == nil {
			t.Errorf("%q: got %s", s, got)
		}
	}
	// An abbreviation counts even out of its season.
	berlin := zone(t, "Europe/Berlin")
	if got, err := ParseTimestamp("2012-11-23 11:12:13 CEST", now.In(berlin)); err != nil || FormatTimestamp(got) != "Fri 2012-11-23 10:12:13 CET" {
		t.Errorf("got %s, %v", FormatTimestamp(got), err)
	}
}

func TestFormatRelative(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[time.Duration]string{
		0: "now", 999: "now", time.Microsecond: "1us ago", 5 * time.Millisecond: "5ms ago", 5 * time.Second: "5s ago", 90 * time.Second: "1min 30s ago",
		-61 * time.Second: "1min 1s left", 300 * time.Second: "5min ago", 359 * time.Second: "5min ago", time.Hour: "1h 0min ago", 6 * time.Hour: "6h ago",
		24 * time.Hour: "24h ago", 25 * time.Hour: "1 day 1h ago", 48 * time.Hour: "2 days ago", 7 * day: "1 week 0 days ago", 8 * day: "1 week 1 day ago",
		Month.Duration() + 25*time.Hour: "1 month 1 day ago", Year.Duration(): "1 year 0 months ago", -(2*Year + 11*Month).Duration(): "2 years 11 months left",
		math.MinInt64: "292 years 3 months left", math.MaxInt64: "292 years 3 months ago",
	} {
		if got := FormatRelative(in); got != want {
			t.Errorf("%v: got %q, want %q", in, got, want)
		}
	}
}

// systemd-analyze timestamp, whose "From now" is late by the time it takes: the
// spans are chosen so that this does not show.
func TestTimestampAgainstSystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	var args []string
	for _, d := range []string{"5.1", "59.1s", "1min 100ms", "299.1", "301", "3601", "3661", "6h 1s", "5h 59min 1s", "24h 1s", "25h 1s", "47h 1s", "48h 1s", "6d 1s", "7d 1s",
		"8d 1s", "13d 1s", "30d 1s", "1month 1s", "2month 20d 1s", "364d", "1y 1s", "1y 1month 1s", "3y 11month 1s", "30d 11h"} {
		args = append(args, "-"+d)
	}
	relative := len(args)
	args = append(args, "2012-11-23", "12-11-23 1:2", "68-1-1", "Fri 2012-11-23 11:12:13", "2012-11-23 UTC", "@1395716396", "@1.5", "2012-11-23  11:12", "9999-12-31",
		"2026-03-29 02:30:00", "2026-07-01 12:00:00.1234567 utc")
	cmd := exec.Command(tool, append([]string{"timestamp", "--"}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=Europe/Berlin")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone(t, "Europe/Berlin"))
	normalised := regexp.MustCompile(`Normalized form: (.*)`).FindAllStringSubmatch(string(out), -1)
	fromNow := regexp.MustCompile(`From now: (.*)`).FindAllStringSubmatch(string(out), -1)
	for i, s := range args {
		got, err := ParseTimestamp(s, now)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if i < relative {
			d, _ := ParseSpan(strings.TrimPrefix(s, "-"))
			if ours := FormatRelative(d.Duration()); ours != fromNow[i][1] {
				t.Errorf("%q: ours %q, theirs %q", s, ours, fromNow[i][1])
			}
		} else if ours := FormatTimestamp(got); ours != normalised[i][1] {
			t.Errorf("%q: ours %q, theirs %q", s, ours, normalised[i][1])
		}
	}
}

func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{"Fri 2012-11-23 11:12:13.5 UTC", "yesterday", "+5min", "@1.5", "2 months 5 days ago", "2012-11-23T11:12:13+01:00"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseTimestamp(s, now)
		if err != nil {
			return
		}
		if again, err := ParseTimestamp(FormatTimestampMicro(at), now); err != nil || !again.Equal(at) {
			t.Fatalf("%q is %v, prints %q, which is %v, %v", s, at, FormatTimestampMicro(at), again, err)
		}
	})
}
