package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What socket units do, systemd.socket(5), one kind after the other.

// accepting are all kinds of socket with Accept=yes.
var accepting = []struct {
	name, listen, network string
	instance, remote      string // patterns
}{
	{"inet", "ListenStream={address}", "tcp", `who@0-127\.\d+\.\d+\.\d+:\d+-127\.0\.0\.1:\d+\.service`, `REMOTE_ADDR=127\.0\.0\.1\nREMOTE_PORT=\d+\n`},
	{"inet6", "ListenStream=[::1]:{port}", "tcp", `who@0-::1:\d+-::1:\d+\.service`, `REMOTE_ADDR=::1\nREMOTE_PORT=\d+\n`},
	{"port", "ListenStream={port}", "tcp", `who@0-127\.0\.0\.1:\d+-127\.0\.0\.1:\d+\.service`, `REMOTE_ADDR=127\.0\.0\.1\nREMOTE_PORT=\d+\n`},
	{"unix", "ListenStream={dir}/s", "unix", `who@0-\d+-\d+\.service`, ``},
	{"abstract", "ListenStream=@{dir}/s", "unix", `who@0-\d+-\d+\.service`, ``},
	{"seqpacket", "ListenSequentialPacket={dir}/s", "unixpacket", `who@0-\d+-\d+\.service`, ``},
}

func TestAcceptYes(t *testing.T) {
	t.Parallel()
	for _, c := range accepting {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, with(map[string]string{
				"who.socket": "[Socket]\n" + c.listen + "\nAccept=yes\n",
				"who@.service": "[Service]\nStandardInput=socket\n" +
					`ExecStart=/bin/sh -c 'head -n1; echo "$1"; env | grep ^REMOTE_ | sort; env | grep -c ^LISTEN_ || true' sh %n` + "\n",
			}), "echo.socket", "who.socket")
			before := m.holds()
			address := m.address("who.socket")
			if c.name == "port" {
				address = "127.0.0.1" + strings.TrimPrefix(address, "[::]")
			}
			conn, err := net.Dial(c.network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := io.WriteString(conn, "hello\n"); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if want := regexp.MustCompile(`^hello\n` + c.instance + `\n` + c.remote + `0\n$`); !want.Match(answer) {
				t.Errorf("got %q, want %s", answer, want)
			}
			m.is("who.socket", "NAccepted", "1")
			m.empty("who.socket")
			m.settles(before)
		})
	}
}

// passing are all kinds of socket with Accept=no: what to write to them, what the
// service is given, what comes back.
var passing = []struct {
	name, listen string
	file         string // what the service says of its descriptor
	send         func(t *testing.T, m *manager) string
	back         string
}{
	{"stream", "ListenStream={address}", "stream listening socket", sendTo("tcp"), "HELLO\n"},
	{"unix stream", "ListenStream={dir}/s", "stream listening socket", sendTo("unix"), "HELLO\n"},
	{"seqpacket", "ListenSequentialPacket={dir}/s", "seqpacket listening socket", sendTo("unixpacket"), "HELLO\n"},
	{"datagram", "ListenDatagram={address}", "datagram socket", sendTo("udp"), "HELLO\n"},
	{"unix datagram", "ListenDatagram={dir}/s", "datagram socket", sendTo("unixgram"), ""},
	{"fifo", "ListenFIFO={dir}/s", "fifo {dir}/s", func(t *testing.T, m *manager) string {
		f, err := os.OpenFile(m.address("x.socket"), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("hello\n"); err != nil {
			t.Fatal(err)
		}
		return ""
	}, ""},
	{"queue", "ListenMessageQueue=/wakesock-e2e-{pid}", "file /wakesock-e2e-{pid}", sendMessage, ""},
}

// sendTo says hello by a network and returns the answer.
func sendTo(network string) func(*testing.T, *manager) string {
	return func(t *testing.T, m *manager) string {
		c, err := net.Dial(network, m.address("x.socket"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			t.Fatal(err)
		}
		if network == "unixgram" {
			return ""
		}
		buf := make([]byte, 100)
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

// sendMessage puts a message into the queue.
func sendMessage(t *testing.T, m *manager) string {
	t.Helper()
	name, err := unix.BytePtrFromString(m.address("x.socket")[1:])
	if err != nil {
		t.Fatal(err)
	}
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(name)), unix.O_WRONLY, 0, 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Close(int(fd))
	text := []byte("hello\n")
	if _, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDSEND, fd, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)), 0, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	return ""
}

func TestAcceptNo(t *testing.T) {
	t.Parallel()
	for _, c := range passing {
		t.Run(c.name, func(t *testing.T) {
			fill := strings.NewReplacer("{pid}", fmt.Sprint(os.Getpid())).Replace
			m := start(t, with(map[string]string{
				"x.socket":  "[Socket]\n" + fill(c.listen) + "\nRemoveOnStop=yes\n",
				"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\n",
			}), "echo.socket", "x.socket")
			before := m.holds()
			if got := m.show("x.service", "ActiveState"); got != "inactive" {
				t.Errorf("the service is %s before anybody knocked", got)
			}
			want := ""
			for range 3 { // listening resumes after each
				if got := c.send(t, m); got != c.back {
					t.Errorf("got %q back, want %q", got, c.back)
				}
				want += m.fill("LISTEN_FDS=1 names=x.socket mine=true\nx.socket: " + fill(c.file) + "\nx.socket got \"hello\\n\"\n")
				m.eventually("the service has ended", func() bool {
					return strings.Count(m.read("out"), "got") == strings.Count(want, "got") && m.show("x.service", "ActiveState") == "inactive"
				})
				m.is("x.socket", "SubState", "listening")
			}
			if got := strings.ReplaceAll(m.read("out"), " nonblocking", ""); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			m.settles(before)
			if got := m.show("x.socket", "NAccepted"); got != "0" {
				t.Errorf("NAccepted=%s", got)
			}
		})
	}
}

// TestSpecial: a device is read by the service, not by us.
func TestSpecial(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.socket":  "[Socket]\nListenSpecial=/dev/random\n",
		"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\nRemainAfterExit=yes\n",
	}, "x.socket")
	m.is("x.service", "SubState", "exited") // it is readable at once
	if got := m.read("out"); !strings.HasPrefix(got, "LISTEN_FDS=1 names=x.socket mine=true\nx.socket: device") || !strings.Contains(got, "/dev/random\nx.socket got \"") {
		t.Errorf("got %.200q", got)
	}
}

// TestNetlink: news of the kernel start a service, in a network of its own.
func TestNetlink(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "unshare", "ip", "nsenter")
	m := setup{
		files: map[string]string{
			"x.socket":  "[Socket]\nListenNetlink=route 1\n",
			"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\n",
		},
		units: []string{"x.socket"},
		wrap:  []string{"unshare", "--net"},
	}.start(t)
	if out, err := exec.Command("nsenter", "-t", fmt.Sprint(m.pid), "-n", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	m.eventually("a message", func() bool { return strings.Contains(m.read("out"), "x.socket got") })
	if got := m.read("out"); !strings.HasPrefix(got, "LISTEN_FDS=1 names=x.socket mine=true\nx.socket: raw") {
		t.Errorf("got %.200q", got)
	}
}

// TestSeveralSockets: a service is given the sockets of all its socket units, with
// their names.
func TestSeveralSockets(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"a.socket": "[Socket]\nListenStream={address}\nListenDatagram={address}\nService=all.service\nFileDescriptorName=web\n",
		"b.socket": "[Socket]\nListenFIFO={dir}/fifo\nService=all.service\n",
		"c.socket": "[Socket]\nListenStream={dir}/not-started\nService=all.service\n",
		// Wanted by what names it.
		"all.socket":  "[Socket]\nListenStream={dir}/s\nFileDescriptorName=control\n",
		"all.service": "[Service]\nSockets=all.socket\nExecStart={helper} take {dir}/out 4\n",
	}, "a.socket", "b.socket")
	if got := m.show("a.socket", "Triggers"); got != "all.service" {
		t.Errorf("Triggers=%s", got)
	}
	if got := m.show("all.service", "TriggeredBy"); !sameWords(got, "a.socket b.socket c.socket all.socket") && !sameWords(got, "a.socket b.socket all.socket") && !sameWords(got, "a.socket b.socket") {
		t.Errorf("TriggeredBy=%s", got)
	}
	if got := ask(t, m.address("a.socket"), "one\n"); got != "ONE\n" {
		t.Errorf("got %q", got)
	}
	m.is("a.socket", "SubState", "running")
	m.is("b.socket", "SubState", "running")
	if err := os.WriteFile(filepath.Join(m.dir, "fifo"), []byte("two"), 0); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, m.address("all.socket"), "three\n"); got != "THREE\n" {
		t.Errorf("got %q", got)
	}
	if got := ask(t, m.address("a.socket"), "four\n"); got != "FOUR\n" {
		t.Errorf("got %q", got)
	}
	m.is("b.socket", "SubState", "listening")
	lines := strings.Split(m.read("out"), "\n")
	first := regexp.MustCompile(`^LISTEN_FDS=4 names=(.*) mine=true$`).FindStringSubmatch(lines[0])
	if first == nil || !sameWords(strings.ReplaceAll(first[1], ":", " "), "web web b.socket control") {
		t.Errorf("got %q", lines[0])
	}
	if !slices.Contains(lines, "b.socket: fifo "+m.dir+"/fifo nonblocking") && !slices.Contains(lines, m.fill("b.socket: fifo {dir}/fifo")) {
		t.Errorf("got %q", lines)
	}
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// TestSocketAsInput: with Accept=no the listening socket itself is standard input,
// and there is no LISTEN_FDS.
func TestSocketAsInput(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.socket":  "[Socket]\nListenDatagram={address}\n",
		"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\nStandardInput=socket\n",
	}, "x.socket")
	if got := sendTo("udp")(t, m); got != "HELLO\n" {
		t.Errorf("got %q", got)
	}
	m.eventually("the note", func() bool { return strings.Contains(m.read("out"), "got") })
	if got, want := strings.ReplaceAll(m.read("out"), " nonblocking", ""), "LISTEN_FDS= names=stdin mine=false\nstdin: datagram socket\nstdin got \"hello\\n\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSocketAsInputOfTwo: more than one socket cannot be standard input.
func TestSocketAsInputOfTwo(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":  "[Socket]\nListenDatagram={address}\nListenStream={address}\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=10s\n",
		"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\nStandardInput=socket\n",
	}), "x.socket", "echo.socket")
	var datagrams string // the rows are in the order of their addresses
	for _, r := range m.sockets() {
		if r.Type == "Datagram" {
			datagrams = r.Listen
		}
	}
	c, err := net.Dial("udp", datagrams)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	m.says("x.service: {units}/x.service:2: ", "there are 2 sockets", "exactly one is needed")
	m.is("x.service", "Result", "resources")
	m.works()
}

// TestServiceStartedFirst: a service that is started by hand is given its sockets
// too, and they do not trigger it meanwhile.
func TestServiceStartedFirst(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.socket":  "[Socket]\nListenStream={address}\n",
		"x.service": "[Service]\nExecStart={helper} take {dir}/out 2\n",
		"y.socket":  "[Socket]\nListenStream={address}\n",
		"y.service": "[Service]\nExecStart={helper} hold\n",
	}, "x.socket")
	m.must("start", "x.service")
	m.is("x.socket", "SubState", "running")
	address := m.address("x.socket")
	for range 2 {
		if got := ask(t, address, "hello\n"); got != "HELLO\n" {
			t.Errorf("got %q", got)
		}
	}
	m.is("x.socket", "SubState", "listening")
	if n := strings.Count(m.read("out"), "LISTEN_FDS=1"); n != 1 {
		t.Errorf("it was started %d times", n)
	}
	// And a socket of a service that runs is refused.
	m.must("start", "y.service")
	out, code := m.ctl("start", "y.socket")
	if code != 1 || !strings.Contains(out, "already active") {
		t.Errorf("start: %d %s", code, out)
	}
	m.must("stop", "y.service")
	m.must("start", "y.socket")
}

// TestFlushPending: what came while the service ran is thrown away when it ends.
func TestFlushPending(t *testing.T) {
	t.Parallel()
	for _, flush := range []string{"yes", "no"} {
		t.Run(flush, func(t *testing.T) {
			m := start(t, map[string]string{
				"x.socket":  "[Socket]\nListenDatagram={address}\nFlushPending=" + flush + "\n",
				"x.service": "[Service]\nExecStart={helper} signals {dir}/out\n",
			}, "x.socket")
			c, err := net.Dial("udp", m.address("x.socket"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			runs := func(n int) func() bool {
				return func() bool { return strings.Count(m.read("out"), "ready") == n }
			}
			if _, err := io.WriteString(c, "first"); err != nil {
				t.Fatal(err)
			}
			m.eventually("it runs", runs(1))
			m.must("stop", "x.service")
			if flush == "no" {
				m.eventually("it runs again for what nobody has read", runs(2))
				return
			}
			m.is("x.socket", "SubState", "listening")
			m.is("x.service", "ActiveState", "inactive")
			if _, err := io.WriteString(c, "second"); err != nil {
				t.Fatal(err)
			}
			m.eventually("it runs again for the second", runs(2))
			m.must("stop", "x.service")
			m.is("x.socket", "SubState", "listening")
			if !runs(2)() {
				t.Errorf("out:\n%s", m.read("out"))
			}
		})
	}
}

// TestFiles: the files of a socket unit, while it listens and after.
func TestFiles(t *testing.T) {
	t.Parallel()
	needRoot(t)
	for _, remove := range []string{"yes", "no"} {
		t.Run(remove, func(t *testing.T) {
			m := start(t, map[string]string{
				"x.socket": "[Socket]\nListenStream={dir}/deep/er/s\nSymlinks={dir}/link {dir}/other\n" +
					"SocketMode=0640\nDirectoryMode=0710\nSocketUser=daemon\nRemoveOnStop=" + remove + "\n" +
					"ExecStartPre=/bin/sh -c 'echo pre >>{dir}/order; test ! -e {dir}/deep/er/s'\nExecStartPost=/bin/sh -c 'echo post >>{dir}/order; test -e {dir}/deep/er/s'\n" +
					"ExecStopPre=/bin/sh -c 'echo stop-pre >>{dir}/order'\nExecStopPost=/bin/sh -c 'echo stop-post >>{dir}/order'\n",
				"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\n",
				"y.socket":  "[Socket]\nListenFIFO={dir}/fifo\nSocketMode=0640\nSocketUser=daemon\nService=x.service\nRemoveOnStop=" + remove + "\n",
			}, "x.socket", "y.socket")
			for name, want := range map[string]string{
				"deep/er/s": "640 socket daemon", "fifo": "640 fifo daemon", "deep/er": "710 directory root", "deep": "710 directory root",
			} {
				out, err := exec.Command("stat", "-c", "%a %F %U", filepath.Join(m.dir, name)).Output()
				if got := strings.TrimSpace(string(out)); err != nil || got != want {
					t.Errorf("%s is %q, want %q, %v", name, got, want, err)
				}
			}
			for _, link := range []string{"link", "other"} {
				if to, err := os.Readlink(filepath.Join(m.dir, link)); err != nil || to != m.fill("{dir}/deep/er/s") {
					t.Errorf("%s leads to %q, %v", link, to, err)
				}
			}
			if got := ask(t, filepath.Join(m.dir, "link"), "hello\n"); got != "HELLO\n" {
				t.Errorf("got %q", got)
			}
			m.is("x.socket", "SubState", "listening")
			m.must("stop", "x.socket", "y.socket")
			if got := m.read("order"); got != "pre\npost\nstop-pre\nstop-post\n" {
				t.Errorf("order: %q", got)
			}
			for _, name := range []string{"deep/er/s", "fifo", "link", "other"} {
				if _, err := os.Lstat(filepath.Join(m.dir, name)); (err == nil) != (remove == "no") {
					t.Errorf("%s after stop with RemoveOnStop=%s: %v", name, remove, err)
				}
			}
			_ = os.Remove(filepath.Join(m.dir, "deep/er/s")) // for ExecStartPre
			m.must("start", "x.socket")
		})
	}
}
