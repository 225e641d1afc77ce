package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// manager is a running Wakesock or systemd, for what only they have in common.
type manager struct {
	server
	// ctl runs a verb of systemctl, daemon-reload for instance, and says how long
	// that took. Unit files that were rewritten below the folder that the manager
	// was started from are there by then.
	ctl func(verb ...string) (time.Duration, error)
}

// startManager starts a manager on the unit files of dir and in it the units
// named. programs are files of this machine that the units execute.
type startManager func(b *bench, dir string, names, programs []string) (*manager, error)

// socketUnit is a socket of one instance per connection whose limits are
// counted but not reached: a limit lifted altogether could be skipped.
func socketUnit(address string) string {
	return fmt.Sprintf(`[Unit]
Description=Bench socket on %s
[Socket]
ListenStream=%[1]s
Accept=yes
Backlog=4096
MaxConnections=20000
TriggerLimitIntervalSec=0
`, address)
}

func serviceUnit(argv []string) string {
	return fmt.Sprintf(`[Unit]
Description=Bench service
[Service]
ExecStart=%s
StandardInput=socket
`, strings.Join(argv, " "))
}

// writeUnits puts NAME.socket and NAME@.service into dir.
func writeUnits(dir, name, address string, argv []string) error {
	if err := os.WriteFile(filepath.Join(dir, name+".socket"), []byte(socketUnit(address)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+"@.service"), []byte(serviceUnit(argv)), 0o644)
}

// startUnit is a peer's start for a manager: one socket unit, one template.
func startUnit(b *bench, start startManager, s service, port int, dir string) (*server, error) {
	units := filepath.Join(dir, "units")
	if err := os.Mkdir(units, 0o755); err != nil {
		return nil, err
	}
	if err := writeUnits(units, "bench", fmt.Sprintf("127.0.0.1:%d", port), s.argv); err != nil {
		return nil, err
	}
	m, err := start(b, units, []string{"bench.socket"}, s.argv)
	if err != nil {
		return nil, err
	}
	return &m.server, nil
}
