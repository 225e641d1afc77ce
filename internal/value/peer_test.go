package value

import (
	"net/netip"
	"slices"
	"testing"
)

func TestPeer(t *testing.T) {
	end := netip.MustParseAddrPort
	tests := []struct {
		name             string
		peer             Peer
		instance         string // what systemd 252 names the first connection
		env              []string
		source, asString string
	}{
		{"nothing known", Peer{}, "0-unknown", nil, "", "unknown"},
		{"IPv4", Peer{Family: PeerInet, Local: end("127.0.0.1:4444"), Remote: end("127.0.0.1:51234")},
			"0-127.0.0.1:4444-127.0.0.1:51234", []string{"REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=51234"}, "127.0.0.1", "127.0.0.1:51234"},
		{"IPv4 by an IPv6 socket", Peer{Family: PeerInet, Local: end("[::ffff:127.0.0.1]:4446"), Remote: end("[::ffff:127.0.0.1]:39462")},
			"0-127.0.0.1:4446-127.0.0.1:39462", []string{"REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=39462"}, "127.0.0.1", "127.0.0.1:39462"},
		{"IPv6", Peer{Family: PeerInet, Local: end("[::1]:4445"), Remote: end("[::1]:32896"), Cookie: 7},
			"0-::1:4445-::1:32896", []string{"REMOTE_ADDR=::1", "REMOTE_PORT=32896", "SO_COOKIE=7"}, "::1", "[::1]:32896"},
		{"link-local", Peer{Family: PeerInet, Local: end("[fe80::1%lo]:4447"), Remote: end("[fe80::1%lo]:49212")},
			"0-fe80::1:4447-fe80::1:49212", []string{"REMOTE_ADDR=fe80::1%lo", "REMOTE_PORT=49212"}, "fe80::1", "[fe80::1%lo]:49212"},
		{"unix", Peer{Family: PeerUnix, PID: 236, UID: 1000, GID: 100}, "0-236-1000", nil, "uid 1000", "PID 236/UID 1000"},
		{"unix, bound", Peer{Family: PeerUnix, PID: 1, Path: "@ggg"}, "0-1-0", []string{"REMOTE_ADDR=@ggg"}, "uid 0", "PID 1/UID 0"},
		{"unix, from a foreign PID namespace", Peer{Family: PeerUnix, UID: 5}, "0-unknown", nil, "uid 5", "PID 0/UID 5"},
		{"vsock", Peer{Family: PeerVsock, LocalCID: 2, LocalPort: 4444, CID: 3, Port: 4000000000},
			"0-2:4444-3:4000000000", []string{"REMOTE_ADDR=vsock:3", "REMOTE_PORT=4000000000"}, "cid 3", "vsock:3:4000000000"},
	}
	for _, tt := range tests {
		if got := tt.peer.Instance(0); got != tt.instance {
			t.Errorf("%s: Instance(0) = %q, want %q", tt.name, got, tt.instance)
		}
		if got := tt.peer.Env(); !slices.Equal(got, tt.env) {
			t.Errorf("%s: Env() = %q, want %q", tt.name, got, tt.env)
		}
		if got := tt.peer.Source(); got != tt.source {
			t.Errorf("%s: Source() = %q, want %q", tt.name, got, tt.source)
		}
		if got := tt.peer.String(); got != tt.asString {
			t.Errorf("%s: String() = %q, want %q", tt.name, got, tt.asString)
		}
	}
	if got := (Peer{Family: PeerUnix, PID: 1}).Instance(1<<64 - 1); got != "18446744073709551615-1-0" {
		t.Errorf("the largest number gives %q", got)
	}
}

func BenchmarkPeerInstance(b *testing.B) {
	p := Peer{Family: PeerInet, Local: netip.MustParseAddrPort("127.0.0.1:4444"), Remote: netip.MustParseAddrPort("127.0.0.1:51234")}
	b.ReportAllocs()
	for i := range b.N {
		_ = p.Instance(uint64(i))
	}
}
