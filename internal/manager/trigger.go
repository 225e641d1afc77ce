package manager

import (
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A trigger is the life of a unit that starts another one when something happens:
// a socket, a timer, a path. Unit.target names the other one.
type trigger interface {
	life
	triggeredMoved(u *Unit) // the state of the unit that it starts has changed
}

// fire starts the unit that u triggers. vars tell it why, besides TRIGGER_UNIT=,
// systemd.exec(5). It is false if no job to start it can be queued.
func (u *Unit) fire(vars ...string) bool {
	d := u.m.unit(u.target)
	if d.active.down() {
		d.cause = append([]string{"TRIGGER_UNIT=" + string(u.Name)}, vars...)
	}
	return u.m.startAll(d, 0)
}

// retarget notes which unit u triggers, if it is of a type that does.
func (u *Unit) retarget() {
	if _, ok := u.life.(trigger); !ok {
		return
	}
	t := u.Def.Triggered()
	if d := u.m.defs[t]; d != nil {
		t = d.Name
	}
	if t == u.target {
		return
	}
	u.detarget()
	u.target = t
	list := append(u.m.triggeredBy[t], u)
	slices.SortFunc(list, func(a, b *Unit) int { return strings.Compare(string(a.Name), string(b.Name)) })
	u.m.triggeredBy[t] = list
}

// detarget forgets which unit u triggers; it may have been kept for u alone.
func (u *Unit) detarget() {
	m, t := u.m, u.target
	if t == "" {
		return
	}
	u.target = ""
	m.triggeredBy[t] = slices.DeleteFunc(m.triggeredBy[t], func(x *Unit) bool { return x == u })
	if len(m.triggeredBy[t]) == 0 {
		delete(m.triggeredBy, t)
	}
	if d := m.units[t]; d != nil {
		m.collect(d)
	}
}

// moved tells those that trigger u that its state has changed.
func (m *Manager) moved(u *Unit) {
	if u.service != nil && u.service.from != nil {
		return // nobody but its socket, which counts it
	}
	for _, k := range slices.Clone(m.triggersOf(u)) { // one that hears of it may end, and leave the list
		k.life.(trigger).triggeredMoved(u)
	}
}

// triggersOf returns the units that trigger u, and the sockets that its Sockets= names.
func (m *Manager) triggersOf(u *Unit) []*Unit {
	list := m.triggeredBy[u.Name]
	for _, n := range u.sockets() {
		if k := m.units[n]; k != nil && k.socket != nil && !slices.Contains(list, k) {
			list = append(slices.Clip(list), k)
		}
	}
	return list
}

// socketsOf returns the sockets that hold descriptors for a service, by name.
func (m *Manager) socketsOf(u *Unit) []unit.Name {
	var names []unit.Name
	for _, k := range m.triggersOf(u) {
		if k.socket != nil && k.socket.held {
			names = append(names, k.Name)
		}
	}
	return names
}

// sockets are the units that Sockets= names.
func (u *Unit) sockets() []unit.Name {
	if u.service == nil {
		return nil
	}
	return u.Def.Service.Sockets
}
