package ctl

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// A table is rows of cells under a head, aligned, and cut to the terminal.
type table struct {
	head   []string
	marked bool // there is room for marks before the rows
	rows   [][]string
	mark   []string // before each row; "" for none
	tint   []string // a state by which the row is coloured
}

func (t *table) add(mark, tint string, cells ...string) {
	t.rows = append(t.rows, cells)
	t.mark = append(t.mark, mark)
	t.tint = append(t.tint, tint)
}

// print writes the table. The last column is cut where the terminal ends,
// unless --full asks for all of it.
func (a *App) print(t *table) {
	width := make([]int, len(t.head))
	rows := t.rows
	if !a.bare() {
		rows = append([][]string{t.head}, rows...)
	}
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	limit, _ := a.terminal()
	for n, r := range rows {
		var b strings.Builder
		i := n
		if !a.bare() {
			i--
		}
		if t.marked {
			b.WriteString("  ")
		}
		for k, c := range r {
			if k == len(r)-1 {
				b.WriteString(c)
				break
			}
			b.WriteString(c + strings.Repeat(" ", width[k]-utf8.RuneCountInString(c)+1))
		}
		line := []rune(strings.TrimRight(b.String(), " "))
		if limit > 0 && len(line) > limit && !a.flags.full {
			line = append(line[:limit-1], '…')
		}
		text := string(line)
		if i >= 0 && t.marked && t.mark[i] != "" {
			text = t.mark[i] + text[1:]
		}
		if i >= 0 {
			text = a.paint(text, t.tint[i])
		}
		a.printf(a.Out, "%s\n", text)
	}
}

// bare tells whether lists go without head and foot.
func (a *App) bare() bool { return a.flags.noLegend || a.flags.quiet }

// output prints rows as JSON where --output asks for it.
func (a *App) output(rows any) (done bool, err error) {
	switch a.flags.output {
	case "json":
		return true, json.NewEncoder(a.Out).Encode(rows)
	case "json-pretty":
		e := json.NewEncoder(a.Out)
		e.SetIndent("", "\t")
		return true, e.Encode(rows)
	case "", "short", "table":
		return false, nil
	}
	return false, &control.Error{Code: control.CodeInvalid, Text: "unknown output format " + a.flags.output, Hint: "one of short, json, json-pretty"}
}

// loadStates are those of systemctl, which takes them for types as well.
var loadStates = []string{"stub", "loaded", "not-found", "bad-setting", "error", "merged", "masked"}

var activeStates = []string{"active", "reloading", "inactive", "failed", "activating", "deactivating"}

// unitsRequest asks for what the options of lists select.
func (a *App) unitsRequest(patterns []string) (r control.UnitsRequest, err error) {
	r = control.UnitsRequest{States: a.flags.states, All: a.flags.all}
	for _, t := range a.flags.types {
		switch {
		case t == "help":
			a.printf(a.Out, "%s\n", strings.Join(suffixes, "\n"))
			return r, exit(exitOK)
		case slices.Contains(suffixes, t):
			r.Types = append(r.Types, t)
		case slices.Contains(loadStates, t):
			r.States = append(r.States, t)
		default:
			return r, &control.Error{Code: control.CodeInvalid, Text: "unknown unit type or load state " + t, Hint: "one of " + strings.Join(suffixes, ", ")}
		}
	}
	if slices.Contains(r.States, "help") {
		a.printf(a.Out, "%s\n", strings.Join(slices.Concat(loadStates, activeStates), "\n"))
		return r, exit(exitOK)
	}
	for _, p := range patterns {
		r.Patterns = append(r.Patterns, unitNames([]string{p})[0])
	}
	if a.flags.failed {
		r.States = []string{"failed"}
	}
	return r, nil
}

func (a *App) listUnits(cmd *cobra.Command, args []string) error {
	r, err := a.unitsRequest(args)
	if err != nil {
		return err
	}
	c, err := a.dial()
	if err != nil {
		return err
	}
	rows, err := c.Units(cmd.Context(), r)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(x, y control.Unit) int { // the types together, as systemctl has them
		return strings.Compare(path.Ext(x.Unit), path.Ext(y.Unit))
	})
	if done, err := a.output(rows); done || err != nil {
		return err
	}
	t := table{marked: !a.flags.plain, head: []string{"UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"}}
	jobs := slices.ContainsFunc(rows, func(u control.Unit) bool { return u.Job != "" })
	if jobs {
		t.head = slices.Insert(t.head, 4, "JOB")
	}
	for _, u := range rows {
		mark, tint := " ", ""
		if u.Active == "failed" || u.Load != "loaded" {
			mark, tint = "●", "failed"
			if u.Active != "failed" {
				tint = ""
			}
		}
		cells := []string{u.Unit, u.Load, u.Active, u.Sub, u.Description}
		if jobs {
			cells = slices.Insert(cells, 4, u.Job)
		}
		t.add(mark, tint, cells...)
	}
	a.print(&t)
	a.unitsLegend(len(rows))
	return nil
}

// unitsLegend ends a list of units.
func (a *App) unitsLegend(n int) {
	if a.bare() {
		return
	}
	if n > 0 {
		a.printf(a.Out, "\nLOAD   = whether the unit's files could be read\n"+
			"ACTIVE = its state in the words that all types share\n"+
			"SUB    = its state in the words of its type\n")
	}
	a.printf(a.Out, "%d loaded units listed.", n)
	if !a.flags.all && !a.flags.failed && len(a.flags.states) == 0 {
		a.printf(a.Out, " Pass --all to see loaded but inactive units, too.")
	}
	a.printf(a.Out, "\n")
}

// rowsOf asks for a list of units of one type. A service is taken for the unit of that
// type that has its name.
func rowsOf[T any](a *App, cmd *cobra.Command, args []string, suffix string,
	ask func(*control.Client, context.Context, control.UnitsRequest) ([]T, error)) ([]T, error) {
	r, err := a.unitsRequest(args)
	if err != nil {
		return nil, err
	}
	c, err := a.dial()
	if err != nil {
		return nil, err
	}
	for i, p := range r.Patterns {
		if base, ok := strings.CutSuffix(p, ".service"); ok {
			r.Patterns[i] = base + suffix
		}
	}
	return ask(c, cmd.Context(), r)
}

func (a *App) listSockets(cmd *cobra.Command, args []string) error {
	rows, err := rowsOf(a, cmd, args, ".socket", (*control.Client).Sockets)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(x, y control.Socket) int { return strings.Compare(x.Listen, y.Listen) })
	if done, err := a.output(rows); done || err != nil {
		return err
	}
	t := table{head: []string{"LISTEN", "UNIT", "ACTIVATES", "ACCEPTED", "ACTIVE", "REFUSED"}}
	if a.flags.showTypes {
		t.head = slices.Insert(t.head, 1, "TYPE")
	}
	for _, s := range rows {
		note := itoa(s.Refused)
		if s.Paused {
			note += " (paused)"
		}
		cells := []string{s.Listen, s.Unit, s.Activates, itoa(s.Accepted), itoa(uint64(s.Active)), note}
		if a.flags.showTypes {
			cells = slices.Insert(cells, 1, s.Type)
		}
		t.add("", "", cells...)
	}
	a.print(&t)
	a.listLegend(len(rows), "sockets")
	return nil
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
