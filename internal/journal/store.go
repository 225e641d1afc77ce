package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A file is what the store needs of the segment that it writes.
type file interface {
	Write([]byte) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// A store is the disk side of a journal. Only the writer goroutine calls it.
type store struct {
	dir      string
	maxBytes int64
	maxFile  int64
	key      key
	open     func(path string, flag int) (file, error)

	lock   *os.File  // the directory; holds the lock against a second writer
	closed []stored  // oldest first
	last   segment   // the one that is written
	f      file      // nil until its first entry, and after a failure
	size   int64     // of the segment up to its last whole frame
	since  time.Time // when what is not yet synced was first written; zero: all is
}

// A stored segment is one that is not written any more.
type stored struct {
	path string
	size int64
}

// openStore takes the directory into possession, making it if need be, and finds
// the place after the last whole entry.
func openStore(dir string, maxBytes, maxFile int64, open func(string, int) (file, error)) (*store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	s := &store{dir: dir, maxBytes: maxBytes, maxFile: maxFile, open: open, lock: lock}
	// Some file systems have no locks; then the journal does without.
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		lock.Close()
		return nil, fmt.Errorf("open journal %q: another manager writes it; give each its own state directory", dir)
	}
	if err := errors.Join(s.recover(), s.makeRoom()); err != nil {
		lock.Close()
		return nil, fmt.Errorf("open journal %q: %w", dir, err)
	}
	return s, nil
}

// openSegment is how a store opens files unless a test says otherwise.
func openSegment(path string, flag int) (file, error) {
	f, err := os.OpenFile(path, flag|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// recover looks at what an earlier run has left. Its newest segment is continued
// if it is sound but for its tail, which is cut off; else a new one is begun.
func (s *store) recover() error {
	rand.Read(s.key[:])
	list, err := segments(s.dir)
	if err != nil {
		return err
	}
	for _, g := range list {
		info, err := os.Stat(g.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		s.last = g
		s.closed = append(s.closed, stored{g.path, info.Size()})
	}
	if len(s.closed) == 0 {
		return nil
	}
	end, k, ok := s.last.whole()
	if !ok || end >= s.maxFile {
		return nil
	}
	f, err := s.open(s.last.path, 0)
	if err != nil {
		return nil // not ours to write, it seems; begin a new one
	}
	tail := s.closed[len(s.closed)-1]
	if tail.size > end {
		if err := f.Truncate(end); err != nil {
			f.Close()
			return nil
		}
	}
	s.closed = s.closed[:len(s.closed)-1]
	s.f, s.key, s.size = f, k, end
	return nil
}

// whole returns where the last whole frame of a segment ends, and false if the
// segment is not one to append to.
func (g *segment) whole() (end int64, k key, ok bool) {
	f, err := os.Open(g.path)
	if err != nil {
		return 0, k, false
	}
	defer f.Close()
	b, err := readFrom(f, 0)
	if err != nil || len(b) >= maxSegment {
		return 0, k, false
	}
	k, pos, err := g.checkHeader(b)
	if err != nil || pos == 0 {
		return 0, k, false
	}
	for {
		_, end, found := nextFrame(b, pos, k)
		if !found {
			return int64(pos), k, true
		}
		pos = end
	}
}

// write appends a batch of frames, in as few writes as rotation allows. Of what
// could not be written nothing remains in the file; it returns the number of
// entries that were lost and the last reason.
func (s *store) write(batch []byte, now time.Time) (lost int, err error) {
	for len(batch) > 0 {
		n := s.fit(batch)
		if n == 0 {
			s.rotate()
			continue
		}
		if e := s.append(batch[:n], now); e != nil {
			frames(batch[:n], func([]byte) { lost++ })
			err = e
		}
		batch = batch[n:]
	}
	return lost, err
}

// fit returns the length of the frames of a batch that the segment has room for. A
// frame that is larger than a segment may be gets a segment of its own.
func (s *store) fit(batch []byte) (n int) {
	room := int(s.maxFile - max(s.size, segmentHead))
	for n < len(batch) {
		size := frameLen(batch[n:])
		if n+size > room && (n > 0 || s.size > segmentHead) {
			break
		}
		n += size
	}
	return n
}

// append writes whole frames to the segment, which it begins if there is none.
func (s *store) append(b []byte, now time.Time) error {
	if s.f == nil {
		if err := s.begin(now); err != nil {
			return err
		}
	}
	if s.since.IsZero() {
		s.since = now
	}
	if _, err := s.f.Write(b); err != nil {
		// A part may have been written. Should it not go away, readers skip it,
		// but then this is no file to go on with.
		if s.f.Truncate(s.size) != nil {
			s.rotate()
		}
		return err
	}
	s.size += int64(len(b))
	return nil
}

// makeRoom removes the oldest segments until one of full size may be written.
func (s *store) makeRoom() error {
	var total int64
	for _, g := range s.closed {
		total += g.size
	}
	for len(s.closed) > 0 && total+s.maxFile > s.maxBytes {
		if err := os.Remove(s.closed[0].path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		total -= s.closed[0].size
		s.closed = s.closed[1:]
	}
	return nil
}

// begin makes the next segment, after making room for it.
func (s *store) begin(now time.Time) error {
	if err := s.makeRoom(); err != nil {
		return err
	}
	next := newSegment(s.dir, s.last.seq+1, s.key)
	f, err := s.open(next.path, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	if _, err := f.Write(header(s.key, now.UnixMicro())); err != nil {
		f.Close()
		os.Remove(next.path)
		return err
	}
	s.last, s.f, s.size = next, f, segmentHead
	// The name must be on disk too. An error here costs only that, after a crash
	// of the machine.
	_ = s.lock.Sync()
	return nil
}

// rotate closes the segment; the next entry begins a new one.
func (s *store) rotate() {
	s.sync()
	s.f.Close()
	s.closed = append(s.closed, stored{s.last.path, s.size})
	s.f, s.size = nil, 0
}

// sync brings what was written to the disk.
func (s *store) sync() error {
	if s.f == nil || s.since.IsZero() {
		return nil
	}
	s.since = time.Time{}
	return s.f.Sync()
}

// close syncs and lets go of the directory.
func (s *store) close() error {
	err := s.sync()
	if s.f != nil {
		s.f.Close()
	}
	s.lock.Close()
	return err
}
