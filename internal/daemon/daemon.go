package daemon

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/control"
	"wakesock/internal/device"
	"wakesock/internal/journal"
	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
	"wakesock/internal/watch"
)

// Options say how a manager runs. Paths are complete.
type Options struct {
	Units     []string   // started first; none means default.target
	UnitPath  []string   // folders with unit files, first found wins
	RulesPath []string   // folders with our own rules for devices; nil for the usual one
	Control   string     // path of the control socket
	StateDir  string     // logs and what must outlive the manager
	User      bool       // a user's manager rather than the system's
	Mirror    io.Writer  // where log lines go besides the journal; nil for nowhere
	Strict    bool       // a security directive that cannot be enforced is an error
	Host      *unit.Host // for specifiers
	Tidy      bool       // see process.Config
	Version   string
	Must      bool   // end with status 1 if one of Units cannot be started
	Ready     func() // called once the first units are on their way; may be nil
}

// A Daemon is one running manager.
type Daemon struct {
	options Options
	start   time.Time
	boot    int64 // CLOCK_MONOTONIC at start, microseconds
	ended   chan struct{}
	inbox   inbox
	poll    *poller
	watched map[int]func(fd int) // what to do when a descriptor is ready

	manager  *manager.Manager
	pending  []manager.Event
	stepping bool
	up       bool // the first units are up, or are not
	exiting  bool
	quitting bool // on the way there
	exitCode int
	machine  string // what becomes of the machine after the end

	library    *library
	journal    *journal.Journal
	sockets    map[unit.Name]*held
	paths      *watch.Watcher       // nil until a path unit is started
	conns      map[manager.Conn]int // descriptors of connections that no service holds yet
	lastConn   manager.Conn
	short      time.Time // when descriptors last ran out
	maxFDs     int       // more descriptors than that leave too few free
	freeFDs    int       // how many were left at the last count, less what connections took since
	runs       runs
	groups     groups
	clock      wallClock
	stamps     stampStore
	devices    devices
	transients transients
	awaited    awaited
	process    process.Config
	requests   map[manager.Request]func(manager.Answer)
	lastReq    manager.Request
	notices    notices
	busNames   busNames
}

// Run runs a manager until it is told to stop; it returns the exit status. As
// PID 1 that is the container's.
func Run(ctx context.Context, o Options) (int, error) {
	d := &Daemon{
		options:  o,
		start:    time.Now(),
		ended:    make(chan struct{}),
		watched:  make(map[int]func(int)),
		sockets:  make(map[unit.Name]*held),
		conns:    make(map[manager.Conn]int),
		requests: make(map[manager.Request]func(manager.Answer)),
		awaited:  make(awaited),
	}
	d.devices.scanned, d.devices.last = make(chan struct{}), make(map[string]device.Fact)
	var boot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &boot); err == nil {
		d.boot = boot.Nano()/1000 - int64(d.now())
	}
	c := manager.Config{User: o.User, UID: os.Getuid(), Boot: bootTime(d.boot), Clock: d.boot, Place: place()}
	if o.Host != nil {
		c.Machine = o.Host.MachineID
	}
	_, _ = rand.Read(c.Seed[:]) // never fails
	d.manager = manager.New(c)
	if err := d.open(); err != nil {
		return 1, err
	}
	listener, err := control.Listen(o.Control)
	if err != nil {
		_ = d.journal.Close()
		return 1, err
	}
	d.openNotices() // now: the control socket is ours, and so is what stands beside it
	d.openClock()
	server := control.Serve(listener, d)
	stop := d.signals(ctx)
	go d.begin() // ends when the first units are asked for
	err = d.loop()
	close(d.ended)
	stop()
	server.Close()
	d.closeDevices()
	d.closeNotices()
	if d.busNames.watcher != nil {
		d.busNames.watcher.Close()
	}
	d.closePaths()
	d.closeGroups()
	d.closeClock()
	d.poll.close()
	d.stamps.idle.Wait()
	if e := d.journal.Close(); err == nil && e != nil {
		err = e
	}
	if err != nil {
		return 1, err
	}
	return d.exitCode, halt(d.machine)
}

// open makes everything that the loop needs.
func (d *Daemon) open() (err error) {
	d.raiseLimit()
	if err := process.SetSubreaper(); err != nil && os.Getpid() != 1 {
		d.warn("cannot adopt what services leave behind: " + err.Error())
	}
	if d.poll, err = newPoller(); err != nil {
		return err
	}
	if d.journal, err = journal.Open(journal.Options{Dir: journalDir(d.options.StateDir), Mirror: d.options.Mirror}); err != nil {
		return err
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/null: %w", err)
	}
	d.process = process.Config{Env: d.baseEnvironment(), User: d.options.User, Null: null, Tidy: d.options.Tidy}
	d.runs.init()
	d.openGroups()
	d.stamps.dir = filepath.Join(d.options.StateDir, "timers")
	bootID := ""
	if d.options.Host != nil {
		bootID = d.options.Host.BootID
	}
	if err := d.transients.open(d.options.StateDir, bootID); err != nil {
		return err
	}
	d.library = newLibrary(append(d.transients.path(), d.options.UnitPath...), d.options.Host, d.options.Strict)
	return nil
}

// journalDir is where a manager with that state directory keeps its journal.
func journalDir(state string) string { return filepath.Join(state, "journal") }

// warn tells of trouble before there is a journal.
func (d *Daemon) warn(text string) {
	if d.options.Mirror != nil {
		_, _ = fmt.Fprintln(d.options.Mirror, "wakesock:", text)
	}
}

// raiseLimit takes all the descriptors that the manager may have. Services get
// their own limits.
func (d *Daemon) raiseLimit() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil && l.Cur < l.Max {
		l.Cur = l.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	}
	d.maxFDs = int(min(l.Cur, 1<<30))
	d.maxFDs -= min(spareFDs, d.maxFDs/4)
}

// begin starts the first units. It is not of the loop, for it reads files.
func (d *Daemon) begin() {
	frugal()
	d.prepareDevices()
	names := d.options.Units
	if len(names) == 0 {
		names = []string{"default.target"}
	}
	waiting := len(names)
	for _, n := range names {
		d.want(manager.Start, manager.ModeReplace, unit.Name(n), func(a manager.Answer) {
			if a.Result != manager.JobDone {
				if !strings.Contains(a.Text, n) {
					a.Text = n + ": " + a.Text
				}
				d.log("", 3, a.Text)
				if d.options.Must {
					d.quit(1, n+" cannot be started")
				}
			}
			if waiting--; waiting == 0 {
				d.begun()
			}
		})
	}
}

// begun is called when the first units are up, or are not.
func (d *Daemon) begun() {
	d.up = true
	haveRead()
	if d.options.Ready != nil && !d.quitting {
		d.options.Ready()
	}
}

// signals turns the manager's own signals into events: SIGTERM and SIGINT stop
// everything in order, SIGHUP reloads. The end of ctx stops likewise.
func (d *Daemon) signals(ctx context.Context) (stop func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGCHLD)
	signal.Ignore(syscall.SIGPIPE)
	done := make(chan struct{})
	go func() { // ends with stop
		for {
			select {
			case s := <-c:
				switch s {
				case syscall.SIGHUP:
					d.reload()
				case syscall.SIGCHLD:
					d.do(func() { d.runs.sweep = true })
				default:
					d.do(func() { d.quit(0, "received "+s.String()) })
				}
			case <-ctx.Done():
				d.do(func() { d.quit(0, "asked to stop") })
				<-done
				return
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(c); close(done) }
}

func (d *Daemon) quit(code int, why string) {
	if !d.quitting { // a terminal and a script around us may both tell
		d.log("", 6, "Stopping: "+why+".")
	}
	d.quitting = true
	d.step(manager.Quit{Code: code})
}

// log writes an event of the manager's own to the journal.
func (d *Daemon) log(name unit.Name, priority int, text string) {
	d.journal.Append(journal.Entry{
		Unit: string(name), PID: os.Getpid(), Priority: journal.Priority(priority),
		Identifier: "wakesock", Source: journal.Manager, Message: []byte(text),
	})
}

// realtime converts a time of the manager to microseconds since the epoch.
func (d *Daemon) realtime(t manager.Time) int64 {
	if t == 0 {
		return 0
	}
	return d.start.UnixMicro() + int64(t)
}
