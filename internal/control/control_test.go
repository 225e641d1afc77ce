package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that is waited for.
const patience = 10 * time.Second

// A fake is a manager whose calls a test decides; those that it does not are
// never made.
type fake struct {
	Manager
	jobs  func(ctx context.Context, r JobsRequest) ([]JobReply, error)
	units func(r UnitsRequest) ([]Unit, error)
}

func (f *fake) Jobs(ctx context.Context, r JobsRequest) ([]JobReply, error) { return f.jobs(ctx, r) }
func (f *fake) Units(_ context.Context, r UnitsRequest) ([]Unit, error)     { return f.units(r) }
func (f *fake) Info(context.Context, Nothing) (Info, error)                 { return Info{Version: "1", PID: 7}, nil }

// serveFake serves m until the test ends, which must leave no goroutine.
func serveFake(t *testing.T, m Manager) (path string) {
	t.Helper()
	before := runtime.NumGoroutine()
	path = filepath.Join(t.TempDir(), "control.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := Serve(l, m)
	t.Cleanup(func() {
		s.Close()
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("the socket is still there: %v", err)
		}
		waitFor(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
	})
	return path
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("waited in vain for %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

func dial(t *testing.T, path string) *Client {
	t.Helper()
	c, err := Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw opens a connection without the client's manners.
func raw(t *testing.T, path string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c, bufio.NewReader(c)
}

func TestCalls(t *testing.T) {
	m := &fake{
		units: func(r UnitsRequest) ([]Unit, error) {
			switch len(r.Patterns) {
			case 0:
				return []Unit{{Unit: "a.service", Load: "loaded", Active: "active", Sub: "running", Description: "odd \n \x00 ä"}}, nil
			case 1:
				return nil, &Error{Code: CodeNotFound, Text: "no", Hint: "perhaps"}
			}
			return nil, errors.New("plain")
		},
	}
	c := dial(t, serveFake(t, m))
	ctx := t.Context()
	got, err := c.Units(ctx, UnitsRequest{})
	if want, _ := m.units(UnitsRequest{}); err != nil || len(got) != 1 || got[0] != want[0] {
		t.Errorf("units: %+v, %v", got, err)
	}
	var e *Error
	if _, err := c.Units(ctx, UnitsRequest{Patterns: []string{"x"}}); !errors.As(err, &e) || *e != (Error{CodeNotFound, "no", "perhaps"}) {
		t.Errorf("an error of the manager: %#v", err)
	}
	if _, err := c.Units(ctx, UnitsRequest{Patterns: []string{"x", "y"}}); !errors.As(err, &e) || e.Code != CodeInternal || e.Text != "plain" {
		t.Errorf("any other error: %#v", err)
	}
	if i, err := c.Info(ctx, Nothing{}); err != nil || i.PID != 7 {
		t.Errorf("the connection goes on: %+v, %v", i, err)
	}
}

// TestEveryCall: each method of the interface has a name on the wire.
func TestEveryCall(t *testing.T) {
	for _, name := range []string{"Jobs", "Units", "Sockets", "Paths", "Timers", "Transient", "Properties", "Wait", "Show", "Status", "Files", "Explain", "Environment", "Reload", "Reset", "Kill", "Quit", "Info", "Queue", "Cancel", "Dependencies"} {
		if calls[name] == nil {
			t.Errorf("%s is not served", name)
		}
	}
	if len(calls) != 21 {
		t.Errorf("%d calls are served; is the list of this test complete?", len(calls))
	}
}

// TestGarbage: whatever comes is answered with an error, and the next request is served.
func TestGarbage(t *testing.T) {
	path := serveFake(t, &fake{})
	c, in := raw(t, path)
	for _, line := range []string{
		"", "hello", "{", "null", "[]", "42", `"Info"`, `{"call":7}`, `{"call":"Nonsense"}`, `{"call":"info"}`,
		`{"call":"Jobs","args":"x"}`, `{"call":"Jobs","args":{"Names":7}}`, "\x00\xff\xfe", strings.Repeat("[", 100_000),
	} {
		if _, err := fmt.Fprintln(c, line); err != nil {
			t.Fatalf("%.40q: %v", line, err)
		}
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("%.40q: %v", line, err)
		}
		var r reply
		if err := json.Unmarshal([]byte(text), &r); err != nil || r.Error == nil || r.Error.Code != CodeInvalid {
			t.Errorf("%.40q: %s", line, text)
		}
	}
	if _, err := fmt.Fprintln(c, `{"call":"Info"}`); err != nil {
		t.Fatal(err)
	}
	if text, err := in.ReadString('\n'); err != nil || !strings.Contains(text, `"pid":7`) {
		t.Errorf("a good request after bad ones: %s, %v", text, err)
	}
}

func TestLongLine(t *testing.T) {
	path := serveFake(t, &fake{})
	c, in := raw(t, path)
	long := make(chan error, 1)
	go func() { // ends when the server closes the connection
		block := []byte(strings.Repeat("x", 64<<10))
		var err error
		for err == nil {
			_, err = c.Write(block)
		}
		long <- err
	}()
	text, err := in.ReadString('\n')
	if err != nil || !strings.Contains(text, "request longer than 1048576 bytes") {
		t.Errorf("%q, %v", text, err)
	}
	if err := <-long; !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection is not closed: %v", err)
	}
	// The longest one that is allowed.
	names := strings.Repeat("a", maxLine-200)
	got, err := dial(t, serveFake(t, &fake{units: func(r UnitsRequest) ([]Unit, error) { return []Unit{{Unit: r.Patterns[0]}}, nil }})).
		Units(t.Context(), UnitsRequest{Patterns: []string{names}})
	if err != nil || len(got) != 1 || got[0].Unit != names {
		t.Errorf("a long request: %v", err)
	}
}

// TestClientGone: a client that goes away while it waits cancels what it waits for.
func TestClientGone(t *testing.T) {
	waiting, canceled := make(chan bool, 1), make(chan bool, 1)
	path := serveFake(t, &fake{jobs: func(ctx context.Context, _ JobsRequest) ([]JobReply, error) {
		waiting <- true
		<-ctx.Done()
		canceled <- true
		return nil, ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	c := dial(t, path)
	go func() { // ends with cancel
		_, err := c.Jobs(ctx, JobsRequest{})
		failed <- err
	}()
	<-waiting
	cancel()
	<-canceled
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the client says %v", err)
	}
	conn, _ := raw(t, path)
	if _, err := fmt.Fprintln(conn, `{"call":"Jobs"}`); err != nil {
		t.Fatal(err)
	}
	<-waiting
	_ = conn.Close()
	<-canceled
}

// TestClose: the server's end ends every client and every call under way.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan bool, 1)
	s := Serve(l, &fake{jobs: func(ctx context.Context, _ JobsRequest) ([]JobReply, error) {
		waiting <- true
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	_, silent := raw(t, path) // sends nothing, ever
	deaf, _ := raw(t, path)   // reads nothing, ever
	go func() {               // ends when the server closes the connection
		for {
			if _, err := fmt.Fprintln(deaf, `{"call":"Info"}`); err != nil {
				return
			}
		}
	}()
	c := dial(t, path)
	failed := make(chan error, 1)
	go func() { // ends with the server
		_, err := c.Jobs(t.Context(), JobsRequest{})
		failed <- err
	}()
	<-waiting
	s.Close()
	var e *Error
	if err := <-failed; !errors.As(err, &e) || e.Code != CodeNoManager {
		t.Errorf("the client says %v", err)
	}
	if _, err := silent.ReadByte(); err == nil {
		t.Error("a silent client was not let go")
	}
	if _, err := Dial(path); !errors.As(err, &e) || e.Code != CodeNoManager || e.Hint == "" {
		t.Errorf("nobody is there: %#v", err)
	}
	waitFor(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

// TestLastReply: the reply to the call that ends the server is still delivered.
func TestLastReply(t *testing.T) {
	for range 50 {
		path := filepath.Join(t.TempDir(), "control.sock")
		l, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		ending := make(chan bool, 1)
		s := Serve(l, &fake{units: func(UnitsRequest) ([]Unit, error) {
			ending <- true
			return []Unit{{Unit: "last.service"}}, nil
		}})
		ended := make(chan bool)
		go func() { // ends with the server
			<-ending
			s.Close()
			close(ended)
		}()
		got, err := dial(t, path).Units(t.Context(), UnitsRequest{})
		if err != nil || len(got) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		<-ended
	}
}

// TestManyClients: a hundred at once, each with its own question.
func TestManyClients(t *testing.T) {
	path := serveFake(t, &fake{units: func(r UnitsRequest) ([]Unit, error) { return []Unit{{Unit: r.Patterns[0]}}, nil }})
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			c, err := Dial(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.Close() }()
			for n := range 20 {
				name := fmt.Sprintf("%d-%d.service", i, n)
				got, err := c.Units(t.Context(), UnitsRequest{Patterns: []string{name}})
				if err != nil || len(got) != 1 || got[0].Unit != name {
					t.Errorf("%s: %+v, %v", name, got, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// TestManyBrokenClients: they come, say half of something and leave.
func TestManyBrokenClients(t *testing.T) {
	path := serveFake(t, &fake{})
	for i := range 300 {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte(`{"call":"Info"}`)[:i%16])
		_ = c.Close()
	}
	if _, err := dial(t, path).Info(t.Context(), Nothing{}); err != nil {
		t.Error(err)
	}
}

func TestListen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "er", "control.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "another manager answers there") {
		t.Errorf("a second manager: %v", err)
	}
	if _, err := Listen(filepath.Join(dir, strings.Repeat("x", 200))); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a long path: %v", err)
	}
	// What is no socket stays.
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil {
		t.Error("a file was replaced")
	}
	if text, _ := os.ReadFile(file); string(text) != "precious" {
		t.Error("a file was overwritten")
	}
}

// TestStaleSocket: one that a dead manager left behind is replaced.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	_ = old.Close()
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

const childPath = "CONTROL_TEST_PATH"

// TestOtherUser: another user is refused, with the reason, whatever the mode of
// the socket. The test runs itself again as nobody.
func TestOtherUser(t *testing.T) {
	if path := os.Getenv(childPath); path != "" {
		c, err := Dial(path)
		if err == nil {
			_, err = c.Info(context.Background(), Nothing{})
		}
		var e *Error
		if errors.As(err, &e) {
			fmt.Printf("child: %s: %s; %s\n", e.Code, e.Text, e.Hint)
		} else {
			fmt.Printf("child: %v\n", err)
		}
		os.Exit(0) // without the summary of the test
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can ask as somebody else")
	}
	path := serveFake(t, &fake{})
	ask := func() string {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestOtherUser$")
		cmd.Env = append(os.Environ(), childPath+"="+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	for dir := filepath.Dir(path); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(); !strings.Contains(got, "child: permission: access to ") {
		t.Errorf("by the mode of the socket: %s", got)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != "child: permission: access denied to user 65534; only root and the manager's own user may\n" {
		t.Errorf("by its credentials: %s", got)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"call":"Info"}`, `{"call":"Units","args":{"Patterns":["a"]}}`, "{", ""} {
		f.Add([]byte(s))
	}
	s := &Server{manager: &fake{
		jobs:  func(context.Context, JobsRequest) ([]JobReply, error) { return nil, nil },
		units: func(UnitsRequest) ([]Unit, error) { return nil, nil },
	}}
	harmless := map[string]bool{"Info": true, "Units": true, "Jobs": true}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r request
		if json.Unmarshal(text, &r) == nil && calls[r.Call] != nil && !harmless[r.Call] {
			return // the fake does not have it
		}
		if _, err := json.Marshal(s.answer(t.Context(), line{text: text})); err != nil {
			t.Error(err)
		}
	})
}
