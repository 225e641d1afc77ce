package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// Properties implements control.Manager: what systemctl set-property does.
func (d *Daemon) Properties(_ context.Context, r control.PropertiesRequest) (control.Nothing, error) {
	name, err := unit.ParseName(r.Unit)
	if err != nil {
		return control.Nothing{}, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
	}
	if def := d.library.peek(name); def.State == unit.NotFound {
		return control.Nothing{}, &control.Error{Code: control.CodeNotFound, Text: fmt.Sprintf("unit %s not found", name)}
	}
	dir := d.transients.control
	if r.Runtime {
		dir = d.transients.runtime
	}
	dir = filepath.Join(dir, string(name)+".d")
	undo := func() {}
	for _, set := range r.Set {
		property, value, ok := strings.Cut(set, "=")
		if !ok || !settable(name.Type(), property) || strings.ContainsAny(value, "\n\x00") {
			undo()
			return control.Nothing{}, &control.Error{
				Code: control.CodeInvalid, Text: fmt.Sprintf("cannot set property %s of %s", property, name),
				Hint: "resource settings can be set, as NAME=VALUE; others belong into the unit's files: wakesock edit " + string(name),
			}
		}
		path := filepath.Join(dir, "50-"+property+".conf")
		before, missing := os.ReadFile(path)
		last := undo
		undo = func() {
			if missing != nil {
				_ = os.Remove(path)
				_ = os.Remove(dir) // if it is empty
			} else {
				_ = replaceFile(path, string(before))
			}
			last()
		}
		text := fmt.Sprintf("# Made by set-property.\n[%s]\n%s=%s\n", ownSection(name.Type()), property, value)
		if err := replaceFile(path, text); err != nil {
			undo()
			return control.Nothing{}, fmt.Errorf("set a property: %w", err)
		}
	}
	def := d.library.reread(name)
	for _, p := range def.Problems {
		if !p.Note && strings.HasPrefix(p.Place.File, dir+"/") {
			undo()
			d.library.reread(name)
			return control.Nothing{}, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("%s: %s=: %s", name, p.Name, p.What), Hint: p.Hint}
		}
	}
	if !d.ask(func() {
		d.forgetPlans()
		if d.manager.Defined(name) != nil {
			d.step(manager.Loaded{Defs: []*unit.Unit{def}})
		}
	}) {
		return control.Nothing{}, stopping
	}
	return control.Nothing{}, nil
}

// settable tells whether a property can be set while the unit runs: as in systemd,
// those of systemd.resource-control(5).
func settable(t unit.Type, property string) bool {
	if unit.Lookup(ownSection(t), property) == nil {
		return false
	}
	_, ok := reflect.TypeFor[unit.Resource]().FieldByName(property)
	return ok
}

// ownSection is the section that only units of type t have, "" if there is none.
func ownSection(t unit.Type) string {
	for _, s := range unit.SectionsOf(t) {
		if s != "Unit" && s != "Install" && s != "X-Wakesock" {
			return s
		}
	}
	return ""
}
