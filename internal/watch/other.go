//go:build !linux

package watch

import "wakesock/internal/unit"

// A Watcher is not available on this system: it says so and tells no news.
type Watcher struct{ report Report }

// New returns a watcher that tells no news.
func New(r Report) *Watcher { return &Watcher{r} }

// Close does nothing on this system.
func (w *Watcher) Close() {}

// Watch says that paths are not watched on this system.
func (w *Watcher) Watch(r Request) {
	w.report.Trouble(r.Unit, "paths are not watched on this system")
	if r.Begin {
		w.report.Watched(r.Unit, r.Number)
	}
}

// Unwatch does nothing on this system.
func (w *Watcher) Unwatch(unit.Name) {}
