package manager

// What is refused although the files say it well.

import "wakesock/internal/unit"

// byHand says why nobody may ask for that by hand; "" means that anybody may.
func (u *Unit) byHand(v Verb) string {
	c := u.Def.Common
	switch {
	case u.Name.Type() == unit.TypeDevice && v != Start && v != Stop:
		return "job type " + string(v) + " is not applicable for unit " + string(u.Name)
	case c.RefuseManualStart && v != Stop:
		return string(u.Name) + ": RefuseManualStart= forbids it; the unit starts with those that want it"
	case c.RefuseManualStop && v != Start:
		return string(u.Name) + ": RefuseManualStop= forbids it"
	}
	return ""
}

// lacking says what a unit needs that is not there yet; "" for nothing. To run a
// service as another type than its own would be to guess when it is up and when
// it has ended.
func lacking(def *unit.Unit) string {
	if def.Service == nil {
		return ""
	}
	switch def.Service.Type {
	case unit.ServiceForking:
		return "Type=forking comes with the full life of services; use Type=simple and keep the program in the foreground"
	case unit.ServiceDBus:
		return "Type=dbus comes with the message bus; use Type=simple if the program can do without"
	case unit.ServiceSimple, unit.ServiceExec, unit.ServiceOneshot, unit.ServiceNotify, unit.ServiceNotifyReload, unit.ServiceIdle:
	}
	return ""
}
