package ctl

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// listPaths prints what path units wait for, as systemctl list-paths does since
// systemd 254. A service is taken for the path unit of its name.
func (a *App) listPaths(cmd *cobra.Command, args []string) error {
	rows, err := rowsOf(a, cmd, args, ".path", (*control.Client).Paths)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(x, y control.Path) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Condition, y.Condition), strings.Compare(x.Unit, y.Unit))
	})
	if done, err := a.output(rows); done || err != nil {
		return err
	}
	t := table{head: []string{"PATH", "CONDITION", "UNIT", "ACTIVATES"}}
	for _, p := range rows {
		activates := p.Activates
		if p.Paused {
			activates += " (paused)"
		}
		t.add("", "", p.Path, p.Condition, p.Unit, activates)
	}
	a.print(&t)
	a.listLegend(len(rows), "paths")
	return nil
}
