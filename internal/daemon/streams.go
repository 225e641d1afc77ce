package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wakesock/internal/journal"
	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// streams finds the descriptors for the standard streams and those to pass.
func (d *Daemon) streams(e *manager.Spawn, streams standard, s *process.Start) error {
	conn := -1
	if e.Conn != 0 {
		fd, ok := d.conns[e.Conn]
		if !ok {
			return fmt.Errorf("the connection has gone")
		}
		conn = fd
	}
	var fds []int
	var names []string
	for _, n := range e.Sockets {
		if h := d.sockets[n]; h != nil {
			for _, f := range h.set.Files {
				fds = append(fds, f.FD)
				names = append(names, f.Name)
			}
		}
	}
	if conn >= 0 {
		fds, names = []int{conn}, []string{"connection"}
	}
	if e.Listen && len(fds) > 0 && !streams.socket {
		s.Listen, s.Names = fds, names
	}
	var log *logStream
	for i, r := range streams.of {
		to := [...]*int{&s.Stdin, &s.Stdout, &s.Stderr}[i]
		switch r.Kind {
		case "socket":
			if len(fds) != 1 {
				return fmt.Errorf("a standard stream is the socket, but there are %d sockets to hand over; exactly one is needed", len(fds))
			}
			*to = fds[0]
		case "fd":
			fd, err := named(r.Name, fds, names, d.transients.streams[e.Def.Name])
			if err != nil {
				return err
			}
			*to = fd
		}
		if r.Journal() {
			if log == nil {
				l, err := d.logStream(e)
				if err != nil {
					return err
				}
				log = l
				d.runs.streams[s] = l
			}
			*to = int(log.file.Fd())
		}
	}
	return nil
}

// standard is what a definition says about the three standard streams.
type standard struct {
	of     [3]process.Resolved
	opens  bool // a file must be opened, which may take its time
	socket bool // one of them is the socket
}

func (d *Daemon) standard(def *unit.Unit) (s standard) {
	s.of[0], s.of[1], s.of[2] = process.Streams(def)
	for _, r := range s.of {
		s.opens = s.opens || r.Path != ""
		s.socket = s.socket || r.Kind == "socket"
	}
	return s
}

// named finds the descriptor that fd:NAME means.
func named(name string, fds []int, names []string, streams []*os.File) (int, error) {
	if i := slices.Index(streamNames, name); i >= 0 && i < len(streams) {
		return int(streams[i].Fd()), nil
	}
	for i, n := range names {
		if n == name {
			return fds[i], nil
		}
	}
	return -1, fmt.Errorf("no descriptor is named %q; FileDescriptorName= of the socket unit names them", name)
}

// logStream opens a stream into the journal for a process.
func (d *Daemon) logStream(e *manager.Spawn) (*logStream, error) {
	x := e.Def.Exec
	m := journal.Meta{
		Unit: string(e.Def.Name), Invocation: invocation(e.Vars), Identifier: x.SyslogIdentifier,
		Source: journal.Stdout, Priority: journal.Info, LevelPrefix: x.SyslogLevelPrefix,
		RateInterval: journal.DefaultRateInterval, RateBurst: journal.DefaultRateBurst,
	}
	if m.Identifier == "" {
		m.Identifier = filepath.Base(e.Command.Path)
	}
	if p, err := journal.ParsePriority(x.SyslogLevel); err == nil {
		m.Priority = p
	}
	if f, err := journal.ParseFacility(x.SyslogFacility); err == nil {
		m.Facility = f
	}
	if p, err := journal.ParsePriority(x.LogLevelMax); err == nil {
		m.Levels = journal.UpTo(p)
	}
	if e.Def.Sets("LogRateLimitIntervalSec") { // 0 is no limit, and not the default
		m.RateInterval = x.LogRateLimitIntervalSec
	}
	if e.Def.Sets("LogRateLimitBurst") {
		m.RateBurst = int(x.LogRateLimitBurst)
	}
	l := &logStream{known: make(chan struct{})}
	m.PID = func() int {
		select {
		case <-l.known:
			return l.pid
		case <-d.ended:
			return 0
		}
	}
	var err error
	l.file, err = d.journal.Stream(m)
	return l, err
}

// invocation finds the invocation ID among the manager's variables.
func invocation(vars []string) string {
	for _, v := range vars {
		if id, ok := strings.CutPrefix(v, "INVOCATION_ID="); ok {
			return id
		}
	}
	return ""
}
