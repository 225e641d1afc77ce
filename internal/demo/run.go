package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// sample is a small picture to send, for people who have none at hand.
//
//go:embed sample.jpg
var sample []byte

// Paths are the places of the demo's own manager, so that it never meets another
// one on the same machine. All are absolute.
type Paths struct {
	Units   string // the unit path: one folder
	Control string // the control socket, not yet there
	State   string // the state folder, not yet there
}

// Options say how the demo runs.
type Options struct {
	// Binary is the absolute path of the program that the units start.
	Binary string
	// Host is the address to listen on; empty is 127.0.0.1.
	Host string
	// Ports are the wished ports of echo, files and pictures; the zero array is
	// [FirstPorts]. A port that is taken is replaced by the next free one.
	Ports [3]int
	// Store is the folder for what is received. Empty is one that goes away
	// with the demo; any other is kept.
	Store string
	// Control is the path of the control socket; empty is one in the demo's folder.
	Control string
	// Out is where the demo speaks to the user.
	Out io.Writer
	// Manager runs a manager that starts units, until ctx is done. It calls ready
	// once all of them listen, and returns an [ErrListen] if one cannot. Its log
	// goes where it likes, which is how the user sees what happens.
	Manager func(ctx context.Context, at Paths, units []string, ready func()) error
}

// ErrListen is what a manager says that could not listen for all of its units.
var ErrListen = errors.New("a socket cannot listen")

// attempts bounds how often other ports are tried. A port is free when it is
// picked, but the manager listens a moment later; two demos that begin at the
// same time may take ports from each other more than once.
const attempts = 20

// Run runs the demo until ctx is done or the manager fails: it picks ports,
// writes unit files to a fresh folder, starts the manager on them, says what to
// type and what has arrived, and removes the folder at the end. Ports that are
// taken before the manager has them are picked anew.
func Run(ctx context.Context, o Options) (err error) {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.Ports == [3]int{} {
		o.Ports = FirstPorts
	}
	home, err := os.MkdirTemp("", "wakesock-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(home); e != nil && err == nil {
			err = fmt.Errorf("demo: clean up: %w", e)
		}
	}()
	if home, err = filepath.Abs(home); err != nil { // TMPDIR may be relative
		return fmt.Errorf("demo: %w", err)
	}
	store := o.Store
	if store == "" {
		store = filepath.Join(home, "store")
	}
	if store, err = filepath.Abs(store); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	at := Paths{
		Units:   filepath.Join(home, "units"),
		Control: filepath.Join(home, "control.sock"),
		State:   filepath.Join(home, "state"),
	}
	if o.Control != "" {
		if at.Control, err = filepath.Abs(o.Control); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	for _, dir := range []string{store, at.Units} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "sample.jpg"), sample, 0o644); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	out := &lines{w: o.Out}
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup // ends with watching, before the folder goes
	watcher.Go(func() { watch(watching, store, out) })
	err = serve(ctx, o, at, store, func(ports [3]int) { introduce(out, o, ports, home, store, at) })
	stop()
	watcher.Wait()
	if ctx.Err() != nil {
		// Ctrl-C is how a demo ends, not an error.
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintln(out, "demo: done, cleaned up")
	return err
}

// serve runs the manager, again and on other ports as long as one is taken
// before it listens, and calls ready when it does.
func serve(ctx context.Context, o Options, at Paths, store string, ready func(ports [3]int)) error {
	for try := 1; ; try++ {
		ports, err := pickPorts(o.Host, o.Ports)
		if err != nil {
			return err
		}
		if err := write(at.Units, Units(store, o.Binary, o.Host, ports)); err != nil {
			return err
		}
		err = o.Manager(ctx, at, Sockets(), func() { ready(ports) })
		if ctx.Err() != nil || !errors.Is(err, ErrListen) || try == attempts {
			return err
		}
	}
}

// write writes unit files, text by file name.
func write(units string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(units, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// introduce says which ports were taken, and what to type.
func introduce(out io.Writer, o Options, ports [3]int, home, store string, at Paths) {
	var b strings.Builder
	for i, port := range ports {
		if o.Ports[i] != 0 && port != o.Ports[i] {
			fmt.Fprintf(&b, "demo: port %d is taken, %s uses %d\n", o.Ports[i], sockets[i].name, port)
		}
	}
	program := shell(o.Binary)
	fmt.Fprintf(&b, `
Three services sleep until somebody connects. In another terminal, type:

  echo hello computer | socat -t5 - TCP:%[1]s:%[2]d
  cat %[5]s | socat -t5 - TCP:%[1]s:%[3]d
  cat %[6]s | socat -t5 - TCP:%[1]s:%[4]d

or, with netcat:

  echo hello computer | nc -N %[7]s %[2]d
  nc -N %[7]s %[3]d < %[5]s
  nc -N %[7]s %[4]d < %[6]s

What arrives is kept in %[8]s
The unit files are in   %[9]s
To look inside:         %[10]s --control %[11]s list-sockets

Ctrl-C ends the demo%[12]s.

`, bracket(o.Host), ports[0], ports[1], ports[2],
		shell(filepath.Join(at.Units, "echo.socket")), shell(filepath.Join(home, "sample.jpg")), o.Host,
		store, at.Units, program, shell(at.Control), map[bool]string{true: " and removes all of this"}[o.Store == ""])
	io.WriteString(out, b.String())
}

// bracket writes a host as socat wants it before a port.
func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// shell writes a path so that it can be pasted into a shell.
func shell(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/._-+:@%,=", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// lines lets two goroutines write to one terminal without mixing their lines.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
