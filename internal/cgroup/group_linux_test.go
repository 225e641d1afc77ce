package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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

const (
	sigterm = value.Signal(unix.SIGTERM)
	sigkill = value.Signal(unix.SIGKILL)
	patient = 20 * time.Second
)

func TestMain(m *testing.M) {
	// Orphans of the tests are ours to reap, so that none stays for the machine.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	os.Exit(m.Run())
}

// tree opens a tree of the test's own, or skips where there can be none.
func tree(t testing.TB) *Tree {
	t.Helper()
	tr, err := Open(fmt.Sprintf("cgroup-test-%d", os.Getpid()))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no control groups here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, g := range tr.Groups() {
			_ = g.Signal(sigkill)
			empty(t, tr, g)
		}
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(tr.folder); err == nil {
			t.Errorf("%s is still there", tr.folder)
		}
	})
	return tr
}

func mkgroup(t testing.TB, tr *Tree, name unit.Name) *Group {
	t.Helper()
	g, err := tr.Make(name)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// shell starts a script in a group and returns its first line of output.
func shell(t *testing.T, g *Group, script string) (*exec.Cmd, string) {
	t.Helper()
	fd, err := g.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line)
}

// empty waits, by the tree's descriptor alone, until a group is empty.
func empty(t testing.TB, tr *Tree, g *Group) {
	t.Helper()
	end := time.Now().Add(patient)
	for g.Populated() {
		p := []unix.PollFd{{Fd: int32(tr.FD()), Events: unix.POLLIN}}
		if n, err := unix.Poll(p, int(time.Until(end).Milliseconds())); n == 0 && err == nil {
			pids, _ := g.Processes()
			t.Fatalf("%s is not empty: %v", g.Path(), pids)
		}
		tr.Changed()
	}
}

func alive(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

func TestDaemonised(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "daemon.service")
	// Forks twice, in a session of its own, without environment, and not our child.
	cmd, line := shell(t, g, `setsid env -i sh -c '(setsid sh -c "echo \$\$; exec sleep 1000" >&3 3>&- &)' 3>&1 >/dev/null`)
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if pids, err := g.Processes(); err != nil || len(pids) != 1 || pids[0] != pid {
		t.Fatalf("processes %v, %v; want only %d", pids, err, pid)
	}
	text, _ := os.ReadFile("/proc/" + line + "/cgroup")
	if !strings.Contains(string(text), "0::"+g.Path()+"\n") {
		t.Errorf("the process is in %q, and the group is %q", text, g.Path())
	}
	if err := g.Remove(); !errors.Is(err, unix.EBUSY) {
		t.Errorf("remove with a process: %v, want EBUSY", err)
	}
	if err := g.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	empty(t, tr, g)
	if alive(pid) {
		t.Errorf("process %d lives", pid)
	}
	if err := g.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(tr.folder, g.name)); !os.IsNotExist(err) {
		t.Errorf("the group is still there: %v", err)
	}
	if err := g.Remove(); err != nil {
		t.Errorf("remove again: %v", err)
	}
}

// bomb keeps making sleeping children, each with a session of its own.
const bomb = `trap "" TERM; i=0; while [ $i -lt 50 ]; do setsid sleep 1000 & i=$((i+1)); done; echo ready
while :; do (setsid sleep 0.01 &) ; done`

func TestKillMany(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "bomb.service")
	cmd, line := shell(t, g, bomb)
	if line != "ready" {
		t.Fatalf("the script said %q", line)
	}
	if pids, err := g.Processes(); err != nil || len(pids) < 50 {
		t.Fatalf("%d processes, %v", len(pids), err)
	}
	if err := g.Signal(sigkill); err != nil {
		t.Fatal(err)
	}
	empty(t, tr, g)
	_ = cmd.Wait()
}

// What is started into a group whose processes have been killed, ExecStopPost=
// above all, lives.
func TestAfterKill(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "again.service")
	first, _ := shell(t, g, "echo; exec sleep 1000")
	if err := g.Signal(sigkill); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	second, line := shell(t, g, "echo lives")
	if err := second.Wait(); err != nil || line != "lives" {
		t.Errorf("what was started afterwards said %q and ended with %v", line, err)
	}
}

func TestSignalSpares(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "two.service")
	a, _ := shell(t, g, "echo; exec sleep 1000")
	b, _ := shell(t, g, "echo; exec sleep 1000")
	if err := g.Signal(sigterm, a.Process.Pid); err != nil {
		t.Fatal(err)
	}
	_ = b.Wait()
	if !alive(a.Process.Pid) {
		t.Error("a process that had the signal got it again")
	}
	if micros, known := g.CPU(); !known || micros <= 0 {
		t.Errorf("CPU time %d, %v", micros, known)
	}
	_ = g.Signal(sigkill)
	_ = a.Wait()
}

func TestDivided(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "divided.service")
	inner := filepath.Join(tr.folder, g.name, "a", "b")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd, _ := shell(t, g, "echo; exec sleep 1000")
	if err := os.WriteFile(filepath.Join(inner, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0); err != nil {
		t.Fatal(err)
	}
	if pids, err := g.Processes(); err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Errorf("processes %v, %v; want %d", pids, err, cmd.Process.Pid)
	}
	if err := g.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	empty(t, tr, g)
	if err := g.Remove(); err != nil {
		t.Fatal(err)
	}
}

func TestChanged(t *testing.T) {
	tr := tree(t)
	g := mkgroup(t, tr, "news.service")
	quiet := mkgroup(t, tr, "quiet.service")
	cmd, _ := shell(t, g, "exit 0")
	_ = cmd.Wait()
	empty(t, tr, g)
	for _, c := range tr.Changed() {
		if c == quiet {
			t.Error("news of a group in which nothing happened")
		}
	}
	// A group removed behind our back is made again, and watched.
	if err := os.Remove(filepath.Join(tr.folder, g.name)); err != nil {
		t.Fatal(err)
	}
	if again := mkgroup(t, tr, "news.service"); again != g {
		t.Error("another group for the same unit")
	}
	tr.Changed()
	cmd, _ = shell(t, g, "echo; exec sleep 1000")
	for found := false; !found; {
		p := []unix.PollFd{{Fd: int32(tr.FD()), Events: unix.POLLIN}}
		if n, _ := unix.Poll(p, int(patient.Milliseconds())); n == 0 {
			t.Fatal("no news of the group that was made again")
		}
		for _, c := range tr.Changed() {
			found = found || c == g
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func TestTakeOver(t *testing.T) {
	first := tree(t)
	name := fmt.Sprintf("cgroup-test-%d", os.Getpid())

	// While the first lives, another gets another place.
	second, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if second.Path() != first.Path()+"-2" {
		t.Errorf("second tree is %s, first %s", second.Path(), first.Path())
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}

	g := mkgroup(t, first, "memory.service") // an escaped name
	mkgroup(t, first, "idle.service")
	cmd, _ := shell(t, g, "echo; exec sleep 1000")
	first.close() // as a manager that is killed does

	next, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if next.Path() != first.Path() {
		t.Errorf("next tree is %s, not %s", next.Path(), first.Path())
	}
	groups := next.Groups()
	if len(groups) != 1 || groups[0].Unit() != "memory.service" {
		t.Fatalf("%d groups were found, want memory.service alone", len(groups))
	}
	if again := mkgroup(t, next, "memory.service"); again != groups[0] {
		t.Error("a new group instead of the one that was there")
	}
	if err := next.Close(); err != nil {
		t.Errorf("close with a living process: %v", err)
	}
	last, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range last.Groups() {
		if err := g.Signal(sigkill); err != nil {
			t.Error(err)
		}
		empty(t, last, g)
	}
	_ = cmd.Wait()
	if err := last.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkMakeRemove(b *testing.B) {
	tr := tree(b)
	for b.Loop() {
		g := mkgroup(b, tr, "bench.service")
		if err := g.Remove(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPopulated(b *testing.B) {
	tr := tree(b)
	g := mkgroup(b, tr, "bench.service")
	for b.Loop() {
		g.Populated()
	}
}
