package daemon

import (
	"os"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// runs knows the processes that the manager asked for, and by them what other
// processes belong to.
type runs struct {
	pid      int                  // our own
	byPID    map[int]*run         // alive and not reaped
	byRun    map[manager.Run]*run // the same
	fresh    []*run               // started since the last sleep: not watched yet
	young    int                  // how many of them are alive
	early    map[int]process.Exit // reaped before they were registered
	plans    map[planKey]*process.Plan
	streams  map[*process.Start]*logStream // into the journal, until the process has its own end
	left     map[unit.Name]family          // units whose processes outlived their parents
	owner    map[int]unit.Name             // the adopted processes, by whose they are; "" for nobody's
	signal   process.ChildSignal
	hot      manager.Time // until then SIGCHLD stays muted
	sweep    bool         // an adopted process may have ended
	adopts   process.Adopted
	ending   map[unit.Name]value.Signal     // units that are being ended, by which signal
	starting map[manager.Run][]value.Signal // being started outside the loop, and what to send them then
	unborn   map[unit.Name]int              // how many of them, by unit
}

// A run is one process.
type run struct {
	number     manager.Run
	pid        int
	unit       unit.Name
	invocation string
	pidfd      int  // -1 while it is not watched
	watched    bool // no more one of the fresh
	adopted    bool // not started by us
	speaks     bool // it may send notifications
}

func (r *runs) init() {
	r.pid = os.Getpid()
	r.adopts.Open() // now: what is held is held from the beginning
	r.byPID = make(map[int]*run)
	r.byRun = make(map[manager.Run]*run)
	r.early = make(map[int]process.Exit)
	r.plans = make(map[planKey]*process.Plan)
	r.streams = make(map[*process.Start]*logStream)
	r.ending = make(map[unit.Name]value.Signal)
	r.left = make(map[unit.Name]family)
	r.starting = make(map[manager.Run][]value.Signal)
	r.unborn = make(map[unit.Name]int)
	r.owner = make(map[int]unit.Name)
}

// A logStream is our end of a stream into the journal. The journal asks for pid
// from a goroutine of its own, which waits until it is known: a program may write
// before we are told that it has started.
type logStream struct {
	file  *os.File
	pid   int
	known chan struct{} // closed once pid is set
}

// release closes our end of a stream once the process has its own; pid is 0 if
// there is no process.
func (r *runs) release(s *process.Start, pid int) {
	if l := r.streams[s]; l != nil {
		delete(r.streams, s)
		l.pid = pid
		close(l.known)
		_ = l.file.Close()
	}
}

func (r *runs) add(pid int, e *manager.Spawn) {
	x := &run{number: e.Run, pid: pid, unit: e.Def.Name, invocation: invocation(e.Vars), pidfd: -1, speaks: e.Def.Service != nil && e.Def.Service.NotifyAccess != "none" && e.Def.Service.NotifyAccess != ""}
	r.byPID[pid] = x
	r.byRun[e.Run] = x
	r.fresh = append(r.fresh, x)
	r.young++
}

// hotFor is how long after a connection SIGCHLD stays muted: while connections
// come, the loop reaps at every turn anyway.
const hotFor = manager.Time(value.Second)

// heat mutes SIGCHLD.
func (d *Daemon) heat() {
	d.runs.signal.Mute()
	d.runs.hot = d.now() + hotFor
}

// cool gives SIGCHLD back once no connection has come for a while. What ended
// in between is reaped now.
func (d *Daemon) cool() {
	if d.runs.hot != 0 && d.now() >= d.runs.hot {
		d.runs.hot = 0
		d.runs.signal.Unmute()
		d.runs.sweep = true
	}
}

// watchChildren has the poll set tell the end of every process that is not
// watched yet. It is called before the loop sleeps: a process that ends while
// the loop is busy is found by reap and costs no descriptor.
func (d *Daemon) watchChildren() {
	for _, x := range d.runs.fresh {
		x.watched = true
		if d.runs.byPID[x.pid] != x {
			continue
		}
		fd, err := process.OpenPIDFD(x.pid)
		if err != nil {
			continue // the SIGCHLD of the last resort tells
		}
		x.pidfd = fd
		d.watched[fd] = func(int) { d.runs.sweep = true }
		if x.adopted {
			d.watched[fd] = func(int) { d.watchAdopted(x) }
		}
		if err := d.poll.add(fd, unix.EPOLLIN); err != nil {
			d.unwatchRun(x)
		}
	}
	clear(d.runs.fresh)
	d.runs.fresh, d.runs.young = d.runs.fresh[:0], 0
}

func (d *Daemon) unwatchRun(x *run) {
	if x.pidfd >= 0 {
		delete(d.watched, x.pidfd)
		_ = unix.Close(x.pidfd) // leaves the poll set by itself
		x.pidfd = -1
	}
}

// crowd is how many processes may be alive for the loop to ask after all of them at
// every turn; the kernel looks at each to answer.
const crowd = 256

// crowded tells that there are so many processes alive that every one of them is
// watched and reap waits to be told.
func (d *Daemon) crowded() bool { return len(d.runs.byPID) > crowd }

// reap collects every process that has ended.
func (d *Daemon) reap() bool {
	found := false
	if !d.runs.sweep && d.crowded() {
		return false
	}
	for d.runs.sweep || len(d.runs.byPID) > 0 || len(d.runs.starting) > 0 {
		exit, ok := process.Reap()
		if !ok {
			break
		}
		found = true
		d.exited(exit)
	}
	d.runs.sweep = false
	return found
}

// firstFailure is the lowest exit status of a child that did not become its program.
const firstFailure = 200

// exited tells the manager about the end of a process.
func (d *Daemon) exited(exit process.Exit) {
	x := d.runs.byPID[exit.PID]
	if x == nil {
		if len(d.runs.starting) > 0 {
			d.runs.early[exit.PID] = exit
		}
		d.strangerGone(exit.PID)
		return
	}
	if exit.Code == process.Killed && exit.Status == int(unix.SIGKILL) {
		d.checkMemory(x.unit)
	}
	if x.speaks || x.adopted {
		d.hear()
	}
	delete(d.runs.byPID, exit.PID)
	delete(d.runs.byRun, x.number)
	if !x.watched {
		d.runs.young--
	}
	d.unwatchRun(x)
	news := manager.Exited{
		Run: x.number, Code: manager.ExitCode(exit.Code), Status: exit.Status, Left: d.leftBehind(x),
	}
	if exit.Status >= firstFailure {
		if f := process.LateFailure(exit.PID); f != nil {
			news.Failure = f.Error()
		}
	}
	d.step(news)
	d.tidyGroup(x.unit)
}
