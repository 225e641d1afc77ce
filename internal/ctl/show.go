package ctl

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/unit"
)

// show prints properties as NAME=VALUE lines, as systemctl show does.
func (a *App) show(cmd *cobra.Command, args []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	wanted := append(slices.Clone(a.flags.properties), a.flags.propertyValues...)
	bare := a.flags.value || len(a.flags.propertyValues) > 0
	if len(args) == 0 {
		return a.showManager(cmd, c, wanted, bare)
	}
	units, err := c.Show(cmd.Context(), control.NamesRequest{Names: unitNames(args), All: true})
	if err != nil {
		return err
	}
	for i, u := range units {
		if i > 0 {
			a.printf(a.Out, "\n")
		}
		a.showProperties(u.Properties, wanted, bare)
	}
	return nil
}

// records are the properties that have a line for each of their elements, and so
// none where there are none, --all or not.
var records = strings.Fields(`ExecCondition ExecConditionEx ExecStartPre ExecStartPreEx ExecStart ExecStartEx ExecStartPost ExecStartPostEx
	ExecReload ExecReloadEx ExecReloadPost ExecStop ExecStopEx ExecStopPre ExecStopPost ExecStopPostEx
	Listen TimersMonotonic TimersCalendar Paths EnvironmentFiles OpenFile DeviceAllow BPFProgram
	IODeviceWeight IOReadBandwidthMax IOReadIOPSMax IOWriteBandwidthMax IOWriteIOPSMax IODeviceLatencyTargetUSec`)

func (a *App) showProperties(all []control.Property, wanted []string, bare bool) {
	for _, p := range all {
		if len(wanted) > 0 && !slices.Contains(wanted, p.Name) {
			continue
		}
		if p.Value == "" && slices.Contains(records, p.Name) {
			continue
		}
		if len(wanted) == 0 && (p.Value == "" || p.Value == "~") && !a.flags.all {
			continue
		}
		for line := range strings.SplitSeq(p.Value, "\n") {
			line = strings.TrimPrefix(line, p.Name+"=")
			if bare {
				a.printf(a.Out, "%s\n", line)
				continue
			}
			a.printf(a.Out, "%s=%s\n", p.Name, line)
		}
	}
}

// showManager prints the manager's own properties.
func (a *App) showManager(cmd *cobra.Command, c *control.Client, wanted []string, bare bool) error {
	i, err := c.Info(cmd.Context(), control.Nothing{})
	if err != nil {
		return err
	}
	e, err := c.Environment(cmd.Context(), control.EnvironmentRequest{})
	if err != nil {
		return err
	}
	for i, v := range e.Variables {
		e.Variables[i] = unit.QuoteWord(v)
	}
	a.showProperties([]control.Property{
		{Name: "Version", Value: i.Version},
		{Name: "NNames", Value: itoa(uint64(i.Units))},
		{Name: "NFailedUnits", Value: itoa(uint64(i.Failed))},
		{Name: "NJobs", Value: itoa(uint64(i.Jobs))},
		{Name: "Environment", Value: strings.Join(e.Variables, " ")},
		{Name: "UnitPath", Value: strings.Join(i.UnitPath, " ")},
		{Name: "SystemState", Value: i.State},
	}, wanted, bare)
	return nil
}

// isSystemRunning prints the state of the manager as a whole; it succeeds only if
// everything runs as it should.
func (a *App) isSystemRunning(cmd *cobra.Command, _ []string) error {
	state := "offline" // nobody answers
	if c, err := a.dial(); err == nil {
		i, err := c.Info(cmd.Context(), control.Nothing{})
		if err != nil {
			return err
		}
		state = i.State
	}
	if !a.flags.quiet {
		a.printf(a.Out, "%s\n", state)
	}
	if state != "running" {
		a.fail(exitFailure)
	}
	return nil
}
