package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/cgroup"
	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// managerDir is set for the test binary where it is to be a manager: its folder.
const managerDir = "WAKESOCK_TEST_MANAGER"

// A manager keeps its main thread, as cmd/wakesock does.
func init() {
	if os.Getenv(managerDir) != "" {
		runtime.LockOSThread()
	}
}

// TestGroupsManager is no test but the manager that the tests start.
func TestGroupsManager(t *testing.T) {
	dir := os.Getenv(managerDir)
	if dir == "" {
		t.Skip("the manager of other tests")
	}
	code, err := Run(t.Context(), Options{
		Units: []string{"idle.target"}, UnitPath: []string{dir}, Control: dir + "/control.sock", StateDir: dir + "/state",
		Mirror: os.Stderr, Host: unit.HostFacts(os.DirFS("/"), false, unit.Host{}, os.Getenv),
	})
	if err != nil {
		t.Fatal(err)
	}
	os.Exit(code)
}

// A testManager is a manager in a process of its own, with a client.
type testManager struct {
	*control.Client
	t   *testing.T
	dir string
	cmd *exec.Cmd
	log *os.File
}

// needGroups skips a test where there can be no control groups.
func needGroups(t *testing.T) {
	t.Helper()
	tree, err := cgroup.Open(fmt.Sprintf("probe-%d", os.Getpid()))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no control groups here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Close(); err != nil {
		t.Fatal(err)
	}
}

func startManager(t *testing.T, dir string, units map[string]string) *testManager {
	t.Helper()
	for name, text := range units {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "idle.target"), []byte("[Unit]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &testManager{t: t, dir: dir}
	m.cmd = exec.Command(os.Args[0], "-test.run=^TestGroupsManager$")
	m.cmd.Env = append(os.Environ(), managerDir+"="+dir)
	var err error
	if m.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	m.cmd.Stdout, m.cmd.Stderr = m.log, m.log
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.end(syscall.SIGTERM)
		if t.Failed() {
			text, _ := os.ReadFile(m.log.Name())
			t.Logf("log of the manager:\n%s", text)
		}
	})
	m.wait("an answer", func() bool {
		m.Client, err = control.Dial(dir + "/control.sock")
		return err == nil
	})
	return m
}

// end sends the manager a signal and waits for its end.
func (m *testManager) end(sig syscall.Signal) {
	m.t.Helper()
	if m.cmd.ProcessState != nil {
		return
	}
	_ = m.cmd.Process.Signal(sig)
	stuck := time.AfterFunc(20*time.Second, func() { _ = m.cmd.Process.Kill() })
	defer stuck.Stop()
	if err := m.cmd.Wait(); err != nil && sig == syscall.SIGTERM {
		m.t.Errorf("the manager ended badly: %v", err)
	}
}

// wait polls for what no descriptor tells us.
func (m *testManager) wait(what string, ok func() bool) {
	m.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("no %s in 20 s", what)
		}
	}
}

func (m *testManager) job(verb, name string) {
	m.t.Helper()
	r, err := m.Jobs(context.Background(), control.JobsRequest{Verb: verb, Names: []string{name}})
	if err != nil || len(r) != 1 || r[0].Result != "done" {
		m.t.Fatalf("%s %s: %v, %v", verb, name, r, err)
	}
}

// show returns one property of a unit.
func (m *testManager) show(name, property string) string {
	m.t.Helper()
	all, err := m.Show(context.Background(), control.NamesRequest{Names: []string{name}})
	if err != nil || len(all) != 1 {
		m.t.Fatalf("show %s: %v", name, err)
	}
	for _, p := range all[0].Properties {
		if p.Name == property {
			return p.Value
		}
	}
	m.t.Fatalf("%s has no property %s", name, property)
	return ""
}

// pid waits for a file with a process number in it.
func (m *testManager) pid(file string) int {
	m.t.Helper()
	pid := 0
	m.wait(file, func() bool {
		text, err := os.ReadFile(filepath.Join(m.dir, file))
		if err != nil || !strings.HasSuffix(string(text), "\n") {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

// lives tells whether a process is there and no zombie.
func lives(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// folderOf finds the folder of a control group of ours.
func folderOf(t *testing.T, path string) string {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(root + path + "/cgroup.events"); err == nil {
			return root + path
		}
	}
	t.Fatalf("control group %q is nowhere", path)
	return ""
}

// hide makes a process that nothing but its group ties to its service: it forks
// twice, has a session of its own and an empty environment. %s is its last words.
const hide = `env -i setsid sh -c '(setsid sh -c "%s" &)'`

func TestGroupFindsDaemon(t *testing.T) {
	needGroups(t)
	for _, c := range []struct{ name, daemon, service string }{
		{"oneshot that remains", "exec sleep 1000", "Type=oneshot\nRemainAfterExit=yes"},
		{"main process that stays", "exec sleep 1000", "ExecStart=sleep 1000\nType=oneshot\nType=simple"},
		{"deaf to SIGTERM", "trap '' TERM; sleep 1000; sleep 1000", "Type=oneshot\nRemainAfterExit=yes\nTimeoutStopSec=200ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			script := "echo \\$\\$ >" + dir + "/new && mv " + dir + "/new " + dir + "/pid; " + c.daemon
			if err := os.WriteFile(dir+"/daemon", []byte(strings.NewReplacer("\\$", "$").Replace(script)), 0o755); err != nil {
				t.Fatal(err)
			}
			start := "ExecStart=sh " + dir + "/start\n" + c.service
			if strings.HasPrefix(c.service, "ExecStart=") {
				start = "ExecStartPre=sh " + dir + "/start\n" + c.service
			}
			if err := os.WriteFile(dir+"/start", []byte(fmt.Sprintf(hide, "exec sh "+dir+"/daemon")), 0o755); err != nil {
				t.Fatal(err)
			}
			m := startManager(t, dir, map[string]string{"hidden.service": "[Service]\n" + start + "\n"})
			m.job("start", "hidden.service")
			pid := m.pid("pid")
			path := m.show("hidden.service", "ControlGroup")
			if !strings.HasSuffix(path, "/hidden.service") {
				t.Fatalf("ControlGroup=%s", path)
			}
			folder := folderOf(t, path)
			if s := m.show("hidden.service", "CPUUsageNSec"); s == "[not set]" || s == "0" {
				t.Errorf("CPUUsageNSec=%s", s)
			}
			found := false
			all, err := m.Status(context.Background(), control.NamesRequest{Names: []string{"hidden.service"}})
			if err != nil || len(all) != 1 || all[0].CGroup != path {
				t.Fatalf("status %v, %v", all, err)
			}
			for _, p := range all[0].Processes {
				found = found || p.PID == pid
			}
			if !found {
				t.Errorf("process %d is not among %v", pid, all[0].Processes)
			}
			m.job("stop", "hidden.service")
			if lives(pid) {
				t.Errorf("process %d lives after the stop", pid)
				_ = unix.Kill(pid, unix.SIGKILL)
			}
			if s := m.show("hidden.service", "ControlGroup"); s != "" {
				t.Errorf("ControlGroup=%s after the stop", s)
			}
			if _, err := os.Stat(folder); !os.IsNotExist(err) {
				t.Errorf("the group is still there: %v", err)
			}
			m.end(syscall.SIGTERM)
			if _, err := os.Stat(filepath.Dir(folder)); !os.IsNotExist(err) {
				t.Errorf("the tree is still there: %v", err)
			}
		})
	}
}

// What a manager that was killed leaves behind is found by the next one, and
// goes when the service is stopped.
func TestGroupsOutliveManager(t *testing.T) {
	needGroups(t)
	dir := t.TempDir()
	units := map[string]string{"long.service": "[Service]\nType=exec\nExecStart=sleep 1000\n"}
	m := startManager(t, dir, units)
	m.job("start", "long.service")
	old, err := strconv.Atoi(m.show("long.service", "MainPID"))
	if err != nil || !lives(old) {
		t.Fatalf("main process %d: %v", old, err)
	}
	path := m.show("long.service", "ControlGroup")
	m.end(syscall.SIGKILL)
	if !lives(old) {
		t.Fatal("the service did not outlive its manager")
	}
	m = startManager(t, dir, units)
	m.job("start", "long.service")
	if again := m.show("long.service", "ControlGroup"); again != path {
		t.Errorf("the group is %q, and was %q", again, path)
	}
	m.job("stop", "long.service")
	if lives(old) {
		t.Errorf("process %d of the old manager lives", old)
		_ = unix.Kill(old, unix.SIGKILL)
	}
	m.end(syscall.SIGTERM) // which writes all of the log
	log, _ := os.ReadFile(m.log.Name())
	if !strings.Contains(string(log), "Processes of an earlier manager are still in control group "+path) {
		t.Errorf("the manager says nothing of them:\n%s", log)
	}
}

// Groups come and go with commands that follow each other at once.
func TestGroupOneAfterAnother(t *testing.T) {
	needGroups(t)
	dir := t.TempDir()
	m := startManager(t, dir, map[string]string{
		"many.service": "[Service]\nType=oneshot\n" + strings.Repeat("ExecStart=true\n", 20) + "ExecStopPost=true\n",
		"loop.service": "[Service]\nExecStart=false\nRestart=always\nRestartSec=1ms\nType=simple\n[Unit]\nStartLimitIntervalSec=0\n",
	})
	for range 5 {
		m.job("start", "many.service")
	}
	m.job("start", "loop.service")
	m.wait("restarts", func() bool {
		n, _ := strconv.Atoi(m.show("loop.service", "NRestarts"))
		return n >= 50
	})
	m.job("stop", "loop.service")
	for _, name := range []string{"many.service", "loop.service"} {
		if s := m.show(name, "ControlGroup"); s != "" {
			t.Errorf("%s still has %s", name, s)
		}
	}
	m.end(syscall.SIGTERM) // which writes all of the log
	log, _ := os.ReadFile(m.log.Name())
	if strings.Contains(string(log), "control group") {
		t.Errorf("trouble with control groups:\n%s", log)
	}
}

// While something is being started into a group, a signal to all of it waits,
// but not to those that are named, and not SIGKILL.
func TestGroupSignalWaits(t *testing.T) {
	needGroups(t)
	tree, err := cgroup.Open(fmt.Sprintf("waits-%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	made, err := tree.Make("slow.service")
	if err != nil {
		t.Fatal(err)
	}
	sleeper := func() *exec.Cmd {
		if _, err := tree.Make("slow.service"); err != nil { // whoever found it empty has removed it
			t.Fatal(err)
		}
		fd, err := made.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		c := exec.Command("sleep", "1000")
		c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd, Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	known, other := sleeper(), sleeper()
	d := &Daemon{groups: groups{tree: tree, of: make(map[unit.Name]*group)}}
	g := &group{Group: made, starting: 1}
	d.groups.of["slow.service"] = g
	d.signalGroup(g, &manager.Signal{Signal: value.Signal(unix.SIGTERM)}, []int{known.Process.Pid})
	if err := known.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("the run: %v", err)
	}
	if len(g.owed) != 1 {
		t.Fatalf("signals owed: %v", g.owed)
	}
	if !lives(other.Process.Pid) {
		t.Error("the signal did not wait")
	}
	d.joined(g)
	if err := other.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("the other process: %v", err)
	}
	last := sleeper()
	g.starting = 1
	d.signalGroup(g, &manager.Signal{Signal: value.Signal(unix.SIGKILL)}, nil)
	if err := last.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("with SIGKILL: %v", err)
	}
}
