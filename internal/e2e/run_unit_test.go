package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// transientFiles are the names of the transient units that have a file.
func (m *manager) transientFiles() string {
	list, err := filepath.Glob(filepath.Join(m.state, "runtime", "transient", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for i := range list {
		list[i] = filepath.Base(list[i])
	}
	return strings.Join(list, " ")
}

// TestRunUnit runs commands as units: what is said, how run-unit ends, and that
// nothing stays behind.
func TestRunUnit(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{"there.service": "[Service]\nExecStart=/bin/true\n", "idle.target": ""}, "idle.target")
	before := m.holds()
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--wait --unit=ok /bin/true", 0, "Running as unit: ok.service\nFinished with result: success\nMain processes terminated with: code=exited, status=0/SUCCESS"},
		{"--wait --collect sh -c 'exit 3'", 3, "result: exit-code"},
		{"--wait --collect sh -c 'kill -9 $$'", 255, "code=killed, status=9/KILL"},
		{"--wait -q -G -E A=b%c -p UMask=0027 sh -c 'test $A = b%c && test $(umask) = 0027'", 0, ""},
		{"--wait -q -d -G sh -c 'test $PWD = {dir}'", 0, ""},
		{"--wait --collect -p TimeoutStartSec=1us -p Type=oneshot sleep 100", 1, "result: timeout"},
		{"-u there /bin/true", 1, "unit there.service was already loaded or has a fragment file"},
		{"-p Bogus=1 true", 1, "unknown assignment: Bogus=1"},
		{"-p Restart=bogus true", 1, "[Service] Restart=: \"bogus\" is unknown"},
		{"/nonexistent", 1, "failed to find executable /nonexistent"},
		{"--scope true", 1, "no scopes"},
		{"--wait --no-block true", 1, "contradict"},
		{"--on-active=1 --path-property=PathExists=/x true", 1, "more than one"},
		{"", 1, "which command?"},
		{"-G -u 'a b' true", 0, "escaped as \"a\\x20b\" (maybe you should use wakesock escape?).\nRunning as unit: a\\x20b.service\n"},
		{"-u a@ true", 1, "a@.service cannot be a transient unit"},
		{"-P -q -G --slice=own --working-directory=. sh -c 'pwd'", 0, "{dir}\n"},
		{"-P -q -G -E A=b sh -c 'echo \"$A $$A\"' '$A'", 0, "b "},
		{"-P -q -G -E A=b --expand-environment echo '$A' '.${A}.' '.$$A'", 0, "b .b. .$A\n"},
		{"-P -q -G -E A=b echo '$A ${A} $$A'", 0, "$A ${A} $$A\n"},
		{"--timer-property=AccuracySec=1 true", 1, ".timer: timer never elapses"},
		{"--on-calendar=bogus -u t true", 1, "t.timer: [Timer] OnCalendar=: calendar expression \"bogus\": expected a number or '*' at \"bogus\"\n"},
		{"--socket-property=ListenStream=/x --socket-property=Accept=1 true", 1, "template cannot be transient"},
	} {
		cmd := exec.Command("sh", "-c", m.fill(managing+" --control "+m.control+" run-unit "+c.args))
		cmd.Dir = m.dir
		cmd.Env = m.env
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), m.fill(c.says)) || c.says == "" && len(out) > 0 {
			t.Errorf("run-unit %s: exit status %d, want %d:\n%s", c.args, code, c.code, out)
		}
	}
	m.eventually("no file to stay", func() bool { return m.transientFiles() == "" })
	m.settles(before)
}

// TestRunUnitPipe hands the standard streams over.
func TestRunUnitPipe(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{"idle.target": ""}, "idle.target")
	before := m.holds()
	big := strings.Repeat("0123456789abcdef", 1<<16)
	cmd := exec.Command(managing, "--control", m.control, "run-unit", "--pipe", "-q", "-G", "--", "sh", "-c", "tr a-f A-F; echo done >&2; exit 4")
	cmd.Env = m.env
	cmd.Stdin = strings.NewReader(big)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 4 || out.String() != strings.ToUpper(big) || errs.String() != "done\n" {
		t.Errorf("exit status %d, %d bytes, %q", code, out.Len(), errs.String())
	}
	m.settles(before)
}

// TestRunUnitTriggers makes a timer and a socket for a command; the service goes with them.
func TestRunUnitTriggers(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{"idle.target": ""}, "idle.target")
	m.must("run-unit", "-u", "soon", "--on-active=10ms", "--timer-property=AccuracySec=1us", "--", "sh", "-c", "echo $TRIGGER_UNIT >"+m.dir+"/ran")
	m.eventually("the run", func() bool { return m.read("ran") == "soon.timer\n" })
	m.eventually("timer and service to go", func() bool { return m.transientFiles() == "" })
	m.must("run-unit", "-u", "never", "--on-calendar=*-01-01", "/bin/true")
	if files := m.transientFiles(); files != "never.service never.timer" {
		t.Errorf("files: %s", files)
	}
	m.must("stop", "never.timer")
	m.eventually("timer and service to go", func() bool { return m.transientFiles() == "" })
	address := freeAddress()
	m.must("run-unit", "-u", "up", "--socket-property=ListenStream="+address, "-p", "StandardInput=socket", "-p", "Type=oneshot", "--", "/bin/true")
	if got := m.address("up.socket"); got != address {
		t.Errorf("listens on %q", got)
	}
	m.must("stop", "up.socket")
}

// TestRunUnitFile: a transient unit's file is there for who asks, and cannot be enabled.
func TestRunUnitFile(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{"idle.target": ""}, "idle.target")
	m.must("run-unit", "-u", "moment", "/bin/sleep", "1000")
	if got := m.show("moment.service", "UnitFileState"); got != "transient" {
		t.Errorf("UnitFileState=%s", got)
	}
	for verb, want := range map[string]string{"is-enabled": "transient\n", "enable": "transient or generated"} {
		if out, code := m.ctl(verb, "--state-dir", m.state, "moment"); code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit status %d\n%s", verb, code, out)
		}
	}
	m.must("stop", "moment.service")
}

// TestSetPropertyKinds sets lists, what other names mean, units without files, and
// what is set for now in place of what is set for good.
func TestSetPropertyKinds(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"long.service": "[Service]\nExecStart=/bin/sleep 1000\nDeviceAllow=/dev/null r\n", "masked.service": "",
		"many@.service": "[Service]\nExecStart=/bin/true\n", "bad.service": "[Service]\n", "idle.target": "[Unit]\n",
	}, "idle.target")
	if err := os.Symlink("long.service", filepath.Join(m.dir, "units", "other.service")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set, unit, property, want string
	}{
		{"long DeviceAllow=/dev/zero", "long.service", "DeviceAllow", "/dev/zero rwm\n/dev/null r"},
		{"long DeviceAllow=/dev/full", "long.service", "DeviceAllow", "/dev/full rwm\n/dev/zero rwm\n/dev/null r"},
		{"long DeviceAllow=/dev/full", "long.service", "DeviceAllow", "/dev/full rwm\n/dev/zero rwm\n/dev/null r"},
		{"long DeviceAllow=", "long.service", "DeviceAllow", ""},
		{"--runtime long DeviceAllow=/dev/tty", "long.service", "DeviceAllow", "/dev/tty rwm"},
		{"long AllowedCPUs=0", "long.service", "AllowedCPUs", "0"},
		{"long AllowedCPUs=1", "long.service", "AllowedCPUs", "1"},
		{"other MemoryMax=1M", "long.service", "MemoryMax", "1048576"},
		{"--runtime long MemoryMax=2M", "long.service", "MemoryMax", "2097152"},
		{"long MemoryMax=3M", "long.service", "MemoryMax", "3145728"},
		{"long Description=known", "long.service", "Description", "known"},
		{"idle.target Description=calm", "idle.target", "Description", "calm"},
		{"free.slice MemoryMax=1M", "free.slice", "MemoryMax", "1048576"},
		{"many@1 MemoryMax=1M", "many@1.service", "MemoryMax", "1048576"},
	} {
		m.must(append([]string{"set-property"}, strings.Fields(c.set)...)...)
		if got := m.show(c.unit, c.property); got != c.want {
			t.Errorf("set-property %s: %q, want %q", c.set, got, c.want)
		}
	}
	for set, want := range map[string]string{
		"long Slice=free.slice": "cannot set property Slice", "long Delegate=yes": "cannot set property Delegate",
		"many@.service MemoryMax=1M": "missing the instance name", "bad MemoryMax=1M": "bad unit file",
		"masked MemoryMax=1M": "masked", "idle.target MemoryMax=1M": "cannot set property MemoryMax",
	} {
		if out, code := m.ctl(append([]string{"set-property"}, strings.Fields(set)...)...); code != 1 || !strings.Contains(out, want) {
			t.Errorf("set-property %s: exit status %d\n%s", set, code, out)
		}
	}
}

// TestSetProperty changes resource settings, for now and for ever, and nothing else.
func TestSetProperty(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{"long.service": "[Service]\nExecStart=/bin/sleep 1000\nCPUWeight=10\n"}, "long.service")
	pid := m.show("long.service", "MainPID")
	m.must("set-property", "long", "CPUWeight=50", "MemoryMax=1G")
	m.must("set-property", "--runtime", "long", "TasksMax=77")
	for _, bad := range []string{"CPUWeight=x", "Environment=A=b", "Nonsense=1", "CPUWeight"} {
		if out, code := m.ctl("set-property", "long.service", "MemoryMax=2G", bad); code != 1 {
			t.Errorf("%s: exit status %d\n%s", bad, code, out)
		}
	}
	if out, code := m.ctl("set-property", "nobody.service", "CPUWeight=5"); code != 1 || !strings.Contains(out, "nobody.service not found") {
		t.Errorf("exit status %d\n%s", code, out)
	}
	holds := func() {
		t.Helper()
		for property, want := range map[string]string{"CPUWeight": "50", "MemoryMax": "1073741824", "TasksMax": "77", "MainPID": pid} {
			if got := m.show("long.service", property); got != want {
				t.Errorf("%s=%s, want %s", property, got, want)
			}
		}
	}
	holds()
	m.must("daemon-reload")
	holds()
	m.must("set-property", "long", "CPUWeight=")
	if got := m.show("long.service", "CPUWeight"); got == "50" {
		t.Errorf("CPUWeight=%s", got)
	}
	if _, err := os.Stat(filepath.Join(m.state, "control", "long.service.d")); err != nil {
		t.Error(err)
	}
	m.must("revert", "--state-dir", m.state, "long.service")
	for property, want := range map[string]string{"CPUWeight": "10", "DropInPaths": ""} {
		if got := m.show("long.service", property); got != want {
			t.Errorf("after revert: %s=%s", property, got)
		}
	}
}
