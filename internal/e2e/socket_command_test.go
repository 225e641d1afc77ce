package e2e

import (
	"net"
	"strings"
	"testing"
)

// The commands of socket units, and settings that reach what they hand over.

// TestSocketCommands: the commands have the settings of their section, and those
// after the opening are given the sockets if that is asked for.
func TestSocketCommands(t *testing.T) {
	t.Parallel()
	needRoot(t)
	const say = `/bin/sh -c 'echo "$0 $(id -un) $A $(umask) $LISTEN_FDS $LISTEN_FDNAMES $([ "$LISTEN_PID" = $$$$ ] && echo mine)" >>{dir}/notes' `
	want := map[string]string{
		"yes": "pre root b 0077\npost daemon b 0077 1 door mine\nstop-pre daemon b 0077 1 door mine\nstop-post daemon b 0077\n",
		"no":  "pre root b 0077\npost daemon b 0077\nstop-pre daemon b 0077\nstop-post daemon b 0077\n",
	}
	for pass, want := range want {
		t.Run(pass, func(t *testing.T) {
			m := start(t, map[string]string{
				"idle.target": "[Unit]\n",
				"x.socket": "[Socket]\nListenStream={address}\nFileDescriptorName=door\nPassFileDescriptorsToExec=" + pass + "\n" +
					"User=daemon\nUMask=0077\nEnvironment=A=b\nExecStartPre=+/bin/chmod 0777 {dir}\n" +
					"ExecStartPre=+/bin/sh -c 'echo >{dir}/notes; chmod 0666 {dir}/notes'\nExecStartPre=+" + say + "pre\n" +
					"ExecStartPost=" + say + "post\nExecStopPre=" + say + "stop-pre\nExecStopPost=" + say + "stop-post\n",
				"x.service": "[Service]\nExecStart={helper} hold\n",
			}, "idle.target")
			m.must("start", "x.socket")
			m.must("stop", "x.socket")
			var got strings.Builder
			for line := range strings.Lines(strings.TrimPrefix(m.read("notes"), "\n")) {
				got.WriteString(strings.TrimRight(line, " \n") + "\n")
			}
			if got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

// TestSourceOfUnixClients: on a unix socket the source that MaxConnectionsPerSource=
// counts is the user.
func TestSourceOfUnixClients(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={dir}/s\nAccept=yes\nMaxConnectionsPerSource=1\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	c, err := net.Dial("unix", m.address("x.socket"))
	if err != nil {
		t.Fatal(err)
	}
	m.is("x.socket", "NConnections", "1")
	eof(t, m.address("x.socket"))
	m.is("x.socket", "NRefused", "1")
	c.Close()
	m.empty("x.socket")
	if got := ask(t, m.address("x.socket"), "hello"); got != "hello" {
		t.Errorf("after the first has left: %q", got)
	}
}

// TestNonBlocking: the mode of the descriptors that are passed, and no other.
func TestNonBlocking(t *testing.T) {
	t.Parallel()
	for _, nonblocking := range []string{"yes", "no"} {
		m := start(t, map[string]string{
			"x.socket":  "[Socket]\nListenDatagram={address}\n",
			"x.service": "[Service]\nNonBlocking=" + nonblocking + "\nExecStart={helper} take {dir}/out 1\n",
		}, "x.socket")
		sendTo("udp")(t, m)
		m.eventually("the note", func() bool { return strings.Contains(m.read("out"), "got") })
		if got := m.read("out"); strings.Contains(got, " nonblocking") != (nonblocking == "yes") {
			t.Errorf("NonBlocking=%s: %q", nonblocking, got)
		}
	}
}
