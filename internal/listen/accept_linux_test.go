package listen

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

func TestAcceptPeer(t *testing.T) {
	dir := shortDir(t)
	self := fmt.Sprintf("0-%d-%d", os.Getpid(), os.Geteuid())
	t.Run("IPv4", func(t *testing.T) {
		s := open(t, newUnit(on(unit.ListenStream, "127.0.0.1:0")), nil)
		client := dial(t, s.Files[0])
		c := accept(t, s.Files[0].FD)
		if got, want := c.Peer.Instance(0), fmt.Sprintf("0-%s-%s", s.Files[0].Address, client.LocalAddr()); got != want {
			t.Errorf("instance %q, want %q", got, want)
		}
		if Cookie(c.FD) == 0 || Cookie(-1) != 0 {
			t.Error("cookies are wrong")
		}
		if flags, _ := unix.FcntlInt(uintptr(c.FD), unix.F_GETFL, 0); flags&unix.O_NONBLOCK != 0 {
			t.Error("the connection is non-blocking")
		}
	})
	t.Run("IPv6", func(t *testing.T) {
		needIPv6(t)
		s := open(t, newUnit(on(unit.ListenStream, "[::1]:0")), nil)
		client := dial(t, s.Files[0])
		got := accept(t, s.Files[0].FD).Peer.Instance(1)
		if want := strings.NewReplacer("[", "", "]", "").Replace(fmt.Sprintf("1-%s-%s", s.Files[0].Address, client.LocalAddr())); got != want {
			t.Errorf("instance %q, want %q", got, want)
		}
	})
	t.Run("unix", func(t *testing.T) {
		s := open(t, newUnit(on(unit.ListenStream, dir+"/s"), on(unit.ListenSequentialPacket, dir+"/p")), nil)
		for _, f := range s.Files {
			dial(t, f)
			p := accept(t, f.FD).Peer
			if p.Instance(0) != self || p.Env() != nil || p.GID != uint32(os.Getegid()) {
				t.Errorf("%s: %+v gives %q and %q", f.Address, p, p.Instance(0), p.Env())
			}
		}
	})
	t.Run("unix, client bound", func(t *testing.T) {
		s := open(t, newUnit(on(unit.ListenStream, dir+"/b")), nil)
		abstract := fmt.Sprintf("@wakesock\n-%d", os.Getpid())
		for name, want := range map[string]string{
			dir + "/client": dir + "/client",
			abstract:        strings.Replace(abstract, "\n", `\x0a`, 1),
		} {
			client, err := net.DialUnix("unix", &net.UnixAddr{Name: name, Net: "unix"}, &net.UnixAddr{Name: dir + "/b", Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if env := accept(t, s.Files[0].FD).Peer.Env(); !slices.Equal(env, []string{"REMOTE_ADDR=" + want}) {
				t.Errorf("environment %q, want %q", env, want)
			}
		}
	})
}

// A link-local client has a zone. It needs a network namespace of its own.
func init() {
	children["link-local"] = func(string) string {
		u := newUnit(on(unit.ListenStream, "[fe80::1]:7%lo"))
		s, err := Open(u, nil)
		if err != nil {
			return err.Error()
		}
		c, err := net.Dial("tcp", "[fe80::1%lo]:7")
		if err != nil {
			return err.Error()
		}
		p := []unix.PollFd{{Fd: int32(s.Files[0].FD), Events: unix.POLLIN}}
		_, _ = unix.Poll(p, 5000)
		conn, err := Accept(s.Files[0].FD)
		_, port, _ := net.SplitHostPort(c.LocalAddr().String())
		text := fmt.Sprint(s.Files[0].Address, conn.Peer.Instance(0), conn.Peer.Env(), err)
		return strings.ReplaceAll(text, port, "PORT")
	}
}

func TestAcceptLinkLocal(t *testing.T) {
	needIPv6(t)
	attr := ownNetwork(t, "ip link set lo up && ip addr add fe80::1/64 dev lo nodad")
	got := attr(t, "link-local")
	want := "[fe80::1]:7%lo0-fe80::1:7-fe80::1:PORT[REMOTE_ADDR=fe80::1%lo REMOTE_PORT=PORT] <nil>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Names that clients choose come through every length.
func FuzzUnixPath(f *testing.F) {
	f.Add([]byte("\x00abc"))
	f.Add([]byte("/run/x\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, name []byte) {
		var sa unix.RawSockaddrAny
		un := (*unix.RawSockaddrUnix)(unsafe.Pointer(&sa))
		un.Family = unix.AF_UNIX
		for i := range min(len(name), len(un.Path)) {
			un.Path[i] = int8(name[i])
		}
		got := unixPath(&sa, uint32(2+len(name)))
		if strings.ContainsAny(got, "\x00\n\r\x7f") {
			t.Errorf("%q gives %q", name, got)
		}
	})
}

func TestAcceptErrors(t *testing.T) {
	s := open(t, newUnit(on(unit.ListenStream, "127.0.0.1:0")), nil)
	if c, err := Accept(s.Files[0].FD); err != ErrAgain || c.FD != -1 {
		t.Errorf("nobody waits: %+v, %v", c, err)
	}
	if _, err := Accept(-1); !errors.Is(err, unix.EBADF) || err.Error() != "accept on descriptor -1: bad file descriptor" {
		t.Errorf("no descriptor: %v", err)
	}
	// A client that has reset its connection is accepted all the same, with its address.
	client := dial(t, s.Files[0])
	_ = client.(*net.TCPConn).SetLinger(0)
	wait(t, s.Files[0].FD)
	client.Close()
	if c := accept(t, s.Files[0].FD); c.Peer.String() != client.LocalAddr().String() {
		t.Errorf("a broken connection is from %s", c.Peer)
	}
}

// Without descriptors the connection waits, and the listener recovers.
func init() {
	children["descriptors"] = func(string) string {
		var out bytes.Buffer
		s, err := Open(newUnit(on(unit.ListenStream, "127.0.0.1:0")), nil)
		if err != nil {
			return err.Error()
		}
		c, err := net.Dial("tcp", s.Files[0].Address)
		if err != nil {
			return err.Error()
		}
		p := []unix.PollFd{{Fd: int32(s.Files[0].FD), Events: unix.POLLIN}}
		_, _ = unix.Poll(p, 5000)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 600}); err != nil {
			return err.Error()
		}
		var hoard []int
		for {
			fd, err := unix.Dup(0)
			if err != nil {
				break
			}
			hoard = append(hoard, fd)
		}
		_, err = Accept(s.Files[0].FD)
		fmt.Fprintln(&out, err == ErrDescriptors)
		_, err = Open(newUnit(on(unit.ListenStream, "127.0.0.1:0")), nil)
		fmt.Fprintln(&out, err)
		unix.Close(hoard[0])
		got, err := Accept(s.Files[0].FD)
		fmt.Fprintln(&out, got.FD == hoard[0], err, got.Peer.String() == c.LocalAddr().String())
		// With few descriptors there is no high place; low ones do.
		unix.Close(hoard[1])
		few, err := Open(newUnit(on(unit.ListenStream, "127.0.0.1:0")), nil)
		fmt.Fprintln(&out, err)
		if err == nil {
			fmt.Fprintln(&out, few.Files[0].FD < 32)
		}
		return out.String()
	}
}

func TestAcceptWithoutDescriptors(t *testing.T) {
	want := `true
listen on "127.0.0.1:0": too many open files; LimitNOFILE= of this process is used up
true <nil> true
<nil>
true
`
	if got := child(t, "descriptors", "", nil); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// The hot path allocates nothing.
func TestAcceptAllocations(t *testing.T) {
	s := open(t, newUnit(on(unit.ListenStream, "127.0.0.1:0", fmt.Sprint("@wakesock-alloc-", os.Getpid()))), nil)
	for _, f := range s.Files {
		next := connector(t, f)
		allocations := testing.AllocsPerRun(100, func() {
			next()
			c, err := Accept(f.FD)
			if err != nil {
				t.Fatal(err)
			}
			s.Setup(&c)
			unix.Close(c.FD)
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations", f.Address, allocations)
		}
	}
}

// connector returns a function that connects, waits until that is done, and
// closes its end, without allocating.
func connector(t testing.TB, f File) func() {
	domain := unix.AF_INET
	var raw unix.RawSockaddrAny
	size := uintptr(unix.SizeofSockaddrInet4)
	if f.Listen.Address.Kind == value.AddressAbstract {
		domain = unix.AF_UNIX
		un := (*unix.RawSockaddrUnix)(unsafe.Pointer(&raw))
		un.Family = unix.AF_UNIX
		for i, c := range []byte(f.Listen.Address.Path) {
			un.Path[i+1] = int8(c)
		}
		size = 3 + uintptr(len(f.Listen.Address.Path))
	} else {
		n := uint32(unsafe.Sizeof(raw))
		if _, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(f.FD), uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n))); errno != 0 {
			t.Fatal(errno)
		}
	}
	return func() {
		fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&raw)), size); errno != 0 {
			t.Fatal(errno)
		}
		linger(fd)
		unix.Close(fd)
	}
}

// linger makes close reset the connection, which leaves no TIME_WAIT behind.
func linger(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// BenchmarkAccept measures connect, accept, facts and close; "bare" is the same
// with accept4 alone, so the difference is what the facts cost.
func BenchmarkAccept(b *testing.B) {
	s, err := Open(newUnit(on(unit.ListenStream, "127.0.0.1:0", fmt.Sprint("@wakesock-bench-", os.Getpid()))), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(true)
	for i, name := range []string{"tcp", "unix"} {
		f := s.Files[i]
		next := connector(b, f)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				next()
				c, err := Accept(f.FD)
				if err != nil {
					b.Fatal(err)
				}
				s.Setup(&c)
				unix.Close(c.FD)
			}
		})
		b.Run(name+"-bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				next()
				fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(f.FD), 0, 0, unix.SOCK_CLOEXEC, 0, 0)
				if errno != 0 {
					b.Fatal(errno)
				}
				unix.Close(int(fd))
			}
		})
	}
}
