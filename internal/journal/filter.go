package journal

import (
	"fmt"
	"path"
	"time"
)

// A Filter says which entries to read. The zero value means all of them.
type Filter struct {
	Units      []string    // names or globs (of path.Match); of the entries of any
	Invocation string      // of this invocation id
	Priorities PrioritySet // of these priorities; 0 is all

	// Since and Until bound the time, both inclusive. Zero: no bound.
	Since, Until time.Time

	Lines   int  // only the last of those that match; 0: all; negative: none
	Reverse bool // newest first; not for Follow
}

// A matcher is a filter made ready.
type matcher struct {
	f            Filter
	since, until int64
	units        map[string]bool // answers so far
}

func (f Filter) matcher() (*matcher, error) {
	m := &matcher{f: f, until: 1<<63 - 1}
	for _, glob := range f.Units {
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("unit pattern %q is malformed: a bracket that was opened must be closed", glob)
		}
	}
	if !f.Since.IsZero() {
		m.since = f.Since.UnixMicro()
	}
	if !f.Until.IsZero() {
		m.until = f.Until.UnixMicro()
	}
	return m, nil
}

func (m *matcher) match(e *Entry) bool {
	return m.f.Priorities.Has(e.Priority) &&
		e.Time >= m.since && e.Time <= m.until &&
		(m.f.Invocation == "" || m.f.Invocation == e.Invocation) &&
		(len(m.f.Units) == 0 || m.unit(e.Unit))
}

func (m *matcher) unit(name string) bool {
	if yes, known := m.units[name]; known {
		return yes
	}
	yes := false
	for _, glob := range m.f.Units {
		// A name may hold backslashes, as escaping makes them, which a glob would
		// take for its own.
		ok, _ := path.Match(glob, name)
		yes = yes || ok || glob == name
	}
	if m.units == nil || len(m.units) >= maxNames {
		m.units = make(map[string]bool)
	}
	m.units[name] = yes
	return yes
}
