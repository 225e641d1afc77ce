package journal

import (
	"io"
	"os"
	"sync"
	"time"
)

// Options are what a journal may be told; the zero value of each is its default.
type Options struct {
	// Dir holds the segments. It is made if need be. Empty: nothing is kept, only
	// mirrored.
	Dir string

	// MaxBytes bounds the size of all segments together, 64 MiB. MaxFile is the
	// size at which a segment is closed, 8 MiB; it is brought between 64 KiB and
	// 64 MiB and to half of MaxBytes at most. MaxBytes is at least 128 KiB.
	MaxBytes, MaxFile int64

	// Mirror gets a line of text for each entry: the manager's standard error. Nil:
	// no mirror. Writing to it happens in a goroutine of its own, which a writer
	// that blocks for ever keeps.
	Mirror io.Writer

	// Queue bounds the bytes of memory for entries that wait to be written, 4 MiB.
	Queue int

	// Delay is how long an entry waits for others to be written with it, 10 ms.
	Delay time.Duration

	// SyncEvery is how long written entries may wait for fsync, 5 s. Less than 0:
	// no fsync at all. Entries of priority crit and above are written and synced at
	// once.
	SyncEvery time.Duration

	// Identifier is the name of the manager in its own entries, "wakesock".
	Identifier string

	// Now is the clock that stamps entries, time.Now.
	Now func() time.Time

	open func(path string, flag int) (file, error) // for tests
}

func (o *Options) setDefaults() {
	setDefault(&o.MaxBytes, 64<<20)
	o.MaxBytes = max(o.MaxBytes, 128<<10)
	setDefault(&o.MaxFile, 8<<20)
	o.MaxFile = max(64<<10, min(o.MaxFile, o.MaxBytes/2, maxSegment/2))
	setDefault(&o.Queue, 4<<20)
	o.Queue = max(o.Queue, 4*maxPayload)
	setDefault(&o.Delay, 10*time.Millisecond)
	setDefault(&o.SyncEvery, 5*time.Second)
	setDefault(&o.Identifier, "wakesock")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.open == nil {
		o.open = openSegment
	}
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// A Journal takes entries. Its methods may be called from any goroutine.
type Journal struct {
	o      Options
	pid    int
	queue  *queue
	store  *store  // nil without a directory
	mirror *mirror // nil without
	limits limits

	flushes chan chan struct{}
	stop    chan struct{} // closed: write what waits and end
	stopped chan struct{} // closed: the writer has ended
	err     error         // of the last sync; read after stopped

	mu      sync.Mutex
	streams map[*stream]struct{}
	closing bool
	readers sync.WaitGroup
}

// Open makes a journal and starts its writer, which ends with [Journal.Close].
// What an earlier run was killed in the middle of is cut off the newest segment.
func Open(o Options) (*Journal, error) {
	o.setDefaults()
	j := &Journal{
		o:       o,
		pid:     os.Getpid(),
		queue:   newQueue(o.Queue, o.Delay),
		flushes: make(chan chan struct{}),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		streams: make(map[*stream]struct{}),
	}
	if o.Dir != "" {
		s, err := openStore(o.Dir, o.MaxBytes, o.MaxFile, o.open)
		if err != nil {
			return nil, err
		}
		j.store, j.queue.key = s, s.key
	}
	if o.Mirror != nil {
		j.mirror = startMirror(o.Mirror)
	}
	go j.write()
	return j, nil
}

// Append adds an entry and returns at once: it never waits for the disk. The
// message is copied. What the entry leaves open is filled in: the time, and for the
// manager's own entries its name and pid. An entry is dropped and counted when the
// queue is full, and dropped when the journal is closed.
func (j *Journal) Append(e Entry) {
	if e.Source == Manager {
		if e.PID == 0 {
			e.PID = j.pid
		}
		if e.Identifier == "" {
			e.Identifier = j.o.Identifier
		}
	}
	j.queue.put(&e, j.o.Now, false)
}

// Flush waits until everything that was appended before is written to the segment
// and synced, though not that the mirror has shown it. After Close it returns at once.
func (j *Journal) Flush() {
	done := make(chan struct{})
	select {
	case j.flushes <- done:
		<-done
	case <-j.stopped:
	}
}

// Close stops the streams once they have read what their pipes hold, writes and
// syncs what waits, and gives the mirror a second to show the rest. Services that
// write on get EPIPE.
func (j *Journal) Close() error {
	j.mu.Lock()
	first := !j.closing
	j.closing = true
	for s := range j.streams {
		s.interrupt()
	}
	j.mu.Unlock()
	j.readers.Wait()
	if first {
		j.queue.close()
		close(j.stop)
	}
	<-j.stopped
	return j.err
}
