package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// shell is a command of /bin/sh with arguments.
func shell(script string, args ...string) *unit.Command {
	return &unit.Command{Path: "/bin/sh", Args: append([]string{"sh", "-c", script, "sh"}, args...), Verbatim: true}
}

// service is a unit as load leaves it, with what changes it.
func service(change func(*unit.Exec)) *unit.Unit {
	u := &unit.Unit{Name: "test.service", Service: &unit.Service{}, Exec: &unit.Exec{UMask: 0o022, IgnoreSIGPIPE: true}}
	if change != nil {
		change(u.Exec)
	}
	return u
}

// testConfig is the configuration of a manager in system mode.
func testConfig(t testing.TB) *Config {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(null) })
	return &Config{Env: []string{"PATH=" + strings.Join(searchPath, ":"), "LANG=C.UTF-8"}, Null: null}
}

// start is a Start without descriptors.
func start(vars ...string) *Start {
	return &Start{Vars: vars, Stdin: -1, Stdout: -1, Stderr: -1, CgroupFD: -1}
}

func compile(t testing.TB, c *Config, u *unit.Unit, cmd *unit.Command) *Plan {
	t.Helper()
	p, err := Compile(c, u, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wait waits for a child to end.
func wait(t testing.TB, pid int) Exit {
	t.Helper()
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &ws, unix.WALL, nil)
		if err == nil {
			return exitOf(pid, ws)
		}
		if err != unix.EINTR {
			t.Fatalf("wait for %d: %v", pid, err)
		}
	}
}

// output starts the plan with a pipe as the journal and returns what it wrote.
func output(t testing.TB, p *Plan, s *Start) (string, Exit) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s.Stdout = int(w.Fd())
	unix.SetNonblock(s.Stdout, true)
	pid, failure, err := p.Start(s)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if failure != nil {
		wait(t, pid)
		t.Fatal(failure)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), wait(t, pid)
}

// run is output of a script in a unit.
func run(t testing.TB, change func(*unit.Exec), script string, args ...string) string {
	t.Helper()
	out, exit := output(t, compile(t, testConfig(t), service(change), shell(script, args...)), start())
	if exit.Code != Exited || exit.Status != 0 {
		t.Fatalf("%s: %v; output %q", script, exit, out)
	}
	return out
}

// openFiles lists the descriptors of this process.
func openFiles(t testing.TB) []string {
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// forEachMode runs a test as this kernel can, and as older kernels can.
func forEachMode(t *testing.T, f func(t *testing.T)) {
	for _, m := range []struct {
		name               string
		clone3, closeRange bool
	}{{"clone3", true, true}, {"clone", false, true}, {"copied table", true, false}, {"clone, copied table", false, false}} {
		t.Run(m.name, func(t *testing.T) {
			was3, wasUnshare := noClone3.Load(), noUnshare.Load()
			noClone3.Store(!m.clone3)
			noUnshare.Store(!m.closeRange)
			defer func() { noClone3.Store(was3); noUnshare.Store(wasUnshare) }()
			f(t)
		})
	}
}

func TestBasics(t *testing.T) {
	forEachMode(t, func(t *testing.T) {
		before := openFiles(t)
		out := run(t, nil, `echo "$$ $LISTEN_PID $SYSTEMD_EXEC_PID $1"; cat /proc/$$/stat; sed -nE '/^(Sig(Blk|Ign|Cgt)|Umask)/p' /proc/self/status; pwd; ulimit -Sn; ls -1 /proc/$$/fd`, "argument")
		lines := strings.Split(out, "\n")
		var pid, other int
		if n, _ := fmt.Sscanf(lines[0], "%d  %d argument", &pid, &other); n != 2 || pid != other {
			t.Errorf("pid, SYSTEMD_EXEC_PID, argument: %q", lines[0])
		}
		p, ok := parseStat(lines[1])
		if !ok || p.PID != pid || p.PGID != pid || p.SID != pid || p.PPID != os.Getpid() {
			t.Errorf("not a session of its own: %q", lines[1])
		}
		want := []string{"Umask:\t0022", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000001000", "SigCgt:\t0000000000000000", "/"}
		for i, w := range want {
			if lines[2+i] != w {
				t.Errorf("got %q, want %q", lines[2+i], w)
			}
		}
		if got := strings.Join(lines[7:], " "); got != "1024 0 1 2 " {
			t.Errorf("limit of descriptors, descriptors: %q", got)
		}
		if after := openFiles(t); len(after) > len(before)+1 { // +1: /dev/null until cleanup
			t.Errorf("descriptors leaked: %v, before %v", after, before)
		}
	})
}

func TestNoSession(t *testing.T) {
	s := start()
	s.NoSession = true
	out, _ := output(t, compile(t, testConfig(t), service(nil), shell("cat /proc/$$/stat")), s)
	p, ok := parseStat(out)
	if sid, _ := unix.Getsid(0); !ok || p.PGID != p.PID || p.SID != sid {
		t.Errorf("want a group in session %d: %q", sid, out)
	}
}

// TestFailures has each step fail, once per mode of starting.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program := func(path string) *unit.Command { return &unit.Command{Path: path, Args: []string{path}} }
	ok := shell("exit 0")
	other := "daemon" // a user and group that this process is not
	if os.Geteuid() == 1 {
		other = "bin"
	}
	for _, c := range []struct {
		name   string
		user   bool
		cmd    *unit.Command
		change func(*unit.Exec)
		status int
		text   string
	}{
		{"missing program", false, program("/bin/nope"), nil, 203, "exec /bin/nope: no such file or directory (203/EXEC)"},
		{"missing name", false, program("nope-nope"), nil, 203, `find program "nope-nope" in /usr/local/sbin:`},
		{"directory", false, program("/"), nil, 203, "exec /: permission denied; it is a directory (203/EXEC)"},
		{"not executable", false, program(file("plain", "#!/bin/sh\n", 0o644)), nil, 203, "it is not executable (chmod +x)"},
		{"no interpreter line", false, program(file("script", "echo hello\n", 0o755)), nil, 203, "exec format error; a script must begin with a line like #!/bin/sh"},
		{"no interpreter", false, program(file("strange", "#!/usr/bin/nope -x\n", 0o755)), nil, 203, `its interpreter "/usr/bin/nope": no such file or directory (203/EXEC)`},
		{"working directory", false, ok, func(x *unit.Exec) { x.WorkingDirectory.Path = "/nope" }, 200, `change directory to "/nope": no such file or directory (200/CHDIR)`},
		{"input", false, ok, func(x *unit.Exec) { x.StandardInput = unit.Stream{Kind: "file", Path: "/nope"} }, 208, `open "/nope": no such file or directory (208/STDIN)`},
		{"output", false, ok, func(x *unit.Exec) { x.StandardOutput = unit.Stream{Kind: "append", Path: "/nope/x"} }, 209, `open "/nope/x": no such file or directory (209/STDOUT)`},
		{"error", false, ok, func(x *unit.Exec) { x.StandardError = unit.Stream{Kind: "truncate", Path: "/"} }, 222, `open "/": is a directory (222/STDERR)`},
		{"terminal", false, ok, func(x *unit.Exec) { x.StandardInput = unit.Stream{Kind: "tty"} }, 208, "not supported yet"},
		{"descriptor", false, ok, func(x *unit.Exec) { x.StandardOutput = unit.Stream{Kind: "fd", Name: "x"} }, 209, `find the descriptor "x"`},
		{"user", false, ok, func(x *unit.Exec) { x.User = "nope-nope" }, 217, `look up user "nope-nope": not in /etc/passwd (217/USER)`},
		{"numeric user", false, ok, func(x *unit.Exec) { x.User = "1234567" }, 217, `not in /etc/passwd (217/USER)`},
		{"group", false, ok, func(x *unit.Exec) { x.Group = "nope-nope" }, 216, `look up group "nope-nope": not in /etc/group (216/GROUP)`},
		{"groups", false, ok, func(x *unit.Exec) { x.SupplementaryGroups = []string{"nope-nope"} }, 216, `not in /etc/group (216/GROUP)`},
		{"user mode", true, ok, func(x *unit.Exec) { x.User = other }, 217, `become user "` + other + `": only a manager that runs as root can change the user (217/USER)`},
		{"user mode group", true, ok, func(x *unit.Exec) { x.Group = other }, 216, `become group "` + other + `"`},
		{"OOM score", false, ok, func(x *unit.Exec) { x.OOMScoreAdjust, x.OOMScoreAdjustSet = 5000, true }, 206, "set the OOM score to 5000: invalid argument (206/OOM_ADJUST)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forEachMode(t, func(t *testing.T) {
				config := testConfig(t)
				config.User = c.user
				before := len(openFiles(t))
				pid, failure, err := compile(t, config, service(c.change), c.cmd).Start(start())
				if err != nil {
					t.Fatal(err)
				}
				exit := wait(t, pid)
				if exit.Code != Exited || exit.Status != c.status {
					t.Errorf("child ended with %v, want %d", exit, c.status)
				}
				if failure == nil {
					t.Fatal("no failure reported")
				}
				if failure.Status != c.status || !strings.Contains(failure.Text, c.text) {
					t.Errorf("failure %+v, want %d and %q", failure, c.status, c.text)
				}
				if after := len(openFiles(t)); after != before {
					t.Errorf("%d descriptors, before %d", after, before)
				}
			})
		})
	}
}

// TestComesLater shows that a plan which lacked its program finds it later.
func TestComesLater(t *testing.T) {
	dir := t.TempDir()
	p := compile(t, testConfig(t), service(func(x *unit.Exec) { x.ExecSearchPath = []string{dir} }), &unit.Command{Path: "late", Args: []string{"late"}})
	pid, failure, err := p.Start(start())
	if err != nil || failure == nil {
		t.Fatal(failure, err)
	}
	wait(t, pid)
	if err := os.WriteFile(filepath.Join(dir, "late"), []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	pid, failure, err = p.Start(start())
	if err != nil || failure != nil {
		t.Fatal(failure, err)
	}
	if e := wait(t, pid); e.Status != 7 {
		t.Error(e)
	}
}

// TestMany starts two thousand processes from four plans at once while the
// collector runs and other goroutines allocate and start processes of their own.
func TestMany(t *testing.T) {
	const each = 500
	stop := make(chan struct{})
	var noise, starters sync.WaitGroup
	noise.Go(func() {
		var keep [][]byte
		for {
			select {
			case <-stop:
				return
			default:
			}
			keep = append(keep, make([]byte, 10_000))
			if len(keep) > 1000 {
				keep = nil
			}
		}
	})
	noise.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if out, err := exec.Command("/bin/echo", "hello").Output(); err != nil || string(out) != "hello\n" {
				t.Error(string(out), err)
			}
		}
	})
	for n := range 4 {
		config := testConfig(t)
		starters.Go(func() {
			u := service(nil)
			p := compile(t, config, u, shell(`test "$$ $N" = "$SYSTEMD_EXEC_PID $1" && exit $CODE`, fmt.Sprint(n)))
			s := start()
			s.NoSession = n%2 == 0
			for i := range each {
				code := (i*7 + n) % 256
				s.Vars = []string{fmt.Sprint("N=", n), fmt.Sprint("CODE=", code)}
				pid, failure, err := p.Start(s)
				if err != nil || failure != nil {
					t.Error(failure, err)
					return
				}
				if e := wait(t, pid); e.Code != Exited || e.Status != code {
					t.Errorf("start %d of %d: %v, want %d", i, n, e, code)
				}
			}
		})
	}
	starters.Wait()
	close(stop)
	noise.Wait()
}

func TestSignals(t *testing.T) {
	p := compile(t, testConfig(t), service(nil), shell("sleep 60 & wait"))
	pid, failure, err := p.Start(start())
	if err != nil || failure != nil {
		t.Fatal(failure, err)
	}
	if _, ok := ReapPID(pid); ok {
		t.Error("reaped a process that runs")
	}
	if !GroupAlive(pid) {
		t.Error("group is not alive")
	}
	fd, err := OpenPIDFD(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := SignalGroup(pid, value.Signal(unix.SIGTERM)); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000); err != nil {
		t.Fatal(err)
	}
	exit, ok := ReapPID(pid)
	if !ok || exit.Code != Killed || exit.Status != int(unix.SIGTERM) || exit.String() != "15/TERM" {
		t.Errorf("%v %v", exit, ok)
	}
	if err := Signal(pid, value.Signal(unix.SIGTERM)); err == nil {
		t.Error("signalled a process that is gone")
	}
	for _, n := range []int{-1, 0, 1} {
		if SignalGroup(n, 0) == nil || GroupAlive(n) {
			t.Errorf("process group %d", n)
		}
	}
	if Signal(0, 0) == nil || Signal(-1, 0) == nil {
		t.Error("signalled everybody")
	}
}
