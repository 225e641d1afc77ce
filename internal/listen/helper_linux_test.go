package listen

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// children are what this test binary does when it runs itself, by name. What a
// child returns is printed; the parent compares it.
var children = map[string]func(arg string) string{}

const childVariable = "WAKESOCK_TEST_CHILD"

func TestMain(m *testing.M) {
	if f := children[os.Getenv(childVariable)]; f != nil {
		fmt.Print(f(os.Args[1]))
		os.Exit(0)
	}
	before := openDescriptors()
	code := m.Run()
	if after := openDescriptors(); code == 0 && after > before+2 { // the runtime's poller has two
		fmt.Fprintf(os.Stderr, "descriptors leaked: %d before the tests, %d after\n", before, after)
		code = 1
	}
	os.Exit(code)
}

func openDescriptors() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}

// child runs this binary as one of children, optionally as another user.
func child(t *testing.T, name, arg string, cred *syscall.SysProcAttr) string {
	t.Helper()
	c := exec.Command("/proc/self/exe", arg)
	c.Env = append(os.Environ(), childVariable+"="+name)
	c.SysProcAttr = cred
	c.Dir = "/"
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", name, err, out)
	}
	return string(out)
}

func nobody(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to become another user")
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// newUnit returns a socket unit with systemd's defaults, changed by edits.
func newUnit(edits ...func(*unit.Socket)) *unit.Unit {
	s := &unit.Socket{
		Backlog: 1<<32 - 1, SocketMode: 0o666, DirectoryMode: 0o755, BindIPv6Only: "default",
		Priority: -1, IPTOS: -1, IPTTL: -1, Mark: -1, Timestamping: "off", AcceptFileDescriptors: true,
	}
	for _, e := range edits {
		e(s)
	}
	return &unit.Unit{Name: "test.socket", Socket: s}
}

// on adds addresses as ListenStream= and its sisters read them.
func on(p unit.Protocol, addresses ...string) func(*unit.Socket) {
	return func(s *unit.Socket) {
		for _, text := range addresses {
			s.Listen = append(s.Listen, listenOn(p, text))
		}
	}
}

func listenOn(p unit.Protocol, text string) unit.Listen {
	var a value.Address
	var err error
	switch p {
	case unit.ListenStream, unit.ListenDatagram, unit.ListenSequentialPacket:
		// Port 0 is not for unit files, but the kernel's choice is what tests want.
		if rest, ok := strings.CutSuffix(text, "0"); ok && (rest == "" || strings.HasSuffix(rest, ":")) {
			a, err = value.ParseAddress(rest + "1")
			a.Port = 0
			break
		}
		a, err = value.ParseAddress(text)
	case unit.ListenNetlink:
		a, err = value.ParseNetlink(text)
	case unit.ListenMessageQueue:
		a = value.Address{Kind: value.AddressQueue, Path: text}
	case unit.ListenFIFO, unit.ListenSpecial, unit.ListenUSBFunction:
		a = value.Address{Kind: value.AddressPath, Path: text}
	}
	if err != nil {
		panic(err)
	}
	return unit.Listen{Protocol: p, Address: a}
}

// open opens a unit for the length of a test.
func open(t *testing.T, u *unit.Unit, prev *Set) *Set {
	t.Helper()
	s, err := Open(u, prev)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close(true) })
	return s
}

// refused opens a unit that cannot be opened, and compares the error. In want,
// each part must be there.
func refused(t *testing.T, u *unit.Unit, prev *Set, want ...string) {
	t.Helper()
	before := openDescriptors()
	s, err := Open(u, prev)
	if err == nil {
		s.Close(true)
		t.Fatalf("Open did not fail; want %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if after := openDescriptors(); after != before {
		t.Errorf("%d descriptors before, %d after an Open that failed", before, after)
	}
}

// wait waits until fd is readable.
func wait(t testing.TB, fd int) {
	t.Helper()
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(p, 5000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Fatalf("nothing to read from descriptor %d: %d, %v", fd, n, err)
		}
		return
	}
}

// accept takes the connection that is on its way.
func accept(t testing.TB, fd int) Conn {
	t.Helper()
	wait(t, fd)
	c, err := Accept(fd)
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	t.Cleanup(func() { unix.Close(c.FD) })
	return c
}

// dial connects to the address of a file.
func dial(t testing.TB, f File) net.Conn {
	t.Helper()
	network := map[unit.Protocol]string{
		unit.ListenStream: "tcp", unit.ListenDatagram: "udp", unit.ListenSequentialPacket: "unixpacket",
	}[f.Listen.Protocol]
	if k := f.Listen.Address.Kind; k == value.AddressPath || k == value.AddressAbstract {
		network = strings.NewReplacer("tcp", "unix", "udp", "unixgram").Replace(network)
	}
	c, err := net.DialTimeout(network, f.Address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// needIPv6 skips where there is no IPv6 loopback.
func needIPv6(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	l.Close()
}

// freePort returns a port of 127.0.0.1 that nobody has at this moment. It is not
// one that the kernel gives away by itself, so nobody gets it by chance meanwhile.
func freePort(t *testing.T) uint16 {
	t.Helper()
	const first = 10000
	line, _ := readLine("/proc/sys/net/ipv4/ip_local_port_range")
	low, _, _ := strings.Cut(line, "\t")
	end, err := strconv.Atoi(low)
	if err != nil || end < first+1000 {
		t.Skipf("too few ports are kept from automatic use: ip_local_port_range is %q", line)
	}
	for range 100 {
		port := uint16(first + rand.IntN(end-first))
		s, err := Open(newUnit(on(unit.ListenStream, fmt.Sprint(port)), on(unit.ListenDatagram, fmt.Sprint(port))), nil)
		if err == nil {
			s.Close(true)
			return port
		}
	}
	t.Fatal("no free port found")
	return 0
}

// stat returns what ls -ln would say: type and mode in octal, uid and gid.
func stat(path string) string {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%o %d %d", st.Mode, st.Uid, st.Gid)
}

// shortDir is a temporary directory whose path fits in a socket address.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "listen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ownNetwork returns a way to run a child in a network namespace of its own, in
// which setup (a shell command) has run.
func ownNetwork(t *testing.T, setup string) func(*testing.T, string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root for a network namespace")
	}
	if out, err := exec.Command("unshare", "-n", "sh", "-c", setup).CombinedOutput(); err != nil {
		t.Skipf("no network namespace of our own here: %v %s", err, out)
	}
	return func(t *testing.T, name string) string {
		t.Helper()
		c := exec.Command("unshare", "-n", "sh", "-c", setup+` && exec "$0"`+" arg", os.Args[0])
		c.Env = append(os.Environ(), childVariable+"="+name)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("child %s: %v\n%s", name, err, out)
		}
		return string(out)
	}
}
