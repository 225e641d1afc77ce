package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// wakesock is one manager of ours, in network and mount namespaces of its own
// whose /srv and /run are empty and its own.
type wakesock struct {
	t       *testing.T
	program string
}

// buildWakesock builds the program, or skips where the test cannot run it. The
// environment's WAKESOCK names one that is built already.
func buildWakesock(t *testing.T) string {
	t.Helper()
	needRoot(t)
	for _, tool := range []string{"unshare", "nsenter", "ip"} {
		if _, err := lookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	if program := os.Getenv("WAKESOCK"); program != "" {
		return program
	}
	if _, err := os.Stat("../cmd/wakesock"); err != nil {
		t.Skip("the program is not there yet")
	}
	program := filepath.Join(t.TempDir(), "wakesock")
	cmd := exec.Command("go", "build", "-o", program, "../cmd/wakesock")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// stage prepares the namespaces, then becomes the manager: $1 is the folder of
// the scenario's files, $2 the program, the rest its arguments.
const stage = `
set -e
mkdir -p /srv
mount -t tmpfs -o mode=755 tmpfs /srv
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /srv/work /srv/series /run/lock
ip link set lo up
cp -R "$1/." /srv/series
shift
exec "$@"
`

func (w *wakesock) run(ctx context.Context, s scenario, units, files string) (string, error) {
	home := w.t.TempDir()
	control, state := filepath.Join(home, "control.sock"), filepath.Join(home, "state")
	start := s.start
	if len(start) == 0 {
		// The client starts everything itself.
		start = []string{"interop.target"}
		if err := os.WriteFile(filepath.Join(units, start[0]), []byte("[Unit]\nDescription=Nothing yet\n"), 0o644); err != nil {
			return "", err
		}
	}
	args := append([]string{
		"--mount", "--net", "--propagation", "private",
		"sh", "-c", stage, "sh", files,
		w.program, "run", "--unit-path", units, "--control", control, "--state-dir", state,
	}, start...)
	cmd := exec.Command("unshare", args...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root"}
	// Only its log; and it should not get our Ctrl-C before we end it.
	log := new(safeBuffer)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			w.t.Errorf("the manager did not end on SIGTERM")
		}
		if w.t.Failed() {
			w.t.Logf("log of the manager:\n%s", log)
		}
	}()

	ctl := w.program + " --control " + control
	if err := w.ready(ctx, ended, control, start); err != nil {
		return "", err
	}
	inside := exec.CommandContext(ctx, "nsenter", "-t", strconv.Itoa(cmd.Process.Pid), "-m", "-n", "sh", "-c", client)
	inside.Env = append(cmd.Env, "CTL="+ctl)
	inside.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	inside.Stdout, inside.Stderr = &stdout, &stderr
	if err := inside.Run(); err != nil {
		w.t.Fail() // so that the log is shown
		return stdout.String(), failure("client under Wakesock", err, stderr.Bytes())
	}
	return stdout.String(), nil
}

// ready waits until all units of the command line are up, as `systemctl start`
// does.
func (w *wakesock) ready(ctx context.Context, ended <-chan error, control string, units []string) error {
	want := strings.Repeat("active\n", len(units))
	var said []byte
	for {
		cmd := exec.CommandContext(ctx, w.program, append([]string{"--control", control, "is-active"}, units...)...)
		said, _ = cmd.CombinedOutput()
		if string(said) == want {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the manager ended: %v", err)
		case <-ctx.Done():
			return fmt.Errorf("not active: %q: %s", units, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lookPath also looks where administrators' tools are.
func lookPath(tool string) (string, error) {
	path, err := exec.LookPath(tool)
	if err != nil {
		if path, err := exec.LookPath("/usr/sbin/" + tool); err == nil {
			return path, nil
		}
	}
	return path, err
}

// safeBuffer collects a log while it may be read.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
