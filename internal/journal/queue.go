package journal

import (
	"sync"
	"time"
)

// A queue holds the frames that wait for the writer. Entries are encoded straight
// into one buffer, which the writer takes whole and leaves an empty one for: so an
// entry costs its callers a lock, a copy and a checksum, no allocation and no
// message to another goroutine. The first entry into an empty queue arms a timer,
// and when it fires the writer takes all that has come since. So the writer wakes at most once
// in Delay however many entries come, and never while none do.
type queue struct {
	key   key
	limit int           // bytes; what wait for nobody may fill
	delay time.Duration // coalescing

	timer *time.Timer   // wakes the writer after delay
	kick  chan struct{} // wakes it at once; has room for one

	mu     sync.Mutex
	space  sync.Cond // the writer has taken the buffer
	buf    []byte
	lost   uint64 // entries dropped since the last take
	urgent bool   // the buffer holds an entry that is to be synced at once
	armed  bool   // the timer runs, or the writer was kicked
	closed bool
}

func newQueue(limit int, delay time.Duration) *queue {
	q := &queue{limit: limit, delay: delay, kick: make(chan struct{}, 1)}
	q.space.L = &q.mu
	q.timer = time.NewTimer(time.Hour)
	q.timer.Stop()
	return q
}

// put adds an entry. When the queue is full it drops the entry, or, with wait,
// waits for the writer; waiting callers find the queue full at three quarters. It
// reports whether the entry was taken.
func (q *queue) put(e *Entry, now func() time.Time, wait bool) bool {
	size, limit := frameSize(e), q.limit
	if wait {
		limit -= limit / 4
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.buf)+size > limit {
		if !wait {
			q.lost++
			return false
		}
		q.space.Wait()
	}
	if q.closed {
		return false
	}
	if e.Time == 0 {
		// Under the lock, so that the order of times is the order of entries.
		e.Time = now().UnixMicro()
	}
	q.buf = appendFrame(q.buf, q.key, e)
	if !q.armed {
		q.armed = true
		q.timer.Reset(q.delay)
	}
	urgent := e.Priority <= Crit
	q.urgent = q.urgent || urgent
	if urgent || len(q.buf) > q.limit/2 {
		select {
		case q.kick <- struct{}{}:
		default:
		}
	}
	return true
}

// take gives all that waits, in exchange for an empty buffer.
func (q *queue) take(spare []byte) (batch []byte, lost uint64, urgent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, lost, urgent = q.buf, q.lost, q.urgent
	q.buf, q.lost, q.urgent, q.armed = spare[:0], 0, false, false
	q.timer.Stop()
	q.space.Broadcast()
	return batch, lost, urgent
}

// close lets no more in and nobody wait.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.space.Broadcast()
}
