package ctl

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// addJobs is list-jobs.
func (a *App) addJobs(c *cobra.Command) {
	var after, before bool
	c.Flags().BoolVar(&after, "after", false, "also which jobs wait for each one")
	c.Flags().BoolVar(&before, "before", false, "also which jobs each one waits for")
	c.RunE = func(cmd *cobra.Command, args []string) error { return a.listJobs(cmd, args, after, before) }
}

// listJobs prints the queue.
func (a *App) listJobs(cmd *cobra.Command, args []string, after, before bool) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	jobs, err := c.Queue(cmd.Context(), control.Nothing{})
	if err != nil {
		return err
	}
	all := slices.Clone(jobs)
	patterns := unitNames(args)
	jobs = slices.DeleteFunc(jobs, func(j control.Job) bool {
		return len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, j.Unit); return ok })
	})
	if done, err := a.output(jobs); done || err != nil {
		return err
	}
	if len(jobs) == 0 {
		if !a.flags.noLegend {
			a.printf(a.Out, "No jobs running.\n")
		}
		return nil
	}
	t := table{head: []string{"JOB", "UNIT", "TYPE", "STATE"}}
	for _, j := range jobs {
		t.add("", j.State, itoa(uint64(j.ID)), j.Unit, j.Type, j.State)
		for _, o := range all {
			if before && slices.Contains(j.After, o.ID) {
				t.add("", "", "└─", fmt.Sprintf("waiting for job %d (%s/%s)", o.ID, o.Unit, o.Type), "-", "-")
			}
			if after && slices.Contains(o.After, j.ID) {
				t.add("", "", "└─", fmt.Sprintf("blocking job %d (%s/%s)", o.ID, o.Unit, o.Type), "-", "-")
			}
		}
	}
	a.print(&t)
	if !a.flags.noLegend {
		a.printf(a.Out, "\n%d jobs listed.\n", len(jobs))
	}
	return nil
}

// cancel cancels jobs by their numbers.
func (a *App) cancel(cmd *cobra.Command, args []string) error {
	var r control.CancelRequest
	for _, s := range args {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 {
			return &control.Error{Code: control.CodeInvalid, Text: "invalid job number " + s, Hint: "see 'wakesock list-jobs'"}
		}
		r.IDs = append(r.IDs, uint32(n))
	}
	c, err := a.dial()
	if err != nil {
		return err
	}
	_, err = c.Cancel(cmd.Context(), r)
	return err
}

// directions are the properties that list-dependencies follows.
var directions = map[string][]string{
	"":        {"Requires", "Requisite", "Wants", "BindsTo", "Upholds", "ConsistsOf"},
	"reverse": {"RequiredBy", "RequisiteOf", "WantedBy", "BoundBy", "UpheldBy", "PartOf"},
	"after":   {"After"},
	"before":  {"Before"},
}

// addDependencies is list-dependencies, a tree of what units pull in.
func (a *App) addDependencies(c *cobra.Command) {
	var which [3]bool
	names := []string{"reverse", "after", "before"}
	for i, text := range []string{"what pulls the units in", "what the units are ordered after", "what the units are ordered before"} {
		c.Flags().BoolVar(&which[i], names[i], false, text)
	}
	a.addOutput(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w := &walker{app: a, cmd: cmd, follow: directions[""], known: make(map[string][]control.Dependency), unfolded: make(map[string]bool)}
		for i := range which {
			if which[i] {
				w.follow = directions[names[i]]
			}
		}
		client, err := a.dial()
		if err != nil {
			return err
		}
		w.client = client
		if len(args) == 0 {
			args = []string{"default.target"}
		}
		trees := []*dependencyTree{}
		for _, n := range unitNames(args) {
			w.path = []string{n}
			t, err := w.tree(n)
			if err != nil {
				return err
			}
			trees = append(trees, t)
		}
		if done, err := a.output(trees); done || err != nil {
			return err
		}
		for i, t := range trees {
			if i > 0 {
				a.printf(a.Out, "\n")
			}
			a.printf(a.Out, "%s\n", t.Unit)
			w.print(t, "")
		}
		return nil
	}
}

// A walker prints one tree of dependencies.
type walker struct {
	app      *App
	cmd      *cobra.Command
	client   *control.Client
	follow   []string
	known    map[string][]control.Dependency
	path     []string
	unfolded map[string]bool // what a list without a tree does not repeat
}

// next lists the dependencies of a unit that are followed, by name.
func (w *walker) next(unit string) ([]control.Dependency, error) {
	if list, ok := w.known[unit]; ok {
		return list, nil
	}
	all, err := w.client.Dependencies(w.cmd.Context(), control.NamesRequest{Names: []string{unit}})
	if err != nil {
		return nil, err
	}
	var list []control.Dependency
	seen := make(map[string]bool)
	for _, d := range all {
		if slices.Contains(w.follow, d.Property) && !seen[d.To] {
			seen[d.To] = true
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(x, y control.Dependency) int { return strings.Compare(x.To, y.To) })
	w.known[unit] = list
	return list, nil
}

// A dependencyTree is a unit with what it pulls in.
type dependencyTree struct {
	Unit         string            `json:"unit"`
	Active       string            `json:"active,omitempty"` // not known of the roots
	Dependencies []*dependencyTree `json:"dependencies,omitempty"`
}

// tree asks for what is below a unit. Only targets are unfolded unless --all is
// given; what stands above already is not unfolded again.
func (w *walker) tree(unit string) (*dependencyTree, error) {
	list, err := w.next(unit)
	if err != nil {
		return nil, err
	}
	w.unfolded[unit] = true
	t := &dependencyTree{Unit: unit}
	for _, d := range list {
		if w.app.flags.plain && w.unfolded[d.To] {
			continue
		}
		below := &dependencyTree{Unit: d.To}
		if !slices.Contains(w.path, d.To) && (w.app.flags.all || strings.HasSuffix(d.To, ".target")) {
			w.path = append(w.path, d.To)
			if below, err = w.tree(d.To); err != nil {
				return nil, err
			}
			w.path = w.path[:len(w.path)-1]
		}
		below.Active = d.Active
		t.Dependencies = append(t.Dependencies, below)
	}
	return t, nil
}

// print prints what is below a unit.
func (w *walker) print(t *dependencyTree, indent string) {
	a := w.app
	for i, d := range t.Dependencies {
		branch, deeper := "├─", "│ "
		if i == len(t.Dependencies)-1 {
			branch, deeper = "└─", "  "
		}
		dot := "○"
		switch d.Active {
		case "active", "reloading", "activating":
			dot = "●"
		case "failed":
			dot = "×"
		}
		if a.flags.plain {
			a.printf(a.Out, "  %s\n", d.Unit)
		} else {
			a.printf(a.Out, "%s %s%s%s\n", a.paint(dot, d.Active), indent, branch, d.Unit)
		}
		w.print(d, indent+deeper)
	}
}
