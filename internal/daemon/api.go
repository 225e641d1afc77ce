package daemon

import (
	"context"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

var _ control.Manager = (*Daemon)(nil)

// stopping is the answer to whoever asks a manager that has ended.
var stopping = &control.Error{Code: control.CodeNoManager, Text: "the manager is stopping"}

// Jobs implements control.Manager.
func (d *Daemon) Jobs(ctx context.Context, r control.JobsRequest) ([]control.JobReply, error) {
	verb, mode := manager.Verb(r.Verb), manager.Mode(r.Mode)
	switch verb {
	case manager.Start, manager.Stop, manager.Restart, manager.TryRestart, manager.Reload, manager.ReloadOrRestart, manager.TryReloadOrRestart:
	default:
		return nil, &control.Error{Code: control.CodeInvalid, Text: "unknown verb " + r.Verb}
	}
	if r.Mode != "" && !slices.Contains(manager.Modes(), mode) {
		var modes []string
		for _, m := range manager.Modes() {
			modes = append(modes, string(m))
		}
		return nil, &control.Error{Code: control.CodeInvalid, Text: "job mode " + r.Mode + " is invalid", Hint: "one of " + strings.Join(modes, ", ")}
	}
	names, err := d.expand(r.Names, verb == manager.Start)
	if err != nil {
		return nil, err
	}
	answers := make(chan control.JobReply, len(names))
	for _, n := range names {
		d.want(verb, mode, n, func(a manager.Answer) {
			answers <- control.JobReply{Unit: string(n), Result: string(a.Result), Text: a.Text}
		})
	}
	replies := []control.JobReply{}
	if r.NoBlock {
		d.ask(func() {}) // what cannot even begin has been answered by then
		for len(answers) > 0 {
			if a := <-answers; manager.JobResult(a.Result).Unasked() {
				replies = append(replies, a)
			}
		}
		return replies, nil
	}
	for range names {
		select {
		case a := <-answers:
			replies = append(replies, a)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-d.ended:
			if len(answers) == 0 {
				return replies, stopping
			}
		}
	}
	return replies, nil
}

// expand is resolve for what cannot be asked of a template.
func (d *Daemon) expand(names []string, all bool) ([]unit.Name, error) {
	found, err := d.resolve(names, all)
	for _, n := range found {
		if n.IsTemplate() {
			return nil, &control.Error{
				Code: control.CodeInvalid, Text: "unit name " + string(n) + " is missing the instance name",
				Hint: "write " + n.Prefix() + "@INSTANCE." + string(n.Type()),
			}
		}
	}
	return found, err
}

// resolve checks names and matches patterns against the loaded units. all makes
// patterns match inactive units too.
func (d *Daemon) resolve(names []string, all bool) ([]unit.Name, error) {
	var out []unit.Name
	for _, n := range names {
		if strings.ContainsAny(n, "*?[") {
			var matched []unit.Name
			if !d.ask(func() { matched = d.match([]string{n}, all) }) {
				return nil, stopping
			}
			out = append(out, matched...)
			continue
		}
		name, err := unit.ParseName(n)
		if err != nil {
			return nil, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
		}
		out = append(out, name)
	}
	return out, nil
}

// match returns the loaded units that match one of the patterns. It runs in the loop.
func (d *Daemon) match(patterns []string, all bool) []unit.Name {
	var out []unit.Name
	for _, s := range d.manager.Snapshots() {
		if !all && s.Active == manager.Inactive && s.Job == "" {
			continue
		}
		if matches(patterns, string(s.Name)) {
			out = append(out, s.Name)
		}
	}
	return out
}

func matches(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// Units implements control.Manager.
func (d *Daemon) Units(_ context.Context, r control.UnitsRequest) ([]control.Unit, error) {
	if slices.Contains(r.Types, string(unit.TypeDevice)) || slices.ContainsFunc(r.Patterns, func(p string) bool { return strings.HasSuffix(p, ".device") }) {
		d.awaitDevices()
	}
	rows := []control.Unit{}
	if !d.ask(func() {
		for _, s := range d.manager.Snapshots() {
			if d.selected(&s, &r) {
				rows = append(rows, control.Unit{
					Unit: string(s.Name), Load: string(s.Load), Active: s.Active.String(), Sub: s.Sub,
					Description: s.Description, Job: string(s.Job),
				})
			}
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// selected tells whether a unit is one that the request asks for.
func (d *Daemon) selected(s *manager.Snapshot, r *control.UnitsRequest) bool {
	if len(r.Types) > 0 && !slices.Contains(r.Types, string(s.Name.Type())) {
		return false
	}
	if len(r.States) > 0 {
		if !slices.ContainsFunc([]string{string(s.Load), s.Active.String(), s.Sub}, func(x string) bool { return slices.Contains(r.States, x) }) {
			return false
		}
	} else if !r.All && s.Active == manager.Inactive && s.Job == "" {
		return false
	}
	return matches(r.Patterns, string(s.Name))
}

// Sockets implements control.Manager.
func (d *Daemon) Sockets(_ context.Context, r control.UnitsRequest) ([]control.Socket, error) {
	rows := []control.Socket{}
	if !d.ask(func() {
		for _, s := range d.manager.Snapshots() {
			if s.Def.Socket != nil && d.selected(&s, &r) {
				rows = append(rows, d.socketRows(&s)...)
			}
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// socketRows are the addresses of one socket unit: as opened, or as written.
func (d *Daemon) socketRows(s *manager.Snapshot) []control.Socket {
	var rows []control.Socket
	row := control.Socket{
		Unit: string(s.Name), Activates: string(s.Target), Accepted: s.Accepted, Active: s.Connections, Refused: s.Refused, Paused: s.Paused,
	}
	if h := d.sockets[s.Name]; h != nil {
		for _, f := range h.set.Files {
			row.Listen, row.Type = f.Address, string(f.Listen.Protocol)
			rows = append(rows, row)
		}
		return rows
	}
	for _, l := range s.Def.Socket.Listen {
		row.Listen, row.Type = l.Address.String(), string(l.Protocol)
		rows = append(rows, row)
	}
	return rows
}

// look returns the states of the units that are named; patterns match loaded
// units. A unit that is not loaded is read for the occasion: to be asked about
// does not load it.
func (d *Daemon) look(names []string, all bool) ([]manager.Snapshot, error) {
	found, err := d.expand(names, all)
	if err != nil {
		return nil, err
	}
	return d.snapshots(found)
}

func (d *Daemon) snapshots(names []unit.Name) ([]manager.Snapshot, error) {
	if slices.ContainsFunc(names, isDevice) {
		d.awaitDevices()
	}
	seen := make([]manager.Snapshot, len(names))
	missing := make(map[int]*unit.Unit)
	if !d.ask(func() {
		for i, n := range names {
			var ok bool
			if seen[i], ok = d.manager.Snapshot(n); !ok {
				missing[i] = nil
			}
		}
	}) {
		return nil, stopping
	}
	for i := range missing {
		missing[i] = d.library.peek(names[i])
	}
	if !d.ask(func() {
		for i, def := range missing {
			seen[i] = d.manager.Resting(def)
		}
	}) {
		return nil, stopping
	}
	return seen, nil
}

// Files implements control.Manager.
func (d *Daemon) Files(_ context.Context, r control.NamesRequest) ([]control.Files, error) {
	found, err := d.resolve(r.Names, true)
	if err != nil {
		return nil, err
	}
	units, err := d.snapshots(found)
	if err != nil {
		return nil, err
	}
	rows := []control.Files{}
	for _, s := range units {
		f := control.Files{Unit: string(s.Name), Load: string(s.Def.State)}
		for _, p := range append([]string{s.Def.Fragment}, s.Def.DropIns...) {
			if p == "" {
				continue
			}
			text, err := readUnitFile(p)
			if err != nil {
				return nil, &control.Error{Code: control.CodeInternal, Text: err.Error()}
			}
			f.Files = append(f.Files, control.File{Path: p, Text: text})
		}
		rows = append(rows, f)
	}
	return rows, nil
}

func readUnitFile(p string) (string, error) {
	data, err := fs.ReadFile(rootFS(), strings.TrimPrefix(p, "/"))
	return string(data), err
}

// Reload implements control.Manager.
func (d *Daemon) Reload(_ context.Context, _ control.Nothing) (control.ReloadReply, error) {
	var reply control.ReloadReply
	for _, def := range d.reload() {
		reply.Units++
		for _, p := range def.Problems {
			if !p.Note {
				reply.Problems = append(reply.Problems, p.String())
			}
		}
	}
	return reply, nil
}

// Reset implements control.Manager.
func (d *Daemon) Reset(_ context.Context, r control.NamesRequest) (none control.Nothing, err error) {
	if len(r.Names) == 0 {
		d.ask(func() { d.step(manager.Reset{}) })
		return none, nil
	}
	names, err := d.expand(r.Names, true)
	if err != nil {
		return none, err
	}
	for _, n := range names {
		ok := false
		d.ask(func() {
			if _, ok = d.manager.Snapshot(n); ok {
				d.step(manager.Reset{Unit: n})
			}
		})
		if !ok {
			return none, notLoaded(n)
		}
	}
	return none, nil
}

func notLoaded(n unit.Name) *control.Error {
	return &control.Error{Code: control.CodeNotFound, Text: "unit " + string(n) + " is not loaded"}
}

// Kill implements control.Manager.
func (d *Daemon) Kill(_ context.Context, r control.KillRequest) (none control.Nothing, err error) {
	sig := value.Signal(15)
	if r.Signal != "" {
		if sig, err = value.ParseSignal(r.Signal); err != nil {
			return none, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
		}
	}
	if r.Who != "" && r.Who != "main" && r.Who != "control" && r.Who != "all" {
		return none, &control.Error{Code: control.CodeInvalid, Text: "invalid --kill-whom= value " + r.Who, Hint: "one of main, control, all"}
	}
	names, err := d.expand(r.Names, false)
	if err != nil {
		return none, err
	}
	for _, n := range names {
		ok, missing := false, false
		d.ask(func() {
			s, loaded := d.manager.Snapshot(n)
			ok = loaded && s.Active != manager.Inactive
			missing = r.Who == "main" && s.MainPID == 0 || r.Who == "control" && s.ControlPID == 0
			if ok && !missing {
				d.step(manager.Killed{Unit: n, Who: r.Who, Signal: sig})
			}
		})
		switch {
		case !ok:
			return none, notLoaded(n)
		case missing:
			return none, &control.Error{Code: control.CodeRefused, Text: "unit " + string(n) + " has no " + r.Who + " process"}
		}
	}
	return none, nil
}

// Quit implements control.Manager.
func (d *Daemon) Quit(_ context.Context, r control.QuitRequest) (none control.Nothing, err error) {
	d.do(func() { d.quit(r.Code, "asked to") })
	return none, nil
}

// Info implements control.Manager.
func (d *Daemon) Info(_ context.Context, _ control.Nothing) (control.Info, error) {
	i := control.Info{
		Version: d.options.Version, PID: os.Getpid(), Mode: "system", UnitPath: d.options.UnitPath,
		StateDir: d.options.StateDir, Started: d.start.UnixMicro(), State: "running",
	}
	if d.options.User {
		i.Mode = "user"
	}
	if !d.ask(func() {
		for _, s := range d.manager.Snapshots() {
			i.Units++
			if s.Job != "" {
				i.Jobs++
			}
			if s.Active == manager.Failed {
				i.Failed++
				i.State = "degraded"
			}
		}
		switch {
		case d.quitting:
			i.State = "stopping"
		case !d.up:
			i.State = "starting"
		}
	}) {
		return i, stopping
	}
	return i, nil
}
