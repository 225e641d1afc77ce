package daemon

// Control groups, where the machine lets us make them: every service has one of
// its own, and no process gets out of it, so what a service leaves behind is
// known without guessing. Instances made by connections go without: a group
// costs as much as the start itself, and there are many of them. Their processes,
// and everything on other machines, are found by descent (family.go).
//
// A group is made when a service's first process is started and removed once
// nothing lives in it and nothing is being started into it.

import (
	"fmt"
	"hash/fnv"

	"golang.org/x/sys/unix"

	"wakesock/internal/cgroup"
	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// groups are the control groups of services. Without a tree there are none.
type groups struct {
	tree *cgroup.Tree
	of   map[unit.Name]*group
}

// A group is that of one service.
type group struct {
	*cgroup.Group
	starting int            // processes that are being started into it
	oomKills int            // as many of its processes were killed for want of memory
	told     bool           // the manager counts on hearing that it is empty
	owed     []value.Signal // for when nothing is being started any more
}

// openGroups looks whether there can be control groups, and takes over those
// that the last manager at our control socket left.
func (d *Daemon) openGroups() {
	d.groups.of = make(map[unit.Name]*group)
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.options.Control))
	tree, err := cgroup.Open(fmt.Sprintf("%08x", h.Sum32()))
	if err != nil {
		d.log("", 7, "Processes are found by descent: "+err.Error()+".")
		return
	}
	d.watched[tree.FD()] = func(int) {
		for _, g := range tree.Changed() {
			d.checkMemory(g.Unit())
			d.tidyGroup(g.Unit())
		}
	}
	if err := d.poll.add(tree.FD(), unix.EPOLLIN); err != nil {
		delete(d.watched, tree.FD())
		_ = tree.Close()
		d.log("", 4, "Cannot watch control groups; processes are found by descent: "+err.Error()+".")
		return
	}
	d.groups.tree = tree
	for _, g := range tree.Groups() {
		d.groups.of[g.Unit()] = &group{Group: g}
		pids, _ := g.Processes()
		d.log(g.Unit(), 4, fmt.Sprintf("Processes of an earlier manager are still in control group %s: %v", g.Path(), pids))
	}
}

func (d *Daemon) closeGroups() {
	if d.groups.tree == nil {
		return
	}
	delete(d.watched, d.groups.tree.FD())
	if err := d.groups.tree.Close(); err != nil {
		d.log("", 4, "Control groups: "+err.Error())
	}
	d.groups.tree = nil
}

// joinGroup has a process start in the group of its service; nil: in ours.
func (d *Daemon) joinGroup(e *manager.Spawn, s *process.Start) *group {
	if d.groups.tree == nil || e.Socket || e.Def.Service == nil {
		return nil
	}
	name := e.Def.Name
	made, err := d.groups.tree.Make(name)
	if err == nil {
		s.CgroupFD, err = made.Open()
	}
	if err != nil {
		d.log(name, 4, "Starting without a control group: "+err.Error())
		return nil
	}
	g := d.groups.of[name]
	if g == nil {
		g = &group{Group: made}
		d.groups.of[name] = g
	}
	if g.starting++; e.Main {
		g.KillTogether(e.Def.OOMPolicy() == "kill")
	}
	return g
}

// checkMemory tells the manager if the kernel has killed processes of a unit for want
// of memory since it was last looked at.
func (d *Daemon) checkMemory(name unit.Name) {
	g := d.groups.of[name]
	if g == nil {
		return
	}
	if n, known := g.OOMKills(); known && n > g.oomKills {
		g.oomKills = n
		d.step(manager.OutOfMemory{Unit: name})
	}
}

// begin carries out a plan, without the control group if the kernel refuses it.
// It runs outside the loop.
func (l *launch) begin() (pid int, failure *process.Failure, err error) {
	s := &l.start
	if err = l.openFiles(); err == nil {
		pid, failure, err = l.plan.Start(s)
	}
	if s.CgroupFD < 0 {
		return pid, failure, err
	}
	_ = unix.Close(s.CgroupFD)
	s.CgroupFD = -1
	if err != nil && l.opened && !process.IsResource(err) {
		return l.plan.Start(s)
	}
	return pid, failure, err
}

// joined notes that a start into a group has ended, well or badly.
func (d *Daemon) joined(g *group) {
	if g != nil {
		g.starting--
		if g.starting == 0 {
			d.signalOwed(g)
		}
		d.tidyGroup(g.Unit())
	}
}

// leftInGroup tells whether something lives in a group besides the runs that we
// know.
func (d *Daemon) leftInGroup(g *group) bool {
	if !g.Populated() {
		return false
	}
	left := true
	if pids, err := g.Processes(); err == nil && len(pids) > 0 {
		left = false
		for _, pid := range pids {
			left = left || d.runs.byPID[pid] == nil
		}
	}
	g.told = g.told || left
	return left
}

// tidyGroup removes the group of a unit when it has become empty, and tells the
// manager if that waits for it.
func (d *Daemon) tidyGroup(name unit.Name) {
	g := d.groups.of[name]
	if g == nil || g.Populated() {
		return
	}
	if g.told {
		g.told = false
		d.step(manager.Emptied{Unit: name})
	}
	if g.starting > 0 {
		return
	}
	if err := g.Remove(); err == nil {
		delete(d.groups.of, name)
	}
}

// signalGroup sends a signal to the given processes first, then to all others of
// the group. A process that is being started is not to get it yet: before it
// becomes its program it shares our memory, and before Linux 5.16 a signal that
// dumps core ends everybody who does. SIGKILL ends the one alone.
func (d *Daemon) signalGroup(g *group, e *manager.Signal, first []int) {
	signals := []value.Signal{e.Signal}
	if e.Hangup {
		signals = append(signals, value.Signal(unix.SIGHUP))
	}
	for _, sig := range signals {
		for _, pid := range first {
			_ = process.Signal(pid, sig) // it may have ended
		}
		if g.starting > 0 && sig != value.Signal(unix.SIGKILL) {
			g.owed = append(g.owed, sig)
			continue
		}
		if err := g.Signal(sig, first...); err != nil {
			d.log(e.Unit, 4, "Cannot signal every process: "+err.Error())
		}
	}
}

// signalOwed sends what had to wait for a start to all but the runs, which have
// had it one by one.
func (d *Daemon) signalOwed(g *group) {
	if len(g.owed) == 0 {
		return
	}
	var sent []int
	for pid, x := range d.runs.byPID {
		if x.unit == g.Unit() {
			sent = append(sent, pid)
		}
	}
	for _, sig := range g.owed {
		_ = g.Signal(sig, sent...)
	}
	g.owed = nil
}

// groupPath is the control group of a unit as /proc/PID/cgroup shows it, "" if
// it has none.
func (d *Daemon) groupPath(name unit.Name) string {
	if g := d.groups.of[name]; g != nil {
		return g.Path()
	}
	return ""
}

// groupCPU is the processor time of a unit, in microseconds; -1: not known.
func (d *Daemon) groupCPU(name unit.Name) int64 {
	if g := d.groups.of[name]; g != nil {
		if micros, known := g.CPU(); known {
			return micros
		}
	}
	return -1
}
