package device

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// A Config says where devices are looked for, and who is told.
type Config struct {
	Sys, Dev, Udev string   // /sys, /dev, /run/udev
	Mounts, Swaps  string   // /proc/self/mountinfo, /proc/swaps
	Own            []string // folders with rules that were written for Wakesock
	Others         []string // udev's folders, which are read where no udev runs
	Link           bool     // make the links in Dev that rules ask for

	// Tell is called by the monitor's goroutine with what has changed, the first
	// time with what there is. It returns false to end the monitor.
	Tell func(Batch) bool
	// Log writes a line for the user; a syslog priority goes with it.
	Log func(priority int, text string)
}

// DefaultConfig is where everything lies on Linux.
func DefaultConfig() Config {
	return Config{
		Sys: "/sys", Dev: "/dev", Udev: "/run/udev", Mounts: "/proc/self/mountinfo", Swaps: "/proc/swaps",
		Own:    []string{"/etc/wakesock/rules.d"},
		Others: []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"},
	}
}

// Wishes tells whether somebody wrote rules that start units: files of our own, or
// files of udev's other than its own of that sort. To know costs little, so that
// nobody else pays for devices.
func (c *Config) Wishes() bool {
	for _, dir := range c.Own {
		if entries, _ := os.ReadDir(dir); slices.ContainsFunc(entries, isRules) {
			return true
		}
	}
	for _, dir := range c.Others {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !isRules(e) || e.Name() == builtinName {
				continue
			}
			file := dir + "/" + e.Name()
			if i, err := os.Stat(file); err != nil || !i.Mode().IsRegular() || i.Size() > maxRules {
				continue
			}
			if text, _ := os.ReadFile(file); strings.Contains(string(text), "SYSTEMD_WANTS") || strings.Contains(string(text), "SYSTEMD_USER_WANTS") {
				return true
			}
		}
	}
	return false
}

func isRules(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".rules") }

// A Monitor watches devices until it is closed.
type Monitor struct {
	config Config
	sys    sys
	udev   database
	socket *socket // nil where there is none

	// of the goroutine
	follows bool // udev, rather than the kernel
	rules   *Rules
	tree    *tree
	links   links
	vague   map[string]bool // paths of mounts and swaps that no device claims
	pending map[string]*news
	order   []string // keys of pending, as they came
	closing atomic.Bool
	done    chan struct{}
}

// News is what uevents say about one path in sysfs, the last of them most.
type news struct {
	left   bool // the device was removed in between
	action string
	vars   map[string]string
	udev   bool
}

// maxPending is how many paths news are gathered of before they are told.
const maxPending = 4096

// Open begins to watch. What there is already is told soon.
func Open(c Config) *Monitor {
	m := newMonitor(c)
	var err error
	if m.socket, err = openSocket(); err != nil { // before the scan, or devices that come meanwhile were lost
		c.Log(4, "Devices that come or go later will not be noticed: "+err.Error())
	}
	go m.run() // ends with Close, or when Tell says so
	return m
}

func newMonitor(c Config) *Monitor {
	return &Monitor{
		config: c, sys: sys(c.Sys), udev: database(c.Udev), tree: newTree(), links: links{made: make(map[string]string)},
		vague: make(map[string]bool), pending: make(map[string]*news), done: make(chan struct{}),
	}
}

// Close ends the monitor and waits until it has.
func (m *Monitor) Close() {
	m.closing.Store(true)
	if m.socket != nil {
		m.socket.close()
	}
	<-m.done
}

func (m *Monitor) run() {
	defer close(m.done)
	if m.socket != nil {
		defer m.socket.close()
	}
	m.begin()
	if !m.tell(true) || m.socket == nil {
		return
	}
	lost := 0 // messages that were thrown away since some were lost; 0: none are missing
	for {
		e, udev, ok, err := m.socket.receive(len(m.order) == 0 && lost == 0)
		switch {
		case errors.Is(err, errLost):
			if lost == 0 {
				m.config.Log(6, "Uevents came faster than they could be read. Looking at all devices again.")
			}
			lost++
			continue
		case ok && lost > 0:
			// The kernel tells of a loss once and forgets the next ones until all that it
			// has kept was read. What is read now is old anyway.
			if lost++; lost%maxLost != 0 {
				continue
			}
			m.rescan()
		case lost > 0 && err == nil:
			lost = 0
			m.rescan()
		case m.closing.Load():
			return
		case err != nil:
			m.config.Log(3, "Devices that come or go will not be noticed any more: "+err.Error())
			return
		case ok:
			m.note(e, udev)
			if len(m.order) < maxPending {
				continue
			}
		}
		m.settle()
		if !m.tell(false) {
			return
		}
	}
}

// maxLost is after how many messages there is a look at the devices although they
// still come faster than they are read.
const maxLost = 50_000

// rescan finds out what lost messages may have said.
func (m *Monitor) rescan() {
	clear(m.pending)
	m.order = m.order[:0]
	m.scan()
}

// begin decides who is believed, reads the rules, and finds all devices.
func (m *Monitor) begin() {
	m.follows = m.udev.running()
	others := m.config.Others
	if m.follows {
		others = nil
	}
	m.links.dev = ""
	if m.config.Link && !m.follows {
		m.links.dev = m.config.Dev
	}
	m.rules = LoadRules(m.config.Own, others)
	m.report()
	m.scan()
	m.findUsed()
}

// report tells what has no effect in rules: in those that were written for
// Wakesock, and where units are spoken of. In others that is a lot, and is what
// udev would do rather than the manager.
func (m *Monitor) report() {
	var others []Problem
	for _, p := range m.rules.Problems {
		switch {
		case p.Own:
			m.config.Log(4, p.String())
		case p.Unit:
			m.config.Log(6, p.String())
		default:
			others = append(others, p)
		}
	}
	if len(others) > 0 {
		m.config.Log(7, fmt.Sprintf("Rules that were written for udev say %d things that are not enforced, none of them of units; the first is %s", len(others), others[0]))
	}
}

// scan looks at all devices, and forgets those that are not there any more.
func (m *Monitor) scan() {
	paths := m.sys.scan
	if m.follows && len(m.rules.files) == 0 {
		paths = func() []string { return m.udev.tagged("systemd", m.sys) }
	}
	here := make(map[string]bool)
	for _, p := range paths() {
		here[p] = true
		if d, ok := m.sys.device(p); ok {
			m.take(d, "add", false)
		}
	}
	for p := range m.tree.devices {
		if !here[p] && !m.sys.exists(p) {
			m.tree.remove(p)
		}
	}
}

// take completes a device by what udev and the rules say, and files it.
func (m *Monitor) take(d *Device, action string, complete bool) {
	if m.follows && !complete {
		m.udev.add(d)
	}
	d.inode = m.sys.inode(d.Path)
	if old := m.tree.devices[d.Path]; old != nil && old.inode != 0 && d.inode != 0 && old.inode != d.inode {
		m.tree.remove(d.Path) // another one, though nobody has said so
	}
	m.rules.apply(m.sys, d, action)
	m.tree.put(d)
}

// note keeps what a message says until it is settled.
func (m *Monitor) note(e Uevent, udev bool) {
	if udev && !m.follows && m.udev.running() { // it was started after us; else it is that of the host, whose database we do not see
		m.begin()
	}
	if udev != m.follows {
		return
	}
	if old := e.Vars["DEVPATH_OLD"]; e.Action == "move" && old != "" {
		m.noteOne(old, "remove", nil, udev)
	}
	m.noteOne(e.Path, e.Action, e.Vars, udev)
}

func (m *Monitor) noteOne(path, action string, vars map[string]string, udev bool) {
	n := m.pending[path]
	switch {
	case n == nil:
		n = &news{action: action}
		m.pending[path] = n
		m.order = append(m.order, path)
	case n.action != "add" || action == "remove":
		n.action = action
	default: // it was added and has changed since: for rules it is added
	}
	n.left = n.left || action == "remove"
	n.vars, n.udev = vars, udev
}

// settle files all that was noted.
func (m *Monitor) settle() {
	for _, path := range m.order {
		n := m.pending[path]
		if n.left {
			m.tree.remove(path)
		}
		if n.action == "remove" {
			continue
		}
		e := Uevent{Action: n.action, Path: path, Vars: n.vars}
		if n.udev {
			m.take(ofMessage(e), n.action, true)
			continue
		}
		m.take(newDevice(path, n.vars), n.action, false)
	}
	clear(m.pending)
	m.order = m.order[:0]
}

// tell makes known what has changed; false ends the monitor. The first time there
// may be nothing to tell.
func (m *Monitor) tell(first bool) bool {
	b := m.tree.flush()
	for _, f := range b.Here {
		delete(m.vague, f.Path)
	}
	if first {
		for p := range m.vague {
			b.Here = append(b.Here, Fact{Path: p})
		}
	}
	m.links.update(b)
	if len(b.Gone)+len(b.Here) == 0 && !first {
		return true
	}
	return m.config.Tell(b)
}

// findUsed finds the nodes that are mounted or swapped to although nobody has
// announced the device.
func (m *Monitor) findUsed() {
	read := func(file string, source func(fields []string) string) {
		text, _ := os.ReadFile(file)
		for line := range strings.Lines(string(text)) {
			p := source(strings.Fields(line))
			if !strings.HasPrefix(p, "/dev/") || m.tree.claims[p] != nil {
				continue
			}
			if i, err := os.Stat(m.config.Dev + strings.TrimPrefix(p, "/dev")); err == nil && i.Mode()&os.ModeDevice != 0 {
				m.vague[p] = true
			}
		}
	}
	read(m.config.Mounts, func(f []string) string { // … - type source options, proc_pid_mountinfo(5)
		if i := slices.Index(f, "-"); i >= 0 && len(f) > i+2 {
			return f[i+2]
		}
		return ""
	})
	read(m.config.Swaps, func(f []string) string {
		if len(f) > 0 {
			return f[0]
		}
		return ""
	})
}

// String describes a device for logs and tests.
func (d *Device) String() string { return fmt.Sprintf("%s %v", d.Path, d.Paths()[1:]) }
