package ctl

import (
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/value"
)

// cat prints unit files, each under a comment with its path.
func (a *App) cat(cmd *cobra.Command, args []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	units, err := c.Files(cmd.Context(), control.NamesRequest{Names: unitNames(args), All: true})
	if err != nil {
		return err
	}
	first := true
	for _, u := range units {
		switch {
		case u.Load == "masked":
			if !first {
				a.printf(a.Out, "\n")
			}
			first = false
			a.printf(a.Out, "# Unit %s is masked.\n", u.Unit)
			continue
		case len(u.Files) == 0:
			a.printf(a.Err, "No files found for %s.\n", u.Unit)
			a.fail(exitFailure)
		}
		for _, f := range u.Files {
			if !first {
				a.printf(a.Out, "\n")
			}
			first = false
			a.printf(a.Out, "# %s\n%s", f.Path, f.Text)
			if !strings.HasSuffix(f.Text, "\n") {
				a.printf(a.Out, "\n")
			}
		}
	}
	return nil
}

// explain prints effective settings and what becomes of them here.
func (a *App) explain(plan *bool) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.dial()
		if err != nil {
			return err
		}
		units, err := c.Explain(cmd.Context(), control.ExplainRequest{Names: unitNames(args), Plan: *plan, All: a.flags.all})
		if err != nil {
			return err
		}
		if done, err := a.output(units); done || err != nil {
			return err
		}
		for _, u := range units {
			a.printf(a.Out, "%s: %s\n", u.Unit, u.Load)
			if u.Load == "not-found" {
				a.fail(exitNoUnit)
				continue
			}
			t := table{head: []string{"SETTING", "VALUE", "FROM", "STANDING"}}
			for _, s := range u.Settings {
				standing := s.Standing
				if s.Reason != "" {
					standing += ": " + s.Reason
				}
				t.add("", "", "["+s.Section+"] "+s.Name, s.Value, s.Place, standing)
			}
			a.print(&t)
			for _, p := range u.Problems {
				a.printf(a.Out, "%s\n", p)
			}
			if u.Plan != "" {
				a.printf(a.Out, "\n%s\n", u.Plan)
			}
		}
		return nil
	}
}

// environment shows, sets or unsets what services inherit.
func (a *App) environment(verb string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.dial()
		if err != nil {
			return err
		}
		var r control.EnvironmentRequest
		switch verb {
		case "set":
			r.Set = args
		case "unset":
			r.Unset = args
		}
		e, err := c.Environment(cmd.Context(), r)
		if err != nil {
			return err
		}
		if verb != "show" {
			return nil
		}
		values := make(map[string]string, len(e.Variables))
		for _, v := range e.Variables {
			name, text, _ := strings.Cut(v, "=")
			values[name] = text
		}
		if done, err := a.output(values); done || err != nil {
			return err
		}
		for _, v := range e.Variables {
			name, text, _ := strings.Cut(v, "=")
			a.printf(a.Out, "%s=%s\n", name, shellQuoted(text))
		}
		return nil
	}
}

// kill sends a signal.
func (a *App) kill(r *control.KillRequest) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if r.Signal == "list" || r.Signal == "help" {
			a.listSignals()
			return nil
		}
		if err := arguments(1, -1)(cmd, args); err != nil {
			return err
		}
		c, err := a.dial()
		if err != nil {
			return err
		}
		r.Names = unitNames(args)
		_, err = c.Kill(cmd.Context(), *r)
		return a.plainFailure(err)
	}
}

func (a *App) listSignals() {
	t := table{head: []string{"SIGNAL", "NAME"}}
	for n := value.Signal(1); n <= 64; n++ {
		if strings.HasPrefix(n.String(), "SIG") {
			t.add("", "", itoa(uint64(n)), n.String())
		}
	}
	a.print(&t)
}
