package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is a user without rights.
const nobody = 65534

// echo is a socket unit that must go on working whatever else happens.
var echo = map[string]string{
	"echo.socket":   "[Socket]\nListenStream={address}\nAccept=yes\n",
	"echo@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
}

// with is echo and more.
func with(files map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{echo, files} {
		for n, text := range m {
			all[n] = text
		}
	}
	return all
}

// dial connects, to "host:port" or to the path of a unix socket.
func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	network := "tcp"
	if strings.HasPrefix(address, "/") || strings.HasPrefix(address, "@") {
		network = "unix"
	}
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a text, ends its side, and returns all that comes back.
func ask(t testing.TB, address, text string) string {
	t.Helper()
	c := dial(t, address)
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("asked %q: %v", address, err)
	}
	return string(answer)
}

// works checks that the manager does what it is there for.
func (m *manager) works() {
	m.t.Helper()
	if got := ask(m.t, m.address("echo.socket"), "still there\n"); got != "still there\n" {
		m.t.Errorf("echo.socket answers %q", got)
	}
}

// eof checks that a connection is closed at once, with no byte on it.
func eof(t testing.TB, address string) {
	t.Helper()
	c := dial(t, address)
	before := time.Now()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d bytes, %v", n, err)
	} else if err != io.EOF && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if d := time.Since(before); d > 10*time.Second {
		t.Errorf("the connection was closed after %v", d)
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := start(t, with(map[string]string{
		"taken.socket":   "[Unit]\nDescription=x\n\n[Socket]\nListenStream={address}\nListenStream=" + l.Addr().String() + "\n",
		"taken.service":  "[Service]\nExecStart=/bin/cat\n",
		"other.target":   "[Unit]\nRequires=taken.socket\nAfter=taken.socket\n",
		"another.target": "[Unit]\nWants=taken.socket\n",
	}), "echo.socket")
	before := m.holds()
	out, code := m.ctl("start", "taken.socket")
	if code != 1 || !strings.Contains(out, "taken.socket") {
		t.Errorf("start: %d %s", code, out)
	}
	m.says("taken.socket: {units}/taken.socket:6: listen on", l.Addr().String(), "address already in use",
		"(e2e.test) listens there") // this process, or a child of it that is about to run something
	m.is("taken.socket", "Result", "resources")
	if out, code := m.ctl("start", "other.target"); code != 1 {
		t.Errorf("a target that requires it: %d %s", code, out)
	}
	m.must("start", "another.target")
	m.settles(before)
	m.works()
	l.Close()
	m.must("start", "taken.socket")
}

func TestPrivilegedPort(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "unshare", "setpriv", "ip")
	// In a network namespace of its own, so that the machine's own setting does not
	// matter, and as nobody.
	dir := folder(t)
	m := setup{
		files: with(map[string]string{
			"low.socket":   "[Socket]\nListenStream=127.0.0.1:80\n",
			"low.service":  "[Service]\nExecStart=/bin/cat\n",
			"path.socket":  "[Socket]\nListenStream=/etc/wakesock-e2e/x\n",
			"path.service": "[Service]\nExecStart=/bin/cat\n",
			"note.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'id -u >{dir}/uid'\n",
		}),
		units: []string{"note.service"},
		wrap: []string{"unshare", "--net", "sh", "-c",
			`ip link set lo up; chown -R 65534 "$0"; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`, dir},
	}.launchIn(t, dir)
	m.ready()
	m.eventually("the note", func() bool { return m.read("uid") == "65534\n" })
	if out, code := m.ctl("start", "low.socket"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.says("{units}/low.socket:2: listen on \"127.0.0.1:80\": permission denied", "ports below 1024 need root")
	if out, code := m.ctl("start", "path.socket"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.says("{units}/path.socket:2: listen on", "permission denied")
	m.must("start", "echo.socket")
}

func TestMissingTemplate(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"lonely.socket": "[Socket]\nListenStream={address}\nAccept=yes\n",
		"alone.socket":  "[Socket]\nListenStream={address}\n\nService=gone.service\n",
	}), "echo.socket", "lonely.socket")
	before := m.holds()
	m.says("lonely.socket: {units}/lonely.socket:3: unit lonely@.service not found")
	for range 3 {
		eof(t, m.address("lonely.socket"))
	}
	m.is("lonely.socket", "NRefused", "3")
	m.is("lonely.socket", "ActiveState", "active")
	if out, code := m.ctl("start", "alone.socket"); code != 1 || !strings.Contains(out, "gone.service") {
		t.Errorf("start: %d %s", code, out)
	}
	m.says("alone.socket: {units}/alone.socket:4: cannot listen: unit gone.service not found")
	m.settles(before)
	// It may come later.
	m.write("lonely@.service", echo["echo@.service"])
	m.must("daemon-reload")
	if got := ask(t, m.address("lonely.socket"), "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	m.works()
}

// TestBadService: what is wrong with a service shows in its status; the client
// sees the connection close at once.
func TestBadService(t *testing.T) {
	t.Parallel()
	needRoot(t)
	cases := []struct {
		name, lines, status, log string
	}{
		{"program", "ExecStart={units}/nowhere", "203/EXEC", "{units}/nowhere"},
		{"relative", "ExecStart=no-such-program-anywhere", "203/EXEC", "no-such-program-anywhere"},
		{"folder", "ExecStart=/etc", "203/EXEC", "/etc"},
		{"text", "ExecStart=/etc/passwd", "203/EXEC", "/etc/passwd"},
		{"interpreter", "ExecStart={units}/script", "203/EXEC", "{units}/script"},
		{"user", "ExecStart=/bin/cat\nUser=nobody-of-that-name", "217/USER", "nobody-of-that-name"},
		{"group", "ExecStart=/bin/cat\nGroup=nobody-of-that-name", "216/GROUP", "nobody-of-that-name"},
		{"chdir", "ExecStart=/bin/cat\nWorkingDirectory={units}/nowhere", "200/CHDIR", "{units}/nowhere"},
		{"stderr", "ExecStart=/bin/cat\nStandardError=file:{units}/nowhere/x", "222/STDERR", "{units}/nowhere/x"},
	}
	files := map[string]string{"script": "#!/no/such/interpreter\n"}
	units := []string{"echo.socket"}
	for _, c := range cases {
		files[c.name+".socket"] = "[Socket]\nListenStream={address}\nAccept=yes\n"
		files[c.name+"@.service"] = "[Unit]\nDescription=x\n[Service]\nStandardInput=socket\n" + c.lines + "\n"
		units = append(units, c.name+".socket")
	}
	m := start(t, with(files), units...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := m.holds()
			eof(t, m.address(c.name+".socket"))
			var instance string
			eventually(t, "a failed instance", func() bool {
				out := m.must("list-units", "--failed", "--no-legend", "--plain", c.name+"@*")
				instance, _, _ = strings.Cut(out, " ")
				return instance != ""
			})
			number, _, _ := strings.Cut(c.status, "/")
			for property, want := range map[string]string{
				"ExecMainStatus": number, "ExecMainCode": "1", "Result": "exit-code", "ActiveState": "failed", "SubState": "failed",
			} {
				if got := m.show(instance, property); got != want {
					t.Errorf("%s is %q, want %q", property, got, want)
				}
			}
			out, code := m.ctl("status", instance)
			if code != 3 || !strings.Contains(out, c.status) {
				t.Errorf("status: %d\n%s", code, out)
			}
			m.says(c.name+"@", ": {units}/"+c.name+"@.service:", c.log, c.status)
			m.is(c.name+".socket", "ActiveState", "active")
			m.settles(before)
			m.works()
		})
	}
}

// TestBadFiles: files that cannot be read or are none.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	needRoot(t)
	m := setup{uid: nobody, files: with(map[string]string{
		"secret.service":           "[Service]\nExecStart=/bin/true\n",
		"folder.service/x":         "",
		"dropped.service":          "[Service]\nExecStart=/bin/true\n",
		"dropped.service.d/a.conf": "[Service]\nEnvironment=A=1\n",
		"empty.service":            "",
		"binary.service":           "[Service]\nExecStart=/bin/true\x00\n",
		"junk.service":             "[Service]\nExecStart=/bin/true\nno equals sign\nExecStrat=/bin/false\n",
		"header.service":           "[Service]\nExecStart=/bin/true\n[Service\n",
		"nothing.service":          "[Service]\nType=simple\n",
		"long.service":             "[Service]\nExecStart=/bin/true\nEnvironment=A=" + strings.Repeat("x", 3<<20) + "\n",
	}), units: []string{"echo.socket"}}.launch(t)
	for _, n := range []string{"secret.service", "dropped.service.d/a.conf"} {
		if err := os.Chmod(filepath.Join(m.units, n), 0); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"loop.service": "loop.service", "dangling.service": "/nowhere/x.service", "device.service": "/dev/zero"} {
		if err := os.Symlink(to, filepath.Join(m.units, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(m.units, "fifo.service"), 0o644); err != nil {
		t.Fatal(err)
	}
	m.ready()
	before := m.holds()
	cases := []struct {
		unit string
		code int
		load string
		log  []string
	}{
		{"secret.service", 1, "error", []string{"{units}/secret.service: cannot be read: permission denied"}},
		{"folder.service", 5, "not-found", []string{"{units}/folder.service: is a directory, not a file"}},
		{"dropped.service", 0, "loaded", []string{"{units}/dropped.service.d/a.conf: cannot be read", "permission denied"}},
		{"empty.service", 1, "masked", nil},
		{"binary.service", 1, "error", []string{"{units}/binary.service:2: NUL byte"}},
		{"junk.service", 0, "loaded", []string{"{units}/junk.service:4", "ExecStrat", "ExecStart"}},
		{"header.service", 1, "error", []string{"{units}/header.service:3", "not closed"}},
		{"nothing.service", 1, "bad-setting", []string{"{units}/nothing.service: service has no ExecStart="}},
		{"loop.service", 1, "error", []string{"{units}/loop.service: cannot be read", "symbolic links"}},
		{"dangling.service", 5, "not-found", []string{"{units}/dangling.service", "does not exist"}},
		{"device.service", 1, "error", []string{"{units}/device.service: cannot be read: is a device"}},
		{"fifo.service", 5, "not-found", []string{"{units}/fifo.service: is a named pipe"}},
		{"long.service", 1, "error", []string{"{units}/long.service:3: line is longer"}},
	}
	for _, c := range cases {
		out, code := m.ctl("start", c.unit)
		if code != c.code {
			t.Errorf("start %s: exit status %d, want %d: %s", c.unit, code, c.code, out)
		}
		if code != 0 && !strings.Contains(out, c.unit) {
			t.Errorf("start %s says %q", c.unit, out)
		}
		if got := m.show(c.unit, "LoadState"); got != c.load {
			t.Errorf("%s is %s, want %s", c.unit, got, c.load)
		}
		if c.log != nil {
			m.says(c.log...)
			if n := m.lines(m.fill(c.log[0])); n != 1 {
				t.Errorf("%s: the log has %d lines %q", c.unit, n, c.log[0])
			}
			if code != 0 && !strings.Contains(out, m.fill(c.log[0])) {
				t.Errorf("start %s says %q, not %q", c.unit, out, c.log)
			}
		}
	}
	m.settles(before)
	m.works()
}

// TestBigFile: a unit file of 10 MiB is read, or refused in words, soon and
// without much memory.
func TestBigFile(t *testing.T) {
	t.Parallel()
	m := start(t, echo, "echo.socket")
	var b strings.Builder
	b.WriteString("[Service]\nExecStart=/bin/cat\n")
	for i := 0; b.Len() < 10<<20; i++ {
		fmt.Fprintf(&b, "Environment=VARIABLE_%d=%s\n", i%100, strings.Repeat("x", 60))
	}
	m.write("big.service", b.String())
	m.write("comment.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"+strings.Repeat("# nothing\n", 1<<20))
	before := time.Now()
	out, code := m.ctl("start", "big.service")
	if code == 0 {
		m.is("big.service", "ActiveState", "active")
	} else if !strings.Contains(out, "big.service") {
		t.Errorf("start: %s", out)
	}
	m.ctl("start", "comment.service")
	if d := time.Since(before); d > 20*time.Second {
		t.Errorf("it took %v", d)
	}
	if n := memory(m.pid); n > 256<<20 && !raced {
		t.Errorf("%d MiB of memory", n>>20)
	}
	m.works()
}

// TestManyUnits: 100,000 unit files in the folder, of which few are used.
func TestManyUnits(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("100,000 files")
	}
	s := setup{files: with(nil), units: []string{"echo.socket"}}
	dir := folder(t)
	units := filepath.Join(dir, "units")
	if err := os.Mkdir(units, 0o755); err != nil {
		t.Fatal(err)
	}
	first := ""
	for i := range 100_000 { // many names of few files: less to write
		path := filepath.Join(units, fmt.Sprintf("unit-%d.service", i))
		var err error
		if i%10_000 == 0 {
			first = path
			err = os.WriteFile(path, []byte("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"), 0o644)
		} else {
			err = os.Link(first, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	m := s.launchIn(t, dir)
	m.ready()
	t.Logf("up after %v with %d MiB", time.Since(begun), memory(m.pid)>>20)
	m.must("start", "unit-4711.service", "unit-99999.service")
	m.is("unit-99999.service", "SubState", "exited")
	if n := memory(m.pid); n > 128<<20 && !raced {
		t.Errorf("%d MiB of memory", n>>20)
	}
	begun = time.Now()
	m.must("daemon-reload")
	t.Logf("reloaded in %v with %d MiB", time.Since(begun), memory(m.pid)>>20)
	begun = time.Now()
	m.must("list-units", "--all")
	t.Logf("listed in %v", time.Since(begun))
	m.works()
}
