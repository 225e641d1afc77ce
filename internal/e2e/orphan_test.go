package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Processes that their parents have left.

// pid waits for a file with the pid of a process.
func (m *manager) noted(file string) int {
	m.t.Helper()
	var pid int
	m.eventually("a pid in "+file, func() bool {
		first, _, _ := strings.Cut(m.read(file), "\n")
		n, err := strconv.Atoi(strings.TrimPrefix(first, "ready "))
		pid = n
		return err == nil
	})
	return pid
}

// daemons become daemons in all the ways that services do.
var daemons = []struct{ name, command string }{
	{"own session", "{helper} daemonise {dir}/pid"},
	{"own session, no environment", "{helper} daemonise {dir}/pid clear"},
	{"child", "/bin/sh -c '{helper} hold {dir}/pid & sleep 0.01'"},
	{"child of the dead", "/bin/sh -c '(setsid {helper} hold {dir}/pid &)'"},
	{"no environment", "/bin/sh -c 'env -i {helper} hold {dir}/pid &'"},
}

// groupless is a wrap that hides the control groups of the machine.
var groupless = []string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$@"`, "sh"}

// eachWay runs a test with control groups, where the machine has them, and without.
func eachWay(t *testing.T, f func(t *testing.T, wrap []string)) {
	t.Run("control groups", func(t *testing.T) { f(t, nil) })
	t.Run("none", func(t *testing.T) {
		needRoot(t)
		need(t, "unshare")
		f(t, groupless)
	})
}

// TestDaemons: what a service leaves behind is the service's, as long as it is up;
// when it stops they are found and ended.
func TestDaemons(t *testing.T) {
	t.Parallel()
	eachWay(t, testDaemons)
}

func testDaemons(t *testing.T, wrap []string) {
	for _, d := range daemons {
		t.Run(d.name, func(t *testing.T) {
			m := setup{wrap: wrap, units: []string{"other.service"}, files: map[string]string{
				"x.service":     "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=" + d.command + "\n",
				"other.service": "[Service]\nExecStart={helper} hold\n",
			}}.start(t)
			before := m.holds()
			m.must("start", "x.service")
			pid := m.noted("pid")
			m.is("x.service", "SubState", "exited")
			if !alive(pid) {
				t.Fatal("the daemon is dead while its service is up")
			}
			if out, _ := m.ctl("status", "x.service"); !strings.Contains(out, strconv.Itoa(pid)) {
				t.Errorf("status does not show process %d:\n%s", pid, out)
			}
			m.must("stop", "x.service")
			if alive(pid) {
				t.Error("the daemon has outlived its service")
			}
			m.settles(before)
			m.is("other.service", "ActiveState", "active")
			if got := m.show("other.service", "NRestarts"); got != "0" {
				t.Errorf("another service was touched: %s restarts", got)
			}
		})
	}
}

// TestDaemonsOfSockets: what the commands of a socket leave behind ends with the socket.
func TestDaemonsOfSockets(t *testing.T) {
	t.Parallel()
	for mode, survives := range map[string]bool{"control-group": false, "mixed": false, "process": true, "none": true} {
		t.Run(mode, func(t *testing.T) {
			m := start(t, with(map[string]string{
				"x.socket":  "[Socket]\nListenStream={address}\nKillMode=" + mode + "\nExecStartPre={helper} daemonise {dir}/pid\n",
				"x.service": "[Service]\nExecStart={helper} hold\n",
			}), "echo.socket", "x.socket")
			pid := m.noted("pid")
			m.is("x.socket", "SubState", "listening")
			if !alive(pid) {
				t.Fatal("the daemon is dead while its socket listens")
			}
			m.must("stop", "x.socket")
			if alive(pid) != survives {
				t.Errorf("after the stop it is alive: %v", !survives)
			}
			m.is("x.socket", "Result", "success")
			_ = syscall.Kill(pid, syscall.SIGKILL)
			m.works()
		})
	}
}

// TestDaemonOfSimple: with Type=simple the end of the main process is the end of the
// service, and of all that it has started.
func TestDaemonOfSimple(t *testing.T) {
	t.Parallel()
	eachWay(t, testDaemonOfSimple)
}

func testDaemonOfSimple(t *testing.T, wrap []string) {
	m := setup{wrap: wrap, units: []string{"echo.socket", "x.socket"}, files: with(map[string]string{
		"x.socket":     "[Socket]\nListenStream={address}\nAccept=yes\n",
		"x@.service":   "[Service]\nStandardInput=socket\nExecStart={helper} daemonise {dir}/instance\n",
		"y.service":    "[Service]\nExecStart={helper} daemonise {dir}/simple\n",
		"keep.service": "[Service]\nKillMode=process\nExecStart={helper} daemonise {dir}/kept\n",
	})}.start(t)
	before := m.holds()
	gone := func(file string) { // it may be too quick for its pid to be noted
		t.Helper()
		for _, pid := range descendants(m.pid) {
			if strings.Contains(commandLine(pid), m.dir+"/"+file) && alive(pid) {
				t.Errorf("process %d is still there: %s", pid, commandLine(pid))
			}
		}
	}
	m.must("start", "y.service")
	m.is("y.service", "ActiveState", "inactive")
	gone("simple")

	ask(t, m.address("x.socket"), "")
	m.empty("x.socket")
	gone("instance")
	m.settles(before)

	m.must("start", "keep.service")
	pid := m.noted("kept")
	m.is("keep.service", "ActiveState", "inactive")
	if !alive(pid) {
		t.Error("KillMode=process, but all are ended")
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	m.settles(before)
	m.works()
}

// TestChildren: stopping a service ends its whole tree, also what does not listen.
func TestChildren(t *testing.T) {
	t.Parallel()
	eachWay(t, testChildren)
}

func testChildren(t *testing.T, wrap []string) {
	m := setup{wrap: wrap, units: []string{"x.service"}, files: map[string]string{
		"x.service": "[Service]\nType=exec\nTimeoutStopSec=300ms\n" +
			"ExecStart=/bin/sh -c 'setsid {helper} signals {dir}/deaf SIGTERM SIGCONT SIGHUP & {helper} hold {dir}/child & env -i setsid {helper} hold {dir}/far & exec {helper} hold {dir}/main'\n",
	}}.start(t)
	var pids []int
	for _, name := range []string{"deaf", "child", "far", "main"} {
		pids = append(pids, m.noted(name))
	}
	before := m.holds()
	m.must("stop", "x.service")
	for i, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", i)
		}
	}
	m.settles(before)
}

// TestOrphansReaped: ended orphans do not stay as zombies.
func TestOrphansReaped(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'for i in 1 2 3 4 5; do {helper} orphan {dir}/pids 20; done'\n",
	}, "x.service")
	m.eventually("they are gone", func() bool {
		pids := strings.Fields(m.read("pids"))
		for _, p := range pids {
			if n, err := strconv.Atoi(p); err != nil || status(n, "State") != "" {
				return false
			}
		}
		return len(pids) == 5
	})
	if n := len(children(m.pid)); n != 0 {
		t.Errorf("%d children", n)
	}
	m.is("x.service", "SubState", "exited")
}

// pid1 starts a manager as PID 1 of namespaces of its own.
func pid1(t *testing.T, files map[string]string, units ...string) *manager {
	t.Helper()
	needRoot(t)
	need(t, "unshare", "nsenter")
	m := setup{files: files, units: units, wrap: []string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"}}.start(t)
	// unshare waits for the manager, which is its child.
	m.eventually("PID 1", func() bool {
		c := children(m.cmd.Process.Pid)
		if len(c) == 1 && strings.HasSuffix(status(c[0], "NSpid"), "\t1") {
			m.pid = c[0]
			return true
		}
		return false
	})
	return m
}

// enter runs a command in the namespaces of the manager, as `docker exec` does.
func (m *manager) enter(command string) string {
	m.t.Helper()
	out, err := exec.Command("nsenter", "-t", strconv.Itoa(m.pid), "-p", "-m", "sh", "-c", command).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%v %s", err, out)
	}
	return string(out)
}

func TestPID1(t *testing.T) {
	t.Parallel()
	m := pid1(t, with(map[string]string{
		"x.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={helper} daemonise {dir}/pid clear\nExecStop=/bin/sh -c 'echo stopped >>{dir}/notes'\n",
		"p.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env >{dir}/env; echo $$PPID >{dir}/ppid'\n",
	}), "echo.socket", "x.service", "p.service")
	m.works()
	m.eventually("the notes", func() bool { return m.read("ppid") == "1\n" })
	if !strings.Contains(m.read("env"), "HOME="+m.dir) {
		t.Errorf("as PID 1 services have the container's environment; they have:\n%s", m.read("env"))
	}
	m.empty("echo.socket")
	before := m.holds()
	// A stray: its parent comes from outside and goes at once.
	m.enter("sleep 0.2 & (sleep 0.3 &) & exit 0")
	m.eventually("the strays are reaped", func() bool { return len(children(m.pid)) <= before.children })
	// A stray that stays is nobody's, whoever ends meanwhile.
	m.enter("setsid sleep 1000 >/dev/null 2>&1 & exit 0")
	m.works()
	m.is("echo.socket", "NConnections", "0")
	stray := 0
	for _, pid := range children(m.pid) {
		if strings.Contains(commandLine(pid), "sleep 1000") {
			stray = pid
		}
	}
	if stray == 0 {
		t.Error("the stray was ended with somebody else's service")
	}
	m.must("stop", "x.service")
	if stray != 0 && !alive(stray) {
		t.Error("the stray was ended with somebody else's service")
	}
	if code := m.quit(syscall.SIGTERM); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if got := m.read("notes"); got != "stopped\n" {
		t.Errorf("notes %q", got)
	}
}

// TestEnd: how a manager ends, as PID 1 and otherwise.
func TestEnd(t *testing.T) {
	t.Parallel()
	files := with(map[string]string{
		"x.service": "[Service]\nExecStart={helper} signals {dir}/signals\nExecStopPost=/bin/sh -c 'echo x >>{dir}/notes'\n",
		"y.service": "[Unit]\nAfter=x.service\n[Service]\nExecStart={helper} hold\nExecStopPost=/bin/sh -c 'echo y >>{dir}/notes'\n",
	})
	for name, end := range map[string]struct {
		how  func(m *manager) int
		code int
	}{
		"TERM": {func(m *manager) int { return m.quit(syscall.SIGTERM) }, 0},
		"INT":  {func(m *manager) int { return m.quit(syscall.SIGINT) }, 0},
		"exit": {func(m *manager) int {
			m.must("exit", "42")
			<-m.ended
			return m.code
		}, 42},
	} {
		for _, kind := range []string{"process", "PID 1"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				var m *manager
				if kind == "PID 1" {
					m = pid1(t, files, "x.service", "y.service", "echo.socket")
				} else {
					m = start(t, files, "x.service", "y.service", "echo.socket")
				}
				m.noted("signals")
				c := dial(t, m.address("echo.socket"))
				m.is("echo.socket", "NConnections", "1")
				begun := time.Now()
				if code := end.how(m); code != end.code {
					t.Errorf("exit status %d, want %d", code, end.code)
				}
				if d := time.Since(begun); d > 10*time.Second {
					t.Errorf("it took %v", d)
				}
				if got := m.read("notes"); got != "y\nx\n" {
					t.Errorf("stopped in the order %q", got)
				}
				if !strings.Contains(m.read("signals"), "TERM") {
					t.Errorf("signals %q", m.read("signals"))
				}
				if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("the connection is open: %d, %v", n, err)
				}
				if m.read("c") != "" || exec.Command("test", "-e", m.control).Run() == nil {
					t.Error("the control socket is still there")
				}
			})
		}
	}
}

// TestHangup: SIGHUP reloads.
func TestHangup(t *testing.T) {
	t.Parallel()
	m := start(t, echo, "echo.socket")
	m.write("new.service", "[Unit]\nDescription=New here\n[Service]\nExecStart={helper} hold\n")
	m.write("echo.socket", echo["echo.socket"]+"\n[Unit]\nDescription=Changed\n")
	_ = syscall.Kill(m.pid, syscall.SIGHUP)
	m.is("echo.socket", "Description", "Changed")
	m.must("start", "new.service")
	m.works()
}
