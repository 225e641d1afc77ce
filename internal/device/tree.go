package device

import (
	"maps"
	"slices"
)

// A tree knows the devices that are units, and which device each path names: the
// first that claimed it, for as long as it does.
type tree struct {
	devices map[string]*Device
	claims  map[string][]*Device // by path
	lost    map[string]bool      // paths that lost a device since the last flush
	found   map[string]bool      // paths whose device is new, or changed
}

func newTree() *tree {
	t := &tree{devices: make(map[string]*Device), claims: make(map[string][]*Device)}
	t.flush()
	return t
}

// A Fact says what a path names now.
type Fact struct {
	Path   string
	Device *Device // nil: something that a mount or swap uses and nobody announced
}

// A Batch is what has become of devices. Paths that are both in Gone and in Here
// have lost one device and got one.
type Batch struct {
	Gone []string
	Here []Fact
}

// flush returns what has changed since the last time, by path.
func (t *tree) flush() Batch {
	var b Batch
	b.Gone = slices.Sorted(maps.Keys(t.lost))
	for _, p := range slices.Sorted(maps.Keys(t.found)) {
		if list := t.claims[p]; len(list) > 0 {
			b.Here = append(b.Here, Fact{p, list[0]})
		}
	}
	t.lost, t.found = make(map[string]bool), make(map[string]bool)
	return b
}

// put makes d what is known of the device at its path. A device that was already
// there is not gone in between.
func (t *tree) put(d *Device) {
	if !d.ready() {
		t.remove(d.Path)
		return
	}
	old, paths := t.devices[d.Path], d.Paths()
	t.devices[d.Path] = d
	for _, p := range paths {
		list := t.claims[p]
		if i := slices.Index(list, old); old != nil && i >= 0 {
			list[i] = d
		} else {
			list = append(list, d)
		}
		t.claims[p] = list
		if list[0] == d {
			t.found[p] = true
		}
	}
	if old == nil {
		return
	}
	for _, p := range old.Paths() {
		if !slices.Contains(paths, p) {
			t.drop(p, old)
		}
	}
}

// remove forgets the device at a path in sysfs.
func (t *tree) remove(devpath string) {
	d := t.devices[devpath]
	if d == nil {
		return
	}
	delete(t.devices, devpath)
	for _, p := range d.Paths() {
		t.drop(p, d)
	}
}

// drop takes a path from a device; the next that claims it has it then.
func (t *tree) drop(p string, d *Device) {
	list := t.claims[p]
	i := slices.Index(list, d)
	if i < 0 {
		return
	}
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(t.claims, p)
	} else {
		t.claims[p] = list
	}
	if i == 0 {
		t.lost[p], t.found[p] = true, true
	}
}
