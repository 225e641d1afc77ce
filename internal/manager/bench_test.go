package manager

import (
	"net/netip"
	"testing"

	"wakesock/internal/value"
)

// BenchmarkConnection is what one connection costs here: its instance made,
// started, ended and forgotten.
func BenchmarkConnection(b *testing.B) {
	m := New(Config{})
	m.Step(1, Loaded{Defs: defs(b, map[string]string{
		"echo.socket":   "[Socket]\nListenStream=1\nAccept=yes\nTriggerLimitIntervalSec=0\n",
		"echo@.service": "[Service]\nExecStart=/e\nStandardInput=socket\n",
	})})
	m.Step(1, Wanted{Verb: Start, Unit: "echo.socket"})
	m.Step(1, Listened{Unit: "echo.socket", Listeners: 1})
	peer := value.Peer{Family: value.PeerInet, Local: netip.MustParseAddrPort("127.0.0.1:4444"), Remote: netip.MustParseAddrPort("127.0.0.1:50000")}
	now := Time(1)
	b.ReportAllocs()
	for b.Loop() {
		now += 100
		var run Run
		for _, e := range m.Step(now, Accepted{Unit: "echo.socket", Conn: Conn(now), Peer: peer}) {
			if s, ok := e.(*Spawn); ok {
				run = s.Run
			}
		}
		m.Step(now+1, Spawned{Run: run, PID: 4711})
		m.Step(now+2, Exited{Run: run, Code: CodeExited})
	}
}
