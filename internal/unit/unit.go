package unit

import (
	"slices"
	"strings"
)

// A LoadState says how the loading of a unit ended, in systemctl's words.
type LoadState string

// The load states of systemctl(1).
const (
	Loaded     LoadState = "loaded"
	NotFound   LoadState = "not-found"
	BadSetting LoadState = "bad-setting"
	LoadError  LoadState = "error"
	Masked     LoadState = "masked"
)

// A Unit is everything that files say about one unit, typed. It is immutable
// once loaded. Section pointers are never nil for the sections that the unit's
// type has; a section in which nothing is set is shared by all units that leave
// it so.
type Unit struct {
	Name     Name
	Aliases  []Name    // other names of the same unit, without Name
	State    LoadState // how loading ended
	Refused  string    // why State is bad-setting or error
	Fragment string    // path of the main file; empty if there is none
	DropIns  []string  // paths in the order they were applied
	Settings []Setting // every assignment that was accepted, in order
	Problems []Problem // everything found wrong, in order

	Implied []Link // dependencies that no file states

	Common   *Common  // [Unit], in every type
	Install  *Install // [Install], in every type
	Wakesock *Wakesock
	Socket   *Socket
	Service  *Service
	Timer    *Timer
	Path     *Path
	Slice    *Slice
	Exec     *Exec     // execution of services and of the commands of sockets
	Kill     *Kill     // services and sockets
	Resource *Resource // services, sockets, slices

	stated    []Link   // dependencies that files state
	mountsFor []string // paths whose mounts the settings imply

	source string // the file that was read: Fragment, or what it links to outside the search path
	items  []Item // kept by templates only, for Instantiate
	plain  bool   // nothing in the template depends on the instance name
	host   *Host  // kept by templates only
}

// PlaceOf is where a setting was last made; the unit's file, if nowhere.
func (u *Unit) PlaceOf(section, name string) Place {
	for _, s := range slices.Backward(u.Settings) {
		if s.Section == section && s.Name == name {
			return s.Place
		}
	}
	return Place{File: u.Fragment}
}

// Sets tells whether the files set something in the section of the unit's own type.
func (u *Unit) Sets(name string) bool {
	return slices.ContainsFunc(u.Settings, func(s Setting) bool {
		return s.Name == name && s.Section != "Unit" && s.Section != "Install" && s.Value != ""
	})
}

// ListenPlace is where Socket.Listen[i] was written.
func (u *Unit) ListenPlace(i int) Place {
	var places []Place
	for _, s := range u.Settings {
		switch {
		case s.Section != "Socket" || !strings.HasPrefix(s.Name, "Listen"):
		case s.Value == "":
			places = places[:0] // an empty value resets all kinds
		default:
			places = append(places, s.Place)
		}
	}
	if i < len(places) {
		return places[i]
	}
	return Place{File: u.Fragment}
}

// A Setting is one accepted assignment and where it came from.
type Setting struct {
	Section, Name, Value string
	Place
}
