package bus

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// News is about one name.
type News struct {
	Name  string
	Owned bool
	Err   error // the bus cannot be asked; Owned means nothing then
}

// A Watcher tells who has which name. Its methods may be called from one goroutine
// at a time; they do not wait.
type Watcher struct {
	address string
	tell    func(News)

	mu      sync.Mutex
	names   map[string]int // how many want to know
	asked   []string       // names to look up
	running bool
	closed  bool
	wake    chan struct{} // room for one
}

// patience is how long the bus may take to answer.
const patience = 10 * time.Second

// Address is where the bus of the system, or of a user, is expected.
func Address(user bool) string {
	if user {
		if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
			return a
		}
		if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
			return "unix:path=" + filepath.Join(dir, "bus")
		}
		return ""
	}
	if a := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
		return a
	}
	return "unix:path=/run/dbus/system_bus_socket"
}

// New returns a watcher of the bus at address; tell is called from a goroutine of
// its own.
func New(address string, tell func(News)) *Watcher {
	return &Watcher{address: address, tell: tell, names: make(map[string]int), wake: make(chan struct{}, 1)}
}

// Watch asks for news of a name: now, and whenever it changes.
func (w *Watcher) Watch(name string) {
	w.mu.Lock()
	w.names[name]++
	w.asked = append(w.asked, name)
	if !w.running && !w.closed {
		w.running = true
		go w.run() // ends with Close, when no name is watched, or when the bus is gone
	}
	w.mu.Unlock()
	w.poke()
}

// Unwatch ends Watch.
func (w *Watcher) Unwatch(name string) {
	w.mu.Lock()
	if w.names[name]--; w.names[name] <= 0 {
		delete(w.names, name)
	}
	w.mu.Unlock()
	w.poke()
}

// Close ends the connection.
func (w *Watcher) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.poke()
}

func (w *Watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run has a connection as long as a name is watched. If it breaks, all names get the
// error; who wants to know more asks again.
func (w *Watcher) run() {
	err := w.serve()
	w.mu.Lock()
	w.running = false
	names := w.names
	if err != nil {
		w.names, w.asked = make(map[string]int), nil
	}
	again := err == nil && len(names) > 0 && !w.closed
	w.running = again
	w.mu.Unlock()
	switch {
	case err != nil:
		for name := range names {
			w.tell(News{Name: name, Err: err})
		}
	case again: // a name came while the connection was being closed
		go w.run()
	}
}

// serve connects and looks up names until none is watched.
func (w *Watcher) serve() error {
	if w.address == "" {
		return fmt.Errorf("there is no address of a message bus; DBUS_SESSION_BUS_ADDRESS says it")
	}
	conn, err := dbus.Connect(w.address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return err
	}
	defer conn.Close()
	changes := make(chan *dbus.Signal, 16)
	conn.Signal(changes)
	matched := make(map[string]bool)
	for {
		asked, wanted := w.take()
		if !wanted {
			return nil
		}
		for _, name := range asked {
			if !matched[name] {
				matched[name] = true
				if err := conn.AddMatchSignal(dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchInterface("org.freedesktop.DBus"),
					dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)); err != nil {
					return fmt.Errorf("ask the message bus for news of %s: %w", name, err)
				}
			}
			if err := w.look(conn, name); err != nil {
				return err
			}
		}
		select {
		case <-w.wake:
		case s, ok := <-changes:
			if !ok {
				return fmt.Errorf("the message bus has closed the connection")
			}
			if len(s.Body) == 3 {
				if name, ok := s.Body[0].(string); ok && w.watches(name) {
					if err := w.look(conn, name); err != nil { // as it is by now
						return err
					}
				}
			}
		}
	}
}

// take returns the names to look up, and whether there is anything to do at all.
func (w *Watcher) take() (asked []string, wanted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked, w.asked = w.asked, nil
	return asked, len(w.names) > 0 && !w.closed
}

func (w *Watcher) watches(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names[name] > 0
}

// look asks who has a name and tells.
func (w *Watcher) look(conn *dbus.Conn, name string) error {
	call := conn.BusObject().Go("org.freedesktop.DBus.NameHasOwner", 0, make(chan *dbus.Call, 1), name)
	var owned bool
	select {
	case <-call.Done:
	case <-time.After(patience):
		return fmt.Errorf("the message bus does not answer")
	}
	if err := call.Store(&owned); err != nil {
		return fmt.Errorf("ask the message bus for %s: %w", name, err)
	}
	w.tell(News{Name: name, Owned: owned})
	return nil
}
