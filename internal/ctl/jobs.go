package ctl

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// job returns the verb that starts, stops or restarts units.
func (a *App) job(verb string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.dial()
		if err != nil {
			return err
		}
		replies, err := c.Jobs(cmd.Context(), a.jobsRequest(verb, args))
		if err != nil {
			return err
		}
		for _, r := range replies {
			if r.Result != "done" {
				a.jobFailed(verb, r)
			}
		}
		if slices.ContainsFunc(replies, func(r control.JobReply) bool { return !slices.Contains(immediate, r.Result) }) {
			a.code = exitFailure // a job that was begun and failed counts for more than one that never was
		}
		if len(replies) == 0 && !a.flags.noBlock && !a.flags.quiet {
			a.printf(a.Err, "wakesock: hint: no loaded unit matches %s; patterns match loaded units only\n", strings.Join(args, " "))
		}
		if verb == "stop" && !a.flags.quiet {
			return a.warnTriggers(cmd, c, replies)
		}
		return nil
	}
}

// jobsRequest is what a verb asks for; isolate is a start in a mode of its own.
func (a *App) jobsRequest(verb string, args []string) control.JobsRequest {
	r := control.JobsRequest{Verb: verb, Mode: a.flags.jobMode, Names: unitNames(args), NoBlock: a.flags.noBlock}
	if verb == "isolate" {
		r.Verb, r.Mode = "start", "isolate"
		if !hasSuffix(args[0]) {
			r.Names[0] = args[0] + ".target"
		}
	}
	return r
}

// jobModes are the older names of options for --job-mode=.
var jobModes = map[string]string{"fail": "fail", "irreversible": "replace-irreversibly", "ignore-dependencies": "ignore-dependencies"}

func (a *App) addJobModes(c *cobra.Command) {
	for name, mode := range jobModes {
		c.Flags().BoolFunc(name, "the same as --job-mode="+mode, func(string) error {
			a.flags.jobMode = mode
			return nil
		})
		_ = c.Flags().MarkHidden(name)
	}
}

// immediate are the results of jobs that were not even begun, and of those that went well.
var immediate = []string{"done", "not-found", "masked", "refused", "not-by-hand", "conflict", "cyclic", "destructive", "not-applicable", "no-isolation"}

// warnTriggers tells what will start again the units that were just stopped.
func (a *App) warnTriggers(cmd *cobra.Command, c *control.Client, stopped []control.JobReply) error {
	var names []string
	for _, r := range stopped {
		if r.Result == "done" && r.Unit != "" {
			names = append(names, r.Unit)
		}
	}
	if len(names) == 0 {
		return nil
	}
	units, err := c.Status(cmd.Context(), control.NamesRequest{Names: names, Brief: true})
	if err != nil {
		return nil // they are stopped, which was the question
	}
	for _, u := range units {
		var by []string
		for _, t := range u.TriggeredBy {
			if s, err := c.Status(cmd.Context(), control.NamesRequest{Names: []string{t}, Brief: true}); err == nil && len(s) > 0 && s[0].Active == "active" {
				by = append(by, t)
			}
		}
		if len(by) > 0 {
			a.printf(a.Err, "wakesock: warning: %s is stopped, but these can still start it: %s\n", u.Unit, strings.Join(by, " "))
		}
	}
	return nil
}

// jobFailed tells why a job did not end well and what helps.
func (a *App) jobFailed(verb string, r control.JobReply) {
	switch r.Result {
	case "not-found":
		a.printf(a.Err, "wakesock: error: failed to %s %s: %s\n", verb, r.Unit, r.Text)
		a.fail(exitNotLoaded)
		return
	case "not-by-hand", "destructive", "no-isolation":
		a.printf(a.Err, "wakesock: error: failed to %s %s: %s\n", verb, r.Unit, r.Text)
		a.fail(exitNotByHand)
		return
	case "not-applicable":
		a.printf(a.Err, "wakesock: error: failed to %s %s: %s\n", verb, r.Unit, r.Text)
		a.fail(exitInactive)
		return
	case "skipped":
		a.printf(a.Err, "wakesock: error: %s\n", r.Text)
	case "assert":
		a.printf(a.Err, "wakesock: error: assertion failed on job for %s: %s\n", r.Unit, r.Text)
	case "masked", "refused", "canceled", "conflict", "cyclic":
		a.printf(a.Err, "wakesock: error: failed to %s %s: %s\n", verb, r.Unit, r.Text)
	case "dependency":
		a.printf(a.Err, "wakesock: error: a dependency job for %s failed: %s\n", r.Unit, r.Text)
	default:
		a.printf(a.Err, "wakesock: error: job for %s failed: %s\n", r.Unit, r.Text)
		a.printf(a.Err, "wakesock: hint: see 'wakesock status %s' and 'wakesock logs -u %s'\n", r.Unit, r.Unit)
	}
	a.fail(exitFailure)
}

// isState prints the states of units; it succeeds if one has a wanted state.
func (a *App) isState(otherwise int, wanted ...string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.dial()
		if err != nil {
			return err
		}
		units, err := c.Status(cmd.Context(), control.NamesRequest{Names: unitNames(args), Brief: true})
		if err != nil {
			return err
		}
		found := false
		for _, u := range units {
			found = found || slices.Contains(wanted, u.Active)
			if !a.flags.quiet {
				a.printf(a.Out, "%s\n", u.Active)
			}
		}
		if !found {
			return exit(otherwise)
		}
		return nil
	}
}

func (a *App) resetFailed(cmd *cobra.Command, args []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	_, err = c.Reset(cmd.Context(), control.NamesRequest{Names: unitNames(args)})
	return a.plainFailure(err)
}

// plainFailure is for verbs that end with 1 where start and its like end with 5.
func (a *App) plainFailure(err error) error {
	if err == nil {
		return nil
	}
	a.complain(err)
	return exit(exitFailure)
}

func (a *App) reload(cmd *cobra.Command, _ []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	r, err := c.Reload(cmd.Context(), control.Nothing{})
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		a.printf(a.Err, "%s\n", p)
	}
	return nil
}
