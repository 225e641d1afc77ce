package manager

// Whether a stop or a restart reaches everything that it must, in the random walk.

// reach is what a stop or a restart of a unit must reach, with the activations that
// have to end: those that are up and pass it on to others.
func (w *world) reach(e Wanted) map[*Unit]Invocation {
	passes := map[Verb]relation{Stop: passesStop, Restart: passesRestart, TryRestart: passesRestart}[e.Verb]
	u := w.m.units[e.Unit]
	if u == nil || passes == 0 || e.Mode == ModeIgnoreDependencies || e.Mode == ModeIgnoreRequirements || u.collapse(e.Verb) == nothing {
		return nil
	}
	reached := map[*Unit]Invocation{}
	for todo := []*Unit{u}; len(todo) > 0; {
		u, todo = todo[0], todo[1:]
		for _, o := range u.all(passes) {
			if _, ok := reached[o]; ok || o.active.down() || o.active == Deactivating || o.Def.Perpetual() {
				continue
			}
			reached[o] = o.invocation
			todo = append(todo, o)
		}
	}
	return reached
}

// checkReached holds that all of them are down, or on their way, or up anew.
func (w *world) checkReached(e Wanted, reached map[*Unit]Invocation) {
	if w.refused {
		return
	}
	for o, was := range reached {
		if w.m.units[o.Name] == o && !o.active.down() && o.active != Deactivating && o.invocation == was && (o.job == nil || !o.job.kind.stops()) {
			w.fatal("%s is %v and goes on, though %s was to %s", o.Name, o.active, e.Unit, e.Verb)
		}
	}
}
