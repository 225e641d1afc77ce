package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func needsGCC(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed")
	}
}

// The whole road, with the peer that every machine with gcc has.
func TestRun(t *testing.T) {
	needsGCC(t)
	raw := filepath.Join(t.TempDir(), "raw.json")
	var out, log bytes.Buffer
	args := []string{"-peers", "floor-1,floor-2", "-only", echoC, "-c", "1,8", "-seconds", "0.1", "-rounds", "1", "-patience", "0", "-json", raw}
	if status := run(t.Context(), args, &out, &log); status != 0 {
		t.Fatalf("status %d:\n%s", status, log.String())
	}
	for _, want := range []string{"echo-c, 1 at once", "echo-c, 8 at once", floorOne, floorTwo, "1.00×"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	if text, err := os.ReadFile(raw); err != nil || bytes.Count(text, []byte(`"Peer"`)) != 4 {
		t.Errorf("raw figures: %v\n%s", err, text)
	}
}

// A Wakesock that does not run is the one thing that makes the bench fail.
func TestRunBrokenWakesock(t *testing.T) {
	needsGCC(t)
	path, err := exec.LookPath("false")
	if err != nil {
		t.Skip(err)
	}
	var out, log bytes.Buffer
	args := []string{"-peers", wakesockName, "-wakesock", path, "-only", echoC, "-idle=false", "-patience", "0"}
	if status := run(t.Context(), args, &out, &log); status != 1 {
		t.Errorf("status %d, want 1:\n%s", status, log.String())
	}
	if !strings.Contains(out.String(), "DID NOT ANSWER PROPERLY") {
		t.Errorf("the report does not say so:\n%s", out.String())
	}
}

// A server that ends by itself is told once, and Wakesock's end is its fault.
func TestServerThatEnded(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	var log bytes.Buffer
	b, err := newBench(t.Context(), options{cache: t.TempDir()}, &log)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	dir, err := b.dir("ends")
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.spawn(dir, nil, sh, "-c", "echo no room >&2; read line; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	// Its standard input is /dev/null, so it ends at once; an answer never comes.
	why := s.awaitReply(b, 1, "x")
	if why == nil || why.Error() != "it ended: exit status 3: no room" {
		t.Errorf("reason %v", why)
	}
	for range 3 {
		b.gone("tcpserver with echo-c", tcpserverName, why)
		b.gone("wakesock with echo-c", wakesockName, why)
	}
	if len(b.result.Skipped) != 1 || len(b.result.Broken) != 1 || strings.Count(log.String(), "it ended") != 2 {
		t.Errorf("skipped %v, broken %v, log:\n%s", b.result.Skipped, b.result.Broken, log.String())
	}
}

// The client must not take a wrong answer, none, or a reset for a right one.
func TestClientCountsFailures(t *testing.T) {
	needsGCC(t)
	b, err := newBench(t.Context(), options{cache: t.TempDir()}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	client, err := b.compile("client")
	if err != nil {
		t.Fatal(err)
	}
	right := strings.ToUpper(request) + "\n"
	tests := []struct {
		name   string
		answer func(*net.TCPConn)
		bad    string
	}{
		{"right", func(c *net.TCPConn) { c.Write([]byte(right)); c.Close() }, ""},
		{"in pieces", func(c *net.TCPConn) { c.Write([]byte(right[:3])); c.Write([]byte(right[3:])); c.Close() }, ""},
		{"wrong", func(c *net.TCPConn) { c.Write([]byte(strings.ToLower(right))); c.Close() }, "wrong reply"},
		{"short", func(c *net.TCPConn) { c.Write([]byte(right[:5])); c.Close() }, "wrong reply of 5 bytes"},
		{"none", func(c *net.TCPConn) { c.Close() }, "wrong reply of 0 bytes"},
		{"more", func(c *net.TCPConn) { c.Write([]byte(right + "x")); c.Close() }, "wrong reply"},
		{"endless", func(c *net.TCPConn) { c.Write(make([]byte, 4096)); c.Close() }, "too long"},
		{"reset", func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, "reset"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			port := answering(t, test.answer)
			out, err := b.output(client, "-p", port, "-c", "4", "-s", "5", "-n", "20", "-q", request, "-e", right)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := parseClient(out)
			if err != nil || got.Connections+got.Failures != 20 {
				t.Fatalf("%+v, %v", got, err)
			}
			if test.bad == "" && got.Failures > 0 || test.bad != "" && (got.Connections > 0 || !strings.Contains(got.FirstFailure, test.bad)) {
				t.Errorf("%+v, want failure %q", got, test.bad)
			}
		})
	}
}

// answering listens until the test ends, reads a request from each connection
// and lets answer do the rest. It returns the port.
func answering(t *testing.T, answer func(*net.TCPConn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			// What is not read turns closing into a reset.
			c.Read(make([]byte, 256))
			answer(c.(*net.TCPConn))
		}
	}()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
