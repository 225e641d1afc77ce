package manager

import (
	"strings"
	"testing"
	"testing/fstest"

	"wakesock/internal/unit"
)

// deviceDef is the definition of a device that no file speaks of.
func deviceDef(n unit.Name) *unit.Unit {
	return (&unit.Loader{FS: fstest.MapFS{}, Host: &unit.Host{}}).Load(n)
}

// plugged is the command "plugged UNIT as SYSFS [wants UNIT…]"; "tentative UNIT" has
// no SYSFS.
func (c *conversation) plugged(w []string) {
	d := Device{Def: deviceDef(unit.Name(w[0])), Description: "/" + strings.ReplaceAll(unit.Name(w[0]).Stem(), "-", "/")}
	if def := c.m.defs[unit.Name(w[0])]; def != nil {
		d.Def = def
	}
	if len(w) > 2 {
		d.Sysfs = w[2]
	}
	for i := 4; i < len(w); i++ {
		d.Wants = append(d.Wants, unit.Name(w[i]))
	}
	c.step(Plugged{Devices: []Device{d}})
}

func (c *conversation) unplugged(w []string) {
	var e Unplugged
	for _, n := range w {
		e.Units = append(e.Units, unit.Name(n))
	}
	c.step(e)
}

// TestDeviceDefs: what a device brought with it goes with it, and what files say stays.
func TestDeviceDefs(t *testing.T) {
	m := New(Config{})
	m.Step(1, Loaded{Defs: defs(t, map[string]string{"dev-a.device": "[Unit]\nDescription=A\n"})})
	for range 100 {
		m.Step(1, Plugged{Devices: []Device{{Def: deviceDef("dev-a.device"), Sysfs: "/sys/a", Description: "no"}, {Def: deviceDef("dev-b.device"), Sysfs: "/sys/b", Description: "B"}}})
		if a, b := m.units["dev-a.device"], m.units["dev-b.device"]; a.description() != "A" || b.description() != "B" {
			t.Fatalf("%q, %q", a.description(), b.description())
		}
		m.Step(1, Unplugged{Units: []unit.Name{"dev-a.device", "dev-b.device", "dev-none.device"}})
	}
	if m.defs["dev-b.device"] != nil || m.defs["dev-a.device"] == nil || len(m.units) > 1 {
		t.Errorf("%v, %v", m.defs, m.units)
	}
}

func init() {
	walkUnits["dev-x.device"] = "[Unit]\nWants=one.service\nJobRunningTimeoutSec=10s\n"
	walkUnits["cam@.service"] = "[Unit]\nBindsTo=dev-x.device\nAfter=dev-x.device\n[Service]\nExecStart=/c\n"
}

// device lets a device come, change or go.
func (w *world) device() {
	n := []unit.Name{"dev-x.device", "sys-x.device"}[w.random.IntN(2)]
	switch w.random.IntN(5) {
	case 0, 1:
		delete(w.plugged, n)
		w.step(Unplugged{Units: []unit.Name{n, "dev-none.device"}})
	case 2:
		if !w.plugged[n] {
			w.step(Plugged{Devices: []Device{{Def: deviceDef(n)}}})
		}
	default:
		w.plugged[n] = true
		d := Device{Def: deviceDef(n), Sysfs: "/sys/x", Description: "x"}
		if n == "sys-x.device" {
			d.Wants = []unit.Name{"cam@1.service", "one.service", "missing.service"}[:w.random.IntN(4)]
		}
		w.step(Plugged{Devices: []Device{d}})
	}
}

// checkDevice: a device is up while it is there.
func (w *world) checkDevice(u *Unit) {
	d, ok := u.life.(*device)
	if !ok {
		return
	}
	if (d.state == devicePlugged) != w.plugged[d.Name] && !w.m.quitting {
		w.fatal("%s is %v", d.Name, d.state)
	}
	if d.deadline != 0 {
		w.fatal("%s has a deadline", d.Name)
	}
}
