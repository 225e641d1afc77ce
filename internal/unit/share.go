package unit

import (
	"reflect"
	"sync"
)

// The largest section is [Exec], and most units set little of it and the same: a
// thousand services with StandardInput=socket need one, not a thousand. Sections
// are never changed once loaded, so that they can be shared.

// shared are the sections met last.
var shared struct {
	mu   sync.Mutex
	exec [8]*Exec
	next int
}

// share replaces u's execution section by an equal one that was met before.
func (u *Unit) share() {
	if u.Exec == nil {
		return
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, x := range shared.exec {
		if x == u.Exec || x != nil && reflect.DeepEqual(x, u.Exec) {
			u.Exec = x
			return
		}
	}
	shared.exec[shared.next%len(shared.exec)] = u.Exec
	shared.next++
}
