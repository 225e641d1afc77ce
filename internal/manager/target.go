package manager

import "wakesock/internal/unit"

// A target is up as soon as it may start and down as soon as it may stop.
// Types that have no life of their own yet behave the same: they can be named
// by dependencies and do nothing, which is said when they start.
type target struct{ *Unit }

// lifeless says of each type that does nothing what it does not do.
var lifeless = map[unit.Type]string{
	unit.TypeMount: "Mounts are not managed here: it counts as mounted.", unit.TypeAutomount: "Mounts are not managed here: it will mount nothing.",
	unit.TypeSwap: "Swapping is not managed here: it counts as active.",
}

func (t *target) start() {
	if text := lifeless[t.Name.Type()]; text != "" {
		t.log(4, text)
	}
	t.invocation = t.m.newInvocation()
	t.become(Active)
}

func (t *target) stop()   { t.become(Inactive) }
func (t *target) expire() {}

func (t *target) redefined() {}

func (t *target) sub() string {
	if t.active == Active {
		return "active"
	}
	return "dead"
}

func (t *target) result() Result    { return Success }
func (t *target) reset()            {}
func (t *target) collectable() bool { return true }
func (t *target) gone()             {}
