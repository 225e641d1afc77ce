package ctl

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// root makes the tree of commands: one table of verbs, in the order in which
// help shows them.
func (a *App) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "wakesock",
		Short:         "socket activation for every machine, from unmodified systemd units",
		Long:          long,
		Version:       a.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &control.Error{Code: control.CodeInvalid, Text: c.Name() + ": " + err.Error(), Hint: usage(c)}
	})
	f := root.PersistentFlags()
	f.BoolVar(&a.flags.user, "user", false, "talk to the user's own manager (default unless root)")
	f.BoolVar(&a.flags.system, "system", false, "talk to the system's manager (default for root)")
	f.StringVar(&a.flags.control, "control", "", "path of the control socket")
	f.StringVar(&a.flags.state, "state-dir", "", "folder for logs and other state")
	f.StringVar(&a.flags.unitPath, "unit-path", "", "folders with unit files, separated by colons; first found wins; a colon at the end: then the usual ones")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print less")
	f.BoolVar(&a.flags.noPager, "no-pager", false, "accepted for systemctl's sake; there is no pager")
	f.BoolVar(&a.flags.noLegend, "no-legend", false, "no head and no foot around lists")
	f.BoolVar(&a.flags.plain, "plain", false, "lists without marks and trees")
	f.BoolVarP(&a.flags.full, "full", "l", false, "do not cut lines to the terminal")
	f.BoolVarP(&a.flags.all, "all", "a", false, "also inactive units, empty properties, default settings")

	const units, files, tools, manager = "units", "files", "tools", "manager"
	root.AddGroup(
		&cobra.Group{ID: manager, Title: "The manager:"},
		&cobra.Group{ID: units, Title: "Units:"},
		&cobra.Group{ID: files, Title: "Files and settings:"},
		&cobra.Group{ID: tools, Title: "Tools that need no manager:"},
	)
	add := func(group, use, short string, args cobra.PositionalArgs, run func(*cobra.Command, []string) error) *cobra.Command {
		c := &cobra.Command{Use: use, Short: short, Args: args, RunE: run, GroupID: group}
		if strings.Contains(use, "UNIT") || strings.Contains(use, "PATTERN") {
			c.ValidArgsFunction = a.completeUnits
		}
		root.AddCommand(c)
		return c
	}
	any, some, none := arguments(0, -1), arguments(1, -1), arguments(0, 0)

	a.addRun(add(manager, "run [UNIT...]", "run a manager in the foreground and start units", any, nil))
	a.addServe(add(manager, "serve ADDRESS -- COMMAND [ARG...]", "run a manager for one socket unit without a file", arguments(2, -1), nil))
	a.addRunUnit(add(manager, "run-unit [--] COMMAND [ARG...]", "run a command as a unit of a running manager", any, nil))
	a.addDemo(add(manager, "demo", "three socket-activated services, ready to try", none, nil))
	add(manager, "daemon-reload", "read all unit files again", none, a.reload)
	add(manager, "is-system-running", "succeed if the manager is up and nothing has failed", none, a.isSystemRunning)
	add(manager, "exit [STATUS]", "stop all units and the manager", arguments(0, 1), a.exit)

	for _, verb := range []struct {
		name, short string
		other       []string // what init scripts call it
	}{
		{"start", "start units", nil}, {"stop", "stop units", nil},
		{"restart", "stop units and start them again", nil},
		{"try-restart", "restart units that are active", []string{"condrestart"}},
		{"reload", "have units read their configuration again", nil},
		{"reload-or-restart", "reload units if they can, else restart them", nil},
		{"try-reload-or-restart", "the same, for units that are active", []string{"force-reload", "condreload"}},
		{"isolate", "start one unit and stop all others", nil},
	} {
		use, args := " UNIT...", some
		if verb.name == "isolate" {
			use, args = " UNIT", arguments(1, 1)
		}
		c := add(units, verb.name+use, verb.short, args, a.job(verb.name))
		c.Aliases = verb.other
		c.Flags().BoolVar(&a.flags.noBlock, "no-block", false, "do not wait for the end")
		if verb.name != "isolate" {
			c.Flags().StringVar(&a.flags.jobMode, "job-mode", "", "what becomes of queued jobs: replace, fail, isolate, ...")
			a.addJobModes(c)
		}
	}
	c := add(units, "list-jobs [PATTERN...]", "jobs that wait or run", any, nil)
	a.addJobs(c)
	a.addOutput(c)
	add(units, "cancel [JOB...]", "cancel jobs, all of them without a number", any, a.cancel)
	a.addDependencies(add(units, "list-dependencies [UNIT...]", "what units pull in, as a tree", any, nil))
	c = add(units, "status [UNIT...]", "what units are doing", any, a.status)
	c.Flags().IntVarP(&a.flags.lines, "lines", "n", 0, "number of log lines to show (default 10)")
	c.Flags().StringVarP(&a.flags.output, "output", "o", "", "format of the log lines, as for logs; or json, json-pretty for everything")
	c = add(units, "show [UNIT...]", "properties of units, or of the manager", any, a.show)
	c.Flags().StringSliceVarP(&a.flags.properties, "property", "p", nil, "only these properties")
	c.Flags().StringSliceVarP(&a.flags.propertyValues, "value-of", "P", nil, "only the values of these properties")
	c.Flags().BoolVar(&a.flags.value, "value", false, "only values, without names")
	add(units, "is-active UNIT...", "succeed if a unit is active", some, a.isState(exitInactive, "active", "reloading"))
	add(units, "is-failed UNIT...", "succeed if a unit has failed", some, a.isState(exitFailure, "failed"))
	var k control.KillRequest
	c = add(units, "kill UNIT...", "send a signal to units' processes", any, a.kill(&k))
	c.Flags().StringVarP(&k.Signal, "signal", "s", "SIGTERM", "which signal; list prints them all")
	c.Flags().StringVar(&k.Who, "kill-whom", "all", "main, control or all")
	c.Flags().StringVar(&k.Who, "kill-who", "all", "the same, as it was called before systemd 252")
	_ = c.Flags().MarkHidden("kill-who")
	add(units, "reset-failed [UNIT...]", "forget failures", any, a.resetFailed)
	a.addList(add(units, "list-units [PATTERN...]", "loaded units", any, a.listUnits))
	c = add(units, "list-sockets [PATTERN...]", "what is listened on, and for whom", any, a.listSockets)
	a.addList(c)
	c.Flags().BoolVar(&a.flags.showTypes, "show-types", false, "also the type of each address")
	a.addList(add(units, "list-paths [PATTERN...]", "what is waited for in the file system, and what it starts", any, a.listPaths))
	a.addList(add(units, "list-timers [PATTERN...]", "timers and when they elapse", any, a.listTimers))
	a.addLogs(add(units, "logs", "log lines of units and of the manager", none, nil))

	add(files, "cat UNIT...", "unit files with their drop-ins", some, a.cat)
	plan := false
	c = add(files, "explain UNIT...", "effective settings, where they come from and what becomes of them here", some, a.explain(&plan))
	c.Flags().BoolVar(&plan, "plan", false, "also the system calls that start the program")
	a.addOutput(c)
	a.addSetProperty(add(files, "set-property UNIT NAME=VALUE...", "change resource settings of a unit", arguments(2, -1), nil))
	a.addOutput(add(files, "show-environment", "what services inherit", none, a.environment("show")))
	add(files, "set-environment NAME=VALUE...", "set what services inherit", some, a.environment("set"))
	add(files, "unset-environment NAME...", "unset what services inherit", some, a.environment("unset"))

	a.addFileVerbs(func(use, short string, args cobra.PositionalArgs, run func(*cobra.Command, []string) error) *cobra.Command {
		return add(files, use, short, args, run)
	})

	a.addVerify(add(tools, "verify FILE...", "check unit files", some, nil))
	a.addCalendar(add(tools, "calendar SPEC...", "calendar expressions: what they mean and when they elapse", some, nil))
	add(tools, "timespan SPAN...", "time spans: what they mean", some, a.timespan)
	a.addEscape(add(tools, "escape STRING...", "escape strings for unit names", some, nil))
	a.addDemoService(root)
	return root
}

const long = `Wakesock is socket activation for every machine, from unmodified systemd units.

Verbs, options and exit statuses are systemctl's where systemctl has them:
  0  done; is-active, is-failed: at least one unit is
  1  failed, or the command line is wrong; is-failed, is-enabled: none is; verify: problems
  3  is-active: none is, or there is no such unit; status: not active
  4  status, explain: no such unit; start, stop, restart: RefuseManualStart= or RefuseManualStop= forbids it
  5  start, stop, restart, try-restart: unit not found or not loaded`

// arguments checks how many there are; most is -1 for no limit.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &control.Error{Code: control.CodeInvalid, Text: c.Name() + ": too few arguments", Hint: usage(c)}
		case most >= 0 && len(args) > most:
			return &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("%s: too many arguments, from %q on", c.Name(), args[most]), Hint: usage(c)}
		}
		return nil
	}
}

func usage(c *cobra.Command) string {
	return "usage: " + c.UseLine() + "; see also: " + c.CommandPath() + " --help"
}

// completeUnits offers the names of units that the manager knows.
func (a *App) completeUnits(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	c, err := a.dial()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	units, err := c.Units(cmd.Context(), control.UnitsRequest{All: true})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, u := range units {
		if strings.HasPrefix(u.Unit, begun) {
			names = append(names, u.Unit+"\t"+u.Description)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *App) addOutput(c *cobra.Command) {
	c.Flags().StringVarP(&a.flags.output, "output", "o", "", "short, json or json-pretty")
}

func (a *App) addList(c *cobra.Command) {
	a.addOutput(c)
	c.Flags().StringSliceVarP(&a.flags.types, "type", "t", nil, "only units of these types, or in these load states; help prints them")
	c.Flags().StringSliceVar(&a.flags.states, "state", nil, "only units in these load, active or sub states; help prints the first two")
	c.Flags().BoolVar(&a.flags.failed, "failed", false, "only failed units")
}
