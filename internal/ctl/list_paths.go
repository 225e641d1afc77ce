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
	r, err := a.unitsRequest(args)
	if err != nil {
		return err
	}
	c, err := a.dial()
	if err != nil {
		return err
	}
	for i, p := range r.Patterns {
		if base, ok := strings.CutSuffix(p, ".service"); ok {
			r.Patterns[i] = base + ".path"
		}
	}
	rows, err := c.Paths(cmd.Context(), r)
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
	if a.flags.noLegend {
		return nil
	}
	a.printf(a.Out, "\n%d paths listed.\n", len(rows))
	if !a.flags.all {
		a.printf(a.Out, "Pass --all to see loaded but inactive paths, too.\n")
	}
	return nil
}
