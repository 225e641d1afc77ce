package manager

import (
	"container/heap"

	"wakesock/internal/value"
)

// deadlines is a heap of units by the time at which something must happen to
// them. A unit has one deadline at most; 0 means none.
type deadlines []*Unit

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline < d[j].deadline }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapIndex, d[j].heapIndex = i, j
}

func (d *deadlines) Push(x any) {
	u := x.(*Unit)
	u.heapIndex = len(*d)
	*d = append(*d, u)
}

func (d *deadlines) Pop() any {
	old := *d
	u := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	return u
}

// after is the time when a timeout that begins now is over; 0 for never.
func (m *Manager) after(timeout value.Span) Time {
	if timeout <= 0 || timeout == value.Infinity {
		return 0
	}
	return m.now + Time(timeout)
}

// arm sets u's deadline, replacing the one it had; 0 disarms it.
func (m *Manager) arm(u *Unit, at Time) {
	switch had := u.deadline != 0; {
	case !had && at == 0:
	case !had:
		u.deadline = at
		heap.Push(&m.deadlines, u)
	case at == 0:
		heap.Remove(&m.deadlines, u.heapIndex)
		u.deadline = 0
	default:
		u.deadline = at
		heap.Fix(&m.deadlines, u.heapIndex)
	}
}

// Next returns when Step wants to be called even if nothing happens; 0 means never.
func (m *Manager) Next() Time {
	if len(m.deadlines) == 0 {
		return 0
	}
	return m.deadlines[0].deadline
}
