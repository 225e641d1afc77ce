package e2e

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Clients that do not behave. Whatever they do, no process, no descriptor and no
// instance stays behind, and others are served meanwhile.

// crowd is a socket unit for many, and one that counts its instances.
var crowd = with(map[string]string{
	"crowd.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nBacklog=4096\nMaxConnections=2000\nTriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n",
	"crowd@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
})

// empty waits until no instance is left.
func (m *manager) empty(socket string) {
	m.t.Helper()
	m.is(socket, "NConnections", "0")
	prefix, _, _ := strings.Cut(socket, ".")
	if out := m.must("list-units", "--all", "--no-legend", "--plain", prefix+"@*"); out != "" {
		m.t.Errorf("instances are left:\n%s", out)
	}
}

func TestSilentClient(t *testing.T) {
	t.Parallel()
	m := start(t, crowd, "crowd.socket", "echo.socket")
	before := m.holds()
	c := dial(t, m.address("crowd.socket"))
	m.is("crowd.socket", "NConnections", "1")
	m.works()
	c.Close() // without a word
	m.empty("crowd.socket")
	m.settles(before)
}

func TestHalfClosingClient(t *testing.T) {
	t.Parallel()
	m := start(t, crowd, "crowd.socket", "echo.socket")
	before := m.holds()
	address := m.address("crowd.socket")
	// Its sending side at once: the answer still comes.
	if got := ask(t, address, "half\n"); got != "half\n" {
		t.Errorf("got %q", got)
	}
	// Its receiving side: the service is told by SIGPIPE or an error, and goes.
	c := dial(t, address).(*net.TCPConn)
	if err := c.CloseRead(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, strings.Repeat("x", 1000)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	m.empty("crowd.socket")
	m.settles(before)
	m.works()
}

func TestResettingClient(t *testing.T) {
	t.Parallel()
	m := start(t, crowd, "crowd.socket", "echo.socket")
	before := m.holds()
	address := m.address("crowd.socket")
	for i := range 50 {
		c := dial(t, address).(*net.TCPConn)
		if i%2 == 0 {
			if _, err := io.WriteString(c, "x"); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		c.Close() // a reset, mostly before it was accepted
	}
	m.works()
	// A service that is told of the reset in the middle may fail; no matter how, it
	// is shown and then forgotten.
	m.is("crowd.socket", "NConnections", "0")
	m.must("reset-failed")
	m.empty("crowd.socket")
	m.settles(before)
}

// TestVanishingCrowd: a thousand at once who leave without waiting for an answer.
func TestVanishingCrowd(t *testing.T) {
	t.Parallel()
	m := start(t, crowd, "crowd.socket", "echo.socket")
	before := m.holds()
	address := m.address("crowd.socket")
	var all sync.WaitGroup
	leave := make(chan struct{})
	errs := make(chan error, 1000)
	var there sync.WaitGroup
	for i := range 1000 {
		there.Add(1)
		all.Go(func() {
			c, err := net.DialTimeout("tcp", address, patience)
			there.Done()
			if err != nil {
				errs <- err
				return
			}
			<-leave
			if i%3 == 0 {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
			c.Close()
		})
	}
	there.Wait()
	m.works() // while they are there
	close(leave)
	all.Wait()
	select {
	case err := <-errs:
		t.Error(err)
	default:
	}
	if !wait(func() bool { r := m.socket("crowd.socket"); return r.Accepted >= 600 && r.Active == 0 }) {
		t.Errorf("%+v", m.socket("crowd.socket"))
	}
	m.must("reset-failed")
	m.settles(before)
	m.works()
}

// TestSlowService: clients that leave while their service does not look at the
// connection leave nothing but the service, which ends by its own time.
func TestSlowService(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"slow.socket":   "[Socket]\nListenStream={address}\nAccept=yes\n",
		"slow@.service": "[Service]\nExecStart={helper} hold\nStandardInput=socket\nTimeoutStopSec=5s\n",
	}), "slow.socket", "echo.socket")
	before := m.holds()
	for range 5 {
		dial(t, m.address("slow.socket")).Close()
	}
	m.is("slow.socket", "NConnections", "5")
	m.works()
	m.must("stop", "slow@*.service")
	m.empty("slow.socket")
	m.settles(before)
}

// limited starts a manager that may have only so many descriptors.
func limited(t *testing.T, n string, files map[string]string, units ...string) *manager {
	t.Helper()
	need(t, "prlimit")
	return setup{files: files, units: units, wrap: []string{"prlimit", "--nofile=" + n + ":" + n}}.start(t)
}

// TestDescriptorsRunOut: with few descriptors and many clients who stay, the rest
// wait in the backlog; the manager says so once and answers them when it can.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	// A log stream each: a descriptor of the manager's for as long as they run.
	m := limited(t, "64", with(map[string]string{
		"crowd.socket":   crowd["crowd.socket"],
		"crowd@.service": crowd["crowd@.service"] + "StandardError=journal\n",
	}), "crowd.socket", "echo.socket")
	before := m.holds()
	address := m.address("crowd.socket")
	const n = 150
	var clients []net.Conn
	for range n {
		clients = append(clients, dial(t, address))
	}
	m.says("crowd.socket", "no file descriptor is free")
	// They are all answered in the end, as those before them leave.
	for i, c := range clients {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || string(got) != "hello\n" {
			t.Fatalf("client %d got %q, %v", i, got, err)
		}
	}
	m.is("crowd.socket", "NAccepted", "150")
	m.empty("crowd.socket")
	m.settles(before)
	m.works()
	if got := m.lines("no file descriptor is free"); got != 1 {
		t.Errorf("it says so %d times", got)
	}
}

// TestDescriptorsOfOthers: a connection that holds its descriptor in the manager
// (Restart=, ExecStopPost=) and services with logs: starting fails in words where
// no descriptor is left, and works again later.
func TestDescriptorsOfOthers(t *testing.T) {
	t.Parallel()
	m := limited(t, "64", with(map[string]string{
		"many.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nTriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n",
		"many@.service": "[Unit]\nCollectMode=inactive-or-failed\n[Service]\nExecStart=/bin/cat\nExecStopPost=/bin/true\nStandardInput=socket\nStandardError=journal\n",
	}), "many.socket", "echo.socket")
	before := m.holds()
	var clients []net.Conn
	for range 60 {
		clients = append(clients, dial(t, m.address("many.socket")))
	}
	m.says("many.socket", "descriptor")
	for _, c := range clients {
		c.Close()
	}
	// It has to be a new client, for the old ones may have been turned away.
	m.eventually("it recovers", func() bool {
		c, err := net.DialTimeout("tcp", m.address("echo.socket"), time.Second)
		if err != nil {
			return false
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, "x")
		_ = c.(*net.TCPConn).CloseWrite()
		got, _ := io.ReadAll(c)
		return string(got) == "x"
	})
	m.is("many.socket", "NConnections", "0")
	m.settles(before)
}

// TestPortScan: connections to every kind of socket that are gone before anybody
// looked do not fail it.
func TestPortScan(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"web.socket":  "[Socket]\nListenStream={address}\nTriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n",
		"web.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart={helper} take {dir}/web 1 100ms\n",
	}), "web.socket", "echo.socket")
	before := m.holds()
	for range 20 {
		c := dial(t, m.address("web.socket")).(*net.TCPConn)
		_ = c.SetLinger(0)
		c.Close()
	}
	m.works()
	m.is("web.socket", "ActiveState", "active")
	m.is("web.service", "ActiveState", "inactive")
	m.settles(before)
	if got := ask(t, m.address("web.socket"), "hello\n"); got != "HELLO\n" {
		t.Errorf("got %q", got)
	}
}
