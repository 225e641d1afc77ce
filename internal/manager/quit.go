package manager

// The end of the manager: shutdown.target is started, which conflicts with nearly
// everything and comes after it, so that what is to run at the end has its time;
// then whatever is left is stopped.

func (e Quit) apply(m *Manager) {
	if m.quitting {
		return
	}
	m.quitting, m.exitCode = true, e.Code
	for _, u := range m.sorted() {
		u.waitNoMore()
		if u.socket != nil {
			u.socket.unwatch() // who comes now is for the next manager's backlog, or is told by the kernel
		}
	}
	if m.startable("shutdown.target") {
		t := &transaction{m: m, mode: ModeReplaceIrreversibly}
		defer t.clear()
		if t.plan(m.unit("shutdown.target"), Start) == nil {
			for _, u := range m.sorted() {
				if !(u.active.down() && u.job == nil) && len(u.node.plans) == 0 && !u.stays() {
					t.add(Stop, u.node, t.anchor, false, false)
				}
			}
			t.todo = nil
			if t.activate() == nil {
				t.install(0)
				return
			}
		}
	}
	m.stopRest()
}

// stays tells whether the unit is up to the very end: nothing is behind it.
func (u *Unit) stays() bool { return u.Def.Perpetual() || u.Name == "shutdown.target" }

// stopRest stops whatever is up.
func (m *Manager) stopRest() {
	m.last = true
	for _, u := range m.sorted() {
		if (!u.active.down() || u.job != nil) && !u.stays() {
			m.enqueue(u, Stop, 0)
		}
	}
}

// finishQuit exits once every unit is down; true means that there is more to do.
func (m *Manager) finishQuit() bool {
	if m.jobs > 0 || m.exited {
		return false
	}
	for _, u := range m.units {
		if u.active.down() || u.stays() {
			continue
		}
		if m.last && u.active == Deactivating {
			return false
		}
		m.stopRest()
		return true
	}
	m.exited = true
	m.do(Exit{Code: m.exitCode, Machine: m.machine})
	return false
}
