package ctl

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/value"
)

// listTimers prints timers, those that elapse first on top, as systemctl does.
func (a *App) listTimers(cmd *cobra.Command, args []string) error {
	rows, err := rowsOf(a, cmd, args, ".timer", (*control.Client).Timers)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(x, y control.Timer) int {
		return cmp.Or(cmp.Compare(soon(x), soon(y)), strings.Compare(x.Unit, y.Unit))
	})
	if a.flags.output != "" {
		if done, err := a.output(timersJSON(rows)); done || err != nil {
			return err
		}
	}
	t := table{head: []string{"NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"}}
	for _, x := range rows {
		next, left := a.when(x.Next)
		last, passed := a.when(x.Last)
		t.add("", "", next, left, last, passed, x.Unit, x.Activates)
	}
	a.print(&t)
	a.listLegend(len(rows), "timers")
	return nil
}

// soon is when a timer elapses next, for sorting. Who waits for another reason than a
// time is first, and who never will elapse is last.
func soon(t control.Timer) uint64 {
	if t.Next == 0 && t.Waiting {
		return 0
	}
	return uint64(t.Next) - 1
}

// when prints a time in microseconds since the epoch, and how far away it is.
func (a *App) when(micro int64) (date, distance string) {
	if micro == 0 {
		return "-", "-"
	}
	t := time.UnixMicro(micro)
	return value.FormatTimestamp(t), value.FormatRelative(a.Now().Sub(t))
}

// trigger is what status says of when a timer elapses.
func (a *App) trigger(next int64) string {
	if next == 0 {
		return "n/a"
	}
	date, distance := a.when(next)
	return date + "; " + distance
}

// A timerJSON is a row as systemctl prints it: left and passed repeat the times.
type timerJSON struct {
	Next      *int64 `json:"next"`
	Left      *int64 `json:"left"`
	Last      int64  `json:"last"`
	Passed    int64  `json:"passed"`
	Unit      string `json:"unit"`
	Activates string `json:"activates"`
}

func timersJSON(rows []control.Timer) []timerJSON {
	out := make([]timerJSON, len(rows))
	for i, x := range rows {
		out[i] = timerJSON{Last: x.Last, Passed: x.Last, Unit: x.Unit, Activates: x.Activates}
		if x.Next != 0 {
			out[i].Next, out[i].Left = &rows[i].Next, &rows[i].Next
		}
	}
	return out
}

// listLegend ends a list of units of one type.
func (a *App) listLegend(n int, what string) {
	if a.bare() {
		return
	}
	a.printf(a.Out, "\n%d %s listed.\n", n, what)
	if !a.flags.all {
		a.printf(a.Out, "Pass --all to see loaded but inactive %s, too.\n", what)
	}
}
