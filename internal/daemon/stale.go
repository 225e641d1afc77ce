package daemon

import (
	"os"
	"sync"

	"wakesock/internal/unit"
)

// ages remembers how old the files of units were when they were read, so that
// show can tell which have changed since. It has its own lock: whoever asks need
// not wait for units being loaded.
type ages struct {
	mu    sync.Mutex
	files map[string]int64 // when each was changed, in nanoseconds
}

// note remembers the files of a unit that was just read. What the program brings
// along has no file.
func (s *ages) note(def *unit.Unit) {
	for _, path := range unitFiles(def) {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		s.mu.Lock()
		if s.files == nil {
			s.files = make(map[string]int64)
		}
		s.files[path] = info.ModTime().UnixNano()
		s.mu.Unlock()
	}
}

// stale tells whether a file of a unit has changed or is gone since it was read.
func (s *ages) stale(def *unit.Unit) bool {
	for _, path := range unitFiles(def) {
		s.mu.Lock()
		then, known := s.files[path]
		s.mu.Unlock()
		if !known {
			continue
		}
		if info, err := os.Stat(path); err != nil || info.ModTime().UnixNano() != then {
			return true
		}
	}
	return false
}

func unitFiles(def *unit.Unit) []string {
	if def.Fragment == "" {
		return def.DropIns
	}
	return append([]string{def.Fragment}, def.DropIns...)
}
