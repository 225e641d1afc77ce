package manager

// A device is up while the kernel has it, and udev or the rules say that it is of
// use. Nobody can start one: a job to start it waits until it is there, a job to
// stop it until it is gone.
//
//	dead → (tentative) → plugged → dead
//
// It is tentative while all that is known of it is that something is mounted from
// it. A device has as many units as names, which come and go together; what it
// wants to be started is started by the one that is named for its path in /sys,
// each time that it comes.

import (
	"slices"

	"wakesock/internal/unit"
)

type deviceState int

const (
	deviceDead deviceState = iota
	deviceTentative
	devicePlugged
)

// deviceStates is what is true of each state; docs/states.md is made of it.
var deviceStates = [...]stateFacts{
	deviceDead:      {"dead", Inactive, "", "the device"},
	deviceTentative: {"tentative", Activating, "JobRunningTimeoutSec= of a start", "the device"},
	devicePlugged:   {"plugged", Active, "", "the device's end"},
}

func (s deviceState) String() string { return deviceStates[s].sub }

type device struct {
	*Unit
	state deviceState
	facts Device
	brief bool // its definition came with the device and goes with it
}

// A Device is what is known of a device under one of its names.
type Device struct {
	Def         *unit.Unit
	Sysfs       string      // its path in /sys; "" while it is tentative
	Wants       []unit.Name // what it wants to be started, with its main name only
	Description string      // "" for the unit's own
}

// Plugged tells that devices have come, or that something about them has changed.
type Plugged struct{ Devices []Device }

// Unplugged tells that nothing goes by these names any more.
type Unplugged struct{ Units []unit.Name }

func (e Plugged) apply(m *Manager) {
	if m.quitting {
		return
	}
	brief := make(map[unit.Name]bool)
	var defs []*unit.Unit
	for _, f := range e.Devices {
		if n := f.Def.Name; m.defs[n] == nil && !brief[n] && n.Type() == unit.TypeDevice {
			brief[n] = true
			defs = append(defs, f.Def)
		}
	}
	Loaded{Defs: defs}.apply(m)
	for _, f := range e.Devices {
		if d, ok := lifeOf[*device](m.unit(f.Def.Name)); ok {
			d.brief = d.brief || brief[d.Name]
			d.plug(f)
		}
	}
}

func (e Unplugged) apply(m *Manager) {
	for _, n := range e.Units {
		if u := m.units[n]; u != nil {
			if d, ok := u.life.(*device); ok {
				d.unplug()
			}
		}
	}
}

// plug makes known one name of a device.
func (d *device) plug(f Device) {
	was, old := d.state, d.facts
	switch {
	case f.Sysfs != "":
		d.facts = f
	case was == deviceDead:
		d.facts = f
		d.set(deviceTentative)
		return
	default:
		return
	}
	wants := f.Wants
	if was == devicePlugged {
		wants = slices.DeleteFunc(slices.Clone(wants), func(n unit.Name) bool { return slices.Contains(old.Wants, n) })
	} else {
		d.invocation = d.m.newInvocation()
		d.set(devicePlugged)
	}
	d.startWanted(wants)
}

// lifeOf is the life of a unit that may not be there.
func lifeOf[L life](u *Unit) (l L, ok bool) {
	if u != nil {
		l, ok = u.life.(L)
	}
	return l, ok
}

// sameDevice returns the other units of the device that u is.
func (u *Unit) sameDevice() (others []*Unit) {
	d, ok := u.life.(*device)
	if !ok || d.facts.Sysfs == "" {
		return nil
	}
	for _, o := range u.m.sorted() {
		if k, ok := o.life.(*device); ok && o != u && k.facts.Sysfs == d.facts.Sysfs {
			others = append(others, o)
		}
	}
	return others
}

// startWanted starts what the device wants, though it was started for it before.
func (d *device) startWanted(names []unit.Name) {
	for _, n := range names {
		if result, text := d.m.refusal(n); result != JobDone {
			level := 4
			if n.Type() == unit.TypeTarget { // udev's rules name some that few have
				level = 7
			}
			d.log(level, "Wants "+string(n)+", which cannot be started: "+text)
			continue
		}
		d.m.startAll(d.m.unit(n), 0)
	}
}

func (d *device) unplug() {
	if d.state == deviceDead {
		return
	}
	d.facts = Device{}
	d.set(deviceDead)
	d.m.collect(d.Unit)
}

func (d *device) set(state deviceState) {
	d.state = state
	d.become(deviceStates[state].active)
}

func (d *device) start() {} // it is awaited

// stop waits as well, but for the end of the manager.
func (d *device) stop() {
	if d.m.quitting {
		d.unplug()
	}
}

// waitNoMore ends a job that waits for a device to go, as the manager is about to.
func (u *Unit) waitNoMore() {
	if _, ok := u.life.(*device); ok && u.job != nil && u.job.kind.stops() {
		u.m.finish(u.job, JobCanceled, "the manager is stopping")
	}
}

func (d *device) expire()           {}
func (d *device) redefined()        {}
func (d *device) sub() string       { return d.state.String() }
func (d *device) result() Result    { return Success }
func (d *device) reset()            {}
func (d *device) collectable() bool { return true }

func (d *device) gone() {
	if d.brief {
		delete(d.m.defs, d.Name)
	}
}
