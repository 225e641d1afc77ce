package process

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

func TestEnvironmentOrder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "env"), []byte("FILE=1\nE_F=file\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []bool{false, true} {
		config := testConfig(t)
		config.Env = []string{"PATH=/bin", "LOW=1", "M_V=manager", "M_E=manager", "GONE=1"}
		config.Environ = []string{"PASS=1", "P_E=pass", "SECRET=1", "V_P=pass"}
		u := service(func(x *unit.Exec) {
			x.PassEnvironment = []string{"PASS", "P_E", "V_P", "MISSING"}
			x.Environment = []string{"M_E=unit", "P_E=unit", "V_E=unit", "E_F=unit"}
			x.UnsetEnvironment = []string{"GONE", "V_GONE=1"}
			if file {
				x.EnvironmentFile = []unit.EnvironmentFile{{Path: dir + "/e*"}, {Path: "/nope", Ignore: true}}
			}
		})
		s := start()
		s.Vars = []string{"M_V=var", "V_E=var", "V_GONE=1", "V_P=var", "TWICE=1", "TWICE=2", "WATCHDOG_PID="}
		p := compile(t, config, u, &unit.Command{Path: "/usr/bin/env", Args: []string{"env"}})
		out, exit := output(t, p, s)
		pid := fmt.Sprint(exit.PID)
		want := []string{"PATH=/bin", "LOW=1", "M_V=var", "M_E=unit", "PASS=1", "P_E=unit", "V_E=unit", "V_P=pass", "E_F=unit",
			"TWICE=2", "WATCHDOG_PID=" + pid, "SYSTEMD_EXEC_PID=" + pid}
		if file {
			want[8] = "E_F=file"
			want = append(want, "FILE=1")
		}
		got := strings.Split(strings.TrimSpace(out), "\n")
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("with file: %v\n%s", file, d)
		}
	}
}

func TestEnvironmentFileMissing(t *testing.T) {
	p := compile(t, testConfig(t), service(func(x *unit.Exec) { x.EnvironmentFile = []unit.EnvironmentFile{{Path: "/nope"}} }), shell("exit 0"))
	_, failure, err := p.Start(start())
	if failure != nil || err == nil || !strings.Contains(err.Error(), "EnvironmentFile=/nope: file does not exist") {
		t.Error(failure, err)
	}
	if !strings.Contains(p.String(), "execve") {
		t.Error("plan without execve: ", p)
	}
}

func TestArguments(t *testing.T) {
	u := service(func(x *unit.Exec) { x.Environment = []string{"A=one two"} })
	cmd := &unit.Command{Path: "echo", Args: []string{"echo", "$A", "${A}", "$SYSTEMD_EXEC_PID"}}
	if out, _ := output(t, compile(t, testConfig(t), u, cmd), start()); out != "one two one two\n" {
		t.Errorf("%q", out) // a pid is not known yet when arguments are made
	}
	cmd.Verbatim = true
	if out, _ := output(t, compile(t, testConfig(t), u, cmd), start()); out != "$A ${A} $SYSTEMD_EXEC_PID\n" {
		t.Errorf("%q", out)
	}
}

func TestUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("changing the user needs root")
	}
	const script = `echo $(id -u):$(id -g):$(id -G):$USER:$LOGNAME:$HOME:$SHELL:$PWD`
	for _, c := range []struct {
		name   string
		change func(*unit.Exec)
		want   string
	}{
		{"user", func(x *unit.Exec) { x.User = "daemon" }, "1:1:1:daemon:daemon:/usr/sbin::/"},
		{"number", func(x *unit.Exec) { x.User = "1" }, "1:1:1:daemon:daemon:/usr/sbin::/"},
		{"group", func(x *unit.Exec) { x.Group = "daemon" }, "0:1:1:::::/"},
		{"user and group", func(x *unit.Exec) { x.User, x.Group = "daemon", "bin" }, "1:2:2:daemon:daemon:/usr/sbin::/"},
		{"groups", func(x *unit.Exec) { x.User, x.SupplementaryGroups = "daemon", []string{"bin", "3"} }, "1:1:1 2 3:daemon:daemon:/usr/sbin::/"},
		{"home", func(x *unit.Exec) { x.User, x.WorkingDirectory.Home = "daemon", true }, "1:1:1:daemon:daemon:/usr/sbin::/usr/sbin"},
	} {
		if got := strings.TrimSpace(run(t, c.change, script)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, p := range []unit.Privilege{unit.PrivilegeFull, unit.PrivilegeNoSetuid} {
		cmd := shell(script)
		cmd.Privilege = p
		out, _ := output(t, compile(t, testConfig(t), service(func(x *unit.Exec) { x.User = "daemon" }), cmd), start())
		if !strings.HasPrefix(out, "0:0:") || !strings.Contains(out, ":daemon:") {
			t.Errorf("%s: %q", p, out)
		}
	}
}

func TestSettings(t *testing.T) {
	own, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	signal.Ignore(unix.SIGPIPE) // as a manager does
	defer signal.Reset(unix.SIGPIPE)
	_, hard := ownLimit(unix.RLIMIT_NOFILE)
	got := run(t, func(x *unit.Exec) {
		x.UMask = 0o077
		x.IgnoreSIGPIPE = false
		x.Nice, x.NiceSet = 5, true
		x.OOMScoreAdjust, x.OOMScoreAdjustSet = 777, true
		x.LimitNOFILE = value.Limit{Set: true, Soft: 77, Hard: value.LimitInfinity}
		x.LimitCORE = value.Limit{Set: true, Soft: 0, Hard: 512}
		x.WorkingDirectory.Path = dir
	}, `umask; nice; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Sc; ulimit -Hc; pwd; sed -n 's/SigIgn:.//p' /proc/self/status`)
	if want := "0077\n5\n777\n77\n0\n1\n" + dir + "\n0000000000000000\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if after, _ := os.ReadFile("/proc/self/oom_score_adj"); string(after) != string(own) {
		t.Errorf("the child's OOM score reached the parent: %s", after)
	}
	if _, after := ownLimit(unix.RLIMIT_NOFILE); after != hard {
		t.Error("the child's limit reached the parent")
	}
	if got := run(t, func(x *unit.Exec) { x.WorkingDirectory = unit.WorkingDirectory{Path: "/nope", Ignore: true} }, "pwd"); got != "/\n" {
		t.Errorf("WorkingDirectory=-/nope: %q", got)
	}
}

// TestDescriptors passes descriptors from every corner, the numbers that they are
// passed as included.
func TestDescriptors(t *testing.T) {
	var files []int
	for i := range 8 {
		f, err := os.Create(filepath.Join(t.TempDir(), fmt.Sprint("file", i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := unix.Dup3(int(f.Fd()), 60+i, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(60 + i)
		files = append(files, 60+i)
	}
	// Lower numbers are the runtime's own or a test's; take those that are free.
	var low []int
	for i := range 4 {
		fd, err := unix.FcntlInt(uintptr(files[i]), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		low = append(low, fd)
	}
	forEachMode(t, func(t *testing.T) {
		for _, listen := range [][]int{
			{60}, {60, 61, 62}, {62, 61, 60}, {60, 60, 61}, {low[3], low[2], low[1], low[0]}, low,
			{low[1], 66, low[0], 67, low[2]}, {}, {67, low[0], low[0], 61, 62, 63, 64, 65},
		} {
			s := start()
			s.Listen, s.Names = listen, []string{"first", ""}
			p := compile(t, testConfig(t), service(nil), shell(`echo $$ $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES; exec ls -l /proc/self/fd`))
			out, exit := output(t, p, s)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			names := slices.Repeat([]string{"unknown"}, len(listen))
			if len(names) > 0 {
				names[0] = "first"
			}
			want := strings.TrimSpace(fmt.Sprintf("%d %d %d %s", exit.PID, exit.PID, len(listen), strings.Join(names, ":")))
			if lines[0] != want {
				t.Errorf("got %q, want %q", lines[0], want)
			}
			for i, l := range lines {
				words := strings.Fields(l)
				if n := len(words); n > 3 {
					lines[i] = words[n-3] + " " + words[n-1]
				}
			}
			// "total", 0, 1, 2 and the directory that ls reads.
			if len(lines) != 6+len(listen) {
				t.Errorf("%v: descriptors %q", listen, lines[1:])
				continue
			}
			for i, fd := range listen {
				name, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", fd))
				if want := fmt.Sprint(3+i, " ", name); !slices.Contains(lines, want) {
					t.Errorf("%v: %q is not among %q", listen, want, lines[1:])
				}
			}
		}
	})
}

// TestConnection starts an echo service on a socket, as the accept edge does.
func TestConnection(t *testing.T) {
	forEachMode(t, func(t *testing.T) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		f := os.NewFile(uintptr(fds[0]), "client")
		defer f.Close()
		s := start()
		s.Stdin, s.NoSession = fds[1], true
		p := compile(t, testConfig(t), service(socket), shell(`read line; echo "got $line"; echo error >&2`))
		pid, failure, err := p.Start(s)
		_ = unix.Close(fds[1])
		if err != nil || failure != nil {
			t.Fatal(failure, err)
		}
		fmt.Fprintln(f, "hello")
		b, err := io.ReadAll(f)
		if string(b) != "got hello\nerror\n" || err != nil {
			t.Errorf("%q %v", b, err)
		}
		wait(t, pid)
	})
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		in, out, err unit.Stream
		script       string
		want         string // in the file out, which begins as "0123456789"
	}{
		{unit.Stream{Kind: "file", Path: in}, unit.Stream{Kind: "file", Path: out}, unit.Stream{}, "cat; echo x >&2", "inputx\n789"},
		{unit.Stream{Kind: "file", Path: in}, unit.Stream{Kind: "append", Path: out}, unit.Stream{Kind: "null"}, "cat; echo x >&2", "0123456789input"},
		{unit.Stream{}, unit.Stream{Kind: "truncate", Path: out}, unit.Stream{Kind: "truncate", Path: out}, "echo a; echo b >&2", "a\nb\n"},
		{unit.Stream{Kind: "file", Path: out}, unit.Stream{Kind: "file", Path: out}, unit.Stream{}, "dd bs=1 count=4 2>/dev/null >/dev/null; echo x", "0123x\n6789"},
		{unit.Stream{Kind: "data"}, unit.Stream{Kind: "append", Path: out}, unit.Stream{}, "cat", "0123456789some\ntext\n"},
		{unit.Stream{Kind: "null"}, unit.Stream{Kind: "append", Path: out}, unit.Stream{Kind: "journal"}, "cat; echo x >&2", "0123456789"},
	} {
		write(in, "input")
		write(out, "0123456789")
		pid, failure, err := compile(t, testConfig(t), service(func(x *unit.Exec) {
			x.StandardInput, x.StandardOutput, x.StandardError = c.in, c.out, c.err
			if c.in.Kind == "data" {
				x.StandardInputText = "some\ntext\n"
			}
		}), shell(c.script)).Start(start())
		if err != nil || failure != nil {
			t.Fatal(failure, err)
		}
		wait(t, pid)
		if b, _ := os.ReadFile(out); string(b) != c.want {
			t.Errorf("%v %v %v: %q, want %q", c.in, c.out, c.err, b, c.want)
		}
	}
	made := filepath.Join(dir, "made")
	pid, failure, err := compile(t, testConfig(t), service(func(x *unit.Exec) {
		x.StandardOutput = unit.Stream{Kind: "file", Path: made}
		x.UMask = 0o027
	}), shell("exit 0")).Start(start())
	if err != nil || failure != nil {
		t.Fatal(failure, err)
	}
	wait(t, pid)
	if st, err := os.Stat(made); err != nil || st.Mode().Perm() != 0o640 {
		t.Error(st, err)
	}
}

// TestSlowFiles opens what waits for a peer: Start must not wait with it.
func TestSlowFiles(t *testing.T) {
	dir := t.TempDir()
	fifo, sock := filepath.Join(dir, "fifo"), filepath.Join(dir, "sock")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	forEachMode(t, func(t *testing.T) {
		pid, failure, err := compile(t, testConfig(t), service(func(x *unit.Exec) {
			x.StandardInput = unit.Stream{Kind: "file", Path: fifo}
			x.StandardOutput = unit.Stream{Kind: "file", Path: sock}
		}), shell("cat")).Start(start())
		if err != nil || failure != nil {
			t.Fatal(failure, err)
		}
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(w, "through a FIFO")
		w.Close()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "through a FIFO\n" {
			t.Errorf("%q %v", line, err)
		}
		wait(t, pid)
	})
}

func TestCgroup(t *testing.T) {
	dir := "/sys/fs/cgroup"
	if _, err := os.Stat(dir + "/cgroup.controllers"); err != nil {
		dir += "/unified"
	}
	dir = filepath.Join(dir, fmt.Sprint("wakesock-test-", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("no cgroup of version 2 to write to: ", err)
	}
	defer os.Remove(dir)
	fd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	forEachMode(t, func(t *testing.T) {
		s := start()
		s.CgroupFD = fd
		out, _ := output(t, compile(t, testConfig(t), service(nil), shell("cat /proc/self/cgroup")), s)
		if !strings.Contains(out, "0::/"+filepath.Base(dir)+"\n") && !strings.Contains(out, "/"+filepath.Base(dir)+"\n") {
			t.Errorf("%q", out)
		}
	})
}

func TestDescendants(t *testing.T) {
	if err := SetSubreaper(); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	s := start()
	s.Vars = []string{"INVOCATION_ID=0123456789abcdef"}
	// A daemon: its parent is gone and it has a session of its own.
	out, exit := output(t, compile(t, testConfig(t), service(nil), shell(`setsid sh -c 'echo $$; exec >/dev/null 2>&1; sleep 60' &`)), s)
	var daemon int
	fmt.Sscan(out, &daemon)
	all, err := Descendants()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p Process) bool { return p.PID == daemon })
	if i < 0 || all[i].PPID != os.Getpid() || all[i].Invocation != "0123456789abcdef" || all[i].Start == 0 || all[i].Threads != 1 {
		t.Fatalf("no daemon %d of %v among %+v", daemon, exit, all)
	}
	if m, n := Usage([]int{daemon, 0, 1 << 22}); m == 0 || n != 1 {
		t.Error(m, n)
	}
	if err := SignalGroup(daemon, value.Signal(unix.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, daemon); e.Code != Killed || e.Status != 9 {
		t.Error(e)
	}
	for { // its child, if it had come to that, is an orphan that is ours now
		if _, err := unix.Wait4(-daemon, nil, unix.WALL, nil); err == unix.ECHILD {
			break
		}
	}
	if GroupAlive(daemon) {
		t.Error("group is alive after the last one was reaped")
	}
}

func FuzzParseStat(f *testing.F) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Skip(err)
	}
	f.Add(string(b))
	f.Add("1 (a) b) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 7 1 1")
	f.Fuzz(func(t *testing.T, s string) { parseStat(s) })
}

func TestPlanString(t *testing.T) {
	config := testConfig(t)
	config.Null = 3
	u := service(func(x *unit.Exec) {
		socket(x)
		x.StandardError.Kind = "journal"
		x.WorkingDirectory.Path = "/srv"
		x.Nice, x.NiceSet = 5, true
		x.LimitCORE = value.Limit{Set: true, Soft: 0, Hard: value.LimitInfinity}
	})
	p := compile(t, config, u, &unit.Command{Path: "/bin/cat", Args: []string{"cat"}})
	got := p.String()
	for _, want := range []string{
		"close_range(6, ~0, UNSHARE)", "setsid()", "dup3(4, 0, 0)", "dup3(0, 1, 0)", "dup3(5, 2, 0)", "close_range(3, ~0, 0)",
		"rt_sigaction(13, SIG_IGN)", "IgnoreSIGPIPE=", "umask(0022)", "setpriority(PRIO_PROCESS, 0, 5)", "201/NICE", "prlimit64(0, RLIMIT_CORE, {0, infinity})",
		`chdir("/srv")`, "200/CHDIR", "WorkingDirectory=", `execve("/bin/cat")`, "203/EXEC",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
	t.Log("\n" + got)
}
