package ctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakesock/internal/journal"
	"wakesock/internal/value"
)

// LogsOptions are the options of the verb logs as the user typed them, each named
// as journalctl's; the empty string is an option that was not given.
type LogsOptions struct {
	Units      []string // -u: names, with .service implied, or globs
	Follow     bool     // -f
	Lines      string   // -n: a number or "all"; with Follow 10 is implied
	Reverse    bool     // -r
	Since      string   // --since
	Until      string   // --until
	Priority   string   // -p: a level or FROM..TO
	Invocation string   // -i
	Output     string   // -o
	NoHostname bool     // --no-hostname
	Quiet      bool     // -q
	UTC        bool     // --utc

	Terminal bool             // the output is a terminal: escape what could steer it
	Now      func() time.Time // nil: time.Now
	Warnings io.Writer        // gets a line for damage; nil: none
}

// Logs prints the log in dir to w, and with Follow what is added to it until the
// context ends. Damage in the log is no error, but a warning.
func Logs(ctx context.Context, w io.Writer, dir string, o LogsOptions) error {
	f, err := o.filter()
	if err != nil {
		return err
	}
	p, err := o.printer()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	entries := journal.Read(dir, f)
	if o.Follow {
		entries = journal.Follow(ctx, dir, f)
	}
	n, err := o.print(ctx, out, p, entries)
	if err != nil {
		return err
	}
	if n == 0 && !o.Follow && !o.Quiet && (p.Format != journal.JSON && p.Format != journal.Export) {
		fmt.Fprintln(out, "-- No entries --")
	}
	return out.Flush()
}

// print writes entries until they end. It returns how many there were.
func (o *LogsOptions) print(ctx context.Context, out *bufio.Writer, p *journal.Printer, entries iter.Seq2[journal.Entry, error]) (n int, err error) {
	var line []byte
	for e, err := range entries {
		var damage *journal.DamageError
		var version *journal.VersionError
		var gap *journal.GapError
		switch {
		case errors.As(err, &damage), errors.As(err, &version), errors.As(err, &gap):
			if o.Warnings != nil && !o.Quiet {
				fmt.Fprintf(o.Warnings, "warning: %v\n", err)
			}
			continue
		case err != nil:
			return n, err
		case ctx.Err() != nil:
			return n, nil
		}
		n++
		line = p.Append(line[:0], &e)
		if _, err := out.Write(line); err != nil {
			return n, fmt.Errorf("print the log: %w", err)
		}
		// Somebody watches.
		if o.Follow {
			if err := out.Flush(); err != nil {
				return n, fmt.Errorf("print the log: %w", err)
			}
		}
	}
	return n, nil
}

func (o *LogsOptions) printer() (*journal.Printer, error) {
	p := &journal.Printer{Terminal: o.Terminal}
	if o.Output != "" {
		f, err := journal.ParseFormat(o.Output)
		if err != nil {
			return nil, err
		}
		p.Format = f
	}
	if !o.NoHostname {
		// Without a name the lines are still good.
		host, _ := os.Hostname()
		p.Host, _, _ = strings.Cut(host, ".")
	}
	if o.UTC {
		p.Location = time.UTC
	}
	return p, nil
}

func (o *LogsOptions) filter() (journal.Filter, error) {
	f := journal.Filter{Invocation: strings.ReplaceAll(o.Invocation, "-", ""), Reverse: o.Reverse}
	if o.Follow && o.Reverse {
		return f, errors.New("-r does not go with -f: what comes is newer than what was printed")
	}
	for _, u := range o.Units {
		f.Units = append(f.Units, unitPattern(u))
	}
	lines := o.Lines
	if lines == "" && o.Follow {
		lines = "10"
	}
	if lines != "" && lines != "all" {
		n, err := strconv.Atoi(lines)
		if err != nil || n < 0 {
			return f, fmt.Errorf("number of lines %q is neither a number nor \"all\"", lines)
		}
		if f.Lines = n; n == 0 {
			f.Lines = -1
		}
	}
	if o.Priority != "" {
		set, err := journal.ParsePriorities(o.Priority)
		if err != nil {
			return f, err
		}
		f.Priorities = set
	}
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	for _, b := range []struct {
		option, text string
		bound        *time.Time
	}{{"--since", o.Since, &f.Since}, {"--until", o.Until, &f.Until}} {
		if b.text == "" {
			continue
		}
		t, err := value.ParseTimestamp(b.text, now())
		if err != nil {
			return f, fmt.Errorf("%s: %w", b.option, err)
		}
		*b.bound = t
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && f.Since.After(f.Until) {
		return f, fmt.Errorf("--since %q is after --until %q", o.Since, o.Until)
	}
	return f, nil
}

var unitSuffixes = []string{".service", ".socket", ".timer", ".path", ".target", ".device", ".slice", ".scope",
	".mount", ".automount", ".swap"}

// unitPattern makes a pattern of what was typed: a glob stands for itself, and a
// name without the suffix of a unit kind is a service.
func unitPattern(s string) string {
	if strings.ContainsAny(s, "*?[") || slices.ContainsFunc(unitSuffixes, func(x string) bool { return strings.HasSuffix(s, x) }) {
		return s
	}
	return s + ".service"
}
