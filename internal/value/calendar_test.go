package value

import (
	"testing"
	"time"

	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no table of the zone %s: %v", name, err)
	}
	return z
}

// The examples of systemd.time(7) and what its prose leaves open.
func TestCalendarNormalised(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
		{"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"},
		{"Wed *-1", "Wed *-*-01 00:00:00"},
		{"Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"},
		{"Wed, 17:48", "Wed *-*-* 17:48:00"},
		{"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"},
		{"*-*-7 0:0:0", "*-*-07 00:00:00"},
		{"10-15", "*-10-15 00:00:00"},
		{"monday *-12-* 17:00", "Mon *-12-* 17:00:00"},
		{"Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"},
		{"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"},
		{"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
		{"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"},
		{"Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"},
		{"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
		{"2003-02..04-05", "2003-02..04-05 00:00:00"},
		{"2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"},
		{"weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"},
		{"*:2/3", "*-*-* *:02/3:00"},
		{"*-02~03", "*-02~03 00:00:00"},
		{"*-*~*", "*-*-* 00:00:00"},
		{"Mon *-05~07/1", "Mon *-05~07/1 00:00:00"},
		{"semi-annually", "*-01,07-01 00:00:00"},
		{"DAILY utc", "*-*-* 00:00:00 UTC"},
		{"@123", "1970-01-01 00:02:03 UTC"},
		{"mon-fri", "Mon..Fri *-*-* 00:00:00"},
		{"Mon,", "Mon *-*-* 00:00:00"},
		{"Mon..Sun", "*-*-* 00:00:00"},
		{"Mon,Tue", "Mon,Tue *-*-* 00:00:00"},
		{"1..5/3:0", "*-*-* 01..04/3:00:00"},
		{"1..3/5:0", "*-*-* 01:00:00"},
		{"1/2,1:0", "*-*-* 01,01/2:00:00"},
		{"*:*:0/1", "*-*-* *:*:*"},
		{"*:*:0..5.5", "*-*-* *:*:00..05"},
		{"80..10-1-1", "1980..2010-01-01 00:00:00"},
		{"12:00 cest", "*-*-* 12:00:00 CEST"},
	} {
		got, err := ParseCalendarIn(c.in, zone(t, "Europe/Berlin"))
		if err != nil || got.String() != c.out {
			t.Errorf("%q: got %q, %v; want %q", c.in, got, err, c.out)
		}
	}
}

func TestCalendarRefused(t *testing.T) {
	for _, s := range []string{
		"", " ", "UTC", "10", "*", "24:00", "23:60", "23:59:60", "*-13-*", "*-*-32", "*-*-0", "1969-1-1", "2200-1-1", "100-1-1",
		"*/2-1-1", "*-*-*/2", "*-*~29", "*-*~7/7", "*-*-5..1", "0:0:0/60", "*:*:0/0", "1,*:0", "Sun..Tue", "Mon..", "Mon Tue", ",Mon",
		"Mon,,Tue", "Mon..Wed..Fri", "Mon daily", "12:00 ", "12:00 Foo/Bar", "12:00 ../Bar", "12:00 Local", "1:2:3:4", "*:*:1.", "*:*:0..0.5", "*~1-1",
		"@", "@-1", "@1.5", "@7258118400", "99999999999999999999:0", "*:0,", "23/1:0", "2026-11-23T12:00", "12:00 CEST", "\x00", "1:2\n",
	} {
		if c, err := ParseCalendarIn(s, time.UTC); err == nil {
			t.Errorf("%q was taken for %q", s, c)
		}
	}
}

// Each case walks through its elapses in order, given in RFC 3339.
func TestCalendarNext(t *testing.T) {
	for _, c := range []struct {
		about, zone, spec, after string
		want                     []string
	}{
		{"leap days", "UTC", "*-2-29", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"}},
		{"third last day", "UTC", "*-02~03", "2027-01-01T00:00:00Z", []string{"2027-02-26T00:00:00Z", "2028-02-27T00:00:00Z"}},
		{"last Monday in May", "UTC", "Mon *-05~07/1", "2026-11-22T00:00:00Z", []string{"2027-05-31T00:00:00Z", "2028-05-29T00:00:00Z"}},
		{"no such day", "UTC", "*-02-30", "2026-01-01T00:00:00Z", nil},
		{"no such weekday", "UTC", "Mon 2026-11-22", "2026-01-01T00:00:00Z", nil},
		{"past", "UTC", "2012-10-15", "2026-01-01T00:00:00Z", nil},
		{"last year there is", "UTC", "daily", "2199-12-30T00:00:00Z", []string{"2199-12-31T00:00:00Z"}},
		{"strictly after", "UTC", "2026-11-22 18:00", "2026-11-22T18:00:00Z", nil},
		{"strictly after, by a nanosecond", "UTC", "2026-11-22 18:00", "2026-11-22T17:59:59.999999999Z", []string{"2026-11-22T18:00:00Z"}},
		{"before the epoch", "UTC", "daily", "1914-01-01T00:00:00Z", []string{"1970-01-01T00:00:00Z"}},
		{"fractions", "UTC", "*:*:0/2.5", "2026-11-22T18:00:57Z", []string{"2026-11-22T18:00:57.5Z", "2026-11-22T18:01:00Z", "2026-11-22T18:01:02.5Z"}},
		{"spring, skipped", "Europe/Berlin", "02:30", "2026-03-28T00:00:00Z", []string{"2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"}},
		{"spring, across", "Europe/Berlin", "*:0/30", "2026-03-29T00:00:00Z", []string{"2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"}},
		{"autumn, once", "Europe/Berlin", "hourly", "2026-10-24T23:30:00Z", []string{"2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00"}},
		{"autumn, within the second hour", "Europe/Berlin", "*:0/20", "2026-10-25T01:10:00Z", []string{"2026-10-25T02:20:00+01:00", "2026-10-25T02:40:00+01:00", "2026-10-25T03:00:00+01:00"}},
		{"half an hour", "Australia/Lord_Howe", "2:*", "2026-10-03T15:00:00Z", []string{"2026-10-04T02:30:00+11:00", "2026-10-04T02:31:00+11:00"}},
		{"another zone", "Europe/Berlin", "00:00 America/New_York", "2026-11-22T00:00:00Z", []string{"2026-11-22T06:00:00+01:00"}},
		{"only in summer", "Europe/Berlin", "12:00 CEST", "2026-10-24T12:00:00Z", []string{"2027-03-28T12:00:00+02:00"}},
		{"only in winter, from the second hour on", "Europe/Berlin", "*:0/30 CET", "2026-07-01T00:00:00Z", []string{"2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00"}},
		{"a day that Samoa skipped", "Pacific/Apia", "*-*-30 12:00", "2011-12-01T00:00:00Z", []string{"2012-01-30T12:00:00+14:00"}},
	} {
		z := zone(t, c.zone)
		spec, err := ParseCalendarIn(c.spec, z)
		if err != nil {
			t.Errorf("%s: %v", c.about, err)
			continue
		}
		at, _ := time.Parse(time.RFC3339Nano, c.after)
		at = at.In(z)
		for _, want := range c.want {
			next, ok := spec.Next(at)
			if got := next.Format(time.RFC3339Nano); !ok || got != want {
				t.Errorf("%s: %q after %s: got %s, %v; want %s", c.about, c.spec, at.Format(time.RFC3339Nano), got, ok, want)
				break
			}
			at = next
		}
		if next, ok := spec.Next(at); ok && (c.want == nil || c.about == "last year there is") {
			t.Errorf("%s: %q elapses at %s", c.about, c.spec, next)
		}
	}
}

// A gap is left in one step, however fine the expression is.
func TestCalendarNextIsQuick(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	after := time.Date(2026, 3, 29, 1, 59, 59, 999999000, z)
	start := time.Now()
	for _, s := range []string{"02:0..59:0/0.000001", "*-02-30", "Mon *-02-30 *:*:*", "02:30:0/0.000001 CET"} {
		c, err := ParseCalendarIn(s, z)
		if err != nil {
			t.Fatal(err)
		}
		c.Next(after)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzCalendar(f *testing.F) {
	for _, s := range []string{"Mon..Fri,Sun *-*-01/2 9..17/2:0/30:00.5/0.25 Europe/Berlin", "2000..2020/3-02~3..7/2 *:*:*", "@1", "weekly UTC"} {
		f.Add(s, int64(1795374000000000))
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, s string, micros int64) {
		c, err := ParseCalendarIn(s, berlin)
		if err != nil {
			return
		}
		again, err := ParseCalendarIn(c.String(), berlin)
		if err != nil || !again.Equal(c) {
			t.Fatalf("%q prints %q, which reads as %q, %v", s, c, again, err)
		}
		after := time.UnixMicro(micros % 7258118400000000).In(berlin)
		next, ok := c.Next(after)
		if !ok {
			return
		}
		if !next.After(after) {
			t.Fatalf("%q: %v does not come after %v", s, next, after)
		}
		// Nothing elapses in between: asking just before the answer repeats it.
		if same, ok := c.Next(next.Add(-time.Microsecond)); !ok || !same.Equal(next) {
			t.Fatalf("%q: after %v comes %v, but a microsecond before it the next is %v", s, after, next, same)
		}
	})
}
