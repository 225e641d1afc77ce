package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// transients are units that live until nobody needs them, and what was changed in
// others by set-property. Their files lie in the state directory:
//
//	control/                drop-ins of set-property
//	runtime/control/        those of set-property --runtime
//	runtime/transient/      the units
//
// The folder runtime is emptied when the machine has been started anew, the folder of
// transient units when the manager is.
type transients struct {
	control, runtime, units string
	made                    map[unit.Name]bool
	streams                 map[unit.Name][]*os.File // for fd:stdin and its sisters
}

// streamNames are the names of the descriptors in transients.streams.
var streamNames = []string{"stdin", "stdout", "stderr"}

func (t *transients) open(state, bootID string) error {
	t.control = filepath.Join(state, "control")
	volatile := filepath.Join(state, "runtime")
	t.runtime, t.units = filepath.Join(volatile, "control"), filepath.Join(volatile, "transient")
	t.made = make(map[unit.Name]bool)
	t.streams = make(map[unit.Name][]*os.File)
	boot := filepath.Join(volatile, "boot")
	if last, err := os.ReadFile(boot); err != nil || string(last) != bootID {
		_ = os.RemoveAll(volatile)
	}
	_ = os.RemoveAll(t.units)
	if err := os.MkdirAll(t.units, 0o755); err != nil {
		return fmt.Errorf("folder for transient units: %w", err)
	}
	return replaceFile(boot, bootID)
}

// path are the folders of the search path that come before all others: what was set
// for now hides what was set for good.
func (t *transients) path() []string { return []string{t.runtime, t.control, t.units} }

// replaceFile writes a file in one step.
func replaceFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	next := path + ".new"
	if err := os.WriteFile(next, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// transientTypes are the types that a transient unit may have.
var transientTypes = []unit.Type{unit.TypeService, unit.TypeSocket, unit.TypeTimer, unit.TypePath}

// Transient implements control.Manager.
func (d *Daemon) Transient(ctx context.Context, r control.TransientRequest) (control.JobReply, error) {
	streams := r.Streams
	defer func() {
		for _, f := range streams {
			_ = f.Close()
		}
	}()
	names, err := d.writeTransient(r.Units)
	if err != nil {
		return control.JobReply{}, err
	}
	first := names[0]
	if !d.ask(func() {
		for _, n := range names {
			d.transients.made[n] = true
		}
		if len(streams) > 0 {
			d.transients.streams[first] = streams
			streams = nil
		}
	}) {
		return control.JobReply{}, stopping
	}
	defs := d.load(names...)
	if err := refusedTransient(defs, names); err != nil {
		d.ask(func() { d.dropTransient(names...) })
		return control.JobReply{}, err
	}
	d.ask(func() {
		d.step(manager.Loaded{Defs: defs})
		if r.Keep {
			d.step(manager.Pinned{Unit: first, Hold: true})
		}
	})
	answer := make(chan control.JobReply, 1)
	d.want(manager.Start, manager.ModeReplace, first, func(a manager.Answer) {
		answer <- control.JobReply{Unit: string(first), Result: string(a.Result), Text: a.Text}
	})
	if r.NoBlock {
		return control.JobReply{Unit: string(first), Result: string(manager.JobDone)}, nil
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return control.JobReply{}, ctx.Err()
	case <-d.ended:
		return control.JobReply{}, stopping
	}
}

// writeTransient writes the files of units that must not be there yet.
func (d *Daemon) writeTransient(units []control.File) (names []unit.Name, err error) {
	invalid := func(format string, args ...any) error {
		return &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf(format, args...)}
	}
	if len(units) == 0 {
		return nil, invalid("no unit is described")
	}
	for _, u := range units {
		name, err := unit.ParseName(u.Path)
		switch {
		case err != nil:
			return nil, invalid("%v", err)
		case name.IsTemplate() || !slices.Contains(transientTypes, name.Type()):
			return nil, invalid("%s cannot be a transient unit", name)
		}
		taken := d.library.peek(name).State != unit.NotFound
		if !d.ask(func() { taken = taken || d.manager.Alive(name) }) {
			return nil, stopping
		}
		if taken {
			return nil, invalid("unit %s was already loaded or has a fragment file", name)
		}
		names = append(names, name)
	}
	for i, u := range units {
		text := "# A transient unit, made by a request to the manager; it is removed with the unit.\n" + u.Text
		if err := replaceFile(filepath.Join(d.transients.units, string(names[i])), text); err != nil {
			return nil, fmt.Errorf("write a transient unit: %w", err)
		}
	}
	return names, nil
}

// refusedTransient says what is wrong with the units of names: here a mistake is an
// error, for whoever made it is there to be told.
func refusedTransient(defs []*unit.Unit, names []unit.Name) error {
	for _, def := range defs {
		if !slices.Contains(names, def.Name) {
			continue
		}
		for _, p := range def.Problems {
			if !p.Note {
				return refusedSetting(def.Name, p)
			}
		}
		if def.State != unit.Loaded {
			return &control.Error{Code: control.CodeInvalid, Text: def.Refused}
		}
	}
	return nil
}

// refusedSetting is a problem of a unit's text as an error for whoever wrote it. What
// is ignored in a file is refused here.
func refusedSetting(name unit.Name, p unit.Problem) error {
	text := string(name) + ": "
	if p.Section != "" {
		text += fmt.Sprintf("[%s] %s=: ", p.Section, p.Name)
	}
	return &control.Error{Code: control.CodeInvalid, Text: text + strings.TrimSuffix(p.What, ", ignored"), Hint: p.Hint}
}

// dropTransient removes transient units that nobody needs any more, with what
// set-property changed in them. It runs in the loop.
func (d *Daemon) dropTransient(names ...unit.Name) {
	for _, n := range names { // what a timer would have started goes with the timer
		if def := d.manager.Defined(n); d.transients.made[n] && def != nil && def.State == unit.Loaded {
			if t := def.Triggered(); t != "" && !d.manager.Alive(t) {
				names = append(slices.Clip(names), t)
			}
		}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n unit.Name) bool { return !d.transients.made[n] })
	if len(names) == 0 {
		return
	}
	for _, n := range names {
		delete(d.transients.made, n)
		d.closeStreams(n)
		_ = os.Remove(filepath.Join(d.transients.units, string(n)))
		for _, dir := range d.transients.path() {
			_ = os.RemoveAll(filepath.Join(dir, string(n)+".d"))
		}
	}
	d.library.drop(names...)
	d.step(manager.Unloaded{Units: names})
}

func (d *Daemon) closeStreams(name unit.Name) {
	for _, f := range d.transients.streams[name] {
		_ = f.Close()
	}
	delete(d.transients.streams, name)
}

// isTransient tells whether the file of a unit is one of ours.
func (t *transients) isTransient(def *unit.Unit) bool {
	return strings.HasPrefix(def.Fragment, t.units+"/")
}
