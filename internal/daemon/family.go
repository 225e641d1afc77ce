package daemon

// Processes that outlive their parents. The manager is a subreaper (or PID 1),
// so such a process becomes its child; a unit's remaining processes are then
// the adopted ones and all below them. Whose an adopted process is says its
// process group or session, which its unit's process leads, INVOCATION_ID in its
// environment, or the mark that the process edge gives to what it starts.

import (
	"strings"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A family is the adopted processes of one unit, each with the descriptor that
// tells its end (-1: none).
type family map[int]int

// leftBehind tells whether x's unit has processes left now that x has ended.
func (d *Daemon) leftBehind(x *run) bool {
	d.adopt(x)
	if g := d.groups.of[x.unit]; g != nil {
		return d.leftInGroup(g)
	}
	return len(d.runs.left[x.unit]) > 0
}

// adopt looks for processes that became ours. x, which may be nil, is the one
// that has just ended and is the likeliest to have left them.
func (d *Daemon) adopt(x *run) {
	for _, pid := range d.runs.adopts.List() {
		if _, known := d.runs.owner[pid]; known || d.runs.byPID[pid] != nil {
			continue
		}
		name := d.whose(pid, x)
		d.foster(pid, name)
		if sig, ok := d.runs.ending[name]; ok { // it was being made while the others were told
			_ = process.Signal(pid, sig)
		}
	}
}

// foster notes that a process that is not a run belongs to a unit.
func (d *Daemon) foster(pid int, name unit.Name) {
	d.runs.owner[pid] = name
	fd, err := process.OpenPIDFD(pid)
	if err == nil {
		d.watched[fd] = func(int) { d.runs.sweep = true }
		if d.poll.add(fd, unix.EPOLLIN) != nil {
			delete(d.watched, fd)
			_ = unix.Close(fd)
			fd = -1
		}
	} else {
		fd = -1
	}
	if d.runs.left[name] == nil {
		d.runs.left[name] = make(family)
	}
	d.runs.left[name][pid] = fd
}

// unfoster is the opposite of foster.
func (d *Daemon) unfoster(pid int, name unit.Name) {
	delete(d.runs.owner, pid)
	f := d.runs.left[name]
	if fd, ok := f[pid]; ok && fd >= 0 {
		delete(d.watched, fd)
		_ = unix.Close(fd)
	}
	delete(f, pid)
	if len(f) == 0 {
		delete(d.runs.left, name)
	}
}

// whose says which unit an adopted process belongs to; "" is nobody's.
func (d *Daemon) whose(pid int, x *run) unit.Name {
	p, ok := process.Look(pid)
	if !ok {
		return ""
	}
	if x != nil && (p.PGID == x.pid || p.SID == x.pid) {
		return x.unit
	}
	id := process.Invocation(pid)
	if x != nil && id != "" && strings.HasPrefix(x.invocation, id) {
		return x.unit
	}
	for _, r := range d.runs.byPID {
		if p.PGID == r.pid || p.SID == r.pid || id != "" && strings.HasPrefix(r.invocation, id) {
			return r.unit
		}
	}
	return d.manager.Invoked(manager.Invocation(id))
}

// strangerGone notes the end of a process that is not a run.
func (d *Daemon) strangerGone(pid int) {
	name, known := d.runs.owner[pid]
	if !known {
		return
	}
	if d.notices.used {
		d.hear()
	}
	d.unfoster(pid, name)
	d.adopt(nil)
	if len(d.runs.left[name]) == 0 {
		delete(d.runs.ending, name)
		if name != "" && d.groups.of[name] == nil { // the group itself tells
			d.step(manager.Emptied{Unit: name})
		}
	}
}

// disown makes what a unit left behind nobody's.
func (d *Daemon) disown(name unit.Name) {
	if len(d.runs.ending) > 0 {
		delete(d.runs.ending, name)
	}
	f := d.runs.left[name]
	if f == nil || name == "" {
		return
	}
	delete(d.runs.left, name)
	if d.runs.left[""] == nil {
		d.runs.left[""] = make(family)
	}
	for pid, fd := range f {
		d.runs.owner[pid] = ""
		d.runs.left[""][pid] = fd
	}
}

// signal carries out a Signal effect.
func (d *Daemon) signal(e *manager.Signal) {
	var pids []int
	for _, r := range e.Runs {
		if x := d.runs.byRun[r]; x != nil {
			pids = append(pids, x.pid)
		} else if _, ok := d.runs.starting[r]; ok {
			d.runs.starting[r] = append(d.runs.starting[r], e.Signal)
		}
	}
	if g := d.groups.of[e.Unit]; g != nil && e.Rest {
		d.signalGroup(g, e, pids)
		return
	}
	if e.Last {
		d.runs.ending[e.Unit] = e.Signal
	}
	if e.Rest {
		pids = d.processes(e.Unit, pids)
	}
	for _, pid := range pids {
		_ = process.Signal(pid, e.Signal) // it may have ended
		if e.Hangup {
			_ = process.Signal(pid, value.Signal(unix.SIGHUP))
		}
	}
}

// processes returns all processes of a unit: its runs, what it left behind and
// everything below them. first come first.
func (d *Daemon) processes(name unit.Name, first []int) []int {
	seen := make(map[int]bool)
	all := first
	for _, pid := range first {
		seen[pid] = true
	}
	put := func(pid int) {
		if !seen[pid] {
			seen[pid] = true
			all = append(all, pid)
		}
	}
	for _, x := range d.runs.byPID {
		if x.unit == name {
			put(x.pid)
		}
	}
	if g := d.groups.of[name]; g != nil {
		pids, _ := g.Processes()
		for _, pid := range pids {
			put(pid)
		}
		return all
	}
	for pid := range d.runs.left[name] {
		put(pid)
	}
	below, err := process.Descendants()
	if err != nil {
		return all
	}
	children := make(map[int][]int)
	for _, p := range below {
		children[p.PPID] = append(children[p.PPID], p.PID)
	}
	for i := 0; i < len(all); i++ {
		for _, c := range children[all[i]] {
			put(c)
		}
	}
	return all
}
