package manager

// Units that nobody needs are forgotten. A unit is kept for its own sake while it is
// up, has a job, or has something to tell; and as long as one that is kept mentions
// it in a dependency, with its start limit and how it ended.

// collect forgets a unit that is not kept: at once if nobody mentions it, else at the
// end of the step, when it is known who else goes.
func (m *Manager) collect(u *Unit) {
	if m.units[u.Name] != u || u.held() {
		return
	}
	for i := range u.node.edges {
		if e := &u.node.edges[i]; e.theirs != 0 && e.to.unit != nil {
			m.loose = append(m.loose, u)
			return
		}
	}
	m.discard(u)
}

// held tells whether the unit is kept for its own sake.
func (u *Unit) held() bool {
	if u.job != nil || u.pinned || !u.active.down() || !u.life.collectable() || u.unmet() || u.suspected {
		return true
	}
	return u.active == Failed && u.Def.Common.CollectMode != "inactive-or-failed"
}

// discard forgets a unit; those that it mentions may go as well then.
func (m *Manager) discard(u *Unit) {
	for i := range u.node.edges {
		if e := &u.node.edges[i]; e.mine != 0 && e.to.unit != nil && !e.to.unit.held() {
			m.loose = append(m.loose, e.to.unit)
		}
	}
	m.forget(u)
}

// mentioned tells whether a unit that is kept for its own sake mentions this one.
func (u *Unit) mentioned() bool {
	for k := range u.node.edges {
		e := &u.node.edges[k]
		if o := e.to.unit; e.theirs != 0 && o != nil && o != u && o.held() {
			return true
		}
	}
	return false
}

// sweep forgets what nothing keeps of the loose ends and of those that mention them.
func (m *Manager) sweep() {
	for len(m.loose) > 0 {
		kept := make(map[*Unit]bool) // of those that are not held: whether something keeps them
		var found, roots []*Unit
		for _, u := range m.loose {
			if _, seen := kept[u]; !seen && m.units[u.Name] == u && !u.held() {
				kept[u] = false
				found = append(found, u)
			}
		}
		m.loose = m.loose[:0]
		for i := 0; i < len(found); i++ {
			u := found[i]
			if u.mentioned() {
				kept[u] = true
				roots = append(roots, u)
				continue
			}
			for k := range u.node.edges {
				e := &u.node.edges[k]
				if o := e.to.unit; e.theirs != 0 && o != nil {
					if _, seen := kept[o]; !seen {
						kept[o] = false
						found = append(found, o)
					}
				}
			}
		}
		for len(roots) > 0 {
			u := roots[len(roots)-1]
			roots = roots[:len(roots)-1]
			for k := range u.node.edges {
				e := &u.node.edges[k]
				if o := e.to.unit; e.mine != 0 && o != nil {
					if was, of := kept[o]; of && !was {
						kept[o] = true
						roots = append(roots, o)
					}
				}
			}
		}
		for _, u := range found {
			if m.units[u.Name] != u {
				continue
			}
			if kept[u] {
				u.relearn()
			} else {
				m.discard(u)
			}
		}
	}
}

// relearn follows what has become of the unit's file while it was up.
func (u *Unit) relearn() {
	if def := u.m.defs[u.Name]; u.lost != "" && def != nil && u.active.down() {
		u.Def = def
		u.redefine()
	}
}
