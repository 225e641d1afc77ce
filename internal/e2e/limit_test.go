package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Too much of everything: limits on triggers, on connections, on what is kept.

// TestIgnoringService: a service that ends without looking at its socket is started
// again and again, until the trigger limit pauses the socket. Once it is mended it
// answers who has waited all the time.
func TestIgnoringService(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]string{
		"trigger": "TriggerLimitIntervalSec=400ms\nTriggerLimitBurst=5\nPollLimitIntervalSec=0\n",
		"poll":    "TriggerLimitIntervalSec=0\nPollLimitIntervalSec=400ms\nPollLimitBurst=5\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, with(map[string]string{
				"x.socket": "[Socket]\nListenStream={address}\n" + limits,
				"x.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\n" +
					"ExecStart=/bin/sh -c 'echo >>{dir}/starts; [ ! -e {dir}/mended ] || exec {helper} take {dir}/out 1'\n",
			}), "echo.socket", "x.socket")
			before := m.holds()
			c := dial(t, m.address("x.socket"))
			if _, err := io.WriteString(c, "hello\n"); err != nil {
				t.Fatal(err)
			}
			m.says("x.socket", " limit hit: 5 in 400ms", "paused for")
			m.works()
			m.says("x.socket: Listening again.")
			m.eventually("it is paused again", func() bool { return m.lines("x.socket", "limit hit") >= 2 })
			if got := m.show("x.socket", "ActiveState"); got != "active" {
				t.Errorf("the socket is %s", got)
			}
			if n := strings.Count(m.read("starts"), "\n"); n > 5*m.lines("x.socket", "Listening again")+5 {
				t.Errorf("%d starts", n)
			}
			m.write("../mended", "")
			buf := make([]byte, 100)
			n, err := c.Read(buf)
			if err != nil || string(buf[:n]) != "HELLO\n" {
				t.Errorf("got %q, %v", buf[:n], err)
			}
			m.is("x.socket", "SubState", "listening")
			m.settles(before)
		})
	}
}

// TestStartLimit: a service that fails until its start limit pauses its socket, too.
func TestStartLimit(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":  "[Socket]\nListenStream={address}\n",
		"x.service": "[Unit]\nStartLimitIntervalSec=1s\nStartLimitBurst=3\n[Service]\nExecStart=/bin/sh -c '[ -e {dir}/mended ] && exec {helper} take {dir}/out 1; exit 1'\n",
	}), "echo.socket", "x.socket")
	c := dial(t, m.address("x.socket"))
	if _, err := io.WriteString(c, "hello\n"); err != nil {
		t.Fatal(err)
	}
	m.says("x.service: Start request repeated too quickly.")
	m.says("x.socket: x.service hit its start limit; paused for")
	m.works()
	m.write("../mended", "")
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err != nil || string(buf[:n]) != "HELLO\n" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
}

// TestTriggerFlood: three times as many connections as the limit allows; the socket
// pauses, and every client is answered in the end.
func TestTriggerFlood(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nTriggerLimitIntervalSec=500ms\nTriggerLimitBurst=100\nPollLimitIntervalSec=0\nMaxConnections=500\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	before := m.holds()
	address := m.address("x.socket")
	var all sync.WaitGroup
	errs := make(chan error, 300)
	for i := range 300 {
		all.Go(func() {
			c, err := net.DialTimeout("tcp", address, patience)
			if err != nil {
				errs <- err
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = fmt.Fprintf(c, "I am %d", i)
			_ = c.(*net.TCPConn).CloseWrite()
			got, err := io.ReadAll(c)
			if err != nil || string(got) != fmt.Sprintf("I am %d", i) {
				errs <- fmt.Errorf("client %d got %q, %v", i, got, err)
			}
		})
	}
	m.says("x.socket: Trigger limit hit: 100 in 500ms", "paused for", "connections wait in the backlog")
	m.works()
	all.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	m.is("x.socket", "NAccepted", "300")
	m.is("x.socket", "NRefused", "0")
	m.is("x.socket", "ActiveState", "active")
	m.settles(before)
}

// TestTriggerLimitFail: [X-Wakesock] can ask for systemd's way.
func TestTriggerLimitFail(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nTriggerLimitIntervalSec=1min\nTriggerLimitBurst=3\n[X-Wakesock]\nTriggerLimitAction=fail\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	address := m.address("x.socket")
	for i := range 3 {
		if got := ask(t, address, "hello"); got != "hello" {
			t.Errorf("%d: got %q", i, got)
		}
	}
	if c, err := net.Dial("tcp", address); err == nil { // one too many
		defer c.Close()
	}
	m.is("x.socket", "Result", "trigger-limit-hit")
	m.is("x.socket", "ActiveState", "failed")
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it still listens")
	}
	m.must("reset-failed", "x.socket")
	m.must("start", "x.socket")
	if got := ask(t, m.address("x.socket"), "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestMaxConnections(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nMaxConnections=3\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	before := m.holds()
	address := m.address("x.socket")
	var held []net.Conn
	for range 3 {
		held = append(held, dial(t, address))
	}
	m.is("x.socket", "NConnections", "3")
	for range 4 {
		eof(t, address)
	}
	m.says("x.socket: Too many incoming connections (MaxConnections=3); dropping the connection of 127.0.0.1:")
	if r := m.socket("x.socket"); r.Refused != 4 || r.Accepted != 3 || r.Active != 3 {
		t.Errorf("%+v", r)
	}
	m.is("x.socket", "NRefused", "4")
	m.works()
	held[1].Close()
	m.is("x.socket", "NConnections", "2")
	if got := ask(t, address, "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	for _, c := range held {
		c.Close()
	}
	m.empty("x.socket")
	m.settles(before)
}

func TestMaxConnectionsPerSource(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={port}\nAccept=yes\nMaxConnectionsPerSource=2\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	_, port, err := net.SplitHostPort(m.address("x.socket"))
	if err != nil {
		t.Fatal(err)
	}
	from := func(source string) net.Conn {
		t.Helper()
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}).Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(patience))
		return c
	}
	talk := func(c net.Conn) string {
		_, _ = io.WriteString(c, "hello")
		buf := make([]byte, 10)
		n, _ := c.Read(buf)
		return string(buf[:n])
	}
	a, b := from("127.0.0.1"), from("127.0.0.1")
	if talk(a) != "hello" || talk(b) != "hello" {
		t.Error("the first two of a source are not served")
	}
	if got := talk(from("127.0.0.1")); got != "" {
		t.Errorf("the third is served: %q", got)
	}
	if got := talk(from("127.0.0.2")); got != "hello" {
		t.Errorf("another source is not served: %q", got)
	}
	m.says("x.socket", "one source", "MaxConnectionsPerSource=2", "127.0.0.1")
	m.is("x.socket", "NRefused", "1")
	a.Close()
	m.is("x.socket", "NConnections", "2")
	if got := talk(from("127.0.0.1")); got != "hello" {
		t.Errorf("after one has left: %q", got)
	}
}

// TestFailedInstances: they stay to be looked at, 64 of a socket at most, unless
// CollectMode= says otherwise.
func TestFailedInstances(t *testing.T) {
	t.Parallel()
	const limits = "TriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n"
	m := start(t, with(map[string]string{
		"keep.socket":      "[Socket]\nListenStream={address}\nAccept=yes\n" + limits,
		"keep@.service":    "[Service]\nExecStart=/bin/false\nStandardInput=socket\n",
		"collect.socket":   "[Socket]\nListenStream={address}\nAccept=yes\n" + limits,
		"collect@.service": "[Unit]\nCollectMode=inactive-or-failed\n[Service]\nExecStart=/bin/false\nStandardInput=socket\n",
		"minus.socket":     "[Socket]\nListenStream={address}\nAccept=yes\n" + limits,
		"minus@.service":   "[Service]\nExecStart=-/bin/false\nStandardInput=socket\n",
	}), "echo.socket", "keep.socket", "collect.socket", "minus.socket")
	before := m.holds()
	failed := func(socket string) []string {
		return strings.Fields(m.must("list-units", "--failed", "--plain", "--no-legend", socket+"@*"))
	}
	for range 5 {
		ask(t, m.address("collect.socket"), "")
		ask(t, m.address("minus.socket"), "")
	}
	address := m.address("keep.socket")
	for i := range 100 {
		if c, err := net.Dial("tcp", address); err != nil {
			t.Fatal(i, err)
		} else {
			_, _ = io.ReadAll(c)
			c.Close()
		}
		if i == 9 {
			m.is("keep.socket", "NConnections", "0")
			if n := m.must("list-units", "--failed", "--plain", "--no-legend", "keep@*"); strings.Count(n, "\n") != 10 {
				t.Errorf("after 10 failures:\n%s", n)
			}
		}
	}
	m.is("keep.socket", "NAccepted", "100")
	m.is("keep.socket", "NConnections", "0")
	out := m.must("list-units", "--failed", "--plain", "--no-legend")
	if n := strings.Count(out, "\n"); n != 64 {
		t.Errorf("%d failed units:\n%s", n, out)
	}
	if strings.Contains(out, "keep@3-") || strings.Contains(out, "keep@20-") || !strings.Contains(out, "keep@99-") {
		t.Errorf("the oldest should be forgotten first:\n%s", out)
	}
	for _, s := range []string{"collect", "minus"} {
		if f := failed(s); len(f) != 0 {
			t.Errorf("%s: %q", s, f)
		}
	}
	m.must("reset-failed", "keep@99-*")
	m.must("reset-failed")
	if out := m.must("list-units", "--all", "--plain", "--no-legend", "keep@*"); out != "" {
		t.Errorf("after reset-failed:\n%s", out)
	}
	m.settles(before)
}

// TestNumbering: the counter of instances goes on after a restart of the socket, and
// connections of before are not disturbed by it.
func TestNumbering(t *testing.T) {
	t.Parallel()
	m := start(t, with(nil), "echo.socket")
	address := m.address("echo.socket")
	c := dial(t, address)
	m.is("echo.socket", "NConnections", "1")
	m.must("restart", "echo.socket")
	if got := ask(t, address, "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	if _, err := io.WriteString(c, "still here"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 20)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "still here" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	m.is("echo.socket", "NAccepted", "2")
	m.quit(syscall.SIGTERM)
}
