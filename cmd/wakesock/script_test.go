package main

// Scripts: testdata/script/*.txtar run the real program, with managers of their
// own. Each script has its own control socket, state folder and unit path, set
// in the environment; $WORK and $PORT (a free TCP port) in its unit files are
// replaced. Besides the commands of testscript there are:
//
//	exits STATUS CMD…          as exec, of a command that ends with this status
//	manager [ARG…]             start wakesock run in the background and wait until it answers
//	stopmanager [STATUS]       SIGTERM it and check its exit status; SIGHUP is hupmanager
//	eventually PATTERN CMD…    run a command until its output matches
//	connect NAME ADDRESS       open a connection, to a port or a path, that stays open
//	say NAME TEXT              write a line to it
//	hear NAME PATTERN          read a line from it
//	hangup NAME                close it
//
// go test ./cmd/wakesock -run TestScripts/NAME -v shows one of them.

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long anything may take that a script waits for.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wakesock": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setup,
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":       exits,
			"manager":     startManager,
			"stopmanager": func(ts *testscript.TestScript, neg bool, args []string) { stopManager(ts, args) },
			"hupmanager":  func(ts *testscript.TestScript, neg bool, args []string) { hupManager(ts) },
			"eventually":  eventually,
			"connect":     connect,
			"say":         say,
			"hear":        hear,
			"hangup":      hangup,
		},
	})
}

// A stage is what a script has going on outside of it.
type stage struct {
	manager *exec.Cmd
	log     string // file that the manager's messages go to
	ended   chan error
	conns   map[string]*conn
}

type conn struct {
	net.Conn
	in *bufio.Reader
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

func setup(env *testscript.Env) error {
	s := &stage{conns: make(map[string]*conn)}
	env.Values[stageKey{}] = s
	env.Defer(s.clear)
	port, err := freePort()
	if err != nil {
		return err
	}
	env.Setenv("PORT", port)
	env.Setenv("WAKESOCK_UNIT_PATH", env.WorkDir)
	env.Setenv("WAKESOCK_CONTROL", filepath.Join(env.WorkDir, "control.sock"))
	env.Setenv("WAKESOCK_STATE_DIR", filepath.Join(env.WorkDir, "state"))
	env.Setenv("LANG", "C.UTF-8")
	env.Setenv("TZ", "UTC")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or each command would sleep for a second
	files, err := filepath.Glob(filepath.Join(env.WorkDir, "*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // a folder
		}
		text = []byte(strings.NewReplacer("$WORK", env.WorkDir, "$PORT", port).Replace(string(text)))
		if err := os.WriteFile(f, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// freePort is a TCP port that nobody listens on, at least just now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

func condition(cond string) (bool, error) {
	switch cond {
	case "root":
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// clear ends what a script has left.
func (s *stage) clear() {
	for _, c := range s.conns {
		_ = c.Close()
	}
	if s.manager == nil {
		return
	}
	_ = s.manager.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.manager.Process.Kill()
		<-s.ended
	}
}

// environ is what the commands of a script are given.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "WORK", "PORT", "LANG", "TZ", "GORACE", "WAKESOCK_UNIT_PATH", "WAKESOCK_CONTROL", "WAKESOCK_STATE_DIR",
	} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func startManager(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	if s.manager != nil {
		ts.Fatalf("a manager is running already")
	}
	s.log = ts.MkAbs("manager.log")
	log, err := os.Create(s.log)
	ts.Check(err)
	defer func() { _ = log.Close() }()
	program, err := exec.LookPath("wakesock")
	ts.Check(err)
	s.manager = exec.Command(program, append([]string{"run"}, args...)...)
	s.manager.Env, s.manager.Dir = environ(ts), ts.Getenv("WORK")
	s.manager.Stdout, s.manager.Stderr = log, log
	ts.Check(s.manager.Start())
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.manager.Wait() }() // ends with the manager
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("unix", ts.Getenv("WAKESOCK_CONTROL")); err == nil {
			_ = c.Close()
			return
		}
		select {
		case err := <-s.ended:
			s.manager = nil
			text, _ := os.ReadFile(s.log)
			ts.Fatalf("the manager ended: %v\n%s", err, text)
		default:
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the manager does not answer")
		}
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	status := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var e *exec.ExitError
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		status = e.ExitCode()
	}
	if status != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), status, want)
	}
}

func hupManager(ts *testscript.TestScript) {
	ts.Check(stageOf(ts).manager.Process.Signal(syscall.SIGHUP))
}

// stopManager waits for the end of the manager, after SIGTERM unless it is told
// that it ends by itself.
func stopManager(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	if len(args) == 0 {
		ts.Check(s.manager.Process.Signal(syscall.SIGTERM))
		args = []string{"0"}
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		ts.Fatalf("the manager does not end")
	}
	status := s.manager.ProcessState.ExitCode()
	s.manager = nil
	if strconv.Itoa(status) != args[0] {
		text, _ := os.ReadFile(s.log)
		ts.Fatalf("the manager ended with %d, not %s\n%s", status, args[0], text)
	}
}

func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: eventually PATTERN COMMAND…")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	var out []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		program, err := exec.LookPath(args[1])
		ts.Check(err)
		cmd := exec.Command(program, args[2:]...)
		cmd.Dir, cmd.Env = ts.Getenv("WORK"), environ(ts)
		out, _ = cmd.CombinedOutput()
		if want.Match(out) != neg {
			return
		}
	}
	ts.Fatalf("never %q; at last:\n%s", args[0], out)
}

func connect(ts *testscript.TestScript, neg bool, args []string) {
	network, address := "unix", args[1]
	switch {
	case strings.Trim(address, "0123456789") == "":
		network, address = "tcp", "127.0.0.1:"+address
	case !filepath.IsAbs(address):
		address = ts.MkAbs(address)
	}
	c, err := net.Dial(network, address)
	if (err != nil) != neg {
		ts.Fatalf("connect to %s: %v", address, err)
	}
	if err == nil {
		ts.Check(c.SetDeadline(time.Now().Add(patience)))
		stageOf(ts).conns[args[0]] = &conn{c, bufio.NewReader(c)}
	}
}

func (s *stage) conn(ts *testscript.TestScript, name string) *conn {
	c := s.conns[name]
	if c == nil {
		ts.Fatalf("no connection %s", name)
	}
	return c
}

func say(ts *testscript.TestScript, neg bool, args []string) {
	_, err := fmt.Fprintln(stageOf(ts).conn(ts, args[0]), args[1])
	ts.Check(err)
}

func hear(ts *testscript.TestScript, neg bool, args []string) {
	line, err := stageOf(ts).conn(ts, args[0]).in.ReadString('\n')
	if neg {
		if err == nil {
			ts.Fatalf("heard %q, want the end", line)
		}
		return
	}
	ts.Check(err)
	if !regexp.MustCompile(args[1]).MatchString(line) {
		ts.Fatalf("heard %q, want %q", line, args[1])
	}
}

func hangup(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	ts.Check(s.conn(ts, args[0]).Close())
	delete(s.conns, args[0])
}
