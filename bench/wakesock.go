package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// startWakesock is the peer; it starts the manager with one socket unit.
func startWakesock(b *bench, s service, port int, dir string) (*server, error) {
	return startUnit(b, runWakesock, s, port, dir)
}

// runWakesock starts a manager with folders of its own. It logs as it always
// does: to its journal, mirrored to standard error.
func runWakesock(b *bench, dir string, names, _ []string) (*manager, error) {
	path, err := b.wakesock()
	if err != nil {
		return nil, skipError{err}
	}
	home, err := b.dir("manager")
	if err != nil {
		return nil, err
	}
	control := filepath.Join(home, "control.sock")
	argv := []string{path, "run", "--unit-path", dir, "--control", control, "--state-dir", filepath.Join(home, "state")}
	s, err := b.spawn(home, nil, append(argv, names...)...)
	if err != nil {
		return nil, err
	}
	ctl := func(verb ...string) (time.Duration, error) {
		cmd := exec.CommandContext(b.ctx, path, verb...)
		cmd.Env = append(os.Environ(), "WAKESOCK_CONTROL="+control)
		begin := time.Now()
		err := combined(cmd)
		return time.Since(begin), err
	}
	return &manager{server: *s, ctl: ctl}, nil
}
