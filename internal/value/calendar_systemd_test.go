package value

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// intended says why systemd 252 may answer differently; "" if it may not.
func intended(spec, theirs string, at time.Time) string {
	c, err := ParseCalendarIn(spec, at.Location())
	switch {
	case spec == "@ 5":
		return "white space behind @ is an accident of its number parser"
	case spec == "*:*:0/1,5":
		return "it prints only the first of several values"
	case err == nil && c.inForce != "":
		return "it never finds the season in which an abbreviation of the local zone holds, and then leaves it"
	case err == nil && theirs == "refused" && c.monthEnd && len(c.day) > 1:
		return "its bound for days from the end shrinks by three with every further value of the list"
	case err == nil && c.monthEnd && strings.Contains(tellCalendar(spec, at), " CEST;") && strings.Contains(theirs, " CET;"),
		err == nil && c.monthEnd && strings.Contains(tellCalendar(spec, at), " EDT;") && strings.Contains(theirs, " EST;"):
		return "its search for the end of the month makes it take the second of an hour that comes twice"
	case theirs == "loop":
		return "it gives up: infinite loop in calendar calculation"
	case err == nil && strings.Contains(spec, "/") && skips(c, theirs, at):
		return "when a repetition runs over its bound, it misses the first value of the next minute, hour, month or year, at times"
	}
	return ""
}

// skips says whether their elapses are ours with some left out.
func skips(c Calendar, theirs string, at time.Time) bool {
	parts := strings.Split(theirs, "; ")
	if parts[0] != c.String() {
		return false
	}
	for _, want := range parts[1 : len(parts)-1] {
		for n := 0; FormatTimestamp(at) != want || n == 0; n++ {
			var ok bool
			if at, ok = c.Next(at); !ok || n > 100 {
				return false
			}
		}
	}
	return true
}

// Normalised form, five elapses and refusals are compared with the installed
// systemd-analyze, for a list written by hand and a seeded stream.
func TestCalendarAgainstSystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	const seed = 20261122
	random := rand.New(rand.NewPCG(seed, 0))
	specs := append([]string(nil), calendarSpecs...)
	for len(specs) < 500 {
		specs = append(specs, randomSpec(random))
	}
	for _, place := range []struct{ zone, base string }{
		{"UTC", "2026-11-22 18:00:00 UTC"}, {"UTC", "2096-02-27 23:59:59 UTC"},
		{"Europe/Berlin", "2026-03-28 20:10:00 UTC"}, {"Europe/Berlin", "2026-10-25 00:10:00 UTC"}, {"Europe/Berlin", "2026-10-25 01:10:00 UTC"},
		{"America/New_York", "2027-03-14 05:10:00 UTC"}, {"America/New_York", "2027-11-07 05:40:00 UTC"},
		{"Australia/Lord_Howe", "2026-04-04 14:10:00 UTC"}, {"Australia/Lord_Howe", "2026-10-03 14:20:00 UTC"},
		{"Asia/Kathmandu", "2000-02-28 18:20:00 UTC"},
	} {
		t.Run(place.zone+" "+place.base, func(t *testing.T) {
			local := zone(t, place.zone)
			base, err := ParseTimestamp(place.base, time.Unix(0, 0).In(local))
			if err != nil {
				t.Fatal(err)
			}
			theirs := askCalendar(t, tool, place.zone, place.base, specs)
			excused := 0
			for i, spec := range specs {
				ours := tellCalendar(spec, base)
				if ours == theirs[i] {
					continue
				}
				reason := intended(spec, theirs[i], base)
				if reason == "" {
					t.Errorf("seed %d: %q\nours   %s\ntheirs %s", seed, spec, ours, theirs[i])
				}
				excused++
				t.Logf("%q: %s", spec, reason)
			}
			if excused > len(specs)/50 {
				t.Errorf("%d of %d expressions excused", excused, len(specs))
			}
		})
	}
}

// askCalendar returns what systemd-analyze says about each expression: the
// normalised form and the elapses, or "refused".
func askCalendar(t *testing.T, tool, zone, base string, specs []string) []string {
	t.Helper()
	cmd := exec.Command(tool, append([]string{"calendar", "--iterations=5", "--base-time=" + base, "--"}, specs...)...)
	cmd.Env = append(os.Environ(), "TZ="+zone, "LC_ALL=C")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, _ := cmd.Output() // its status is 1 if any expression is refused
	said := make([]string, len(specs))
	i := 0
	for line := range bytes.Lines(bytes.TrimSuffix(out, []byte("\n"))) {
		label, text, _ := strings.Cut(strings.TrimSpace(string(line)), ": ")
		switch {
		case label == "":
			i++
		case label == "Normalized form", label == "Next elapse", strings.HasPrefix(label, "Iter. #"):
			if i < len(said) {
				said[i] += text + "; "
			}
		}
	}
	if i > len(specs) {
		t.Fatalf("%d answers to %d questions", i, len(specs))
	}
	for i, s := range said {
		switch {
		case s == "" && strings.Contains(complaints.String(), "elapse for '"+specs[i]+"'"):
			said[i] = "loop"
		case s == "":
			said[i] = "refused"
		}
	}
	return said
}

func tellCalendar(spec string, at time.Time) string {
	c, err := ParseCalendarIn(spec, at.Location())
	if err != nil {
		return "refused"
	}
	said := c.String() + "; "
	for i := range 5 {
		next, ok := c.Next(at)
		if !ok && i == 0 {
			said += "never; "
		}
		if !ok {
			break
		}
		said += FormatTimestamp(next) + "; "
		at = next
	}
	return said
}

// randomSpec writes an expression that is mostly right.
func randomSpec(r *rand.Rand) string {
	var b strings.Builder
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	number := func(low, high int) string {
		n := low + r.IntN(high-low+1)
		if r.IntN(40) == 0 {
			n += high
		}
		return fmt.Sprintf(pick("%d", "%02d", "%d"), n)
	}
	value := func(low, high int, decimals bool) string {
		s := number(low, high)
		fraction := func() string {
			if decimals && r.IntN(4) == 0 {
				return fmt.Sprintf(".%d", r.IntN(10000000))
			}
			return ""
		}
		s += fraction()
		if r.IntN(4) == 0 {
			s += ".." + number(low, high) + fraction()
		}
		if r.IntN(4) == 0 {
			s += "/" + number(0, (high-low)/2+1) + fraction()
		}
		return s
	}
	component := func(low, high int, decimals bool) string {
		if r.IntN(3) == 0 {
			return "*"
		}
		s := value(low, high, decimals)
		for r.IntN(3) == 0 {
			s += "," + value(low, high, decimals)
		}
		return s
	}
	if r.IntN(3) == 0 {
		day := func() string { return pick("Mon", "tue", "Wednesday", "THU", "Fri", "sat", "Sun", "sunday") }
		b.WriteString(day())
		for r.IntN(2) == 0 {
			b.WriteString(pick(",", ",", "..", "-") + day())
		}
		b.WriteString(" ")
	}
	if r.IntN(3) > 0 {
		if r.IntN(2) == 0 {
			b.WriteString(pick("*", "*", "2026..2030", "26/2", number(2020, 2100), component(1990, 2180, false)) + "-")
		}
		b.WriteString(component(1, 12, false) + pick("-", "-", "-", "~") + component(1, 31, false) + " ")
	}
	if b.Len() == 0 || r.IntN(3) > 0 {
		b.WriteString(component(0, 23, false) + ":" + component(0, 59, false))
		if r.IntN(2) == 0 {
			b.WriteString(":" + component(0, 59, true))
		}
	}
	s := strings.TrimRight(b.String(), " ")
	switch r.IntN(12) {
	case 0:
		s += " " + pick("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Nowhere/Land", "utc", "Etc/GMT+3", "CET", "EST")
	case 1: // damage
		i := r.IntN(len(s) + 1)
		s = s[:i] + pick("/", ",", "..", "~", ":", "-", "*", " ", "9", ".") + s[i:]
	}
	return s
}

// calendarSpecs are borders and odd forms.
var calendarSpecs = strings.Split(strings.ReplaceAll(`minutely|hourly|daily|weekly|monthly|quarterly|yearly|annually|anually|semiannually|bi-annually|secondly|
Daily|HOURLY UTC|weekly Pacific/Auckland|daily daily|Mon daily|UTC|daily CET|12:00 CET|12:00 CEST|12:00 EST|*:0/30 EDT|02:30 +11|02:30 +1030|
12:00 utc|12:00  UTC|12:00 |12:00 Foo/Bar|12:00 Etc/GMT-14|02:30 Europe/Berlin|*:0/30 Europe/Berlin|*:0/30 Australia/Lord_Howe|02:30 America/New_York|
Sat,Thu,Mon..Wed,Sat..Sun|Mon|Mon,|,Mon|Mon,Tue|Mon..Tue|Mon..Wed|Mon-Wed|Mon..Wed..Fri|Sun..Tue|Mon..|Mon1:0|Mon  1:0|Mon, 1:0|Mon,,Tue|Mon .. Tue|Mon..Sun 5:0|
mon,tue-wed|Monda 1:0|Tues|Thur 1:0|2026-11-22|Mon 2026-11-22|26-11-22|69-1-1|70-1-1|99-1-1|0-1-1|100-1-1|1969-1-1|1970-1-1|2199-12-31|2200-1-1|2199-12-31 23:59:59|
*-*-*|*|10|10:|:10|1:2:3:4|24:00|23:60|23:59:60|23:59:59.999999|23:59:59.9999999|*-13-*|*-0-*|*-*-0|*-*-32|*-*-31|*-02-30|*-02-29|*-2-29..31|*-1..12-31|
*/2-1-1|2020/3-1-1|2000/199-1-1|2000/200-1-1|12..15-1-1|80..10-1-1|2000..2199/500-1-1|*-1/3-*|*-1/11-1|*-1/12-1|*-*-1/30|*-*-1/31|*-*-*/2|*-*-5..1|*-*-5..31/30|
*-*~1|*~1|1~1|*~*|*-*~*|*-*~1..3|*-*~3..1|*-*~1..7/2|*-*~1..6/2|*-*~7/2|*-*~7/6|*-*~7/7|*-*~28|*-*~29|*-*~1..28|*-02~28|*-02~25..28|*-02~03|Mon *-05~07/1|*-*~1,15|*-*~1,2/1|*~1-1|*~1~1|*-~1|~1|
1..5:0|5..5:0|5..1:0|1..5/1:0|1..5/2:0|1..5/3:0|1..5/4:0|1..5/5:0|1..3/5:0|20/5:0|22/1:0|23/1:0|0/24:0|0/23:0|0..5/24:0|*/3:00|1/:0|1..:0|/2:0|1.5:0|
3,1,2:0|1,1,1:0|1,*:0|*,1:0|1..3,2:0|1,1..2:0|1..2,1:0|1/2,1:0|1..9/2,1..5,1:0|1..3,1..3:0|*:0,|*:0,,1|*:0..59/15|*:*:0..59|*:*:0..59/1|*:*:*|*:*:0/1|*:*:0/1,5|*:*:1/1|
*:*:0/2.5|*:*:0/0.7|*:*:0..2/0.7|*:*:0..0.5|*:*:0..0.5/0.1|*:*:0..0.5/1|*:*:0..1|*:*:0.5..1|*:*:0.5..1.5|*:*:5..5|*:*:0.5..5|*:*:0..5.5|*:*:3..3.9|*:*:3..3.9/5|*:*:3..9/0.3|*:*:9..3/1|*:*:59/0.999999|*:*:59/1|*:*:58/1|
*:*:1.|*:*:1.0|*:*:1./2|*:*:1..|*:*:.5|*:*:1.1234564|*:*:1.1234565|*:*:0/0|*:*:0/0.0000001|*:*:*/5|*:*:99999999999999|4294967296:0|99999999999999999999:0|007:000:0|
@0|@123|@1795000000|@1800000000|@123.5|@|@-1|@7258118399|@7258118400|@99999999999999999999|@5 UTC|@5 Europe/Berlin|@ 5|+5min|now|
02:30|02:00|03:00|01:30|02,03:30|2:*|*:15|*:0/20|2:0/20|1:0/10|02:59:59.5|02:*:0/7.5|Sun 02:30|*-03-29 02:30|*-10-25 02:30|*-*-25 02,03:30|*-4,10-4,5 1..2:0/15|*-03,11-7,14 1,2:30|
2026-11-23T12:00|*-*-*T12:00|*-*-* *|*-*-* 1|*-* 12:00|*-*-1-1|*-*-1  12:00|1-2-3 4:5:6|12:00:00.123456789|12:00:00.1/0.000001|1:2/3/4|mon..fri 9..17/2:0/30|*-*-* *:*:*|2026-11-22..24|*-12..1-1|2026-2026-1`, "\n", ""),
	"|")
