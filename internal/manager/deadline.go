package manager

import (
	"container/heap"
	"math"

	"wakesock/internal/value"
)

// An appointment is when something must happen to its owner, a unit or a job; 0 is
// never. It is embedded in the owner.
type appointment struct {
	deadline  Time
	heapIndex int
	owner     interface{ expire() }
}

// deadlines is a heap of appointments by their time. A unit has one at most, its job
// another one, and what the manager does with it by itself a third.
type deadlines []*appointment

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline < d[j].deadline }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapIndex, d[j].heapIndex = i, j
}

func (d *deadlines) Push(x any) {
	a := x.(*appointment)
	a.heapIndex = len(*d)
	*d = append(*d, a)
}

func (d *deadlines) Pop() any {
	old := *d
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	return a
}

// after is the time when a timeout that begins now is over; 0 for never.
func (m *Manager) after(timeout value.Span) Time {
	if timeout <= 0 || timeout == value.Infinity {
		return 0
	}
	return m.now.plus(timeout)
}

// Never is a time that does not come.
const Never = Time(math.MaxInt64)

// plus is a time after another one; what lies beyond counting never comes.
func (t Time) plus(span value.Span) Time {
	if t > 0 && Time(span) > Never-t {
		return Never
	}
	return t + Time(span)
}

// arm sets u's deadline, replacing the one it had; 0 disarms it.
func (m *Manager) arm(u *Unit, at Time) { m.set(&u.appointment, at) }

// set does so for any appointment.
func (m *Manager) set(a *appointment, at Time) {
	switch had := a.deadline != 0; {
	case !had && at == 0:
	case !had:
		a.deadline = at
		heap.Push(&m.deadlines, a)
	case at == 0:
		heap.Remove(&m.deadlines, a.heapIndex)
		a.deadline = 0
	default:
		a.deadline = at
		heap.Fix(&m.deadlines, a.heapIndex)
	}
}

// Next returns when Step wants to be called even if nothing happens; 0 means never.
func (m *Manager) Next() Time {
	if len(m.deadlines) == 0 {
		return 0
	}
	return m.deadlines[0].deadline
}
