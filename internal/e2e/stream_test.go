package e2e

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Where the standard streams of services go, systemd.exec(5).

// streams are what a service with a connection says of itself: what the client
// gets, what is in which file, what is in the log. Every service writes "out" and
// "err"; the file old holds "old text, which is long" before.
var streams = []struct {
	name, lines  string
	client, file string
	log          []string
}{
	{"socket by default", "StandardInput=socket", "out\nerr\n", "", nil},
	{"errors to the journal", "StandardInput=socket\nStandardError=journal", "out\n", "", []string{"err"}},
	{"both to the journal", "StandardInput=socket\nStandardOutput=journal", "", "", []string{"out", "err"}},
	{"null", "StandardInput=socket\nStandardOutput=null\nStandardError=null", "", "", nil},
	{"errors to nothing", "StandardInput=socket\nStandardError=null", "out\n", "", nil},
	{"inherit", "StandardInput=socket\nStandardOutput=inherit\nStandardError=inherit", "out\nerr\n", "", nil},
	{"output alone to the socket", "StandardOutput=socket\nStandardError=journal", "out\n", "", []string{"err"}},
	{"file", "StandardInput=socket\nStandardOutput=file:{dir}/old\nStandardError=null", "", "out\ntext, which is long", nil},
	{"file for both", "StandardInput=socket\nStandardOutput=file:{dir}/old\nStandardError=file:{dir}/old", "", "out\nerr\n, which is long", nil},
	{"append", "StandardInput=socket\nStandardOutput=append:{dir}/old\nStandardError=append:{dir}/old", "", "old text, which is longout\nerr\n", nil},
	{"truncate", "StandardInput=socket\nStandardOutput=truncate:{dir}/old\nStandardError=inherit", "", "out\nerr\n", nil},
	{"connection as a descriptor", "StandardOutput=fd:connection\nStandardError=null", "out\n", "", nil},
	{"journal without input", "StandardOutput=journal\nStandardError=null", "", "", []string{"out"}},
}

func TestStreamsOfConnections(t *testing.T) {
	t.Parallel()
	for _, c := range streams {
		t.Run(c.name, func(t *testing.T) {
			m := setup{files: map[string]string{
				"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\n",
				"x@.service": "[Service]\nExecStart=/bin/sh -c 'echo out; echo err >&2'\n" + c.lines + "\n",
			}, units: []string{"x.socket"}}.start(t)
			m.write("../old", "old text, which is long")
			if got := ask(t, m.address("x.socket"), ""); got != c.client {
				t.Errorf("the client got %q, want %q", got, c.client)
			}
			m.empty("x.socket")
			if c.file == "" {
				c.file = "old text, which is long"
			}
			if got := m.read("old"); got != c.file {
				t.Errorf("the file has %q, want %q", got, c.file)
			}
			for _, text := range []string{"out", "err"} {
				want := 0
				for _, l := range c.log {
					if l == text {
						want = 1
						m.says("service[", "]: "+text+"\n")
					}
				}
				if got := m.lines("service[", "]: "+text+"\n"); got != want {
					t.Errorf("%d lines with %q in the log, want %d", got, text, want)
				}
			}
		})
	}
}

// TestNamedDescriptor: a service whose output is one of the sockets by its name.
func TestNamedDescriptor(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"in.socket":   "[Socket]\nListenFIFO={dir}/in\nFileDescriptorName=in\nService=x.service\n",
		"out.socket":  "[Socket]\nListenFIFO={dir}/out\nFileDescriptorName=out\nService=x.service\n",
		"x.service":   "[Service]\nStandardInput=fd:in\nStandardOutput=fd:out\nStandardError=null\nExecStart=/bin/sh -c 'read line; echo \"$$line, too\"; exec sleep 100'\n",
		"bad.socket":  "[Socket]\nListenFIFO={dir}/bad\nTriggerLimitBurst=1\nTriggerLimitIntervalSec=1h\n",
		"bad.service": "[Service]\nStandardOutput=fd:no-such-name\nExecStart=/bin/true\n",
	}), "in.socket", "out.socket", "bad.socket", "echo.socket")
	if err := os.WriteFile(filepath.Join(m.dir, "in"), []byte("hello\n"), 0); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(m.dir, "out"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 100)
	n, err := f.Read(buf)
	if got := string(buf[:n]); got != "hello, too\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(m.dir, "bad"), []byte("hello\n"), 0); err != nil {
		t.Fatal(err)
	}
	m.says("bad.service: {units}/bad.service:3: ", "no-such-name", "FileDescriptorName=")
	m.works()
}

// TestOutputOfServices: without a socket output goes to the journal.
func TestOutputOfServices(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'cat; echo out; echo err >&2'\n",
		"d.service": "[Service]\nType=oneshot\nStandardInput=data\nStandardInputText=one\\ntwo %n\nStandardOutput=file:{dir}/d\nExecStart=/bin/cat\n",
		"f.service": "[Service]\nType=oneshot\nStandardInput=file:{units}/x.service\nStandardOutput=truncate:{dir}/f\nExecStart=/bin/cat\n",
	}, "x.service", "d.service", "f.service")
	m.says("x.service[", "]: out\n")
	m.says("x.service[", "]: err\n")
	m.eventually("the files", func() bool { return m.read("f") != "" && m.read("d") != "" })
	if got := m.read("d"); got != "one\ntwo d.service\n" {
		t.Errorf("data: %q", got)
	}
	if got := m.read("f"); !strings.HasPrefix(got, "[Service]\nType=oneshot") {
		t.Errorf("file: %q", got)
	}
	for property, want := range map[string]string{"StandardOutput": "journal", "StandardError": "inherit", "StandardInput": "null"} {
		if got := m.show("x.service", property); got != want {
			t.Errorf("%s=%s, want %s", property, got, want)
		}
	}
}

// TestInstance: what status tells of an instance while it lives.
func TestInstance(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.socket":   "[Unit]\nDescription=Front door\n[Socket]\nListenStream={address}\nAccept=yes\n",
		"x@.service": "[Unit]\nDescription=Guest\n[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}, "x.socket")
	c := dial(t, m.address("x.socket"))
	m.is("x.socket", "NConnections", "1")
	unit := "x@0-" + m.address("x.socket") + "-" + c.LocalAddr().String() + ".service"
	for property, want := range map[string]string{
		"Id": unit, "ActiveState": "active", "SubState": "running", "Description": "Guest (" + c.LocalAddr().String() + ")",
		"TriggeredBy": "x.socket", "Result": "success", "LoadState": "loaded",
	} {
		m.is(unit, property, want)
	}
	out, code := m.ctl("status", unit)
	for _, want := range []string{
		`(?m)^● ` + regexp.QuoteMeta(unit) + ` - Guest \(` + regexp.QuoteMeta(c.LocalAddr().String()) + `\)$`,
		`Active: active \(running\) since .*ago`, `TriggeredBy: ● x.socket`, `Main PID: \d+ \(.*cat\)`, `Tasks: 1`, `Memory: \d`,
		regexp.QuoteMeta(c.LocalAddr().String()), `/bin/cat`,
	} {
		if !regexp.MustCompile(want).MatchString(out) || code != 0 {
			t.Errorf("status (%d) does not have %s:\n%s", code, want, out)
		}
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	m.must("stop", unit)
	rest, err := io.ReadAll(c)
	if string(rest) != "hello" && len(rest) != 0 || err != nil {
		t.Errorf("after stop: %q, %v", rest, err)
	}
	m.empty("x.socket")
	if out, code := m.ctl("is-active", unit); code != 3 || out != "inactive\n" {
		t.Errorf("is-active: %d %s", code, out)
	}
}
