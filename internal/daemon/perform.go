package daemon

import (
	"fmt"

	"golang.org/x/sys/unix"

	"wakesock/internal/journal"
	"wakesock/internal/manager"
)

// perform carries out one effect.
func (d *Daemon) perform(e manager.Effect) {
	switch e := e.(type) {
	case *manager.Spawn:
		d.spawn(e)
	case manager.Adopt:
		d.adoptMain(&e)
	case manager.Seek:
		d.seek(e)
	case manager.RemoveFile:
		_ = unix.Unlink(e.Path) // it may never have been there
	case manager.Keep:
		d.keep(&e)
	case manager.Release:
		d.letGo(e.Unit, func(k keptFD) bool { return e.Name == "" || k.name == e.Name })
	case manager.WatchName:
		d.watchName(e)
	case manager.UnwatchName:
		d.unwatchName(e.Unit)
	case manager.Hangup:
		d.hangup(e.Conn)
	case manager.Log:
		d.journal.Append(journal.Entry{
			Unit: string(e.Unit), Invocation: string(e.Invocation), PID: d.runs.pid, Priority: journal.Priority(e.Priority),
			Identifier: "wakesock", Source: journal.Manager, Message: []byte(e.Text),
		})
	case manager.Forget:
		d.disown(e.Unit)
		d.closeKept(e.Unit, func(keptFD) bool { return true })
		d.dropTransient(e.Unit)
	case manager.Signal:
		d.signal(&e)
	case manager.Open:
		d.openSocket(e.Def)
	case manager.Close:
		d.closeSocket(e)
	case manager.Watch:
		d.watchSocket(e.Unit)
	case manager.Unwatch:
		d.unwatchSocket(e.Unit)
	case manager.WatchPaths:
		d.watchPaths(&e)
	case manager.UnwatchPaths:
		d.unwatchPaths(e.Unit)
	case manager.Flush:
		if h := d.sockets[e.Unit]; h != nil {
			h.set.Flush()
		}
	case manager.ReadStamp:
		d.step(manager.Stamped{Unit: e.Unit, Wall: d.stamps.read(e.Unit)})
	case manager.WriteStamp:
		d.writeStamp(e)
	case manager.Answer:
		if f := d.requests[e.Request]; f != nil {
			delete(d.requests, e.Request)
			f(e)
		}
	case manager.Check:
		go d.check(e, d.process.Env) // ends when it has looked
	case manager.Exit:
		d.exiting, d.exitCode, d.machine = true, e.Code, e.Machine
	default:
		panic(fmt.Sprintf("BUG: effect %T", e))
	}
}

// hangup closes the manager's descriptor of a connection.
func (d *Daemon) hangup(c manager.Conn) {
	if fd, ok := d.conns[c]; ok {
		delete(d.conns, c)
		closeFD(fd)
	}
}

// closeFD closes a socket without telling the scheduler, as it does not wait.
func closeFD(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }
