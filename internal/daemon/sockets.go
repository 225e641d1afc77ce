package daemon

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/listen"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// acceptsAtOnce is how many connections one listener may bring before the
// others, and the children that have ended, get their turn.
const acceptsAtOnce = 8

// retryDescriptors is how long accepting rests when no descriptor is free.
const retryDescriptors = 200 * time.Millisecond

// held is what one socket unit holds open.
type held struct {
	set     *listen.Set
	watched bool
}

// openSocket opens a socket unit's addresses, keeping those that did not change.
// The manager asks again for those to be watched that were.
func (d *Daemon) openSocket(def *unit.Unit) {
	var prev *listen.Set
	h := d.sockets[def.Name]
	if h != nil {
		prev = h.set
		d.unwatchSocket(def.Name) // while all are open: a service may hold what is closed now
	}
	set, err := listen.Open(def, prev)
	news := manager.Listened{Unit: def.Name}
	if err != nil {
		news.Err = err.Error()
		var failed *listen.Error
		if errors.As(err, &failed) {
			news.Place = def.ListenPlace(failed.Index).String()
		}
		d.step(news)
		return
	}
	for _, w := range set.Warnings {
		d.log(def.Name, 4, string(def.Name)+": "+w)
	}
	if h == nil {
		h = &held{}
		d.sockets[def.Name] = h
	}
	h.set = set
	news.Listeners = len(set.Files)
	d.step(news)
}

func (d *Daemon) closeSocket(e manager.Close) {
	h := d.sockets[e.Def.Name]
	if h == nil {
		return
	}
	d.unwatchSocket(e.Def.Name)
	h.set.Close(e.Remove)
	delete(d.sockets, e.Def.Name)
}

// watchSocket waits for connections or for something to read.
func (d *Daemon) watchSocket(name unit.Name) {
	h := d.sockets[name]
	if h == nil || h.watched {
		return
	}
	h.watched = true
	for _, f := range h.set.Files {
		ready := func(int) { d.readable(name) }
		if f.Connection && h.set.Unit.Socket.Accept {
			ready = func(fd int) { d.accept(h, name, fd) }
			// Before a reload it may have been a service's, which had it blocking.
			_ = unix.SetNonblock(f.FD, true)
		}
		d.watched[f.FD] = ready
		if err := d.poll.add(f.FD, unix.EPOLLIN); err != nil {
			d.log(name, 3, string(name)+": cannot wait for "+f.Address+": "+err.Error())
		}
	}
}

func (d *Daemon) unwatchSocket(name unit.Name) {
	h := d.sockets[name]
	if h == nil || !h.watched {
		return
	}
	h.watched = false
	for _, f := range h.set.Files {
		d.poll.remove(f.FD)
		delete(d.watched, f.FD)
	}
}

// readable tells that a socket with Accept=no wants its service; once is enough.
func (d *Daemon) readable(name unit.Name) {
	d.unwatchSocket(name)
	d.step(manager.Readable{Unit: name})
}

// accept takes connections off one listener, each with the manager's verdict
// before the next, so that the kernel's backlog holds the rest.
func (d *Daemon) accept(h *held, name unit.Name, fd int) {
	for range acceptsAtOnce {
		if !h.watched {
			return // paused by the verdict
		}
		if d.scarce() {
			d.exhausted(h, name)
			return
		}
		c, err := listen.Accept(fd)
		switch {
		case err == nil:
		case errors.Is(err, listen.ErrDescriptors):
			d.exhausted(h, name)
			return
		case errors.Is(err, listen.ErrAgain):
			return
		default:
			d.log(name, 3, string(name)+": cannot accept: "+err.Error())
			return
		}
		h.set.Setup(&c)
		c.Peer.Cookie = listen.Cookie(c.FD)
		d.lastConn++
		d.conns[d.lastConn] = c.FD
		d.step(manager.Accepted{Unit: name, Conn: d.lastConn, Peer: c.Peer})
	}
}

// spareFDs is how many descriptors are kept free when accepting, and perConn how
// many a connection may take: a service needs some to be started, and so do those
// who ask what is going on.
const (
	spareFDs = 16
	perConn  = 4
)

// scarce tells whether so few descriptors are left that who is accepted now might
// not be served. It counts them only when as many connections have come as were
// free at the last count.
func (d *Daemon) scarce() bool {
	if d.freeFDs -= perConn; d.freeFDs >= 0 {
		return false
	}
	all, err := os.ReadDir("/proc/self/fd")
	switch {
	case err == nil:
		d.freeFDs = d.maxFDs - len(all) - perConn
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
	default:
		d.freeFDs = spareFDs // there is no /proc: the kernel will tell
	}
	return d.freeFDs < 0
}

// exhausted rests a listener while no descriptor is free: who comes waits in
// the backlog. It says so once, until that has not happened for a minute.
func (d *Daemon) exhausted(h *held, name unit.Name) {
	said := d.short
	if d.short = time.Now(); d.short.Sub(said) > time.Minute {
		d.log(name, 3, string(name)+": cannot accept: no file descriptor is free (LimitNOFILE of the manager); retrying, connections wait in the backlog")
	}
	d.unwatchSocket(name)
	time.AfterFunc(retryDescriptors, func() {
		d.do(func() {
			if d.sockets[name] == h && d.manager.Watching(name) {
				d.watchSocket(name)
			}
		})
	})
}
