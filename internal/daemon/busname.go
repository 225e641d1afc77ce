package daemon

import (
	"maps"
	"slices"

	"wakesock/internal/bus"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// busNames are the names on the message bus that services with Type=dbus wait for.
type busNames struct {
	watcher *bus.Watcher
	of      map[unit.Name]string
}

// watchName asks the bus for news of a service's name. There is a connection only as
// long as a service needs one.
func (d *Daemon) watchName(e manager.WatchName) {
	b := &d.busNames
	if b.watcher == nil {
		b.of = make(map[unit.Name]string)
		b.watcher = bus.New(bus.Address(d.options.User), func(n bus.News) {
			d.do(func() { d.nameChanged(n) })
		})
	}
	d.unwatchName(e.Unit)
	b.of[e.Unit] = e.Name
	b.watcher.Watch(e.Name)
}

func (d *Daemon) unwatchName(name unit.Name) {
	if n, ok := d.busNames.of[name]; ok {
		delete(d.busNames.of, name)
		d.busNames.watcher.Unwatch(n)
	}
}

// nameChanged tells the services that wait for a name.
func (d *Daemon) nameChanged(n bus.News) {
	for _, u := range slices.Sorted(maps.Keys(d.busNames.of)) {
		if d.busNames.of[u] != n.Name {
			continue
		}
		e := manager.NameChanged{Unit: u, Owned: n.Owned}
		if n.Err != nil {
			e.Err = n.Err.Error()
			delete(d.busNames.of, u)
		}
		d.step(e)
	}
}
