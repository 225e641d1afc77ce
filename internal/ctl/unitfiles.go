package ctl

import (
	"io/fs"
	"os"
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
	names, err := a.unitArguments(&fileVerb{name: "is-enabled"}, args)
	if err != nil {
		return err
	}
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	on := false
	defer a.warnings(f)
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

// warnings prints what was found wrong in files on the way.
func (a *App) warnings(f *enable.Files) {
	for _, c := range f.Warnings() {
		a.printf(a.Err, "%s\n", c.Text(""))
	}
}

// showLinks prints the links that enable a unit.
func (a *App) showLinks(o *install, name string) error {
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	for _, dir := range append([]string{f.Config, f.Runtime}, f.Others...) {
		for _, l := range a.linksTo(o, dir, name) {
			a.printf(a.Out, "  %s\n", l)
		}
	}
	return nil
}

// linksTo is the links to a unit in a folder: what disable would remove there.
func (a *App) linksTo(o *install, dir, name string) []string {
	f, err := a.unitFiles(o)
	if err != nil || dir == "" {
		return nil
	}
	f.Config = dir
	var links []string
	for _, c := range f.Disable(enable.Options{}, name).Changes {
		if c.Kind == enable.Removed {
			links = append(links, c.Path)
		}
	}
	return links
}

// tellOthers names what keeps units enabled or masked although all of our links
// are gone: systemd's own, which are none of our business.
func (a *App) tellOthers(f *enable.Files, o *install, names []string) {
	if a.flags.quiet {
		return
	}
	for _, n := range names {
		s, err := f.State(n)
		if err != nil {
			continue
		}
		for _, dir := range f.Others {
			switch {
			case s == enable.Enabled:
				for _, l := range a.linksTo(o, dir, n) {
					a.printf(a.Err, "wakesock: hint: %s is still enabled by systemd's link %s; wakesock mask keeps it from being started\n", n, l)
				}
			case s == enable.MaskedState && isThere(f.Root+dir+"/"+n):
				a.printf(a.Err, "wakesock: hint: %s is still masked by systemd's link %s\n", n, f.Root+dir+"/"+n)
			}
		}
	}
}

func (a *App) getDefault(o *install) error {
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	name, err := f.Default()
	a.warnings(f)
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
	list := f.List(patterns, a.flags.states, a.flags.types)
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
	a.warnings(f)
	if len(rows) == 0 {
		a.code = exitFailure
	}
	if done, err := a.output(rows); done || err != nil {
		return err
	}
	a.flags.noLegend = a.flags.noLegend || a.flags.quiet
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

// isThere is exists for links, wherever they lead.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
