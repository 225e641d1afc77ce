package device

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Tests with the kernel's own uevents run in namespaces that they make, of networks
// and mounts, so that the machine does not notice.

// inside runs the test again in its namespaces; false for the test outside, which
// is over then.
func inside(t *testing.T) bool {
	t.Helper()
	const mark = "WAKESOCK_TEST_INSIDE"
	if os.Getenv(mark) != "" {
		must(t, unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(t, unix.Mount("none", "/sys", "sysfs", 0, ""))
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	runtime.LockOSThread() // for Pdeathsig
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skipf("no namespaces here: %v", err)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Skip(err)
	}
}

// tap makes a network interface, which is there until it is closed.
func tap(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	must(t, err)
	var r struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(r.name[:], name)
	r.flags = unix.IFF_TAP | unix.IFF_NO_PI
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.TUNSETIFF, uintptr(unsafe.Pointer(&r))); errno != 0 {
		t.Skip(errno)
	}
	return f
}

// A hearer keeps what a monitor tells.
type hearer struct {
	t    *testing.T
	mu   sync.Mutex
	news chan struct{}
	here map[string]*Device
	told []string
	logs []string
	slow time.Duration
}

func hear(t *testing.T, rules string) (*hearer, *Monitor) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"1.rules": rules})
	h := &hearer{t: t, news: make(chan struct{}, 1), here: make(map[string]*Device)}
	c := DefaultConfig()
	c.Own, c.Others, c.Udev = []string{dir}, []string{}, dir
	c.Tell = func(b Batch) bool {
		time.Sleep(h.slow)
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, p := range b.Gone {
			delete(h.here, p)
			h.told = append(h.told, "-"+p)
		}
		for _, f := range b.Here {
			h.here[f.Path] = f.Device
			h.told = append(h.told, "+"+f.Path)
		}
		select {
		case h.news <- struct{}{}:
		default:
		}
		return true
	}
	c.Log = func(_ int, text string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.logs = append(h.logs, text)
	}
	m := Open(c)
	t.Cleanup(m.Close)
	h.until("a scan", func() bool { return h.here["/sys/devices/virtual/net/lo"] != nil })
	return h, m
}

// until waits for something to be true of what was told.
func (h *hearer) until(what string, ok func() bool) {
	h.t.Helper()
	end := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		done := ok()
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-h.news:
		case <-end:
			h.t.Fatalf("%s never came; told %v, log %v", what, h.told, h.logs)
		}
	}
}

// TestRealDevice: a network interface comes and goes, twice.
func TestRealDevice(t *testing.T) {
	if !inside(t) {
		return
	}
	h, _ := hear(t, `KERNEL=="lo", TAG+="systemd"`+"\n"+`KERNEL=="wstap*", ATTR{mtu}=="1500", ENV{SYSTEMD_ALIAS}+="/my/$attr{address}/%k"`)
	for range 2 {
		f := tap(t, "wstap0")
		h.until("the interface", func() bool { return h.here["/sys/subsystem/net/devices/wstap0"] != nil })
		h.mu.Lock()
		if d := h.here["/sys/devices/virtual/net/wstap0"]; d == nil || !slices.ContainsFunc(d.Paths(), func(p string) bool {
			return strings.HasPrefix(p, "/my/") && strings.Count(p, ":") == 5 && strings.HasSuffix(p, "/wstap0")
		}) {
			t.Errorf("%v", d)
		}
		h.mu.Unlock()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		h.until("its end", func() bool { return h.here["/sys/devices/virtual/net/wstap0"] == nil })
	}
}

// TestFlood: a hundred thousand uevents, told to somebody slow. Memory stays
// bounded, messages are lost on the way, and what is so in the end is known.
func TestFlood(t *testing.T) {
	if !inside(t) {
		return
	}
	h, m := hear(t, `KERNEL=="lo", TAG+="systemd"`)
	h.mu.Lock()
	h.slow = 20 * time.Millisecond
	h.mu.Unlock()
	raw, err := m.socket.file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { // so that it overflows
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<10)
	})
	keep, lose := tap(t, "wskeep"), tap(t, "wslose")
	h.until("both", func() bool {
		return h.here["/sys/devices/virtual/net/wskeep"] != nil && h.here["/sys/devices/virtual/net/wslose"] != nil
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := os.OpenFile("/sys/class/net/wskeep/uevent", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	for i := range n {
		if i == n/2 {
			_ = lose.Close() // in the thick of it
		}
		if _, err := f.Write([]byte("change")); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close()
	last := tap(t, "wslast")
	h.until("the final state", func() bool {
		return h.here["/sys/devices/virtual/net/wskeep"] != nil && h.here["/sys/devices/virtual/net/wslose"] == nil &&
			h.here["/sys/devices/virtual/net/wslast"] != nil
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.ContainsFunc(h.logs, func(s string) bool { return strings.Contains(s, "faster than") }) {
		t.Error("nothing was lost: the test proves little")
	}
	if len(h.told) > n/10 {
		t.Errorf("%d news of %d uevents", len(h.told), n)
	}
	t.Logf("%d news of %d uevents, log %q", len(h.told), n, slices.Compact(h.logs))
	_, _ = keep.Close(), last.Close()
}
