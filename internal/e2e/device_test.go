package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A playground is a namespace of networks and mounts in which a shell lives that
// makes interfaces. The manager is started in it.
type playground struct {
	t     *testing.T
	shell *exec.Cmd
	enter []string
}

func newPlayground(t *testing.T) *playground {
	t.Helper()
	needRoot(t)
	for _, tool := range []string{"unshare", "nsenter", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	ready := filepath.Join(folder(t), "ready")
	p := &playground{t: t}
	p.shell = exec.Command("unshare", "--net", "--mount", "sh", "-c", "mount -t sysfs none /sys && echo >"+ready+" && exec sleep 1000")
	p.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.shell.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		_ = p.shell.Process.Kill()
		_ = p.shell.Wait()
	})
	if !wait(func() bool { _, err := os.Stat(ready); return err == nil }) {
		t.Skip("no namespaces here")
	}
	pid := strconv.Itoa(p.shell.Process.Pid)
	p.enter = []string{"nsenter", "--target", pid, "--net", "--mount"}
	if out, err := p.ip("link", "add", "wsprobe", "type", "bridge"); err != nil {
		t.Skipf("no interfaces here: %s", out)
	}
	return p
}

func (p *playground) ip(args ...string) (string, error) {
	c := append(append([]string{}, p.enter...), append([]string{"ip"}, args...)...)
	out, err := exec.Command(c[0], c[1:]...).CombinedOutput()
	return string(out), err
}

func (p *playground) must(args ...string) {
	p.t.Helper()
	if out, err := p.ip(args...); err != nil {
		p.t.Fatalf("ip %v: %v\n%s", args, err, out)
	}
}

// TestDevice: an interface that comes starts what its rule wants and lets those go
// on who wait for it, each time; when it leaves, what is bound to it stops.
func TestDevice(t *testing.T) {
	t.Parallel()
	p := newPlayground(t)
	dir := folder(t)
	rules := filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o755); err != nil {
		t.Fatal(err)
	}
	rule := "ACTION==\"add\", SUBSYSTEM==\"net\", KERNEL==\"wsb*\", TAG+=\"systemd\", \\\n" +
		"    ENV{SYSTEMD_WANTS}+=\"came@%k.service named@.service\", RUN+=\"/bin/false\"\n"
	if err := os.WriteFile(filepath.Join(rules, "10-test.rules"), []byte(rule), 0o644); err != nil {
		t.Fatal(err)
	}
	const dev = `sys-subsystem-net-devices-wsb1.device`
	m := setup{
		files: map[string]string{
			"came@.service":  "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo came %i >>{dir}/runs'\n",
			"named@.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo named %f >>{dir}/runs'\n",
			"bound.service":  "[Unit]\nBindsTo=" + dev + "\nAfter=" + dev + "\n[Service]\nExecStart=/bin/sleep 1000\n",
			"after.service":  "[Unit]\nWants=" + dev + "\nAfter=" + dev + "\n[Service]\nExecStart=/bin/sleep 1000\n",
			"main.target":    "[Unit]\nDescription=Nothing\n",
		},
		units: []string{"main.target"}, wrap: p.enter, env: []string{"WAKESOCK_RULES_PATH=" + rules},
	}.launchIn(t, dir)
	m.ready()
	m.must("start", "--no-block", "after.service", "bound.service")
	m.is("after.service", "ActiveState", "inactive")
	m.is("bound.service", "ActiveState", "inactive")
	if out := m.must("list-units", "--type=device", "--all"); !strings.Contains(out, dev) || !strings.Contains(out, "sys-subsystem-net-devices-wsprobe.device") {
		t.Errorf("%s", out)
	}
	if got := m.show(dev, "Description"); got != "/sys/subsystem/net/devices/wsb1" {
		t.Errorf("before it comes, Description=%s", got)
	}
	for _, property := range []string{"CanStart", "CanStop"} {
		if got := m.show(dev, property); got != "no" {
			t.Errorf("%s=%s", property, got)
		}
	}
	if out, code := m.ctl("restart", dev); code != 3 || !strings.Contains(out, "not applicable") {
		t.Errorf("restart: exit %d, %s", code, out)
	}
	for i := range 2 {
		p.must("link", "add", "wsb1", "type", "bridge")
		m.is(dev, "SubState", "plugged")
		m.is("after.service", "SubState", "running")
		m.is("bound.service", "SubState", "running")
		want := strings.Repeat("came wsb1\nnamed /sys/devices/virtual/net/wsb1\n", i+1)
		m.eventually("the wanted services", func() bool { return len(m.read("runs")) == len(want) })
		if got := m.show(dev, "SysFSPath"); got != "/sys/devices/virtual/net/wsb1" {
			t.Errorf("SysFSPath=%s", got)
		}
		if s := m.must("status", dev); !strings.Contains(s, "Device: /sys/devices/virtual/net/wsb1\n") || !strings.Contains(s, "active (plugged)") {
			t.Errorf("%s", s)
		}
		p.must("link", "del", "wsb1")
		m.is(dev, "SubState", "dead")
		m.is("after.service", "SubState", "running")
		m.is("bound.service", "ActiveState", "inactive")
		m.is(dev, "Description", "/sys/subsystem/net/devices/wsb1")
		if i == 0 {
			m.must("start", "--no-block", "bound.service")
		}
	}
	if got := m.must("logs"); !strings.Contains(got, "10-test.rules:1: RUN+= is not enforced") || !strings.Contains(got, "Found device "+dev) {
		t.Errorf("%s", got)
	}
	m.quit(syscall.SIGTERM)
}

// TestNoDevices: who has no use for devices does not pay for them.
func TestNoDevices(t *testing.T) {
	t.Parallel()
	m := start(t, with(nil), "echo.socket")
	listens := func() bool {
		links, _ := filepath.Glob("/proc/" + strconv.Itoa(m.pid) + "/fd/*")
		sockets, _ := os.ReadFile("/proc/" + strconv.Itoa(m.pid) + "/net/netlink")
		for _, l := range links {
			to, _ := os.Readlink(l)
			inode := strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")
			if inode != to && slices.Contains(strings.Fields(string(sockets)), inode) {
				return true
			}
		}
		return false
	}
	if listens() {
		t.Error("it listens to uevents")
	}
	m.must("list-units", "--type=device")
	if !listens() {
		t.Error("it does not listen to uevents, though somebody asked for devices")
	}
}
