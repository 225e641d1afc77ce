package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// A setting is a property that set-property changes: the drop-in for it, by its path
// below the folder of drop-ins, and its text.
type setting struct{ path, text string }

// Properties implements control.Manager: what systemctl set-property does. It changes
// all that is asked for, or nothing.
func (d *Daemon) Properties(_ context.Context, r control.PropertiesRequest) (control.Nothing, error) {
	def, err := d.changeable(r.Unit)
	if err != nil {
		return control.Nothing{}, err
	}
	name := def.Name
	dir := d.transients.control
	if r.Runtime {
		dir = d.transients.runtime
	}
	dir = filepath.Join(dir, string(name)+".d")
	undo := func() {}
	change := func(path string, act func() error) error { // path is restored by undo
		before, missing := os.ReadFile(path)
		last := undo
		undo = func() {
			if missing != nil {
				_ = os.Remove(path)
				_ = os.Remove(filepath.Dir(path)) // if it is empty
			} else {
				_ = replaceFile(path, string(before))
			}
			last()
		}
		return act()
	}
	for _, set := range r.Set {
		s, err := d.setting(name, set)
		if err == nil {
			err = change(filepath.Join(dir, s.path), func() error { return replaceFile(filepath.Join(dir, s.path), s.text) })
		}
		if passing := filepath.Join(d.transients.runtime, string(name)+".d", s.path); err == nil && !r.Runtime {
			err = change(passing, func() error { // it would hide what is set for good
				if err := os.Remove(passing); err != nil && !os.IsNotExist(err) {
					return err
				}
				_ = os.Remove(filepath.Dir(passing)) // if it is empty
				return nil
			})
		}
		if err != nil {
			undo()
			return control.Nothing{}, err
		}
	}
	def = d.library.reread(name)
	for _, p := range def.Problems {
		if !p.Note && strings.HasPrefix(p.Place.File, dir+"/") {
			undo()
			d.library.reread(name)
			return control.Nothing{}, refusedSetting(name, p)
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

// changeable is the unit of a name, which may be another name of it.
func (d *Daemon) changeable(s string) (*unit.Unit, error) {
	name, err := unit.ParseName(s)
	if err != nil {
		return nil, &control.Error{Code: control.CodeInvalid, Text: err.Error()}
	}
	if name.IsTemplate() {
		return nil, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("unit name %s is missing the instance name", name), Hint: "wakesock edit " + s + " changes all instances"}
	}
	def := d.library.peek(name)
	switch def.State {
	case unit.NotFound:
		return nil, &control.Error{Code: control.CodeNotFound, Text: fmt.Sprintf("unit %s not found", name)}
	case unit.Masked:
		return nil, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("unit %s is masked", name)}
	case unit.BadSetting, unit.LoadError:
		return nil, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("unit %s has a bad unit file: %s", name, def.Refused)}
	case unit.Loaded:
	}
	return def, nil
}

// setting is what NAME=VALUE makes of the drop-in for it. An empty value
// resets; another one is added to what was set before, if it is one of many.
func (d *Daemon) setting(name unit.Name, assignment string) (setting, error) {
	property, value, ok := strings.Cut(assignment, "=")
	section := settable(name.Type(), property)
	switch {
	case !ok || strings.ContainsAny(value, "\n\x00"):
		return setting{}, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf("not an assignment: %q", assignment), Hint: "write NAME=VALUE"}
	case section == "":
		return setting{}, &control.Error{
			Code: control.CodeInvalid, Text: fmt.Sprintf("cannot set property %s of %s", property, name),
			Hint: "resource settings can be set; others belong into the unit's files: wakesock edit " + string(name),
		}
	}
	s := setting{path: "50-" + property + ".conf"}
	line := property + "=" + value + "\n"
	head := fmt.Sprintf("# Made by set-property.\n[%s]\n", section)
	switch row := unit.Lookup(section, property); {
	case !row.List || value == "":
	case slices.Contains(replaced, property):
		head += property + "=\n"
	default:
		for _, dir := range []string{d.transients.runtime, d.transients.control} { // what counts now
			before, err := os.ReadFile(filepath.Join(dir, string(name)+".d", s.path))
			if err != nil {
				continue
			}
			if head = string(before); strings.Contains(head, "\n"+line) {
				line = ""
			}
			break
		}
	}
	s.text = head + line
	return s, nil
}

// replaced are lists of which set-property changes the whole.
var replaced = []string{
	"AllowedCPUs", "StartupAllowedCPUs", "AllowedMemoryNodes", "StartupAllowedMemoryNodes",
	"RestrictNetworkInterfaces", "DisableControllers",
}

// fixed are the resource settings of which a unit's start depends.
var fixed = []string{"Slice", "Delegate", "DelegateSubgroup", "IPIngressFilterPath", "IPEgressFilterPath", "BPFProgram"}

// settable is the section of a property that can be set while the unit runs, "" if it
// cannot: as in systemd, most of those of systemd.resource-control(5), and the
// description.
func settable(t unit.Type, property string) string {
	if property == "Description" {
		return "Unit"
	}
	own := ownSection(t)
	if _, ok := reflect.TypeFor[unit.Resource]().FieldByName(property); !ok || slices.Contains(fixed, property) || unit.Lookup(own, property) == nil {
		return ""
	}
	return own
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
