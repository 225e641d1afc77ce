package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that is waited for; -patience changes it.
var patience = 30 * time.Second

// A setup is how a manager is started.
type setup struct {
	// files are unit files and whatever else the test needs, by path below the
	// folder of units. In them {dir} is the manager's work folder, {helper} the
	// helper program, {units} the folder of units, and each {address} another
	// address with a port to listen on, or each {port} a free port of all of them.
	files map[string]string
	units []string // to start
	uid   int      // whose manager; 0 is root's
	wrap  []string // a command line to put before that of the program
	env   []string // on top of a small environment
	args  []string // more options of `wakesock run`
	deaf  bool     // nobody reads what the manager writes
}

// freePort is a port that nobody listens on now, on whatever address.
func freePort() int {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A manager is one that runs.
type manager struct {
	t                          testing.TB
	dir, units, control, state string
	cmd                        *exec.Cmd
	pid                        int // of the manager itself
	env                        []string
	out                        *buffer // its standard output and error
	ended                      chan struct{}
	code                       int // exit status, once ended
}

// start starts a manager and waits until its units are up, or have failed to be.
func start(t testing.TB, files map[string]string, units ...string) *manager {
	t.Helper()
	return setup{files: files, units: units}.start(t)
}

func (s setup) start(t testing.TB) *manager {
	t.Helper()
	m := s.launch(t)
	m.ready()
	return m
}

// folder makes a folder that any user may look into. Its path is short, for
// sockets in it.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ws")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// launch starts a manager without waiting for anything.
func (s setup) launch(t testing.TB) *manager {
	t.Helper()
	return s.launchIn(t, folder(t))
}

// launchIn is launch with a work folder that is there.
func (s setup) launchIn(t testing.TB, dir string) *manager {
	t.Helper()
	m := &manager{
		t: t, dir: dir, units: filepath.Join(dir, "units"), control: filepath.Join(dir, "c"), state: filepath.Join(dir, "state"),
		out: new(buffer), ended: make(chan struct{}),
	}
	m.write("../keep", "") // makes the folder of units, too
	for name, text := range s.files {
		m.write(name, text)
	}
	args := []string{managing, "run", "--unit-path", m.units, "--control", m.control, "--state-dir", m.state}
	args = append(append(append(s.wrap, args...), s.args...), s.units...)
	m.cmd = exec.Command(args[0], args[1:]...)
	m.env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=" + dir}, s.env...)
	m.cmd.Env = m.env
	if raced { // which waits a second at the end otherwise
		m.cmd.Env = append(m.cmd.Env, "GORACE=atexit_sleep_ms=10")
	}
	m.cmd.Stdout, m.cmd.Stderr = m.out, m.out
	if s.deaf {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		defer w.Close()
		m.cmd.Stdout, m.cmd.Stderr = w, w
	}
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.uid != 0 {
		needRoot(t)
		if err := os.Chown(dir, s.uid, s.uid); err != nil {
			t.Fatal(err)
		}
		m.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.uid)}
	}
	m.cmd.WaitDelay = patience
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.pid = m.cmd.Process.Pid
	go func() { // ends with the manager
		err := m.cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			m.code = exit.ExitCode()
		} else if err != nil {
			m.code = -1
		}
		close(m.ended)
	}()
	t.Cleanup(m.finish)
	return m
}

// finish ends the manager at the end of the test, if the test has not.
func (m *manager) finish() {
	select {
	case <-m.ended:
	default:
		m.quit(syscall.SIGTERM)
	}
	if m.t.Failed() {
		m.t.Logf("log of the manager:\n%s", m.out)
	}
	if s := m.out.String(); strings.Contains(s, "DATA RACE") || strings.Contains(s, "BUG:") || strings.Contains(s, "goroutine ") {
		m.t.Errorf("the manager broke:\n%s", s)
	}
}

// quit sends a signal and waits for the end of the manager.
func (m *manager) quit(sig syscall.Signal) int {
	m.t.Helper()
	_ = syscall.Kill(m.pid, sig)
	select {
	case <-m.ended:
	case <-time.After(patience):
		_ = m.cmd.Process.Signal(syscall.SIGQUIT) // for its goroutines
		select {
		case <-m.ended:
		case <-time.After(2 * time.Second):
			_ = m.cmd.Process.Kill()
			<-m.ended
		}
		m.t.Errorf("the manager did not end on %v:\n%s", sig, m.out)
	}
	return m.code
}

// write writes a file below the folder of units.
func (m *manager) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.units, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.MkdirAll(m.units, 0o755); err != nil {
		m.t.Fatal(err)
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte(m.fill(text)), mode); err != nil {
		m.t.Fatal(err)
	}
}

// fill replaces the braces of a text.
func (m *manager) fill(text string) string {
	for strings.Contains(text, "{address}") {
		text = strings.Replace(text, "{address}", freeAddress(), 1)
	}
	for strings.Contains(text, "{port}") {
		text = strings.Replace(text, "{port}", strconv.Itoa(freePort()), 1)
	}
	return strings.NewReplacer("{dir}", m.dir, "{units}", m.units, "{helper}", helper).Replace(text)
}

var addresses atomic.Uint32

// freeAddress is an address of this machine that nobody else has: a corner of
// 127.0.0.0/8 of this process's own, and a port below those that the kernel gives.
func freeAddress() string {
	n, pid := addresses.Add(1), os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:%d", 1+pid>>8&0x7f, pid&0xff, 1+n%250, 20000+n/250)
}

// read is the text of a file of the work folder, "" if it is not there.
func (m *manager) read(name string) string {
	text, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// ctl runs a verb; code is its exit status.
func (m *manager) ctl(args ...string) (out string, code int) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, wakesock, append([]string{"--control", m.control, "--unit-path", m.units, "--state-dir", m.state}, args...)...)
	cmd.Env = m.env
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(text), exit.ExitCode()
	} else if err != nil {
		m.t.Fatal(err)
	}
	return string(text), 0
}

// must runs a verb that succeeds.
func (m *manager) must(args ...string) string {
	m.t.Helper()
	out, code := m.ctl(args...)
	if code != 0 {
		m.t.Fatalf("wakesock %q: exit status %d\n%s", args, code, out)
	}
	return out
}

// show is one property.
func (m *manager) show(unit, property string) string {
	m.t.Helper()
	return strings.TrimSuffix(m.must("show", "-P", property, unit), "\n")
}

// ready waits until the manager answers and has no jobs.
func (m *manager) ready() {
	m.t.Helper()
	m.eventually("the manager answers", func() bool {
		select {
		case <-m.ended:
			m.t.Fatalf("the manager ended with status %d:\n%s", m.code, m.out)
		default:
		}
		out, code := m.ctl("status", "--output", "json")
		var i struct {
			Jobs, Units int
			State       string
		}
		return code == 0 && json.Unmarshal([]byte(out), &i) == nil && i.Jobs == 0 && i.Units > 0 && i.State != "starting"
	})
}

// is waits until a property has a value.
func (m *manager) is(unit, property, value string) {
	m.t.Helper()
	var now string
	if !wait(func() bool { now = m.show(unit, property); return now == value }) {
		m.t.Fatalf("%s: %s is %q, not %q", unit, property, now, value)
	}
}

// eventually waits for something to become true.
func (m *manager) eventually(what string, f func() bool) {
	m.t.Helper()
	eventually(m.t, what, f)
}

func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	if !wait(f) {
		t.Fatalf("did not happen: %s", what)
	}
}

// wait polls; it is for what nobody can be waited for.
func wait(f func() bool) bool {
	for deadline := time.Now().Add(patience); !f(); {
		if time.Now().After(deadline) {
			return f()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return true
}

// A socketRow is a row of list-sockets.
type socketRow struct {
	Listen, Unit, Activates, Type string
	Accepted, Refused             uint64
	Active                        int
	Paused                        bool
}

func (m *manager) sockets() []socketRow {
	m.t.Helper()
	var rows []socketRow
	if err := json.Unmarshal([]byte(m.must("list-sockets", "--all", "--output", "json")), &rows); err != nil {
		m.t.Fatal(err)
	}
	return rows
}

// socket is the first row of a socket unit.
func (m *manager) socket(unit string) socketRow {
	m.t.Helper()
	for _, r := range m.sockets() {
		if r.Unit == unit {
			return r
		}
	}
	m.t.Fatalf("%s is not in list-sockets", unit)
	return socketRow{}
}

// address is where a socket unit listens.
func (m *manager) address(unit string) string {
	m.t.Helper()
	return m.socket(unit).Listen
}

// says waits until the log has all of some texts in one line.
func (m *manager) says(texts ...string) {
	m.t.Helper()
	if !wait(func() bool { return m.lines(texts...) > 0 }) {
		m.t.Errorf("no line of the log has all of %q:\n%s", texts, m.out)
	}
}

// lines counts the lines of the log that have all of some texts.
func (m *manager) lines(texts ...string) int {
	n := 0
	for line := range strings.Lines(m.out.String()) {
		has := true
		for _, t := range texts {
			has = has && strings.Contains(line, m.fill(t))
		}
		if has {
			n++
		}
	}
	return n
}

// A holding is what a manager holds.
type holding struct{ descriptors, children int }

func (m *manager) holds() holding {
	m.t.Helper()
	m.eventually("the journal has a file", func() bool { // from then on it holds one open
		files, _ := filepath.Glob(filepath.Join(m.state, "journal/*.wlog"))
		return len(files) > 0
	})
	return holding{descriptors(m.pid), len(children(m.pid))}
}

// settles waits until the manager holds what it held before, or less.
func (m *manager) settles(before holding) {
	m.t.Helper()
	var now holding
	if !wait(func() bool {
		now = m.holds()
		return now.descriptors <= before.descriptors && now.children <= before.children
	}) {
		list, _ := exec.Command("ls", "-l", "/proc/"+strconv.Itoa(m.pid)+"/fd").CombinedOutput()
		var below []string
		for _, pid := range children(m.pid) {
			below = append(below, fmt.Sprintf("%d %s %s", pid, status(pid, "State"), commandLine(pid)))
		}
		m.t.Errorf("the manager held %+v and holds %+v now\n%s%s", before, now, list, strings.Join(below, "\n"))
	}
}

// needRoot skips what only root can do.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
}

// need skips where a command is missing.
func need(t testing.TB, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil {
			t.Skipf("%s is not installed", c)
		}
	}
}

// A buffer collects output while it may be read.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
