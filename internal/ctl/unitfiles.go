package ctl

import (
	"io/fs"
	"slices"
	"strings"

	"wakesock/internal/enable"
	"wakesock/internal/unit"
)

// below are the facts about the system below another root; what only a running
// kernel knows is this machine's.
func below(root fs.FS, h *unit.Host, user bool, env func(string) string) *unit.Host {
	return unit.HostFacts(root, user, unit.Host{
		Arch: h.Arch, BootID: h.BootID, Hostname: h.Hostname, KernelRelease: h.KernelRelease,
		User: h.User, Group: h.Group, UID: h.UID, GID: h.GID,
	}, env)
}

// isEnabled prints the states of unit files.
func (a *App) isEnabled(o *install, args []string) error {
	names, err := a.unitArguments(&fileVerb{name: "is-enabled"}, o, args)
	if err != nil {
		return err
	}
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	on := false
	for _, n := range names {
		s, err := f.State(n)
		if err != nil {
			a.printf(a.Err, "Failed to get unit file state for %s: %s\n", n, enable.Plain(err))
			return exit(exitFailure)
		}
		on = on || s.On()
		if a.flags.quiet {
			continue
		}
		a.printf(a.Out, "%s\n", s)
		if a.flags.full {
			if err := a.showLinks(o, n); err != nil {
				return err
			}
		}
	}
	if !on {
		return exit(exitFailure)
	}
	return nil
}

// showLinks prints the links that disable would remove.
func (a *App) showLinks(o *install, name string) error {
	for _, runtime := range []bool{false, true} {
		f, err := a.unitFiles(o)
		if err != nil {
			return err
		}
		for _, c := range f.Disable(enable.Options{Runtime: runtime}, name).Changes {
			if c.Kind == enable.Removed {
				a.printf(a.Out, "  %s\n", c.Path)
			}
		}
	}
	return nil
}

func (a *App) getDefault(o *install) error {
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	name, err := f.Default()
	if err != nil {
		a.printf(a.Err, "Failed to get default target: %s\n", enable.Plain(err))
		return exit(exitFailure)
	}
	a.printf(a.Out, "%s\n", name)
	return nil
}

// A unitFileRow is a row of list-unit-files in JSON.
type unitFileRow struct {
	UnitFile string  `json:"unit_file"`
	State    string  `json:"state"`
	Preset   *string `json:"preset"`
}

func (a *App) listUnitFiles(o *install, patterns []string) error {
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	states := a.flags.states
	list := slices.DeleteFunc(f.List(patterns, states), func(u enable.UnitFile) bool {
		return len(a.flags.types) > 0 && !slices.Contains(a.flags.types, string(unit.Name(u.Name).Type()))
	})
	rows := []unitFileRow{}
	t := table{head: []string{"UNIT FILE", "STATE", "PRESET"}}
	for _, u := range list {
		row := unitFileRow{UnitFile: u.Name, State: string(u.State)}
		preset := "-"
		if u.Preset != "" {
			row.Preset, preset = &u.Preset, u.Preset
		}
		rows = append(rows, row)
		t.add("", unitFileTint(u.State), u.Name, string(u.State), preset)
	}
	if done, err := a.output(rows); done || err != nil {
		return err
	}
	a.print(&t)
	if !a.flags.noLegend {
		a.printf(a.Out, "\n%d unit files listed.\n", len(list))
	}
	return nil
}

// unitFileTint paints what cannot be started or is wrong.
func unitFileTint(s enable.State) string {
	switch {
	case s == enable.Enabled || s == enable.EnabledRuntime:
		return "active"
	case strings.HasPrefix(string(s), "masked") || s == enable.Bad:
		return "failed"
	}
	return ""
}
