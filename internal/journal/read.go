package journal

import (
	"fmt"
	"iter"
	"slices"
)

// Read gives the entries of the journal in dir that match, oldest first unless the
// filter says otherwise, as far as they are written now. It needs no running
// manager. A directory that does not exist has no entries. Damage and unreadable
// segments are given as errors, and reading goes on.
func Read(dir string, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r, err := newReader(dir, f)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer r.close()
		r.history(yield)
	}
}

// A reader reads a journal: first what there is, then, for Follow, what comes.
type reader struct {
	dir     string
	match   *matcher
	decoder decoder
	last    *scan  // the newest segment so far; nil if there is none or it vanished
	seen    uint64 // its number: what is older was given or is not wanted

	missed uint64 // segments that were removed before they could be read, of which nothing was said

	replaced bool // a journal that is another one was found by news
}

func newReader(dir string, f Filter) (*reader, error) {
	m, err := f.matcher()
	if err != nil {
		return nil, err
	}
	return &reader{dir: dir, match: m}, nil
}

func (r *reader) close() {
	if r.last != nil {
		r.last.close()
	}
}

// history gives what is written, and leaves last behind it.
func (r *reader) history(yield func(Entry, error) bool) (goOn bool) {
	list, err := segments(r.dir)
	if err != nil {
		return yield(Entry{}, fmt.Errorf("read journal: %w", err))
	}
	if len(list) > 0 {
		r.seen = list[len(list)-1].seq
	}
	f := r.match.f
	if f.Lines == 0 && !f.Reverse {
		for i, g := range list {
			if !r.segment(g, i == len(list)-1, r.only(yield)) {
				return false
			}
		}
		return true
	}
	// From the newest segment back: the end of a long journal is found without
	// reading its beginning.
	var found [][]Entry
	want := f.Lines
	for i, g := range slices.Backward(list) {
		var t tail
		t.limit = max(want, 0)
		if !r.segment(g, i == len(list)-1, r.only(func(e Entry, err error) bool {
			if err != nil {
				return yield(e, err)
			}
			if want >= 0 {
				t.add(e)
			}
			return true
		})) {
			return false
		}
		entries := t.last()
		if f.Reverse {
			for _, e := range slices.Backward(entries) {
				if !yield(e, nil) {
					return false
				}
			}
		} else {
			found = append(found, entries)
		}
		if f.Lines == 0 {
			continue
		}
		if want -= len(entries); want <= 0 {
			break
		}
	}
	r.missed = 0 // they were the oldest
	for _, entries := range slices.Backward(found) {
		for _, e := range entries {
			if !yield(e, nil) {
				return false
			}
		}
	}
	return true
}

// segment reads a segment and keeps it open if it is the newest.
func (r *reader) segment(g segment, newest bool, visit func(Entry, error) bool) bool {
	s, err := openScan(g, &r.decoder)
	if err != nil {
		return visit(Entry{}, fmt.Errorf("read journal: %w", err))
	}
	if s == nil {
		r.missed++
		return true
	}
	if newest {
		r.last = s
	} else {
		defer s.close()
	}
	if gap := r.missed; gap > 0 {
		if r.missed = 0; !visit(Entry{}, &GapError{gap}) {
			return false
		}
	}
	goOn, err := s.next(newest, visit)
	if err != nil {
		return visit(Entry{}, err)
	}
	return goOn
}

// only passes what matches, and errors.
func (r *reader) only(yield func(Entry, error) bool) func(Entry, error) bool {
	return func(e Entry, err error) bool {
		if err == nil && !r.match.match(&e) {
			return true
		}
		return yield(e, err)
	}
}

// A tail keeps the last entries that are added, up to a limit; 0 is no limit.
type tail struct {
	limit   int
	entries []Entry
}

func (t *tail) add(e Entry) {
	// Dropping the older half now and then costs less than a ring is worth.
	if t.limit > 0 && len(t.entries) >= 2*t.limit {
		n := copy(t.entries, t.entries[len(t.entries)-t.limit:])
		t.entries = t.entries[:n]
	}
	t.entries = append(t.entries, e)
}

func (t *tail) last() []Entry {
	if t.limit > 0 && len(t.entries) > t.limit {
		return t.entries[len(t.entries)-t.limit:]
	}
	return t.entries
}
