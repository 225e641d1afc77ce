package daemon

import (
	"math"
	"sync"
	"time"

	"wakesock/internal/manager"
)

// An inbox holds what other goroutines want the loop to do.
type inbox struct {
	mu     sync.Mutex
	work   []func()
	asleep bool // the loop must be woken up to look
}

// do has the loop run f soon, in the order of the calls.
func (d *Daemon) do(f func()) {
	d.inbox.mu.Lock()
	d.inbox.work = append(d.inbox.work, f)
	wake := d.inbox.asleep
	d.inbox.asleep = false
	d.inbox.mu.Unlock()
	if wake {
		d.poll.wake()
	}
}

// ask has the loop run f and waits until it has; false if the loop has ended.
func (d *Daemon) ask(f func()) bool {
	done := make(chan struct{})
	d.do(func() { f(); close(done) })
	select {
	case <-done:
		return true
	case <-d.ended:
		return false
	}
}

func (d *Daemon) drain() bool {
	d.inbox.mu.Lock()
	work := d.inbox.work
	d.inbox.work, d.inbox.asleep = nil, false
	d.inbox.mu.Unlock()
	for _, f := range work {
		f()
	}
	return len(work) > 0
}

// rest tells whether the loop may sleep; from then on do wakes it up.
func (d *Daemon) rest() bool {
	d.inbox.mu.Lock()
	defer d.inbox.mu.Unlock()
	d.inbox.asleep = len(d.inbox.work) == 0
	return d.inbox.asleep
}

// loop runs until the manager says Exit. Every turn takes what is there; it
// sleeps only when a whole turn has found nothing.
func (d *Daemon) loop() error {
	for !d.exiting {
		busy := d.drain()
		if d.crowded() {
			d.watchChildren()
		}
		busy = d.reap() || busy
		if d.poll.look() {
			busy = true
			d.dispatch()
		}
		if next := d.manager.Next(); next != 0 && next <= d.now() {
			busy = true
			d.step(manager.Clock{Wall: time.Now().UnixMicro()})
		}
		if busy || d.exiting {
			continue
		}
		d.cool()
		if d.runs.sweep || !d.rest() {
			continue
		}
		if d.runs.hot != 0 && d.poll.nap() {
			d.dispatch()
			continue
		}
		d.watchChildren()
		if err := d.poll.sleep(d.nextWake()); err != nil {
			return err
		}
		d.dispatch()
	}
	return nil
}

// nextWake is when the loop must go on even if nothing happens; zero is never.
func (d *Daemon) nextWake() time.Time {
	next := d.manager.Next()
	if hot := d.runs.hot; hot != 0 && (next == 0 || hot < next) {
		next = hot
	}
	if next == 0 {
		return time.Time{}
	}
	return d.start.Add(time.Duration(min(next, farthest)) * time.Microsecond)
}

// farthest is how far ahead, in microseconds, a time.Duration can be: 292 years.
const farthest = manager.Time(math.MaxInt64 / time.Microsecond)

// now is the manager's time. It starts at 1, for 0 means never.
func (d *Daemon) now() manager.Time {
	return manager.Time(time.Since(d.start)/time.Microsecond) + 1
}

// dispatch serves the descriptors that the last look found ready.
func (d *Daemon) dispatch() {
	for i := range d.poll.n {
		fd := int(d.poll.events[i].Fd)
		switch {
		case fd == d.poll.wakeFD:
			d.poll.awake()
		case d.watched[fd] != nil:
			d.watched[fd](fd)
		}
	}
	d.poll.n = 0
}

// step lets the manager decide about one event, and about what the effects of
// it lead to at once.
func (d *Daemon) step(e manager.Event) {
	d.pending = append(d.pending, e)
	if d.stepping {
		return
	}
	d.stepping = true
	for i := 0; i < len(d.pending); i++ {
		e := d.pending[i]
		d.pending[i] = nil
		for _, effect := range d.manager.Step(d.now(), e) {
			d.perform(effect)
		}
	}
	d.pending = d.pending[:0]
	d.stepping = false
	if len(d.awaited) > 0 {
		d.tellEnded()
	}
}
