package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The test binary is its own demo-service, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "demo-service" {
		os.Exit(Service(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// inetd is just enough of a manager for the demo's units: it listens where each
// socket unit says and starts the command of its service on every connection.
func inetd(started chan<- Paths) func(context.Context, Paths, []string, func()) error {
	value := func(dir, file, key string) (string, error) {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		found := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindSubmatch(text)
		if found == nil {
			return "", fmt.Errorf("%s has no %s=", file, key)
		}
		return string(found[1]), nil
	}
	return func(ctx context.Context, at Paths, units []string, ready func()) error {
		var all sync.WaitGroup
		defer all.Wait()
		for _, unit := range units {
			address, err := value(at.Units, unit, "ListenStream")
			if err != nil {
				return err
			}
			command, err := value(at.Units, strings.TrimSuffix(unit, ".socket")+"@.service", "ExecStart")
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", address)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrListen, err)
			}
			context.AfterFunc(ctx, func() { l.Close() })
			all.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					all.Go(func() {
						defer c.Close()
						f, err := c.(*net.TCPConn).File()
						if err != nil {
							return
						}
						defer f.Close()
						// The shell reads the quoting of these units as the manager does.
						cmd := exec.Command("sh", "-c", "exec "+command)
						cmd.Stdin, cmd.Stdout = f, f
						_ = cmd.Run()
					})
				}
			})
		}
		ready()
		started <- at
		<-ctx.Done()
		return nil
	}
}

// A demo under test: what it says, and where.
type running struct {
	at    Paths
	ports [3]string
	said  func() string
	end   func() error
}

func start(t *testing.T, o Options) *running {
	t.Helper()
	var mu sync.Mutex
	var out bytes.Buffer
	o.Binary = os.Args[0]
	o.Out = writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(p)
	})
	started, ended := make(chan Paths, 1), make(chan error, 1)
	manage := inetd(started)
	if o.Manager != nil {
		// What the test has in mind comes first.
		before := o.Manager
		o.Manager = func(ctx context.Context, at Paths, units []string, ready func()) error {
			if err := before(ctx, at, units, ready); err != nil {
				return err
			}
			return manage(ctx, at, units, ready)
		}
	} else {
		o.Manager = manage
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- Run(ctx, o) }()
	r := &running{}
	r.said = func() string { mu.Lock(); defer mu.Unlock(); return out.String() }
	end := sync.OnceValue(func() error { cancel(); return <-ended })
	r.end = end
	t.Cleanup(func() { _ = end() })
	select {
	case r.at = <-started:
	case err := <-ended:
		t.Fatalf("the demo ended: %v", err)
	}
	for i, m := range regexp.MustCompile(`TCP:\S+:(\d+)\n`).FindAllStringSubmatch(r.said(), -1) {
		r.ports[i] = m[1]
	}
	return r
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// send connects, sends, half-closes and returns the answer.
func send(t *testing.T, port string, body []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(body); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// eventually waits for what another process or goroutine is about to do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

func TestRun(t *testing.T) {
	d := start(t, Options{})
	if got := send(t, d.ports[0], []byte("hello computer\n")); got != "HELLO COMPUTER\r\n" {
		t.Errorf("echo answers %q", got)
	}
	body := random(1 << 20)
	if got := send(t, d.ports[1], body); !strings.HasPrefix(got, "OK file-") || !strings.HasSuffix(got, " 1048576\r\n") {
		t.Errorf("the file receiver answers %q", got)
	}
	picture := send(t, d.ports[2], sample)
	if !regexp.MustCompile(`^OK \d{4}(_\d\d){5}\.\d{3}-1\.jpg ` + fmt.Sprint(len(sample)) + "\r\n$").MatchString(picture) {
		t.Errorf("the picture receiver answers %q", picture)
	}
	if got := send(t, d.ports[2], []byte("no picture")); got != "ERROR receive after 0 bytes: not a JPEG picture\r\n" {
		t.Errorf("the picture receiver answers %q", got)
	}
	if got := send(t, d.ports[2], nil); got != "ERROR nothing was sent\r\n" {
		t.Errorf("the picture receiver answers nothing with %q", got)
	}
	name := strings.Fields(picture)[1]
	eventually(t, "the demo tells of the picture", func() bool { return strings.Contains(d.said(), "stored "+name) })
	if err := d.end(); err != nil {
		t.Errorf("ending the demo: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(d.at.Units)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the demo is still there: %v", err)
	}
}

func TestRunBesideATakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	store := t.TempDir()
	d := start(t, Options{Ports: [3]int{taken, taken, taken}, Store: store})
	if !strings.Contains(d.said(), fmt.Sprintf("port %d is taken, echo uses ", taken)) {
		t.Errorf("the demo does not say that the port is taken:\n%s", d.said())
	}
	if d.ports[0] == d.ports[1] || d.ports[1] == d.ports[2] || d.ports[0] == fmt.Sprint(taken) {
		t.Errorf("ports %q", d.ports)
	}
	send(t, d.ports[2], sample)
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	if names := listing(t, store); len(names) != 1 {
		t.Errorf("a store of the user's own is kept; it has %q", names)
	}
}

// Only the service whose port is taken moves, and not to where another would be.
func TestPickPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	wish := [3]int{taken, taken + 1, taken + 2}
	ports, err := pickPorts("127.0.0.1", wish)
	if err != nil {
		t.Fatal(err)
	}
	if ports[0] <= wish[2] {
		t.Errorf("wishes are %v, ports are %v", wish, ports)
	}
}

// A port that was free is taken before the manager listens.
func TestRunWhenAPortIsTakenMeanwhile(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wish := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var taker net.Listener
	d := start(t, Options{Ports: [3]int{wish, 0, 0}, Manager: func(context.Context, Paths, []string, func()) (err error) {
		if taker == nil {
			taker, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", wish))
		}
		return err
	}})
	if taker == nil {
		t.Fatal("the port was not taken")
	}
	defer taker.Close()
	if said := d.said(); strings.Count(said, "In another terminal") != 1 || !strings.Contains(said, fmt.Sprintf("port %d is taken, echo uses %s\n", wish, d.ports[0])) {
		t.Errorf("the demo says:\n%s", said)
	}
	if got := send(t, d.ports[0], []byte("hello computer\n")); got != "HELLO COMPUTER\r\n" {
		t.Errorf("echo answers %q", got)
	}
}

// A manager that never listens is not tried for ever, and a port that no other
// port would help is not replaced.
func TestRunNowhere(t *testing.T) {
	tries := 0
	err := Run(context.Background(), Options{Out: io.Discard, Manager: func(context.Context, Paths, []string, func()) error {
		tries++
		return ErrListen
	}})
	if !errors.Is(err, ErrListen) || tries != attempts {
		t.Errorf("after %d tries Run returns %v", tries, err)
	}
	err = Run(context.Background(), Options{Out: io.Discard, Host: "192.0.2.1"})
	if !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("on an address that is not here Run returns %v", err)
	}
}

func TestRunWhenTheManagerFails(t *testing.T) {
	broken := errors.New("no manager today")
	var at Paths
	err := Run(context.Background(), Options{Out: io.Discard, Ports: [3]int{0, 0, 1 << 14}, Manager: func(_ context.Context, p Paths, _ []string, _ func()) error {
		at = p
		return broken
	}})
	if !errors.Is(err, broken) {
		t.Errorf("Run returns %v", err)
	}
	if _, err := os.Stat(filepath.Dir(at.Units)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the demo is still there: %v", err)
	}
}

// A sender that is killed in the middle of a picture, or resets the connection
// in the middle of a file, leaves nothing under a final name.
func TestKilledSender(t *testing.T) {
	store := t.TempDir()
	d := start(t, Options{Store: store})
	half := func(port string, body []byte) *net.TCPConn {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(body); err != nil {
			t.Fatal(err)
		}
		eventually(t, "half of it has arrived", func() bool { return len(listing(t, store)) == 1 })
		if name := listing(t, store)[0]; !strings.HasPrefix(name, partial) {
			t.Errorf("%q shows before all of it has come", name)
		}
		return c.(*net.TCPConn)
	}
	c := half(d.ports[2], sample[:len(sample)/2])
	c.Close()
	eventually(t, "the half picture is gone", func() bool { return len(listing(t, store)) == 0 })
	c = half(d.ports[1], []byte("half a file"))
	_ = c.SetLinger(0)
	c.Close()
	eventually(t, "the half file is gone", func() bool { return len(listing(t, store)) == 0 })
}

func TestService(t *testing.T) {
	for _, args := range [][]string{nil, {"tea"}, {"echo", "x"}, {"file"}, {"picture"}, {"file", "a", "b"}} {
		var log bytes.Buffer
		if got := Service(args, strings.NewReader(""), io.Discard, &log); got != 2 || !strings.HasPrefix(log.String(), "usage:") {
			t.Errorf("Service(%q) = %d, %q", args, got, log.String())
		}
	}
	var log bytes.Buffer
	if got := Service([]string{"picture", t.TempDir()}, strings.NewReader("tea"), io.Discard, &log); got != 1 {
		t.Errorf("a refused picture gives %d, %q", got, log.String())
	}
	log.Reset()
	if got := Service([]string{"file", t.TempDir()}, strings.NewReader(""), io.Discard, &log); got != 0 || log.Len() != 0 {
		t.Errorf("a knock without words gives %d, %q", got, log.String())
	}
}
