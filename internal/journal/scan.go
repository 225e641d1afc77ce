package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A GapError tells, in the place of entries, that segments were removed before they
// were read: the journal grows faster than the reader reads.
type GapError struct{ Segments uint64 }

func (e *GapError) Error() string {
	return fmt.Sprintf("entries are missing here: %d files of the log were removed before they could be read", e.Segments)
}

// A DamageError tells of bytes of a segment that are no frames. Reading goes on
// after them.
type DamageError struct {
	Path   string
	Offset int64
	Length int64
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("journal %q is damaged: %d bytes at %d were skipped", e.Path, e.Length, e.Offset)
}

// A scan is a segment being read, from its beginning on, as far as it is written.
type scan struct {
	segment
	file    *os.File
	key     key
	offset  int64 // after the last whole frame
	started bool  // the header was read
	foreign bool  // by a later version: not to be read
	decoder *decoder
}

// openScan opens a segment for reading. It may have been removed meanwhile: then
// there is neither a scan nor an error.
func openScan(g segment, d *decoder) (*scan, error) {
	f, err := os.Open(g.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &scan{segment: g, file: f, decoder: d}, nil
}

func (s *scan) close() { s.file.Close() }

// next calls visit for each whole entry since the last call, until it returns
// false. The entries' messages share the memory of the segment's bytes, which is
// not used again. What follows the last whole frame is left for the next call,
// or is damage in a segment that is not the newest: nobody will complete it.
// It calls visit with an error for damage.
func (s *scan) next(newest bool, visit func(Entry, error) bool) (goOn bool, err error) {
	if s.foreign {
		return true, nil
	}
	b, err := readFrom(s.file, s.offset)
	if err != nil {
		return true, fmt.Errorf("read journal: %w", err)
	}
	pos := 0
	if !s.started {
		if newest && len(b) < segmentHead {
			return true, nil // its writer is about to write the header
		}
		if s.key, pos, err = s.checkHeader(b); err != nil {
			s.foreign = true
			return true, err
		}
		s.started = true
	}
	base := s.offset
	for {
		start, end, found := nextFrame(b, pos, s.key)
		if !found {
			start, end = len(b), len(b)
			if newest {
				start = pos
			}
		}
		if start > pos && !visit(Entry{}, &DamageError{s.path, base + int64(pos), int64(start - pos)}) {
			return false, nil
		}
		if !found {
			s.offset = base + int64(pos)
			return true, nil
		}
		pos = end
		s.offset = base + int64(pos)
		kind, p := payload(b[start:end])
		if kind != kindEntry {
			continue
		}
		if e, err := s.decoder.entry(p); err != nil {
			// Right by its CRC, so a fault of whoever wrote it.
			err = fmt.Errorf("journal %q at %d: %w", s.path, base+int64(start), err)
			if !visit(Entry{}, err) {
				return false, nil
			}
		} else if !visit(e, nil) {
			return false, nil
		}
	}
}
