package journal

import (
	"fmt"
	"time"
)

// write is the writer goroutine: it alone touches store and mirror.
func (j *Journal) write() {
	defer close(j.stopped)
	var (
		spare   []byte
		w       = batchWriter{j: j}
		syncing = time.NewTimer(time.Hour)
	)
	syncing.Stop()
	for ended := false; !ended; {
		var done chan struct{}
		select {
		case <-j.queue.timer.C:
		case <-j.queue.kick:
		case <-syncing.C:
			w.sync()
			continue
		case done = <-j.flushes:
		case <-j.stop:
			ended = true
		}
		batch, lost, urgent := j.queue.take(spare)
		dirty := w.dirty()
		w.write(batch, lost)
		spare = batch
		if cap(spare) > 64<<10 && len(spare) < cap(spare)/8 {
			spare = nil // a burst is over; do not hold its memory
		}
		switch {
		case (urgent || done != nil) && j.o.SyncEvery > 0:
			w.sync()
		case !dirty && w.dirty() && j.o.SyncEvery > 0:
			syncing.Reset(j.o.SyncEvery)
		}
		if done != nil {
			close(done)
		}
	}
	j.queue.timer.Stop()
	syncing.Stop()
	if j.store != nil {
		j.err = j.store.close()
	}
	if j.mirror != nil {
		j.mirror.close(time.Second)
	}
}

// A batchWriter brings batches to store and mirror and keeps account of failures.
type batchWriter struct {
	j       *Journal
	decoder decoder
	own     []byte // frames of entries about losses
	failing int    // entries lost to a failing disk since the last success
	failure error
}

func (w *batchWriter) dirty() bool { return w.j.store != nil && !w.j.store.since.IsZero() }

func (w *batchWriter) sync() {
	if w.j.store == nil {
		return
	}
	if err := w.j.store.sync(); err != nil {
		w.mirror(w.report(fmt.Sprintf("cannot sync the journal: %v", err)))
	}
}

// write stores and mirrors a batch, and what is to be said about lost entries.
func (w *batchWriter) write(batch []byte, lost uint64) {
	w.mirror(batch)
	w.keep(batch)
	if lost > 0 {
		b := w.report(fmt.Sprintf("%d log entries of the manager were dropped: the disk does not keep up", lost))
		w.mirror(b)
		w.keep(b)
	}
}

func (w *batchWriter) keep(batch []byte) {
	s := w.j.store
	if s == nil || len(batch) == 0 {
		return
	}
	lost, err := s.write(batch, w.j.o.Now())
	if err != nil {
		if w.failing == 0 {
			w.mirror(w.report(fmt.Sprintf("cannot write the journal, log entries are being lost: %v", err)))
		}
		w.failing += lost
		w.failure = err
		return
	}
	if w.failing == 0 {
		return
	}
	b := w.report(fmt.Sprintf("%d log entries were lost: %v", w.failing, w.failure))
	if _, err := s.write(b, w.j.o.Now()); err == nil {
		w.failing = 0
		w.mirror(b)
	}
}

// report makes the frame of an entry about the journal itself.
func (w *batchWriter) report(message string) []byte {
	w.own = appendFrame(w.own[:0], w.j.queue.key, &Entry{
		Time:       w.j.o.Now().UnixMicro(),
		Identifier: w.j.o.Identifier,
		PID:        w.j.pid,
		Priority:   Warning,
		Facility:   Daemon,
		Message:    []byte(message),
	})
	return w.own
}

func (w *batchWriter) mirror(batch []byte) {
	if w.j.mirror == nil || len(batch) == 0 {
		return
	}
	frames(batch, func(frame []byte) {
		_, b := payload(frame)
		if e, err := w.decoder.entry(b); err == nil {
			w.j.mirror.show(&e)
		}
	})
	w.j.mirror.wake()
}
