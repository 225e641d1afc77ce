package manager

// A Verb is what is asked of a unit.
type Verb string

// The verbs. The first five are jobs; the others become one of them, by the
// state of the unit.
const (
	Start   Verb = "start"
	Stop    Verb = "stop"
	Restart Verb = "restart" // stop, then start; start if it is down
	Reload  Verb = "reload"
	verify  Verb = "verify-active" // succeeds if the unit is up

	TryRestart         Verb = "try-restart"           // restart, but only if it is up
	ReloadOrRestart    Verb = "reload-or-restart"     // reload if the unit can, else restart
	TryReloadOrRestart Verb = "try-reload-or-restart" // the same, but only if it is up

	reloadOrStart Verb = "reload-or-start"
	nothing       Verb = ""
)

func (v Verb) stops() bool { return v == Stop || v == Restart }

// merged is what two jobs for one unit come to; start and stop come to nothing.
var merged = map[[2]Verb]Verb{
	{Start, verify}: Start, {Start, Reload}: reloadOrStart, {Start, Restart}: Restart, {Start, reloadOrStart}: reloadOrStart,
	{verify, Reload}: Reload, {verify, Restart}: Restart, {verify, reloadOrStart}: reloadOrStart,
	{Reload, Restart}: Restart, {Reload, reloadOrStart}: reloadOrStart, {Restart, reloadOrStart}: Restart,
}

// mergeVerbs returns the job that does what both do; ok is false if none can.
func mergeVerbs(a, b Verb) (v Verb, ok bool) {
	if a == b {
		return a, true
	}
	if v, ok = merged[[2]Verb{a, b}]; !ok {
		v, ok = merged[[2]Verb{b, a}]
	}
	return v, ok
}

// conflicting tells whether one job undoes another.
func conflicting(a, b Verb) bool {
	_, ok := mergeVerbs(a, b)
	return !ok
}

// collapse turns a verb that depends on the unit's state into a job.
func (u *Unit) collapse(v Verb) Verb {
	gone := u.active.down() || u.active == Deactivating
	switch v {
	case ReloadOrRestart:
		if u.canReload() {
			return u.collapse(reloadOrStart)
		}
		return Restart
	case TryReloadOrRestart:
		switch {
		case gone:
			return nothing
		case u.canReload():
			return Reload
		}
		return Restart
	case TryRestart:
		if gone {
			return nothing
		}
		return Restart
	case reloadOrStart:
		if gone {
			return Start
		}
		return Reload
	case Start, Stop, Restart, Reload, verify, nothing:
	}
	return v
}

// A reloader is the life of a unit that can be told to read its configuration
// again. A reload goes through the state Reloading back to Active.
type reloader interface {
	canReload() bool
	reload()              // the job to reload may run now; the unit is up
	reloadResult() Result // how the last reload ended
}

func (u *Unit) canReload() bool {
	r, ok := u.life.(reloader)
	return ok && r.canReload()
}
