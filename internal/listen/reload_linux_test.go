package listen

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// A reload keeps descriptors whose address did not change, with what waits there.
func TestReloadKeeps(t *testing.T) {
	dir := shortDir(t)
	queue := fmt.Sprintf("/wakesock-keep-%d", os.Getpid())
	all := []func(*unit.Socket){
		on(unit.ListenStream, "127.0.0.1:0", dir+"/s"), on(unit.ListenDatagram, "127.0.0.1:0"),
		on(unit.ListenFIFO, dir+"/f"), on(unit.ListenMessageQueue, queue), on(unit.ListenNetlink, "route 0"),
		on(unit.ListenSpecial, "/proc/self/mounts"), func(s *unit.Socket) { s.RemoveOnStop = true },
	}
	prev := open(t, newUnit(all...), nil)
	dial(t, prev.Files[0])
	old := prev.Files
	// Another order and another address among them.
	more := append([]func(*unit.Socket){on(unit.ListenStream, dir+"/new")}, all...)
	s := open(t, newUnit(more...), prev)
	if len(s.Files) != len(old)+1 || len(prev.Files) != 0 {
		t.Fatalf("%d files now, %d left", len(s.Files), len(prev.Files))
	}
	for i, f := range old {
		if s.Files[i+1] != f {
			t.Errorf("%+v became %+v", f, s.Files[i+1])
		}
	}
	accept(t, old[0].FD)
	prev.Close(true) // has nothing any more
	// What is no longer wanted is closed and removed.
	s = open(t, newUnit(all[0], all[5], all[6]), s)
	if len(s.Files) != 3 || s.Files[0].FD != old[0].FD || s.Files[1].FD != old[1].FD {
		t.Errorf("files %+v", s.Files)
	}
	if left, _ := filepath.Glob(dir + "/*"); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
	if unlinkQueue(queue) == nil {
		t.Error("the queue was left")
	}
	for _, f := range old[2:6] {
		if _, err := unix.FcntlInt(uintptr(f.FD), unix.F_GETFD, 0); err != unix.EBADF {
			t.Errorf("%s is still open", f.Address)
		}
	}
}

// A reload whose addresses are in the way of the old ones binds the new ones all
// the same; what did not change stays; and if it fails, all is as it was.
func TestReloadReplaces(t *testing.T) {
	needIPv6(t)
	dir := shortDir(t)
	port := freePort(t)
	at := func(format string) string { return fmt.Sprintf(format, port) }
	only6 := func(s *unit.Socket) { s.BindIPv6Only = "ipv6-only" }
	removed := func(s *unit.Socket) { s.RemoveOnStop = true }
	keep := on(unit.ListenStream, dir+"/keep")
	tests := []struct {
		name     string
		from, to []func(*unit.Socket)
	}{
		{"loopback to any", []func(*unit.Socket){on(unit.ListenStream, at("127.0.0.1:%d"))}, []func(*unit.Socket){on(unit.ListenStream, at("0.0.0.0:%d"))}},
		{"IPv4 to port", []func(*unit.Socket){on(unit.ListenStream, at("127.0.0.1:%d"))}, []func(*unit.Socket){on(unit.ListenStream, at("%d"))}},
		{"port to IPv4", []func(*unit.Socket){on(unit.ListenStream, at("%d"))}, []func(*unit.Socket){on(unit.ListenStream, at("127.0.0.1:%d"))}},
		{"both to IPv6 only", []func(*unit.Socket){on(unit.ListenStream, at("%d"))}, []func(*unit.Socket){on(unit.ListenStream, at("%d")), only6}},
		{"with a shared port", []func(*unit.Socket){on(unit.ListenStream, at("%d")), func(s *unit.Socket) { s.ReusePort = true }}, []func(*unit.Socket){on(unit.ListenStream, at("127.0.0.1:%d"))}},
		{"TCP to MPTCP", []func(*unit.Socket){on(unit.ListenStream, at("%d"))}, []func(*unit.Socket){on(unit.ListenStream, at("%d")), func(s *unit.Socket) { s.SocketProtocol = "mptcp" }}},
		{"UDP", []func(*unit.Socket){on(unit.ListenDatagram, at("%d"))}, []func(*unit.Socket){on(unit.ListenDatagram, at("127.0.0.1:%d"))}},
		{"stream to seqpacket", []func(*unit.Socket){on(unit.ListenStream, dir+"/x")}, []func(*unit.Socket){on(unit.ListenSequentialPacket, dir+"/x")}},
		{"FIFO to stream", []func(*unit.Socket){on(unit.ListenFIFO, dir+"/y")}, []func(*unit.Socket){on(unit.ListenStream, dir+"/y")}},
		{"stream to FIFO", []func(*unit.Socket){on(unit.ListenStream, dir+"/z")}, []func(*unit.Socket){on(unit.ListenFIFO, dir+"/z")}},
		{"abstract", []func(*unit.Socket){on(unit.ListenStream, at("@wakesock-%d"))}, []func(*unit.Socket){on(unit.ListenSequentialPacket, at("@wakesock-%d"))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := newUnit(append(tt.from, keep, removed)...)
			to := newUnit(append(tt.to, keep, removed)...)
			s, err := Open(from, nil)
			if err != nil {
				t.Fatal(err)
			}
			old := s.Files
			// First with an address that cannot be had: everything must be as before.
			bad := newUnit(append(tt.to, keep, removed, on(unit.ListenStream, dir))...)
			refused(t, bad, s, fmt.Sprintf("listen on %q: a directory is there, not a socket; remove it", dir))
			for i, f := range s.Files {
				if f != old[i] {
					t.Errorf("%+v became %+v by an Open that failed", old[i], f)
				}
				if f.Connection {
					dial(t, f)
					accept(t, f.FD)
				}
			}
			if o := openPort(s); o > 0 && !from.Socket.ReusePort {
				t.Errorf("SO_REUSEPORT is left on")
			}
			if s, err = Open(to, s); err != nil {
				t.Fatal(err)
			}
			defer s.Close(true)
			if s.Files[1].FD != old[1].FD || s.Files[0].FD == old[0].FD || len(s.Warnings) > 0 {
				t.Errorf("%+v became %+v, warnings %q", old, s.Files, s.Warnings)
			}
			if s.Files[0].Connection {
				dial(t, s.Files[0])
				accept(t, s.Files[0].FD)
			}
			if openPort(s) > 0 {
				t.Errorf("SO_REUSEPORT is left on")
			}
			if left, _ := filepath.Glob(dir + "/*.old"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
	if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// openPort is SO_REUSEPORT of the first file, -1 if it is no IP socket.
func openPort(s *Set) int {
	if s.held[0].kind&onIP == 0 {
		return -1
	}
	v, _ := unix.GetsockoptInt(s.Files[0].FD, unix.SOL_SOCKET, unix.SO_REUSEPORT)
	return v
}

// A socket whose node somebody has removed is opened anew.
func TestReloadRepairs(t *testing.T) {
	path := shortDir(t) + "/s"
	u := newUnit(on(unit.ListenStream, path))
	s := open(t, u, nil)
	fd := s.Files[0].FD
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s = open(t, u, s)
	if s.Files[0].FD == fd {
		t.Error("kept a socket that nobody can reach")
	}
	dial(t, s.Files[0])
}

// A set that Open takes over while the unit is new: nil, empty and closed ones.
func TestReloadOfNothing(t *testing.T) {
	u := newUnit(on(unit.ListenStream, "127.0.0.1:0"))
	s := open(t, u, &Set{})
	s.Close(true)
	s = open(t, u, s)
	c, err := net.Dial("tcp", s.Files[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
