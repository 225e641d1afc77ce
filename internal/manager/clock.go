package manager

import (
	"hash/fnv"
	"time"

	"wakesock/internal/value"
)

// Clock tells the wall time. It comes when the manager begins, when Next has come,
// and when the clock was set or the time zone changed. The wall is known between two
// of them by how much of the manager's own time has passed.
type Clock struct {
	Wall int64          // microseconds since the epoch
	Zone *time.Location // local time; nil: as it was
	Set  bool           // the wall clock has jumped
	Move bool           // the zone has changed
}

func (e Clock) apply(m *Manager) {
	if !e.Set && !e.Move {
		return
	}
	for _, u := range m.sorted() {
		if t, ok := u.life.(*timer); ok {
			t.clockChanged(e)
		}
	}
}

// know takes the wall time of an event, before anything is decided by it.
func (m *Manager) know(e Clock) {
	m.wallOffset = e.Wall - int64(m.now)
	if e.Zone != nil {
		m.zone = e.Zone
	}
}

// wall is the wall time now, in microseconds since the epoch.
func (m *Manager) wall() int64 { return int64(m.now) + m.wallOffset }

// atWall is the manager's time at which the wall clock shows wall, if nobody sets it.
func (m *Manager) atWall(wall int64) Time { return Time(wall - m.wallOffset) }

// A host's own place in the grids on which deadlines that may be late come
// together: one wake-up serves all that fall into the same minute, or if that is too
// late for one of them, into the same part of a minute. systemd.timer(5),
// AccuracySec=.
var grids = [...]value.Span{value.Minute, 10 * value.Second, value.Second, value.Second / 4}

// coalesce returns the time between at and at+accuracy at which a deadline is best
// served: on the widest grid that meets the window.
func (m *Manager) coalesce(at int64, accuracy value.Span) int64 {
	latest := int64(Time(at).plus(accuracy))
	if accuracy <= 1 || latest == int64(Never) {
		return at
	}
	for _, g := range grids {
		grid := int64(g)
		place := int64(m.config.place() % uint64(grid))
		if next := at + (place-at%grid+grid)%grid; next <= latest {
			return next
		}
	}
	return latest
}

// place is what is the host's own.
func (c *Config) place() uint64 { return stable(c.Machine) }

// stable makes a number of words that is the same every time.
func stable(words ...string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		_, _ = h.Write(append([]byte(w), 0))
	}
	return h.Sum64()
}

// chance returns a random span from 0 to below most.
func (m *Manager) chance(most value.Span) value.Span {
	if most <= 0 {
		return 0
	}
	return value.Span(m.random.Uint64() % uint64(most))
}
