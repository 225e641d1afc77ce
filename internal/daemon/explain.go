package daemon

import (
	"context"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// Explain implements control.Manager.
func (d *Daemon) Explain(_ context.Context, r control.ExplainRequest) ([]control.Explanation, error) {
	found := make([]unit.Name, 0, len(r.Names))
	for _, n := range r.Names { // unlike elsewhere templates are welcome: they have settings too
		name, err := unit.ParseName(n)
		if err != nil {
			return nil, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
		}
		found = append(found, name)
	}
	units, err := d.snapshots(found)
	if err != nil {
		return nil, err
	}
	rows := []control.Explanation{}
	if !d.ask(func() {
		for _, s := range units {
			rows = append(rows, d.explain(s.Def, &r))
		}
	}) {
		return nil, stopping
	}
	return rows, nil
}

// explain tells about one definition.
func (d *Daemon) explain(def *unit.Unit, r *control.ExplainRequest) control.Explanation {
	x := control.Explanation{Unit: string(def.Name), Load: string(def.State)}
	for _, p := range def.Problems {
		x.Problems = append(x.Problems, p.String())
	}
	set := make(map[string]bool)
	for _, s := range def.Settings {
		set[s.Section+"."+s.Name] = true
		row := control.Setting{Section: s.Section, Name: s.Name, Value: s.Value, Place: s.Place.String()}
		if dir := unit.Lookup(s.Section, s.Name); dir != nil {
			standing, why := dir.StandingOf(s.Value)
			row.Standing, row.Reason = standing.String(), why
		}
		x.Settings = append(x.Settings, row)
	}
	if r.All {
		for _, dir := range unit.Directives() {
			if !set[dir.Section+"."+dir.Name] && hasSection(def, dir.Section) {
				x.Settings = append(x.Settings, control.Setting{
					Section: dir.Section, Name: dir.Name, Value: dir.Default, Place: "default", Standing: dir.Standing.String(), Reason: dir.Reason,
				})
			}
		}
	}
	if r.Plan && def.Service != nil {
		var plans []string
		for i := range def.Service.ExecStart {
			p, err := process.Compile(&d.process, def, &def.Service.ExecStart[i])
			if err != nil {
				plans = append(plans, err.Error())
				continue
			}
			plans = append(plans, p.String())
		}
		x.Plan = strings.Join(plans, "\n")
	}
	return x
}

// hasSection tells whether units of def's type have a section.
func hasSection(def *unit.Unit, section string) bool {
	switch section {
	case "Unit", "Install":
		return true
	}
	return strings.EqualFold(section, string(def.Name.Type()))
}
