package e2e

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// Services that tell what they are doing, sd_notify(3), and services that fork.

// TestNotify: a service is up when it says so, and shows what it says.
func TestNotify(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target":   "[Unit]\n",
		"ready.service": "[Service]\nType=notify\nExecStart={helper} notify STATUS=warming wait=200ms note={dir}/up 'READY=1\\nSTATUS=at your service\\nERRNO=5' hold\n",
		"never.service": "[Service]\nType=notify\nTimeoutStartSec=300ms\nExecStart={helper} notify STATUS=hm hold\n",
		"early.service": "[Service]\nType=notify\nExecStart={helper} notify STATUS=bye\n",
		"child.service": "[Service]\nType=notify\nNotifyAccess=all\nExecStart={helper} notify fork= READY=1 hold\nExitType=cgroup\n",
		"deaf.service":  "[Service]\nType=notify\nTimeoutStartSec=500ms\nExecStart={helper} notify child READY=1 note={dir}/deaf hold\n",
	}, "idle.target")
	m.must("start", "ready.service")
	if m.read("up") != "sent\n" {
		t.Error("started before READY=1")
	}
	m.is("ready.service", "SubState", "running")
	m.is("ready.service", "StatusText", "at your service")
	m.is("ready.service", "StatusErrno", "5")
	for unit, result := range map[string]string{"never.service": "timeout", "early.service": "protocol", "deaf.service": "timeout"} {
		if out, code := m.ctl("start", unit); code != 1 {
			t.Errorf("start %s: %d %s", unit, code, out)
		}
		m.is(unit, "Result", result)
	}
	m.must("start", "child.service")
	m.is("child.service", "SubState", "running")
	m.must("stop", "child.service")
}

// TestForking: the daemon that is left is the service.
func TestForking(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target":     "[Unit]\n",
		"guess.service":   "[Service]\nType=forking\nExecStart={helper} notify fork= hold\n",
		"file.service":    "[Service]\nType=forking\nPIDFile={dir}/file.pid\nExecStart={helper} notify fork= wait=200ms pidfile={dir}/file.pid hold\n",
		"foreign.service": "[Service]\nType=forking\nTimeoutStartSec=1s\nPIDFile={dir}/foreign.pid\nExecStart={helper} notify fork= hold\n",
		"lies.service":    "[Service]\nType=forking\nTimeoutStartSec=1s\nPIDFile={dir}/lies.pid\nExecStart={helper} notify fork= hold\n",
		"none.service":    "[Service]\nType=forking\nPIDFile={dir}/none.pid\nExecStart=/bin/true\n",
		"ends.service":    "[Service]\nType=forking\nExecStart={helper} notify fork= wait=300ms exit=3\n",
	}, "idle.target")
	m.must("start", "guess.service")
	guess := m.show("guess.service", "MainPID")
	if guess == "0" {
		t.Error("no main process was found")
	}
	m.must("start", "file.service")
	if got := m.show("file.service", "MainPID") + "\n"; got != m.read("file.pid") {
		t.Errorf("main process %s, the file says %s", got, m.read("file.pid"))
	}
	m.must("stop", "file.service")
	if _, err := os.Stat(m.dir + "/file.pid"); err == nil {
		t.Error("the PID file is still there")
	}
	m.write("../foreign.pid", guess+"\n")
	needRoot(t)
	if err := os.Chown(m.dir+"/foreign.pid", 1234, 1234); err != nil {
		t.Fatal(err)
	}
	m.write("../lies.pid", "4194303\n")
	for unit, result := range map[string]string{"foreign.service": "timeout", "lies.service": "timeout", "none.service": "protocol"} {
		if out, code := m.ctl("start", unit); code != 1 {
			t.Errorf("start %s: %d %s", unit, code, out)
		}
		m.is(unit, "Result", result)
	}
	if pid, _ := strconv.Atoi(guess); status(pid, "State") == "" {
		t.Error("a foreign process was killed")
	}
	m.must("start", "ends.service")
	m.is("ends.service", "SubState", "failed")
	m.is("ends.service", "ExecMainStatus", "3")
	m.must("stop", "guess.service")
}

// TestAbstractSocket: where services cannot reach the control socket's folder, the
// notification socket has no path; and a second manager that is refused leaves that
// of the first alone.
func TestAbstractSocket(t *testing.T) {
	t.Parallel()
	needRoot(t)
	files := map[string]string{
		"idle.target": "[Unit]\n",
		"x.service":   "[Service]\nType=notify\nUser=nobody\nExecStart={helper} notify READY=1 'STATUS=from afar' hold\nExecStartPre=+/bin/sh -c 'echo $$NOTIFY_SOCKET >{dir}/pre'\n",
		"y.service":   "[Service]\nType=notify\nNotifyAccess=exec\nExecStartPre=/bin/sh -c 'echo $$NOTIFY_SOCKET >{dir}/pre'\nExecStart={helper} notify READY=1 hold\n",
	}
	dir := folder(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	m := setup{files: files, units: []string{"idle.target"}}.launchIn(t, dir)
	m.ready()
	m.must("start", "x.service")
	m.is("x.service", "StatusText", "from afar")
	if got := m.read("pre"); got != "\n" {
		t.Errorf("NotifyAccess=main told a control process of %q", got)
	}
	m.must("start", "y.service")
	if got := m.read("pre"); len(got) < 2 || got[0] != '@' {
		t.Errorf("NOTIFY_SOCKET=%q", got)
	}

	m = start(t, files, "idle.target")
	second := exec.Command(managing, "run", "--unit-path", m.units, "--control", m.control, "--state-dir", m.state+"2", "idle.target")
	if out, err := second.CombinedOutput(); err == nil {
		t.Fatalf("a second manager at the same socket: %s", out)
	}
	m.must("start", "x.service")
	m.is("x.service", "StatusText", "from afar")
}
