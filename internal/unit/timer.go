package unit

import (
	"fmt"
	"strings"

	"wakesock/internal/value"
)

// An Elapse is one On…= line of a timer that says when it elapses.
type Elapse struct {
	Name     string         // directive: "OnCalendar", "OnBootSec"
	Span     value.Span     // all but OnCalendar: time after what Name says
	Calendar value.Calendar // OnCalendar: the times
}

// Timer is the [Timer] section, systemd.timer(5). A field has its directive's
// name; all that say when the timer elapses share Elapses, in file order.
type Timer struct {
	Elapses             []Elapse
	OnClockChange       bool
	OnTimezoneChange    bool
	AccuracySec         value.Span
	RandomizedDelaySec  value.Span
	RandomizedOffsetSec value.Span // 258
	FixedRandomDelay    bool
	DeferReactivation   bool // 258
	Persistent          bool
	WakeSystem          bool
	RemainAfterElapse   bool
	Unit                Name // load sets the implied one
}

func timerRows() []row[Timer] {
	return []row[Timer]{
		one("OnClockChange", func(t *Timer) *bool { return &t.OnClockChange }, boolean, "no", "yes",
			"Elapses when the clock jumps."),
		one("OnTimezoneChange", func(t *Timer) *bool { return &t.OnTimezoneChange }, boolean, "no", "yes",
			"Elapses when the time zone changes."),
		one("AccuracySec", func(t *Timer) *value.Span { return &t.AccuracySec }, span, "1min", "1s",
			"How late the timer may elapse, to save power.", property("AccuracyUSec")),
		one("RandomizedDelaySec", func(t *Timer) *value.Span { return &t.RandomizedDelaySec }, span, "0", "1h",
			"The most that the timer is delayed by chance.", property("RandomizedDelayUSec")),
		one("RandomizedOffsetSec", func(t *Timer) *value.Span { return &t.RandomizedOffsetSec }, span, "0", "1h",
			"The most that the timer is shifted by chance, always by the same time on one machine.", since(258), property("RandomizedOffsetUSec")),
		one("FixedRandomDelay", func(t *Timer) *bool { return &t.FixedRandomDelay }, boolean, "no", "yes",
			"Keeps the random delay the same on one machine."),
		one("DeferReactivation", func(t *Timer) *bool { return &t.DeferReactivation }, boolean, "no", "yes",
			"Waits for the next time when the unit is still running.", since(258)),
		one("Persistent", func(t *Timer) *bool { return &t.Persistent }, boolean, "no", "yes",
			"Catches up when the timer would have elapsed while it was not active."),
		one("WakeSystem", func(t *Timer) *bool { return &t.WakeSystem }, boolean, "no", "yes",
			"Wakes the machine from sleep.", notEnforced(noWake)),
		one("RemainAfterElapse", func(t *Timer) *bool { return &t.RemainAfterElapse }, boolean, "yes", "no",
			"Keeps the timer loaded after it has elapsed for the last time."),
		triggerRow(func(t *Timer) *Name { return &t.Unit }),
	}
}

func allTimerRows() []row[Timer] {
	rows := []row[Timer]{
		elapseRow("OnActiveSec", "Elapses this long after the timer was started."),
		elapseRow("OnBootSec", "Elapses this long after the machine was booted."),
		elapseRow("OnStartupSec", "Elapses this long after the manager was started."),
		elapseRow("OnUnitActiveSec", "Elapses this long after the unit was last started."),
		elapseRow("OnUnitInactiveSec", "Elapses this long after the unit last ended."),
		elapseRow("OnCalendar", "Elapses at the times of a calendar expression."),
	}
	return append(rows, timerRows()...)
}

// triggerRow is Unit= of what starts another unit. The first one counts, in drop-ins
// too, as in systemd.
func triggerRow[S any](field func(*S) *Name) row[S] {
	r := one("Unit", field, triggerName, "", "other.service", "The unit that is started, if not the service of the same name.")
	set := r.set
	r.set = func(s *S, c *Context, value string) error {
		was := *field(s)
		err := set(s, c, value)
		if was != "" && err == nil && *field(s) != was {
			*field(s) = was
			err = fmt.Errorf("%s is named already, and the first one counts", was)
		}
		return err
	}
	return r
}

// elapseRow is the row of one directive that adds to Elapses. An empty value
// resets them all.
func elapseRow(name, text string) row[Timer] {
	k, example := single("time span", func(c *Context, s string) (Elapse, error) {
		s, err := c.Expand(s)
		if err != nil {
			return Elapse{}, err
		}
		v, err := value.ParseSpan(s)
		return Elapse{Name: name, Span: v}, err
	}, formatMonotonic), "5min"
	if name == "OnCalendar" {
		k, example = single("calendar expression", func(c *Context, s string) (Elapse, error) {
			s, err := c.Expand(s)
			if err != nil {
				return Elapse{}, err
			}
			v, err := value.ParseCalendar(s)
			return Elapse{Name: name, Calendar: v}, err
		}, formatCalendar), "Mon..Fri 08:00"
	}
	return list(name, func(t *Timer) *[]Elapse { return &t.Elapses }, k, example, text, property(""))
}

// formatMonotonic and formatCalendar print what is known without the timer's
// state: when it elapses next is for the manager to say.
func formatMonotonic(all []Elapse) string {
	var lines []string
	for _, e := range all {
		if e.Name != "OnCalendar" {
			lines = append(lines, fmt.Sprintf("{ %s=%s ; next_elapse=0 }", strings.TrimSuffix(e.Name, "Sec")+"USec", e.Span))
		}
	}
	return lastFirst(lines)
}

func formatCalendar(all []Elapse) string {
	var lines []string
	for _, e := range all {
		if e.Name == "OnCalendar" {
			lines = append(lines, fmt.Sprintf("{ OnCalendar=%s ; next_elapse=(null) }", e.Calendar))
		}
	}
	return lastFirst(lines)
}
