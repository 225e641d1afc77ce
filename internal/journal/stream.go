package journal

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

// The defaults of LogRateLimitIntervalSec= and LogRateLimitBurst=, which are those
// of journald.conf(5). journald multiplies the burst by up to 6 where the disk has
// space; here it is taken as written.
const (
	DefaultRateInterval = 30 * value.Second
	DefaultRateBurst    = 10000
)

// Meta says of whom a stream is and how its lines are to be understood.
type Meta struct {
	Unit       string
	Invocation string
	Identifier string      // SyslogIdentifier=
	Source     Source      // Stdout or Stderr
	Priority   Priority    // SyslogLevel=: of lines without a prefix. The zero value is Emerg
	Facility   Facility    // SyslogFacility=
	Levels     PrioritySet // those that are kept: UpTo(LogLevelMax=); 0 keeps all

	// LevelPrefix has "<3>" at the beginning of a line taken off as its priority,
	// SyslogLevelPrefix=.
	LevelPrefix bool

	// PID tells the pid for the lines, which is known only after the stream was
	// made: it is called as lines come, from another goroutine. Nil: no pid.
	PID func() int

	// Beyond RateBurst lines in RateInterval lines are read but dropped, counted for
	// all streams of the unit together. No limit if either is 0.
	RateInterval value.Span
	RateBurst    int
}

// Stream makes a pipe for the output of a child and returns its write end, a
// blocking descriptor with close-on-exec set: hand it to the child, then close it.
// A goroutine of the journal reads the other end until every process has closed
// it, or until the journal is closed.
//
// The pipe belongs to the manager's user; for a child of another user who is to be
// able to open /dev/stdout, give it to that user by Chown.
func (j *Journal) Stream(m Meta) (*os.File, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make a pipe for the output of %q: %w", m.Unit, err)
	}
	// Non-blocking for our end only; the two ends are separate open files. A new
	// pipe has no other flag that this would clear.
	if _, err := unix.FcntlInt(uintptr(p[0]), unix.F_SETFL, unix.O_NONBLOCK); err != nil {
		unix.Close(p[0])
		unix.Close(p[1])
		return nil, fmt.Errorf("make a pipe for the output of %q: %w", m.Unit, err)
	}
	r, w := os.NewFile(uintptr(p[0]), "log of "+m.Unit), os.NewFile(uintptr(p[1]), "log of "+m.Unit)
	s := &stream{j: j, meta: m, file: r}
	s.emit = s.line // bound once, not for every chunk
	if m.RateInterval > 0 && m.RateBurst > 0 {
		interval := time.Duration(min(m.RateInterval, math.MaxInt64/1000)) * time.Microsecond
		s.limit = j.limits.acquire(m.Unit, interval, m.RateBurst, j.o.Now(), s.suppressed)
	}
	if !j.add(s) {
		s.close()
		w.Close()
		return nil, fmt.Errorf("make a pipe for the output of %q: the journal is closed", m.Unit)
	}
	go s.run()
	return w, nil
}

func (j *Journal) add(s *stream) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closing {
		return false
	}
	j.streams[s] = struct{}{}
	j.readers.Add(1)
	return true
}

func (j *Journal) remove(s *stream) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.streams, s)
	j.readers.Done()
}

// A stream is the reading end of a child's output. Its goroutine ends at the end
// of the pipe or by interrupt.
type stream struct {
	j     *Journal
	meta  Meta
	file  *os.File
	limit *limit // nil: none
	lines splitter
	emit  func([]byte, LineBreak, bool)

	now      time.Time // when the bytes at hand were read
	pid      int
	priority Priority // of the line at hand, which may come in pieces
}

// chunks are the buffers of streams while they have something to read. An idle
// stream holds none.
var chunks = sync.Pool{New: func() any { return new([16 << 10]byte) }}

func (s *stream) run() {
	defer s.j.remove(s)
	defer s.close()
	raw, err := s.file.SyscallConn()
	if err != nil {
		return
	}
	var (
		chunk   *[16 << 10]byte
		n       int
		readErr error
	)
	read := func(fd uintptr) bool {
		chunk = chunks.Get().(*[16 << 10]byte)
		n, readErr = unix.Read(int(fd), chunk[:])
		if readErr == nil && n > 0 {
			return true
		}
		chunks.Put(chunk)
		chunk = nil
		return !errors.Is(readErr, syscall.EAGAIN) // false: wait until there is something
	}
	more := func() bool { // takes what read has got
		if chunk == nil {
			return errors.Is(readErr, syscall.EINTR)
		}
		s.take(chunk[:n])
		chunks.Put(chunk)
		chunk = nil
		return true
	}
	for {
		if err := raw.Read(read); err != nil {
			break // interrupted
		}
		if !more() {
			s.lines.end(s.emit)
			return
		}
	}
	// A last look at what the pipe holds. A child that goes on writing is not to
	// hold the manager: no pipe is larger than this.
	for total := 0; total < 1<<20; total += n {
		if err := raw.Control(func(fd uintptr) { read(fd) }); err != nil || !more() {
			break
		}
	}
	s.lines.end(s.emit)
}

// interrupt ends the stream although somebody may still write to it.
func (s *stream) interrupt() { _ = s.file.SetReadDeadline(time.Unix(1, 0)) }

func (s *stream) close() {
	s.file.Close()
	if s.limit != nil {
		s.j.limits.release(s.meta.Unit, s.limit, s.j.o.Now())
	}
}

func (s *stream) take(b []byte) {
	s.now = s.j.o.Now()
	if s.meta.PID != nil {
		s.pid = s.meta.PID()
	}
	s.lines.feed(b, s.emit)
}

// line makes an entry of a line or a piece of one. It waits for room in the queue:
// the service is slowed down rather than its lines lost.
func (s *stream) line(line []byte, end LineBreak, more bool) {
	if !more {
		s.priority = s.meta.Priority
		if s.meta.LevelPrefix {
			if p, rest, ok := cutPriority(line); ok {
				s.priority, line = p, rest
			}
		}
	}
	if !s.meta.Levels.Has(s.priority) {
		return
	}
	if s.limit != nil && !s.limit.allow(s.now) {
		return
	}
	s.j.queue.put(&Entry{
		Time:       s.now.UnixMicro(),
		Unit:       s.meta.Unit,
		Invocation: s.meta.Invocation,
		Identifier: s.meta.Identifier,
		PID:        s.pid,
		Priority:   s.priority,
		Facility:   s.meta.Facility,
		Source:     s.meta.Source,
		Break:      end,
		Message:    line,
	}, s.j.o.Now, true)
}

// suppressed tells of lines beyond the rate limit.
func (s *stream) suppressed(n int) {
	s.j.Append(Entry{
		Unit:       s.meta.Unit,
		Invocation: s.meta.Invocation,
		Priority:   Warning,
		Facility:   Daemon,
		Message:    fmt.Appendf(nil, "Suppressed %d messages from %s", n, s.meta.Unit),
	})
}
