package watch

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// A Watcher watches paths for units. Its methods may be called by any goroutine
// and do not wait.
type Watcher struct {
	report Report

	mu     sync.Mutex
	asked  []func() // for the goroutine that owns the rest
	closed bool
	word   chan struct{} // something was asked
	ended  chan struct{}

	inotify   func() (*inotify, error) // replaced in tests
	in        *inotify                 // nil: none yet, or none to be had
	ready     chan struct{}
	seen      chan struct{}
	entries   map[unit.Name]*entry
	mounts    *os.File      // nil: not to be had
	mounted   chan struct{} // something was mounted or unmounted
	every     time.Duration // lookEvery, except in tests
	overflown bool
	refused   bool      // no descriptor could be had, which was told
	next      time.Time // when what is not watched is looked at
}

// New returns a watcher that watches nothing yet and uses no descriptor until it does.
func New(r Report) *Watcher {
	w := &Watcher{report: r, word: make(chan struct{}, 1), ended: make(chan struct{}), entries: make(map[unit.Name]*entry), inotify: openInotify, every: lookEvery, mounted: make(chan struct{}, 1)}
	go w.run() // ends with Close
	return w
}

// Close ends the watcher. No news come after it.
func (w *Watcher) Close() {
	w.ask(func() { w.closed = true })
	<-w.ended
}

// Watch says what a unit waits for from now on.
func (w *Watcher) Watch(r Request) { w.ask(func() { w.request(&r) }) }

// Unwatch says that a unit waits no more.
func (w *Watcher) Unwatch(name unit.Name) {
	w.ask(func() {
		if e := w.entries[name]; e != nil {
			w.release(e)
			delete(w.entries, name)
		}
	})
}

// ask has the owning goroutine run f.
func (w *Watcher) ask(f func()) {
	w.mu.Lock()
	w.asked = append(w.asked, f)
	w.mu.Unlock()
	select {
	case w.word <- struct{}{}:
	default:
	}
}

func (w *Watcher) run() {
	defer close(w.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !w.closed {
		if at := w.wake(); at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(at))
		}
		answer := false
		select {
		case <-w.ready:
			answer = true
		case <-w.word:
		case <-w.mounted:
			for _, e := range w.entries {
				for _, s := range e.specs {
					s.stale = true
				}
			}
		case <-timer.C:
		}
		w.events() // before what is asked, which is about what is so now
		if answer {
			w.seen <- struct{}{}
		}
		w.mu.Lock()
		asked := w.asked
		w.asked = nil
		w.mu.Unlock()
		if w.serve(time.Now()); len(asked) > 0 {
			for _, f := range asked {
				f()
			}
			w.serve(time.Now())
		}
	}
	if w.mounts != nil {
		_ = w.mounts.Close()
	}
	if w.in != nil {
		_ = w.in.file.Close()
		close(w.seen)
		for range w.ready { // until await has ended
		}
	}
}

// wake is when there is something to do even if nothing happens.
func (w *Watcher) wake() (at time.Time) {
	sooner := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	for _, e := range w.entries {
		if e.armed && e.changed != "" {
			sooner(e.due)
		}
	}
	if !w.next.IsZero() {
		sooner(w.next)
	}
	return at
}

// open gets a descriptor, or says why there is none.
func (w *Watcher) open() {
	if w.in != nil {
		return
	}
	in, err := w.inotify()
	if err != nil {
		if !w.refused {
			hint := ""
			if errors.Is(err, unix.EMFILE) {
				hint = "; raise the limit with: sysctl fs.inotify.max_user_instances="
			}
			w.report.Trouble("", fmt.Sprintf("cannot watch paths: inotify: %v; looking at them every %v instead%s", err, lookEvery, hint))
		}
		w.refused = true
		return
	}
	w.in = in
	w.openMounts()
	w.ready, w.seen = make(chan struct{}), make(chan struct{})
	go func() { in.await(w.ready, w.seen); close(w.ready) }()
}

// request carries out Watch.
func (w *Watcher) request(r *Request) {
	w.open()
	e := w.entries[r.Unit]
	if e == nil {
		e = &entry{unit: r.Unit}
		w.entries[r.Unit] = e
	}
	if r.Begin && r.Make {
		w.makeFolders(r)
		w.events() // others may be told of these folders; for this unit they are not news
	}
	w.redefine(e, r.Watches)
	e.number, e.armed, e.dark, e.begins = r.Number, true, false, r.Begin
	if r.Begin || r.Forget {
		e.changed = ""
		for _, s := range e.specs {
			s.known = false
		}
	}
	if r.Missed != "" {
		e.changed = r.Missed
	}
	for _, s := range e.specs {
		s.stale = true
	}
	e.due = time.Now()
	if e.missed = e.changed != ""; !e.missed {
		e.due = time.Time{}
	}
}

// redefine replaces what a unit waits for; what it did before goes on.
func (w *Watcher) redefine(e *entry, watches []unit.Watch) {
	had := e.specs
	e.specs = nil
	for _, x := range watches {
		if i := slices.IndexFunc(had, func(s *spec) bool { return s.Watch == x }); i >= 0 {
			e.specs = append(e.specs, had[i])
			had = slices.Delete(slices.Clone(had), i, i+1)
			continue
		}
		e.specs = append(e.specs, &spec{Watch: x, kind: kinds[x.Name], entry: e})
	}
	for _, s := range had {
		w.unwatch(s)
	}
}

// release stops watching for a unit.
func (w *Watcher) release(e *entry) {
	for _, s := range e.specs {
		w.unwatch(s)
	}
}

func (w *Watcher) unwatch(s *spec) {
	s.turn++
	for _, wd := range s.marks {
		w.in.drop(wd, s)
	}
	s.marks, s.near, s.blind = nil, false, false
}

// events takes what the kernel has to tell.
func (w *Watcher) events() {
	if w.in == nil {
		return
	}
	overflown := w.in.read(func(wd int32, mask uint32, name string) {
		for k := range w.in.marks[wd] {
			i := &w.in.marks[wd][k]
			i.spec.happened(i, mask, name)
		}
		if mask&unix.IN_IGNORED != 0 {
			delete(w.in.marks, wd)
		}
	})
	if !overflown {
		w.overflown = false
		return
	}
	if !w.overflown {
		w.report.Trouble("", "more happened to watched paths than the kernel's queue holds (fs.inotify.max_queued_events); all of them count as changed")
	}
	w.overflown = true
	for _, e := range w.entries {
		for _, s := range e.specs {
			s.stale, s.touched = true, true
		}
	}
}

// serve looks at what may have changed and tells the news.
func (w *Watcher) serve(now time.Time) {
	blind := false
	for _, e := range w.entries {
		w.serveEntry(e, now)
		for _, s := range e.specs {
			blind = blind || s.blind
		}
	}
	switch {
	case !blind:
		w.next = time.Time{}
	case w.next.IsZero() || !now.Before(w.next):
		w.next = now.Add(w.every)
	}
}

func (w *Watcher) serveEntry(e *entry, now time.Time) {
	if e.dark {
		return
	}
	held := ""
	for _, s := range e.specs {
		if (s.stale || s.blind && !now.Before(w.next)) && (e.armed || s.change) {
			changed := w.look(s)
			w.tell(e, s)
			if changed && e.changed == "" {
				e.changed, e.due = s.Path, now.Add(settle)
			}
		}
	}
	if e.begins {
		e.begins = false
		w.report.Watched(e.unit, e.number)
	}
	if !e.armed {
		if e.changed != "" {
			w.release(e)
			e.dark = true
		}
		return
	}
	for _, s := range e.specs {
		if held == "" {
			held = s.holds()
		}
	}
	news := News{Unit: e.unit, Number: e.number, Path: held}
	switch {
	case e.changed != "" && !now.Before(e.due):
		news.Path, news.Change, news.Missed = e.changed, true, e.missed
	case held == "":
		return
	}
	e.armed, e.changed, e.missed = false, "", false
	w.report.News(news)
}

// tell reports what is wrong with a path, once as long as it stays the same.
func (w *Watcher) tell(e *entry, s *spec) {
	if s.trouble != "" && s.trouble != s.told {
		w.report.Trouble(e.unit, s.trouble)
	}
	s.told = s.trouble
}

// makeFolders makes what MakeDirectory= asks for: the folders to be watched.
func (w *Watcher) makeFolders(r *Request) {
	for _, x := range r.Watches {
		if strings.HasPrefix(x.Name, "PathExists") {
			continue
		}
		if err := makeFolder(x.Path, uint32(r.Mode)); err != nil {
			w.report.Trouble(r.Unit, fmt.Sprintf("MakeDirectory=: %v", err))
		}
	}
}

// makeFolder makes a folder and those above it that are missing, with a mode that
// no umask narrows.
func makeFolder(name string, mode uint32) error {
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		return nil // there, or a trouble that watching tells better
	}
	if i := strings.LastIndexByte(strings.TrimRight(name, "/"), '/'); i > 0 {
		if err := makeFolder(name[:i], mode); err != nil {
			return err
		}
	}
	if err := unix.Mkdir(name, mode); err != nil {
		if err == unix.EEXIST {
			return nil
		}
		return fmt.Errorf("make folder %q: %w", name, err)
	}
	if err := unix.Fchmodat(unix.AT_FDCWD, name, mode, 0); err != nil {
		return fmt.Errorf("set the mode of folder %q: %w", name, err)
	}
	return nil
}
