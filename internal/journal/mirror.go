package journal

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// mirrorMax bounds the bytes of text that wait for the mirror's reader.
const mirrorMax = 1 << 20

// A mirror shows entries as lines of text on the manager's standard error. Its
// reader may be slow or gone, so lines pass through a bounded buffer to a
// goroutine of the mirror's own; what finds the buffer full is dropped and counted.
type mirror struct {
	w    io.Writer
	kick chan struct{} // has room for one
	stop chan struct{}
	done chan struct{}

	mu   sync.Mutex
	buf  []byte
	lost int

	stamp stamp // used by show only
}

func startMirror(w io.Writer) *mirror {
	m := &mirror{w: w, kick: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go m.run()
	return m
}

// show adds the line of an entry, "Nov 22 18:52:06 echo.service[812]: hello". The
// unit stands where syslog has the identifier: several units may run one program.
// Nothing that could steer a terminal passes.
func (m *mirror) show(e *Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.buf) > mirrorMax {
		m.lost++
		return
	}
	m.buf = m.stamp.append(m.buf, e.When(), shortTime)
	m.buf = append(m.buf, ' ')
	name := e.Unit
	if e.Source == Manager || name == "" {
		name = e.Identifier
	}
	m.buf = appendEscaped(m.buf, name)
	m.buf = appendPID(m.buf, e.PID)
	m.buf = append(m.buf, ": "...)
	m.buf = appendEscaped(m.buf, trimLine(e.Message))
	m.buf = append(m.buf, '\n')
}

// wake has the lines written that show has added.
func (m *mirror) wake() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

func (m *mirror) run() {
	defer close(m.done)
	var spare []byte
	for ended := false; !ended; {
		select {
		case <-m.kick:
		case <-m.stop:
			ended = true
		}
		m.mu.Lock()
		b, lost := m.buf, m.lost
		m.buf, m.lost = spare[:0], 0
		m.mu.Unlock()
		if lost > 0 {
			b = fmt.Appendf(b, "(%d log entries are not shown here: they came faster than they were read)\n", lost)
		}
		if len(b) > 0 {
			// There is nobody to tell about an error: this is where errors go.
			_, _ = m.w.Write(b)
		}
		if spare = b; cap(spare) > 64<<10 {
			spare = nil
		}
	}
}

// close has the rest written, if that takes no longer than patience.
func (m *mirror) close(patience time.Duration) {
	close(m.stop)
	select {
	case <-m.done:
	case <-time.After(patience):
	}
}
