package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Notifications from strangers and of bad services: they lead to a message, and to
// nothing else.

// shout sends notifications to a manager as a user, through the helper.
func (m *manager) shout(uid int, words ...string) {
	m.t.Helper()
	cmd := exec.Command(helper, append([]string{"notify"}, words...)...)
	cmd.Env = []string{"NOTIFY_SOCKET=" + m.control + ".notify"}
	if uid != 0 {
		needRoot(m.t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%v %s", err, out)
	}
}

// TestStrangers: who belongs to no unit is not heard, root and others alike, and what
// comes with the message is closed.
func TestStrangers(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, wrap []string) {
		m := setup{wrap: wrap, units: []string{"other.service"}, files: map[string]string{
			"other.service": "[Service]\nExecStart={helper} hold\nFileDescriptorStoreMax=8\nNotifyAccess=all\n",
			"x.service":     "[Service]\nType=notify\nNotifyAccess=all\nUser=nobody\nExecStart={helper} notify STATUS=mine hold\n",
		}}.start(t)
		m.must("start", "--no-block", "x.service")
		m.is("x.service", "StatusText", "mine")
		before := m.holds()
		id := m.show("x.service", "InvocationID")
		for _, uid := range []int{0, 1234, 65534} {
			m.shout(uid, "READY=1", "STATUS=theirs", "fds=200", "FDSTORE=1", "fds=253", "FDSTORE=1\\nFDNAME=x", "MAINPID={pid}", "STOPPING=1", "WATCHDOG=trigger", "BARRIER=1", "fds=3", "BARRIER=1")
			m.shout(uid, "long=1048576", "long=100000", "long=5000", "fds=250", "STATUS=x", "\\x00\\xff=1")
		}
		// Nor does it help to pretend.
		cmd := exec.Command(helper, "notify", "READY=1")
		cmd.Env = []string{"NOTIFY_SOCKET=" + m.control + ".notify", "INVOCATION_ID=" + id}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		m.eventually("a message about a stranger", func() bool { return strings.Contains(m.out.String(), "it belongs to no unit") })
		m.settles(before)
		m.is("x.service", "SubState", "start")
		m.is("x.service", "StatusText", "mine")
		m.is("other.service", "ActiveState", "active")
		m.is("other.service", "NFileDescriptorStore", "0")
		if n := strings.Count(m.out.String(), "is ignored: "); n > 12 {
			t.Errorf("%d messages about strangers", n)
		}
		m.must("stop", "x.service")
	})
}

// TestWrongUser: a child of the service that has become somebody else is not the main
// process, and may not name one that is foreign.
func TestWrongUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "setpriv")
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"x.service":   "[Service]\nType=notify\nTimeoutStartSec=1s\nExecStart=/bin/sh -c 'setpriv --reuid=1234 --clear-groups {helper} notify READY=1 hold & exec {helper} hold'\n",
		"y.service":   "[Service]\nType=notify\nNotifyAccess=all\nUser=nobody\nExecStart={helper} notify MAINPID=1 MAINPID=" + strconv.Itoa(os.Getpid()) + " READY=1 hold\n",
	}, "idle.target")
	if out, code := m.ctl("start", "x.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.is("x.service", "Result", "timeout")
	m.must("start", "y.service")
	if got := m.show("y.service", "MainPID"); got == "1" || got == strconv.Itoa(os.Getpid()) || got == "0" {
		t.Errorf("the main process is %s", got)
	}
	for _, want := range []string{"reception only permitted for main PID", "New main PID 1 is not a process of a service", "does not belong to service, refusing"} {
		m.eventually(want, func() bool { return strings.Contains(m.out.String(), want) })
	}
}

// TestStore: descriptors come back after a restart, in the order they were given, as
// many as there is room for; the rest is closed.
func TestStore(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"x.socket":    "[Socket]\nListenStream={dir}/x.sock\n",
		"x.service": "[Service]\nType=notify\nNotifyAccess=all\nFileDescriptorStoreMax=3\nExecStart=/bin/sh -c 'echo $$LISTEN_FDS $$LISTEN_FDNAMES $$FDSTORE >>{dir}/got; " +
			"exec {helper} notify fds=1 \"FDSTORE=1\\\\nFDNAME=lamp\" fds=250 FDSTORE=1 fds=250 FDSTORE=1 fds=250 FDSTORE=1 fds=250 FDSTORE=1 READY=1 hold'\n",
	}, "idle.target")
	m.must("start", "x.socket")
	before := m.holds()
	m.must("start", "x.service")
	m.is("x.service", "NFileDescriptorStore", "3")
	m.must("restart", "x.service")
	if got, want := m.read("got"), "1 x.socket 3\n4 x.socket:lamp:stored:stored 3\n"; got != want {
		t.Errorf("handed over: %q", got)
	}
	if out, _ := m.ctl("status", "x.service"); !strings.Contains(out, "FD Store: 3 (limit: 3)") {
		t.Errorf("status:\n%s", out)
	}
	m.must("stop", "x.service")
	m.is("x.service", "NFileDescriptorStore", "0")
	m.settles(before)
}

// TestWatchdog: a service that falls silent is aborted.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"x.service": "[Service]\nType=notify\nWatchdogSec=500ms\nWatchdogSignal=SIGTERM\nRestart=on-watchdog\nRestartSec=1h\nExecStart=/bin/sh -c 'echo $$$$ $$WATCHDOG_PID $$WATCHDOG_USEC >{dir}/env; " +
			"exec {helper} notify READY=1 wait=300ms WATCHDOG=1 wait=300ms WATCHDOG=1 wait=300ms WATCHDOG=1 note={dir}/silent hold'\n",
	}, "idle.target")
	m.must("start", "x.service")
	m.is("x.service", "SubState", "auto-restart")
	if m.read("silent") != "sent\n" {
		t.Error("aborted although it has shown that it is alive")
	}
	m.is("x.service", "Result", "watchdog")
	if f := strings.Fields(m.read("env")); len(f) != 3 || f[0] != f[1] || f[2] != "500000" {
		t.Errorf("environment %q", f)
	}
	m.must("stop", "x.service")
}

// TestLastWords: what a service says right before its end is heard, however many are
// started at the same time.
func TestLastWords(t *testing.T) {
	t.Parallel()
	files := map[string]string{"idle.target": "[Unit]\n", "x@.service": "[Service]\nType=notify\nExecStart={helper} notify ERRNO=13 STATUS=bye exit=5\n"}
	m := start(t, files, "idle.target")
	words := []string{"start"}
	for i := range 60 {
		words = append(words, fmt.Sprintf("x@%d.service", i))
	}
	m.ctl(words...)
	for _, u := range words[1:] {
		m.is(u, "StatusErrno", "13")
		m.is(u, "StatusText", "bye")
	}
}

// TestForksForEver: a service whose processes come and go faster than anybody can
// look ends all the same, and nothing of it is left.
func TestForksForEver(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, wrap []string) {
		m := setup{wrap: wrap, units: []string{"idle.target"}, files: map[string]string{
			"idle.target":  "[Unit]\n",
			"x.service":    "[Service]\nType=forking\nTimeoutStopSec=2s\nGuessMainPID=no\nExecStart={helper} breed {dir}/bred\n",
			"file.service": "[Service]\nType=forking\nTimeoutStartSec=1s\nTimeoutStopSec=2s\nPIDFile={dir}/none.pid\nExecStart={helper} breed {dir}/bred\n",
		}}.start(t)
		before := m.holds()
		m.must("start", "x.service")
		m.eventually("twenty generations", func() bool { return strings.Count(m.read("bred"), "\n") > 20 })
		m.is("x.service", "SubState", "running")
		m.must("stop", "x.service")
		if out, code := m.ctl("start", "file.service"); code != 1 {
			t.Errorf("start: %d %s", code, out)
		}
		m.is("file.service", "Result", "timeout")
		m.settles(before)
		m.still(func() string { return m.read("bred") })
	})
}

// still tells whether something has stopped changing.
func (m *manager) still(f func() string) {
	m.t.Helper()
	was := f()
	time.Sleep(100 * time.Millisecond)
	if f() != was {
		m.t.Error("it goes on")
	}
}

// TestStubborn: a service that ignores SIGTERM is killed, and a daemon of it too.
func TestStubborn(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"x.service":   "[Service]\nType=notify\nNotifyAccess=all\nTimeoutStopSec=300ms\nExecStart=/bin/sh -c 'trap \"\" TERM; {helper} notify READY=1 hold & while :; do sleep 1; done'\n",
	}, "idle.target")
	before := m.holds()
	m.must("start", "x.service")
	m.must("stop", "x.service")
	m.is("x.service", "Result", "timeout")
	m.settles(before)
}

// TestBusName: up as long as the name is there; without a bus refused with a reason.
func TestBusName(t *testing.T) {
	t.Parallel()
	need(t, "dbus-daemon")
	dir := folder(t)
	config := filepath.Join(dir, "bus.conf")
	address := "unix:path=" + filepath.Join(dir, "bus")
	if err := os.WriteFile(config, []byte(`<busconfig><listen>`+address+`</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o644); err != nil {
		t.Fatal(err)
	}
	bus := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	var errs bytes.Buffer
	bus.Stderr = &errs
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Process.Kill(); _ = bus.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("dbus-daemon: %v %s", err, &errs)
	}
	files := map[string]string{
		"idle.target": "[Unit]\n",
		"x.service":   "[Service]\nType=dbus\nBusName=org.example.X\nExecStart={helper} busname " + address + " org.example.X\n",
		"y.service":   "[Service]\nType=dbus\nBusName=org.example.Y\nExecStart={helper} busname " + address + " org.example.Y 300ms\n",
		"z.service":   "[Service]\nType=dbus\nBusName=org.example.Z\nTimeoutStartSec=500ms\nExecStart={helper} hold\n",
	}
	m := setup{files: files, units: []string{"idle.target"}, env: []string{"DBUS_SYSTEM_BUS_ADDRESS=" + address, "DBUS_SESSION_BUS_ADDRESS=" + address}}.start(t)
	m.must("start", "x.service")
	m.is("x.service", "SubState", "running")
	m.must("start", "y.service")
	m.is("y.service", "ActiveState", "inactive")
	m.ctl("start", "z.service")
	m.is("z.service", "Result", "timeout")
	m.is("x.service", "SubState", "running")
	m.must("stop", "x.service")

	m = setup{files: files, units: []string{"idle.target"}, env: []string{"DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere/bus", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus"}}.start(t)
	if out, code := m.ctl("start", "x.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.is("x.service", "Result", "resources")
	m.eventually("the reason", func() bool {
		return strings.Contains(m.out.String(), "x.service:3: cannot ask the message bus") && strings.Contains(m.out.String(), "Type=simple")
	})
}
