package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	t        *testing.T
	program  string
	clientOf func(scenario string) string // the script that is its client
	folder   string                       // where the scenario's files are, inside

	units, control string
	cmd            *exec.Cmd
	ended          chan error
	log            safeBuffer
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

// stage prepares the namespaces, then becomes the manager: $1 is the folder
// inside for the scenario's files, $2 where they are, $3 the program, the rest its
// arguments. Nothing of the machine's own configuration can be changed.
const stage = `
set -e
mkdir -p /srv /etc/wakesock
for dir in /srv /run /etc/wakesock /etc/systemd; do mount -t tmpfs -o mode=755 tmpfs $dir; done
mkdir -p "$1" /srv/work /run/lock /etc/systemd/system
ip link set lo up
cp -R "$2/." "$1"
shift 2
exec "$@"
`

func (w *wakesock) run(ctx context.Context, s scenario, units, files string) (string, error) {
	w.folder, w.clientOf = "/srv/series", func(string) string { return client }
	if err := w.up(ctx, s.start, units, files); err != nil {
		return "", err
	}
	defer func() {
		w.down()
		if w.t.Failed() {
			w.t.Logf("log of the manager:\n%s", &w.log)
		}
	}()
	out, err := w.client(ctx, s.name)
	if err != nil {
		w.t.Fail() // so that the log is shown
	}
	return out, err
}

// up starts the manager with the unit files and the programs of two folders, and
// waits until the units of the command line are active.
func (w *wakesock) up(ctx context.Context, start []string, units, files string) error {
	home := w.t.TempDir()
	w.units, w.control = units, filepath.Join(home, "control.sock")
	if w.folder == "" {
		w.folder = "/srv"
	}
	if len(start) == 0 {
		// The client starts everything itself.
		start = []string{"interop.target"}
		if err := os.WriteFile(filepath.Join(units, start[0]), []byte("[Unit]\nDescription=Nothing yet\nAllowIsolate=yes\n"), 0o644); err != nil {
			return err
		}
	}
	args := append([]string{
		"--mount", "--net", "--propagation", "private",
		"sh", "-c", stage, "sh", w.folder, files,
		w.program, "run", "--unit-path", units, "--control", w.control, "--state-dir", filepath.Join(home, "state"),
	}, start...)
	w.cmd = exec.Command("unshare", args...)
	w.cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root"}
	// Only its log; and it should not get our Ctrl-C before we end it.
	w.cmd.Stdout, w.cmd.Stderr = &w.log, &w.log
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	w.cmd.WaitDelay = 5 * time.Second
	if err := w.cmd.Start(); err != nil {
		return err
	}
	w.ended = make(chan error, 1)
	go func() { w.ended <- w.cmd.Wait() }()
	if err := w.ready(ctx, w.ended, w.control, start); err != nil {
		w.down()
		return err
	}
	return nil
}

// down ends the manager.
func (w *wakesock) down() {
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-w.ended:
	case <-time.After(20 * time.Second):
		_ = w.cmd.Process.Kill()
		w.t.Errorf("the manager did not end on SIGTERM")
	}
}

// said returns what its log says of the units whose names begin with one of these
// words.
func (w *wakesock) said(words []string) string {
	own := regexp.MustCompile(`(^|[ /])(` + strings.Join(words, "|") + `)[@.]`)
	var b strings.Builder
	for l := range strings.Lines(w.log.String()) {
		if own.MatchString(l) {
			b.WriteString(l)
		}
	}
	return b.String()
}

// client runs a client inside.
func (w *wakesock) client(ctx context.Context, name string) (string, error) {
	inside := exec.CommandContext(ctx, "nsenter", "-t", strconv.Itoa(w.cmd.Process.Pid), "-m", "-n", "sh", "-c", w.clientOf(name))
	inside.Env = append(slices.Clone(w.cmd.Env), "CTL="+w.program+" --control "+w.control, "UNITS="+w.units, "WAKESOCK_UNIT_PATH="+w.units)
	inside.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	inside.Stdout, inside.Stderr = &stdout, &stderr
	if err := inside.Run(); err != nil {
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
