package listen

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// optionTests gives each row of the option table a value to set, and what
// getsockopt reads then. Value 0 is one that the kernel may not be allowed to us.
var optionTests = []struct {
	name string
	opt  int
	edit func(*unit.Socket)
	want int
	root bool // needs CAP_NET_ADMIN
}{
	{"ReusePort", unix.SO_REUSEPORT, func(s *unit.Socket) { s.ReusePort = true }, 1, false},
	{"FreeBind", unix.IP_FREEBIND, func(s *unit.Socket) { s.FreeBind = true }, 1, false},
	{"Transparent", unix.IP_TRANSPARENT, func(s *unit.Socket) { s.Transparent = true }, 1, true},
	{"KeepAlive", unix.SO_KEEPALIVE, func(s *unit.Socket) { s.KeepAlive = true }, 1, false},
	{"KeepAliveTimeSec", unix.TCP_KEEPIDLE, func(s *unit.Socket) { s.KeepAliveTimeSec = 61*value.Second + 1 }, 61, false},
	{"KeepAliveIntervalSec", unix.TCP_KEEPINTVL, func(s *unit.Socket) { s.KeepAliveIntervalSec = 62 * value.Second }, 62, false},
	{"KeepAliveProbes", unix.TCP_KEEPCNT, func(s *unit.Socket) { s.KeepAliveProbes = 7 }, 7, false},
	{"NoDelay", unix.TCP_NODELAY, func(s *unit.Socket) { s.NoDelay = true }, 1, false},
	{"DeferAcceptSec", unix.TCP_DEFER_ACCEPT, func(s *unit.Socket) { s.DeferAcceptSec = 1 * value.Second }, 1, false},
	{"Broadcast", unix.SO_BROADCAST, func(s *unit.Socket) { s.Broadcast = true }, 1, false},
	{"PassCredentials", unix.SO_PASSCRED, func(s *unit.Socket) { s.PassCredentials = true }, 1, false},
	{"PassPIDFD", unix.SO_PASSPIDFD, func(s *unit.Socket) { s.PassPIDFD = true }, 1, false},
	{"PassSecurity", unix.SO_PASSSEC, func(s *unit.Socket) { s.PassSecurity = true }, 1, false},
	{"AcceptFileDescriptors", unix.SO_PASSRIGHTS, func(s *unit.Socket) { s.AcceptFileDescriptors = false }, 0, false},
	{"PassPacketInfo", unix.IP_PKTINFO, func(s *unit.Socket) { s.PassPacketInfo = true }, 1, false},
	{"PassPacketInfo", unix.NETLINK_PKTINFO, func(s *unit.Socket) { s.PassPacketInfo = true }, 1, false},
	{"Timestamping", unix.SO_TIMESTAMP, func(s *unit.Socket) { s.Timestamping = "us" }, 1, false},
	{"Timestamping", unix.SO_TIMESTAMPNS, func(s *unit.Socket) { s.Timestamping = "ns" }, 1, false},
	{"ReceiveBuffer", unix.SO_RCVBUF, func(s *unit.Socket) { s.ReceiveBuffer = 20 << 10 }, 40 << 10, false},
	{"SendBuffer", unix.SO_SNDBUF, func(s *unit.Socket) { s.SendBuffer = 22 << 10 }, 44 << 10, false},
	{"Mark", unix.SO_MARK, func(s *unit.Socket) { s.Mark = 9 }, 9, true},
	{"IPTOS", unix.IP_TOS, func(s *unit.Socket) { s.IPTOS = 16 }, 16, false},
	{"IPTTL", unix.IP_TTL, func(s *unit.Socket) { s.IPTTL = 33 }, 33, false},
	{"Priority", unix.SO_PRIORITY, func(s *unit.Socket) { s.Priority = 5 }, 5, false},
}

// kindTests is one address for each kind of socket.
var kindTests = []struct {
	kind     kind
	name     string
	protocol unit.Protocol
	address  string
	suffix   string // makes another address of it that is free too
}{
	{kindStream4, "IPv4 stream", unit.ListenStream, "127.0.0.1:0", ""},
	{kindStream6, "IPv6 stream", unit.ListenStream, "[::1]:0", ""},
	{kindPacket4, "IPv4 datagram", unit.ListenDatagram, "127.0.0.1:0", ""},
	{kindPacket6, "IPv6 datagram", unit.ListenDatagram, "[::1]:0", ""},
	{kindUnix, "unix", unit.ListenStream, fmt.Sprint("@wakesock-option-", os.Getpid()), "-2"},
	{kindNetlink, "netlink", unit.ListenNetlink, "route 0", ""},
}

// needless are options that mean nothing to a connection that is accepted, and
// that the kernel does not hand on.
var needless = map[string]bool{"DeferAcceptSec": true}

// Every row is set on every kind of socket that it is for; accepted connections
// have it too, by inheritance or by Setup, and Setup does not do more than it must;
// a reload takes it away and brings it back.
func TestOptions(t *testing.T) {
	if len(optionTests) != len(options) {
		t.Fatalf("%d rows, %d tests", len(options), len(optionTests))
	}
	for i, tt := range optionTests {
		row := &options[i]
		if row.name != tt.name || row.opt != tt.opt {
			t.Fatalf("row %d is %s, its test %s", i, row.name, tt.name)
		}
		for _, k := range kindTests {
			if row.on&k.kind == 0 {
				continue
			}
			t.Run(tt.name+" on "+k.name, func(t *testing.T) {
				if tt.root && os.Geteuid() != 0 {
					t.Skip("needs CAP_NET_ADMIN")
				}
				if k.kind&(kindStream6|kindPacket6) != 0 {
					needIPv6(t)
				}
				plain := newUnit(on(k.protocol, k.address))
				s := open(t, newUnit(on(k.protocol, k.address), tt.edit), nil)
				if len(s.Warnings) > 0 {
					if tt.name == "PassPIDFD" || tt.name == "AcceptFileDescriptors" {
						t.Skip("this kernel: ", s.Warnings)
					}
					t.Fatalf("warnings %q", s.Warnings)
				}
				level, opt := row.at(k.kind)
				get := func(fd int) int {
					v, err := unix.GetsockoptInt(fd, level, opt)
					if err != nil {
						t.Errorf("getsockopt: %v", err)
					}
					return v
				}
				fd := s.Files[0].FD
				if got := get(fd); got != tt.want {
					t.Errorf("reads %d, want %d", got, tt.want)
				}
				if s.Files[0].Connection && !needless[tt.name] {
					dial(t, s.Files[0])
					c := accept(t, fd)
					inherited := get(c.FD) == tt.want
					s.Setup(&c)
					if got := get(c.FD); got != tt.want {
						t.Errorf("reads %d on a connection, want %d", got, tt.want)
					}
					if inherited != (row.lost&k.kind == 0) {
						t.Logf("inherited: %v; the row says %v", inherited, !inherited) // kernels differ
					}
				}
				fresh := open(t, newUnit(on(k.protocol, k.address+k.suffix)), nil)
				before := get(fresh.Files[0].FD)
				fresh.Close(true)
				if s = open(t, plain, s); s.Files[0].FD != fd || len(s.Warnings) > 0 {
					t.Fatalf("not kept: %+v, %q", s.Files, s.Warnings)
				}
				if got := get(fd); got != before {
					t.Errorf("reads %d after a reload without it, want %d", got, before)
				}
				open(t, newUnit(on(k.protocol, k.address), tt.edit), s)
				if got := get(fd); got != tt.want {
					t.Errorf("reads %d after a reload with it, want %d", got, tt.want)
				}
			})
		}
	}
}

func TestCongestion(t *testing.T) {
	edit := func(name string) func(*unit.Socket) { return func(s *unit.Socket) { s.TCPCongestion = name } }
	get := func(fd int) string {
		name, _ := unix.GetsockoptString(fd, unix.SOL_TCP, unix.TCP_CONGESTION)
		return name
	}
	address := on(unit.ListenStream, "127.0.0.1:0")
	s := open(t, newUnit(address), nil)
	standard := get(s.Files[0].FD)
	s = open(t, newUnit(address, edit("reno")), s)
	dial(t, s.Files[0])
	if a, b := get(s.Files[0].FD), get(accept(t, s.Files[0].FD).FD); a != "reno" || b != "reno" {
		t.Errorf("listener has %q, connection %q", a, b)
	}
	s = open(t, newUnit(address), s)
	if got := get(s.Files[0].FD); got != standard {
		t.Errorf("%q after a reload, want %q", got, standard)
	}
	s = open(t, newUnit(address, edit("nosuch")), s)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], `TCPCongestion= could not be set: the kernel does not know "nosuch"; it knows`) {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// Timestamping= changes from one form to the other.
func TestTimestampingChanges(t *testing.T) {
	edit := func(v string) func(*unit.Socket) { return func(s *unit.Socket) { s.Timestamping = v } }
	address := on(unit.ListenDatagram, "127.0.0.1:0")
	s := open(t, newUnit(address, edit("ns")), nil)
	for _, v := range []string{"us", "ns", "us", "off"} {
		s = open(t, newUnit(address, edit(v)), s)
		us, _ := unix.GetsockoptInt(s.Files[0].FD, unix.SOL_SOCKET, unix.SO_TIMESTAMP)
		ns, _ := unix.GetsockoptInt(s.Files[0].FD, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS)
		if (us == 1) != (v == "us") || (ns == 1) != (v == "ns") {
			t.Errorf("%s: SO_TIMESTAMP %d, SO_TIMESTAMPNS %d", v, us, ns)
		}
	}
}

// Options that are not possible are told and nothing more.
func TestOptionWarnings(t *testing.T) {
	s := open(t, newUnit(on(unit.ListenStream, "127.0.0.1:0"), func(s *unit.Socket) { s.IPTTL, s.TCPCongestion = 300, "nosuch" }), nil)
	if len(s.Warnings) != 2 || s.Warnings[0] != "127.0.0.1:0: IPTTL= could not be set: invalid argument" {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func init() {
	children["unprivileged options"] = func(string) string {
		s, err := Open(newUnit(on(unit.ListenStream, "127.0.0.1:0"), func(s *unit.Socket) {
			s.Mark, s.ReceiveBuffer, s.Transparent = 1, 1<<30, true
		}), nil)
		if err != nil {
			return err.Error()
		}
		return strings.Join(s.Warnings, "\n")
	}
}

func TestOptionsUnprivileged(t *testing.T) {
	got := child(t, "unprivileged options", "", nobody(t))
	for _, want := range []string{
		"Transparent= could not be set: operation not permitted", "Mark= could not be set: operation not permitted",
		"ReceiveBuffer= could not be set: the system's limit leaves",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("warnings %q do not say %q", got, want)
		}
	}
}

func TestProtocols(t *testing.T) {
	tests := []struct {
		name     string
		protocol unit.Protocol
		number   int
	}{
		{"mptcp", unit.ListenStream, unix.IPPROTO_MPTCP},
		{"sctp", unit.ListenStream, unix.IPPROTO_SCTP},
		{"udplite", unit.ListenDatagram, unix.IPPROTO_UDPLITE},
		{"udplite", unit.ListenStream, unix.IPPROTO_TCP}, // not for streams: no effect, as in systemd
	}
	for _, tt := range tests {
		u := newUnit(on(tt.protocol, "127.0.0.1:0"), func(s *unit.Socket) { s.SocketProtocol = tt.name })
		s, err := Open(u, nil)
		if err != nil {
			want := `listen on "127.0.0.1:0": protocol not supported; the kernel has no SocketProtocol=` + tt.name
			if err.Error() != want {
				t.Errorf("error %q, want %q", err, want)
			}
			continue
		}
		if got, _ := unix.GetsockoptInt(s.Files[0].FD, unix.SOL_SOCKET, unix.SO_PROTOCOL); got != tt.number {
			t.Errorf("%s: protocol %d, want %d", tt.name, got, tt.number)
		}
		if s.Files[0].Connection {
			dial(t, s.Files[0])
			if c := accept(t, s.Files[0].FD); c.Peer.Family != value.PeerInet {
				t.Errorf("%s: %+v", tt.name, c.Peer)
			}
		}
		s.Close(true)
	}
}

func TestBacklog(t *testing.T) {
	dir := shortDir(t)
	edit := func(n uint32) func(*unit.Socket) { return func(s *unit.Socket) { s.Backlog = n } }
	s := open(t, newUnit(on(unit.ListenStream, dir+"/s"), edit(0)), nil)
	fill := func() (n int) {
		for ; n < 100; n++ {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			if unix.Connect(fd, &unix.SockaddrUnix{Name: dir + "/s"}) == unix.EAGAIN {
				return n
			}
		}
		return n
	}
	if n := fill(); n != 1 {
		t.Errorf("Backlog=0 holds %d connections", n)
	}
	s.Flush()
	s = open(t, newUnit(on(unit.ListenStream, dir+"/s"), edit(9)), s)
	if n := fill(); n != 10 {
		t.Errorf("Backlog=9 after a reload holds %d connections", n)
	}
	s.Flush()
	if _, err := Accept(s.Files[0].FD); err != ErrAgain {
		t.Errorf("Accept after Flush: %v", err)
	}
}

func TestPipeSize(t *testing.T) {
	path := shortDir(t) + "/f"
	edit := func(n value.Size) func(*unit.Socket) { return func(s *unit.Socket) { s.PipeSize = n } }
	s := open(t, newUnit(on(unit.ListenFIFO, path), edit(8192)), nil)
	size := func() int { n, _ := unix.FcntlInt(uintptr(s.Files[0].FD), unix.F_GETPIPE_SZ, 0); return n }
	if size() != 8192 {
		t.Errorf("PipeSize=8K: %d", size())
	}
	if s = open(t, newUnit(on(unit.ListenFIFO, path), edit(16384)), s); size() != 16384 {
		t.Errorf("PipeSize=16K after a reload: %d", size())
	}
}
