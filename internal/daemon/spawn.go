package daemon

// Starting processes. A service that serves a connection is started by the loop
// itself. The first time it waits until the program runs; then it knows that it does
// and goes on, while the children become their programs on the other processors.
// What may hang on a file that it opens or a folder it changes to has a goroutine of
// its own.

import (
	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// A launch is a process about to be started.
type launch struct {
	effect *manager.Spawn
	plan   *process.Plan
	start  process.Start
	copies []int // of descriptors that are kept for the service, and files opened for it
	opened bool  // the files of OpenFile= are
}

// spawn starts a process.
func (d *Daemon) spawn(e *manager.Spawn) {
	if len(d.runs.ending) > 0 {
		delete(d.runs.ending, e.Def.Name)
	}
	streams := d.standard(e.Def)
	l := &launch{effect: e, start: process.Start{
		Vars: d.tellSocket(e.Vars), Stdin: -1, Stdout: -1, Stderr: -1, CgroupFD: -1, NoSession: e.Socket,
	}}
	if err := d.streams(e, streams, &l.start); err != nil {
		d.registered(l, 0, nil, err)
		return
	}
	if e.Stored {
		if err := d.handOver(e, l); err != nil {
			d.registered(l, 0, nil, err)
			return
		}
	}
	if e.Socket && !streams.opens && len(e.Def.Service.OpenFile) == 0 {
		d.heat()
		d.launch(l)
		return
	}
	var err error
	if l.plan, err = process.Compile(&d.process, e.Def, e.Command); err != nil {
		d.registered(l, 0, nil, err)
		return
	}
	g := d.joinGroup(e, &l.start)
	d.runs.starting[e.Run] = nil
	d.runs.unborn[e.Def.Name]++
	go func() { // ends when the program runs
		pid, failure, err := l.begin()
		d.do(func() {
			d.started(l, pid, failure, err)
			d.joined(g)
		})
	}()
}

// fewDescriptors is up to how many descriptors a child gets a copy of the table
// cheaper than the loop can wait until it has left ours.
const fewDescriptors = 128

// ahead tells that the loop shall not wait until the program runs: others come at the
// same time, and the child can go to another processor. A lone one is served sooner
// if it has ours. Open are the watched descriptors and, as the kernel gives the lowest
// number that is free, as many as the number of the connection tells.
func (d *Daemon) ahead(e *manager.Spawn) bool {
	fd, ok := d.conns[e.Conn]
	return ok && fd+len(d.watched) < fewDescriptors && (d.runs.young > 1 || d.crowded()) &&
		e.Def.Service.Type != unit.ServiceExec
}

// launch starts a process. It waits until the program runs only where that cannot be
// taken for granted.
func (d *Daemon) launch(l *launch) {
	plan, err := d.plan(l.effect)
	if err != nil {
		d.registered(l, 0, nil, err)
		return
	}
	l.start.Ahead = d.ahead(l.effect)
	pid, failure, err := plan.Start(&l.start)
	d.registered(l, pid, failure, err)
}

// started notes a process that was started outside the loop, and sends it what it
// was to be sent meanwhile.
func (d *Daemon) started(l *launch, pid int, failure *process.Failure, err error) {
	signals := d.runs.starting[l.effect.Run]
	delete(d.runs.starting, l.effect.Run)
	if name := l.effect.Def.Name; d.runs.unborn[name] > 1 {
		d.runs.unborn[name]--
	} else {
		delete(d.runs.unborn, name)
	}
	d.registered(l, pid, failure, err)
	for _, sig := range signals {
		if pid > 0 {
			_ = process.Signal(pid, sig)
		}
	}
}

// registered notes a process that was started, and tells the manager.
func (d *Daemon) registered(l *launch, pid int, failure *process.Failure, err error) {
	d.runs.release(&l.start, pid)
	l.closeCopies()
	if err != nil {
		d.step(manager.Unspawned{Run: l.effect.Run, Err: err.Error()})
		return
	}
	d.runs.add(pid, l.effect)
	news := manager.Spawned{Run: l.effect.Run, PID: pid}
	if failure != nil {
		news.Failure = failure.Error()
	}
	d.step(news)
	d.hearEarly()
	if exit, early := d.runs.early[pid]; early {
		delete(d.runs.early, pid)
		d.exited(exit)
	}
	if len(d.runs.starting) == 0 {
		clear(d.runs.early) // of strangers
	}
}

// A planKey says what a plan is compiled of.
type planKey struct {
	exec    *unit.Exec
	command *unit.Command
}

// plan returns the compiled plan of a service that serves a connection.
func (d *Daemon) plan(e *manager.Spawn) (*process.Plan, error) {
	key := planKey{e.Def.Exec, e.Command}
	if p := d.runs.plans[key]; p != nil {
		return p, nil
	}
	p, err := process.Compile(&d.process, e.Def, e.Command)
	if err == nil {
		d.runs.plans[key] = p
	}
	return p, err
}

// forgetPlans has plans compiled anew, for what they were compiled of has changed.
func (d *Daemon) forgetPlans() { clear(d.runs.plans) }
