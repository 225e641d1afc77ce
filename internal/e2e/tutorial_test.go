package e2e

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The tutorial's units as they are: byte for byte from their folder, with their
// programs at /path/to and their port 4444, in namespaces of their own.

// stage prepares the namespaces and becomes the manager: $1 is a folder for the new
// root, $2 the folder of the series; the rest is the command.
const stage = `
set -e
ip link set lo up
root=$1 series=$2
shift 2
mount -t tmpfs tmpfs "$root"
for f in /*; do
	[ -d "$f" ] && [ ! -L "$f" ] || { cp -a "$f" "$root$f"; continue; }
	mkdir "$root$f"
	mount --rbind "$f" "$root$f"
done
mkdir -p "$root/path/to"
mount --bind "$series" "$root/path/to"
exec chroot "$root" "$@"
`

// tutorial starts a unit of article 7. The manager's services keep what they
// receive in the folder store of its work folder.
func tutorial(t *testing.T, unit string) *manager {
	t.Helper()
	needRoot(t)
	need(t, "unshare", "nsenter", "ip", "socat", "python3")
	series, err := filepath.Abs("../../examples/series/7-sockets")
	if err != nil {
		t.Fatal(err)
	}
	root := folder(t)
	m := setup{
		units: []string{unit}, args: []string{"--unit-path", series},
		wrap: []string{"unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", stage, "sh", root, series},
	}.start(t)
	m.must("set-environment", "STORE="+m.dir+"/store")
	return m
}

// inside runs a command in the network of a manager.
func (m *manager) inside(input []byte, command ...string) string {
	m.t.Helper()
	cmd := exec.Command("nsenter", append([]string{"-t", strconv.Itoa(m.pid), "-n"}, command...)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%q: %v %s", command, err, stderr.String())
	}
	return string(out)
}

func TestTutorialEcho(t *testing.T) {
	t.Parallel()
	m := tutorial(t, "echo.socket")
	before := m.holds()
	if got := m.inside([]byte("hello computer\n"), "socat", "-t10", "-", "TCP:127.0.0.1:4444"); got != "HELLO COMPUTER\r\n" {
		t.Errorf("socat gets %q", got)
	}
	if _, err := exec.LookPath("nc"); err == nil {
		if got := m.inside([]byte("hello computer\n"), "nc", "-N", "-w", "10", "127.0.0.1", "4444"); got != "HELLO COMPUTER\r\n" {
			t.Errorf("nc gets %q", got)
		}
	}
	if got := m.inside([]byte("hello six\n"), "socat", "-t10", "-", "TCP6:[::1]:4444"); got != "HELLO SIX\r\n" {
		t.Errorf("socat gets %q by IPv6", got)
	}
	m.empty("echo.socket")
	m.settles(before)
}

func TestTutorialFile(t *testing.T) {
	t.Parallel()
	m := tutorial(t, "filetrans.socket")
	data := make([]byte, 20<<20)
	_, _ = rand.Read(data)
	m.inside(data, "socat", "-u", "-", "TCP:127.0.0.1:4444")
	m.eventually("it has arrived", func() bool {
		fi, err := os.Stat(filepath.Join(m.dir, "store/test.pdf"))
		return err == nil && fi.Size() == int64(len(data)) && m.show("filetrans.socket", "NConnections") == "0"
	})
	if sha256.Sum256([]byte(m.read("store/test.pdf"))) != sha256.Sum256(data) {
		t.Error("it has arrived changed")
	}
}

func TestTutorialPicture(t *testing.T) {
	t.Parallel()
	m := tutorial(t, "surveillance.socket")
	picture := jpegOf(t, 1)
	m.inside(picture, "socat", "-u", "-", "TCP:127.0.0.1:4444")
	m.eventually("it has arrived", func() bool {
		files, err := filepath.Glob(filepath.Join(m.dir, "store/*.jpg"))
		if err != nil || len(files) != 1 {
			return false
		}
		got, err := os.ReadFile(files[0])
		return err == nil && bytes.Equal(got, picture)
	})
	m.empty("surveillance.socket")
}

// TestSeriesRun: the script that runs the examples for people.
func TestSeriesRun(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "unshare", "nsenter", "ip", "socat", "python3")
	script, err := filepath.Abs("../../examples/series/run")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	cmd := exec.Command("unshare", "--net", "sh", "-c", `ip link set lo up; exec "$@"`, "sh", script, "7-sockets", "echo.socket")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "WAKESOCK=" + wakesock, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log := new(buffer)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m := &manager{t: t, pid: cmd.Process.Pid}
	eventually(t, "it listens", func() bool { return strings.Contains(log.String(), "Listening on echo.socket") })
	if got := m.inside([]byte("hello computer\n"), "socat", "-t10", "-", "TCP:127.0.0.1:4444"); got != "HELLO COMPUTER\r\n" {
		t.Errorf("socat gets %q", got)
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v\n%s", err, log)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
