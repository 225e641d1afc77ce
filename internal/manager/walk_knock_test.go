package manager

import (
	"net/netip"
	"slices"

	"wakesock/internal/value"
)

// knock lets somebody come to a socket that is watched.
func (w *world) knock() {
	if n, ok := some(w.random, w.watched); ok {
		if !w.m.units[n].Def.Socket.Accept {
			delete(w.watched, n)
			w.step(Readable{Unit: n})
			return
		}
		w.conn++
		w.conns[w.conn] = true
		peer := value.Peer{
			Family: value.PeerInet,
			Local:  netip.MustParseAddrPort("127.0.0.1:4444"),
			Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(w.random.IntN(4))}), uint16(w.conn)),
		}
		w.step(Accepted{Unit: n, Conn: w.conn, Peer: peer})
	}
}

// clock is what the loop says when a deadline has come.
func (w *world) clock() Clock { return Clock{Wall: int64(w.now) + w.wall} }

// checkTimer: who waits knows for what, nobody else does.
func (w *world) checkTimer(t *timer) {
	waits := t.deadline != 0
	switch t.state {
	case timerWaiting:
		if !waits && t.next.Time != Never && !t.Def.Timer.OnTimezoneChange && !slices.Contains(w.stamps, t.Name) {
			w.fatal("%s waits for nothing", t.Name)
		}
		if n := t.next; waits && t.job == nil && n.Time != 0 && n.Wall == 0 && t.deadline < n.Time {
			w.fatal("%s elapses at %d, before its time %d", t.Name, t.deadline, n.Time)
		}
	case timerRunning, timerElapsed, timerDead, timerFailed:
		if waits || t.next != (Next{}) {
			w.fatal("%s is %v and has a time", t.Name, t.state)
		}
	}
	if t.state == timerRunning && t.m.units[t.target] == nil {
		w.fatal("%s runs, but %s is not there", t.Name, t.target)
	}
}
