package manager

// What is refused although the files say it well.

import "wakesock/internal/unit"

// byHand says why nobody may ask for that by hand; "" means that anybody may.
func (u *Unit) byHand(v Verb) (JobResult, string) {
	c := u.Def.Common
	switch {
	case u.Name.Type() == unit.TypeDevice && v != Start && v != Stop:
		return JobInapplicable, "job type " + string(v) + " is not applicable for unit " + string(u.Name)
	case c.RefuseManualStart && v != Stop:
		return JobNotByHand, string(u.Name) + ": RefuseManualStart= forbids it; the unit starts with those that want it"
	case c.RefuseManualStop && v != Start:
		return JobNotByHand, string(u.Name) + ": RefuseManualStop= forbids it"
	}
	return JobDone, ""
}

// lacking says what a unit needs that is not there; "" for nothing.
func lacking(*unit.Unit) string { return "" }
