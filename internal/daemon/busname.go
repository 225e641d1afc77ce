package daemon

import "wakesock/internal/manager"
import "wakesock/internal/unit"

func (d *Daemon) watchName(e manager.WatchName) {
	d.step(manager.NameChanged{Unit: e.Unit, Err: "no bus is reachable"})
}

func (d *Daemon) unwatchName(unit.Name) {}
