package manager

import (
	"net/netip"

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
