package daemon

import (
	"context"
	"slices"
	"strconv"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// Queue implements control.Manager.
func (d *Daemon) Queue(_ context.Context, _ control.Nothing) ([]control.Job, error) {
	rows := []control.Job{}
	if !d.ask(func() {
		for _, j := range d.manager.Jobs() {
			state := "waiting"
			if j.Running {
				state = "running"
			}
			rows = append(rows, control.Job{ID: j.ID, Unit: string(j.Unit), Type: string(j.Verb), State: state, After: j.After})
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// Cancel implements control.Manager.
func (d *Daemon) Cancel(_ context.Context, r control.CancelRequest) (none control.Nothing, err error) {
	if !d.ask(func() {
		if len(r.IDs) == 0 {
			d.step(manager.Canceled{})
			return
		}
		for _, id := range r.IDs {
			if !slices.ContainsFunc(d.manager.Jobs(), func(j manager.QueuedJob) bool { return j.ID == id }) {
				err = &control.Error{Code: control.CodeInvalid, Text: "job " + strconv.Itoa(int(id)) + " does not exist", Hint: "see 'wakesock list-jobs'"}
				continue
			}
			d.step(manager.Canceled{ID: id})
		}
	}) {
		return none, stopping
	}
	return none, err
}

// Dependencies implements control.Manager.
func (d *Daemon) Dependencies(_ context.Context, r control.NamesRequest) ([]control.Dependency, error) {
	units, err := d.look(r.Names, true)
	if err != nil {
		return nil, err
	}
	rows := []control.Dependency{}
	if !d.ask(func() {
		for i := range units {
			s := &units[i]
			for _, t := range d.neighbours(s) {
				other, _ := d.manager.Snapshot(t.Unit)
				rows = append(rows, control.Dependency{Unit: string(s.Name), Property: t.Property, To: string(t.Unit), Active: other.Active.String()})
			}
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// neighbours are what a unit has to do with; of one that is not loaded only what
// it says itself is known. It runs in the loop.
func (d *Daemon) neighbours(s *manager.Snapshot) []manager.Neighbour {
	if d.manager.Defined(s.Name) != nil || d.manager.Alive(s.Name) {
		return d.manager.Dependencies(s.Name)
	}
	var list []manager.Neighbour
	for _, l := range append(s.Def.Stated(), s.Def.Implied...) {
		list = append(list, manager.Neighbour{Property: l.Kind.String(), Unit: l.To})
	}
	return list
}

// ties are the properties that name other units.
func (d *Daemon) ties(s *manager.Snapshot) []control.Property {
	by := make(map[string][]unit.Name)
	for _, t := range d.neighbours(s) {
		if !slices.Contains(by[t.Property], t.Unit) {
			by[t.Property] = append(by[t.Property], t.Unit)
		}
	}
	by["TriggeredBy"], by["Triggers"] = s.TriggeredBy, d.manager.Triggers(s)
	var out []control.Property
	for _, name := range tieOrder {
		out = append(out, control.Property{Name: name, Value: unit.FormatNames(by[name])})
	}
	return out
}
