package daemon

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"wakesock/internal/device"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// devices joins the monitor of devices to the manager. It is opened when somebody
// has use for devices: a unit that names one, rules that start units, or somebody
// who asks for a device. Until then devices cost nothing.
type devices struct {
	once    sync.Once
	scanned chan struct{} // closed when what there is has been told
	config  device.Config

	mu      sync.Mutex
	monitor *device.Monitor
	last    map[string]device.Fact // what was told last, by path
}

// prepareDevices finds out whether rules or files for devices are there; it reads
// folders.
func (d *Daemon) prepareDevices() {
	c := device.DefaultConfig()
	if d.options.RulesPath != nil {
		c.Own = d.options.RulesPath
	}
	c.Link = !d.options.User && os.Geteuid() == 0
	c.Tell, c.Log = d.tellDevices, func(priority int, text string) {
		d.do(func() { d.log("", priority, text) })
	}
	d.devices.config = c
	if c.Wishes() || d.library.wantsDevices() {
		d.openDevices()
	}
}

// openDevices has devices watched from now on.
func (d *Daemon) openDevices() {
	d.devices.once.Do(func() {
		m := device.Open(d.devices.config)
		d.devices.mu.Lock()
		d.devices.monitor = m
		d.devices.mu.Unlock()
	})
}

// awaitDevices has devices watched, and waits until those that are there are known.
func (d *Daemon) awaitDevices() {
	d.openDevices()
	select {
	case <-d.devices.scanned:
	case <-d.ended:
	}
}

func (d *Daemon) closeDevices() {
	d.devices.once.Do(func() {}) // or it might be opened yet
	d.devices.mu.Lock()
	m := d.devices.monitor
	d.devices.mu.Unlock()
	if m != nil {
		m.Close()
	}
}

// needDevices opens the monitor if one of the units has to do with devices.
func (d *Daemon) needDevices(defs []*unit.Unit) {
	if slices.ContainsFunc(defs, namesDevice) {
		d.openDevices()
	}
}

// namesDevice tells whether a unit is a device or depends on one.
func namesDevice(def *unit.Unit) bool {
	if isDevice(def.Name) {
		return true
	}
	c := def.Common
	for _, list := range [...][]unit.Name{
		c.Wants, c.Requires, c.Requisite, c.BindsTo, c.PartOf, c.Upholds, c.After, c.Before, c.Conflicts,
		c.PropagatesStopTo, c.StopPropagatedFrom, c.PropagatesReloadTo, c.ReloadPropagatedFrom,
	} {
		if slices.ContainsFunc(list, isDevice) {
			return true
		}
	}
	return false
}

func isDevice(n unit.Name) bool { return n.Type() == unit.TypeDevice }

// wantsDevices tells whether the search path has files or dependencies of devices.
func (l *library) wantsDevices() bool {
	for _, dir := range l.path {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			n := e.Name()
			if strings.HasSuffix(n, ".device") || strings.HasSuffix(n, ".device.wants") || strings.HasSuffix(n, ".device.requires") {
				return true
			}
		}
	}
	return false
}

// devices returns the definitions of device units, which are not remembered, and
// of all that they want besides.
func (l *library) devices(names, wants []unit.Name) (devices, others []*unit.Unit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range names {
		def := l.given[n]
		if def == nil {
			def = l.loader.Load(n)
		}
		devices = append(devices, def)
		stated, _ := references(def)
		wants = append(wants, stated...)
	}
	return devices, l.collect(wants, true)
}

// tellDevices brings news of the monitor, whose goroutine it is, to the manager,
// and waits until they have been heard.
func (d *Daemon) tellDevices(b device.Batch) bool {
	var gone []unit.Name
	for _, p := range b.Gone {
		if n := deviceUnit(p); n != "" {
			gone = append(gone, n)
		}
	}
	d.devices.mu.Lock()
	for _, p := range b.Gone {
		delete(d.devices.last, p)
	}
	for _, f := range b.Here {
		d.devices.last[f.Path] = f
	}
	d.devices.mu.Unlock()
	known, others := d.plugged(b.Here)
	ok := d.ask(func() {
		if len(gone) > 0 {
			d.step(manager.Unplugged{Units: gone})
		}
		d.plug(known, others)
	})
	select {
	case <-d.devices.scanned:
	default:
		close(d.devices.scanned)
	}
	return ok
}

// devicesAgain is what there is, with what the files say of it now.
func (d *Daemon) devicesAgain() (known []manager.Device, others []*unit.Unit) {
	d.devices.mu.Lock()
	facts := slices.Collect(maps.Values(d.devices.last))
	d.devices.mu.Unlock()
	return d.plugged(facts)
}

// plug tells the manager of devices. It runs in the loop.
func (d *Daemon) plug(known []manager.Device, others []*unit.Unit) {
	if len(others) > 0 {
		d.report(others)
		d.step(manager.Loaded{Defs: others})
	}
	if len(known) > 0 {
		d.step(manager.Plugged{Devices: known})
	}
}

// plugged makes of what the monitor says what the manager needs to know.
func (d *Daemon) plugged(facts []device.Fact) (known []manager.Device, others []*unit.Unit) {
	var names, wants []unit.Name
	for _, f := range facts {
		n := deviceUnit(f.Path)
		if n == "" {
			continue
		}
		x := manager.Device{Description: f.Path}
		if v := f.Device; v != nil {
			x.Sysfs = "/sys" + v.Path
			if f.Path == x.Sysfs {
				x.Wants = d.deviceWants(v)
			}
			for _, p := range []string{"ID_MODEL_FROM_DATABASE", "ID_MODEL"} {
				if text := v.Properties[p]; text != "" {
					x.Description = text
					break
				}
			}
		}
		known, names, wants = append(known, x), append(names, n), append(wants, x.Wants...)
	}
	defs, others := d.library.devices(names, wants)
	for i := range known {
		known[i].Def = defs[i]
	}
	return known, others
}

// deviceWants are the units that a device wants of this manager. A template stands
// for its instance of the path in /sys.
func (d *Daemon) deviceWants(v *device.Device) []unit.Name {
	property := "SYSTEMD_WANTS"
	if d.options.User {
		property = "SYSTEMD_USER_WANTS"
	}
	var names []unit.Name
	for word := range strings.FieldsSeq(v.Properties[property]) {
		n, err := unit.Mangle(word, unit.TypeService)
		if err == nil && n.IsTemplate() {
			var i string
			if i, err = unit.EscapePath("/sys" + v.Path); err == nil {
				n, err = unit.ParseName(string(n.WithInstance(i)))
			}
		}
		if err != nil {
			text := "/sys" + v.Path + ": " + property + ": " + err.Error()
			d.do(func() { d.log("", 4, text) })
			continue
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// deviceUnit is the name of a path's device unit; "" if there is none, as the path
// is too long.
func deviceUnit(path string) unit.Name {
	e, err := unit.EscapePath(path)
	if err != nil {
		return ""
	}
	n, err := unit.ParseName(e + "." + string(unit.TypeDevice))
	if err != nil {
		return ""
	}
	return n
}

// deviceProperties are what the state of a device adds to its settings.
var deviceProperties = []property{
	{"SysFSPath", text(func(s *manager.Snapshot) string { return s.Device.Sysfs })},
	{"Following", text(func(s *manager.Snapshot) string {
		if n := deviceUnit(s.Device.Sysfs); s.Device.Sysfs != "" && !strings.HasPrefix(string(s.Name), "sys-") {
			return string(n)
		}
		return ""
	})},
	{"Wants", names(func(s *manager.Snapshot) []unit.Name {
		return append(slices.Clip(s.Def.Common.Wants), s.Device.Wants...)
	})},
}
