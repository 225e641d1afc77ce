package e2e

import (
	"net"
	"testing"
)

// TestOpenFile: files come after the sockets, as they were asked for; one that cannot
// be opened is an error, unless it may be missing.
func TestOpenFile(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"text":        "some text\n",
		"old":         "old\n",
		"x.socket":    "[Socket]\nListenStream={dir}/x.sock\n",
		"x.service": "[Service]\nType=oneshot\nOpenFile={units}/text::read-only\nOpenFile={units}/missing:gone:graceful\nOpenFile={units}/old:log:append\n" +
			"OpenFile={dir}/peer.sock:peer\nExecStart=/bin/sh -c 'echo $$LISTEN_FDS $$LISTEN_FDNAMES >{dir}/got; cat <&4 >>{dir}/got; echo new >&5; echo hello >&6; echo refused >&4 || echo no >>{dir}/got'\n",
		"bad.service": "[Service]\nType=oneshot\nOpenFile={units}/missing\nExecStart=/bin/true\n",
		"in.socket":   "[Socket]\nListenStream={dir}/in.sock\nAccept=yes\n",
		"in@.service": "[Service]\nStandardInput=socket\nOpenFile={units}/text:t:read-only\nExecStart=/bin/sh -c 'cat <&3'\n",
	}, "idle.target")
	peer, err := net.Listen("unix", m.dir+"/peer.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	m.must("start", "x.socket", "in.socket")
	before := m.holds()
	m.must("start", "x.service")
	if got, want := m.read("got"), "4 x.socket:text:log:peer\nsome text\nno\n"; got != want {
		t.Errorf("handed over: %q", got)
	}
	if got := m.read("units/old"); got != "old\nnew\n" {
		t.Errorf("appended: %q", got)
	}
	c, err := peer.Accept()
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 6)
	if _, err := c.Read(text); err != nil || string(text) != "hello\n" {
		t.Errorf("the peer reads %q, %v", text, err)
	}
	c.Close()
	if out, code := m.ctl("start", "bad.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.is("bad.service", "Result", "resources")
	m.says("bad.service: {units}/bad.service:", "{units}/bad.service:3: open {units}/missing: no such file or directory")
	in, err := net.Dial("unix", m.dir+"/in.sock")
	if err != nil {
		t.Fatal(err)
	}
	text = make([]byte, 64)
	if n, err := in.Read(text); string(text[:n]) != "some text\n" {
		t.Errorf("an instance answers %q, %v", text[:n], err)
	}
	in.Close()
	m.settles(before)
}
