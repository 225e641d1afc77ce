// Command wakesock is socket activation for every machine. This package wires
// the streams, the clock, the environment and the manager together and exits;
// the verbs are in internal/ctl, the manager's loop in internal/daemon.
package main

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"
	_ "time/tzdata" // calendar expressions name time zones on machines without a database

	"golang.org/x/sys/unix"

	"wakesock/internal/ctl"
	"wakesock/internal/daemon"
)

// version is set by the build: -ldflags "-X main.version=...".
var version = "devel"

// The main thread is kept for the main goroutine, which only waits. Processes
// that services leave behind become children of this thread, so that they can be
// told from those that the manager has started from others.
func init() { runtime.LockOSThread() }

func main() {
	app := &ctl.App{
		Out: os.Stdout, Err: os.Stderr, In: os.Stdin,
		Env: os.Getenv, Now: time.Now, Version: version, Manager: run, Host: host,
	}
	os.Exit(app.Main(context.Background(), os.Args[1:]))
}

// run runs a manager away from the main thread. Interrupts are its own to handle.
func run(ctx context.Context, o ctl.RunOptions) (code int, err error) {
	var mirror io.Writer = os.Stderr
	if o.Quiet {
		mirror = nil
	}
	tidy := os.Chdir("/") == nil && unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil
	done := make(chan struct{})
	go func() { // ends with the manager
		code, err = daemon.Run(ctx, daemon.Options{
			Units: o.Units, Must: o.Must, UnitPath: o.UnitPath, RulesPath: rulesPath(), Control: o.Control, StateDir: o.StateDir,
			User: o.User, Tidy: tidy, Mirror: mirror, Strict: o.Strict, Version: version, Ready: o.Ready, Host: host(o.User),
		})
		close(done) // not deferred: a panic is to be seen, not to end the program in good order
	}()
	<-done
	return code, err
}

// rulesPath is where rules for devices lie if the environment says so.
func rulesPath() []string {
	if p := os.Getenv("WAKESOCK_RULES_PATH"); p != "" {
		return filepath.SplitList(p)
	}
	return nil
}
