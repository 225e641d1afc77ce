package notify

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// open makes a socket for a test, with a descriptor to send by.
func open(t *testing.T, address string) (*Socket, int) {
	t.Helper()
	s, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(c) })
	return s, c
}

func send(t *testing.T, c int, s *Socket, text []byte, fds ...int) error {
	t.Helper()
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	return unix.Sendmsg(c, text, rights, &unix.SockaddrUnix{Name: s.Address()}, 0)
}

// openFDs counts the descriptors of this process.
func openFDs(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestReceive: by path and in the abstract namespace, with the sender's credentials
// and with as many descriptors as the kernel allows.
func TestReceive(t *testing.T) {
	for _, address := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@wakesock-test-%d", os.Getpid())} {
		s, c := open(t, address)
		if _, err := s.Receive(); !errors.Is(err, ErrAgain) {
			t.Fatalf("nothing was sent, but %v", err)
		}
		fds := make([]int, MaxFDs)
		for i := range fds {
			fds[i] = c
		}
		before := openFDs(t)
		if err := send(t, c, s, []byte("READY=1"), fds...); err != nil {
			t.Fatal(err)
		}
		d, err := s.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if d.PID != os.Getpid() || int(d.UID) != os.Getuid() || int(d.GID) != os.Getgid() || !d.Message.Ready || len(d.FDs) != MaxFDs || d.Problem != "" {
			t.Errorf("%+v, %d descriptors", d, len(d.FDs))
		}
		for _, fd := range d.FDs {
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Fatalf("descriptor %d is not close-on-exec (%v)", fd, err)
			}
		}
		d.Close()
		if now := openFDs(t); now != before {
			t.Errorf("%d descriptors, there were %d", now, before)
		}
	}
}

// TestTooMuch: what is too long is dropped whole, its descriptors are closed, and the
// next one is whole again. More than 253 descriptors the kernel does not send.
func TestTooMuch(t *testing.T) {
	s, c := open(t, filepath.Join(t.TempDir(), "notify"))
	before := openFDs(t)
	for _, size := range []int{MaxMessage, MaxMessage + 1, 100_000, 1 << 20} {
		err := send(t, c, s, append([]byte("STATUS="), bytes.Repeat([]byte("x"), size-7)...), c, c)
		if err != nil {
			if size < 1<<20 {
				t.Errorf("%d bytes: %v", size, err)
			}
			continue // longer than the sender's buffer
		}
		d, err := s.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if (d.Problem == "") != (size <= MaxMessage) || d.Message.HasStatus != (size <= MaxMessage) {
			t.Errorf("%d bytes: problem %q", size, d.Problem)
		}
		d.Close()
	}
	many := make([]int, 1000)
	for i := range many {
		many[i] = c
	}
	if err := send(t, c, s, []byte("FDSTORE=1"), many...); err == nil {
		t.Error("the kernel sends 1,000 descriptors at once")
	}
	if err := send(t, c, s, []byte("READY=1")); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Receive(); err != nil || !d.Message.Ready {
		t.Errorf("the next one: %+v %v", d, err)
	}
	if now := openFDs(t); now != before {
		t.Errorf("%d descriptors, there were %d", now, before)
	}
}

// TestFullTable: where no descriptor is free, what comes with a message is dropped
// and nothing leaks.
func TestFullTable(t *testing.T) {
	s, c := open(t, filepath.Join(t.TempDir(), "notify"))
	if err := send(t, c, s, []byte("FDSTORE=1"), c, c, c, c); err != nil {
		t.Fatal(err)
	}
	before := openFDs(t)
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	low, err := unix.Dup(c) // the lowest that is free
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(low)
	few := l
	few.Cur = uint64(low + 2)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	d, err := s.Receive()
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	if err != nil {
		t.Fatal(err)
	}
	if d.Problem == "" || len(d.FDs) != 0 {
		t.Errorf("problem %q, %d descriptors", d.Problem, len(d.FDs))
	}
	if now := openFDs(t); now != before {
		t.Errorf("%d descriptors, there were %d", now, before)
	}
}

// TestSystemdNotify: the real tool as a sender.
func TestSystemdNotify(t *testing.T) {
	tool, err := exec.LookPath("systemd-notify")
	if err != nil {
		t.Skip(err)
	}
	s, _ := open(t, filepath.Join(t.TempDir(), "notify"))
	cmd := exec.Command(tool, "--no-block", "--ready", "--status=hello there", "X_OWN=1", "WATCHDOG=1")
	cmd.Env = []string{"NOTIFY_SOCKET=" + s.Address()}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	d, err := s.Receive()
	if err != nil {
		t.Fatal(err)
	}
	if !d.Message.Ready || d.Message.Status != "hello there" || !d.Message.Alive || len(d.Message.Problems) > 0 {
		t.Errorf("%+v", d.Message)
	}
}
