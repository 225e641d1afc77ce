package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// A stampStore keeps when timers with Persistent= elapsed last: empty files
// timers/stamp-NAME.timer in the state directory, whose time of change is that time,
// as systemd keeps them.
type stampStore struct {
	dir     string
	mu      sync.Mutex
	pending map[unit.Name]int64 // to be written
	writing bool
	idle    sync.WaitGroup
}

func (s *stampStore) path(name unit.Name) string { return filepath.Join(s.dir, "stamp-"+string(name)) }

// read returns the time of a stamp in microseconds since the epoch, 0 if there is none.
func (s *stampStore) read(name unit.Name) int64 {
	s.mu.Lock()
	wall, ok := s.pending[name]
	s.mu.Unlock()
	if ok {
		return wall
	}
	info, err := os.Stat(s.path(name))
	if err != nil {
		return 0
	}
	return info.ModTime().UnixMicro()
}

// write has a stamp written, by a goroutine that ends when all are: to sync takes its
// time. failed is told what cannot be written.
func (s *stampStore) write(name unit.Name, wall int64, failed func(unit.Name, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = make(map[unit.Name]int64)
	}
	s.pending[name] = wall
	if s.writing {
		return
	}
	s.writing = true
	s.idle.Go(func() {
		for {
			name, wall, ok := s.take()
			if !ok {
				return
			}
			if err := writeStamp(s.path(name), wall); err != nil {
				failed(name, err)
			}
			s.done(name, wall)
		}
	})
}

func (s *stampStore) take() (name unit.Name, wall int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, wall = range s.pending {
		return name, wall, true
	}
	s.writing = false
	return "", 0, false
}

// done forgets a stamp that is written, unless a later one has come.
func (s *stampStore) done(name unit.Name, wall int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[name] == wall {
		delete(s.pending, name)
	}
}

// writeStamp makes or changes a stamp so that it outlives a crash of the machine.
func writeStamp(path string, wall int64) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep the time of a timer: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("keep the time of a timer: %w", err)
	}
	when := time.UnixMicro(wall)
	err = os.Chtimes(path, when, when)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("keep the time of a timer: %w", err)
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

func (d *Daemon) writeStamp(e manager.WriteStamp) {
	d.stamps.write(e.Unit, e.Wall, func(name unit.Name, err error) {
		d.do(func() {
			d.log(name, 3, string(name)+": "+err.Error()+"; a run that is missed while the manager is down will not be noticed")
		})
	})
}
