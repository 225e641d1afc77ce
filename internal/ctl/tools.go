package ctl

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// addCalendar is `wakesock calendar`.
func (a *App) addCalendar(c *cobra.Command) {
	iterations, base := uint32(1), ""
	c.Flags().Uint32Var(&iterations, "iterations", iterations, "how many times to print")
	c.Flags().StringVar(&base, "base-time", "", "begin after this time rather than now")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		from := a.Now()
		if cmd.Flags().Changed("base-time") {
			t, err := value.ParseTimestamp(base, from)
			if err != nil {
				return &control.Error{Code: control.CodeInvalid, Text: err.Error()}
			}
			from = t
		}
		if !Calendar(a.Out, a.Err, args, int(iterations), from, a.Now()) {
			return exit(exitFailure)
		}
		return nil
	}
}

func (a *App) timespan(_ *cobra.Command, args []string) error {
	if !Timespan(a.Out, a.Err, args) {
		return exit(exitFailure)
	}
	return nil
}

// addEscape is `wakesock escape`, with the options of systemd-escape(1).
func (a *App) addEscape(c *cobra.Command) {
	var o EscapeOptions
	suffix, template := "", ""
	c.Flags().StringVar(&suffix, "suffix", "", "unit type to append")
	c.Flags().StringVar(&template, "template", "", "template to put the escaped string into")
	c.Flags().BoolVar(&o.Instance, "instance", false, "with --unescape: print the instance alone")
	c.Flags().BoolVarP(&o.Unescape, "unescape", "u", false, "the other way round")
	c.Flags().BoolVarP(&o.Mangle, "mangle", "m", false, "escape only what has to be, and complete the name")
	c.Flags().BoolVarP(&o.Path, "path", "p", false, "the string is a path")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("suffix") {
			o.Suffix = &suffix
		}
		if cmd.Flags().Changed("template") {
			o.Template = &template
		}
		o.Warn = func(text string) { a.printf(a.Err, "wakesock: %s\n", text) }
		return Escape(a.Out, o, args)
	}
}

// addVerify is `wakesock verify`.
func (a *App) addVerify(c *cobra.Command) {
	strict, notes := false, false
	c.Flags().BoolVar(&strict, "strict", false, "security directives that are not enforced are problems too")
	c.Flags().BoolVar(&notes, "notes", false, "also name every directive that is not enforced")
	c.RunE = func(_ *cobra.Command, args []string) error {
		l := &unit.Loader{FS: os.DirFS("/"), Path: a.unitPath(), Host: a.Host(a.userMode())}
		files := make([]string, len(args))
		for i, f := range args {
			abs, err := filepath.Abs(f)
			if err != nil {
				return err
			}
			files[i] = abs
		}
		bad := false
		for _, p := range unit.Verify(l, files) {
			d := unit.Lookup(p.Section, p.Name)
			wrong := !p.Note || strict && d != nil && d.Security
			bad = bad || wrong
			if wrong || notes || p.Name == "" { // what is not of one directive is of the whole unit
				a.printf(a.Out, "%s\n", p)
			}
		}
		if bad {
			return exit(exitFailure)
		}
		return nil
	}
}

// addLogs is `wakesock logs`.
func (a *App) addLogs(c *cobra.Command) {
	var o LogsOptions
	f := c.Flags()
	f.StringSliceVarP(&o.Units, "unit", "u", nil, "only these units; patterns are welcome")
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on with what comes")
	f.StringVarP(&o.Lines, "lines", "n", "", "only the last lines, 10 without a number")
	f.BoolVarP(&o.Reverse, "reverse", "r", false, "newest first")
	f.StringVarP(&o.Since, "since", "S", "", "not older than this time")
	f.StringVarP(&o.Until, "until", "U", "", "not newer than this time")
	f.StringVarP(&o.Priority, "priority", "p", "", "a level, or FROM..TO")
	f.StringVarP(&o.Invocation, "invocation", "i", "", "only this invocation ID")
	f.StringVarP(&o.Output, "output", "o", "", "short, short-iso, json, cat, export, ...")
	f.BoolVar(&o.NoHostname, "no-hostname", false, "without the name of the host")
	f.BoolVar(&o.UTC, "utc", false, "times in UTC")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		o.Quiet, o.Now, o.Warnings = a.flags.quiet, time.Now, a.Err
		_, o.Terminal = a.terminal()
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return Logs(ctx, a.Out, filepath.Join(a.stateDir(), "journal"), o)
	}
}

// withLines puts in the number that logs -n may do without, as in journalctl.
func withLines(args []string) []string {
	if len(args) == 0 || args[0] != "logs" {
		return args
	}
	var out []string
	for i, n := range args {
		out = append(out, n)
		short := len(n) > 1 && n[0] == '-' && n[1] != '-' && strings.Trim(n[1:], "frq") == "n" && strings.HasSuffix(n, "n")
		if (short || n == "--lines") && (i == len(args)-1 || strings.HasPrefix(args[i+1], "-")) {
			out = append(out, "10")
		}
	}
	return out
}
