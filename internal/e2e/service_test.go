package e2e

import (
	"fmt"
	"os"
	"os/user"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What services do, systemd.service(5) and systemd.exec(5).

// note is a command line that adds a line to the file of notes. What follows a
// semicolon comes after that.
func note(text string) string {
	text, then, _ := strings.Cut(text, ";")
	return `/bin/sh -c 'echo ` + text + ` >>{dir}/notes; ` + then + `'`
}

// notes waits until the file of notes has a text.
func (m *manager) notes(want string) {
	m.t.Helper()
	if !wait(func() bool { return m.read("notes") == want }) {
		m.t.Errorf("notes are\n%s\nnot\n%s", m.read("notes"), want)
	}
}

// TestOrder: all lines of a service, in their order.
func TestOrder(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target": "[Unit]\n",
		"all.service": "[Service]\nExecStartPre=" + note("pre 1") + "\nExecStartPre=-" + note("pre 2; exit 1") + "\n" +
			"ExecCondition=" + note("condition") + "\nExecStart={helper} signals {dir}/signals\n" +
			"ExecStartPost=" + note("post 1 $MAINPID") + "\nExecStartPost=" + note("post 2") + "\n" +
			"ExecStop=" + note("stop 1 $MAINPID") + "\nExecStop=-" + note("stop 2; exit 1") + "\n" +
			"ExecStopPost=" + note("stop-post $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS") + "\n",
		"bad.service": "[Service]\nExecStartPre=" + note("pre") + "\nExecStartPre=/bin/sh -c 'exit 3'\nExecStartPre=" + note("never") + "\n" +
			"ExecStart=" + note("never") + "\nExecStop=" + note("never") + "\nExecStopPost=" + note("stop-post $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS") + "\n",
		"one.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=" + note("1") + "\nExecStart=-/bin/false\nExecStart=" + note("3") + "\n" +
			"ExecStop=" + note("stop") + "\n",
		"dead.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'kill -KILL $$$$'\nExecStopPost=" + note("stop-post $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS") + "\n",
		"code.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 42'\nExecStopPost=" + note("stop-post $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS") + "\n",
		"no.service":   "[Service]\nType=oneshot\nExecCondition=/bin/false\nExecStart=" + note("never") + "\nExecStopPost=" + note("after $SERVICE_RESULT") + "\n",
		"odd.service":  "[Service]\nType=oneshot\nExecCondition=/bin/sh -c 'exit 255'\nExecStart=" + note("never") + "\n",
	}, "idle.target")
	m.must("start", "all.service")
	m.is("all.service", "SubState", "running")
	m.noted("signals")
	pid := m.show("all.service", "MainPID")
	m.must("stop", "all.service")
	m.notes(strings.ReplaceAll("condition\npre 1\npre 2\npost 1 PID\npost 2\nstop 1 PID\nstop 2\nstop-post success exited 0\n", "PID", pid))
	if got, want := m.read("signals"), "ready "+pid+"\nSIGTERM\nSIGCONT\n"; got != want && got != strings.TrimSuffix(want, "SIGCONT\n") {
		t.Errorf("signals %q", got)
	}

	m.write("../notes", "")
	if out, code := m.ctl("start", "bad.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.notes("pre\nstop-post exit-code\n")
	m.is("bad.service", "Result", "exit-code")

	m.write("../notes", "")
	m.must("start", "one.service")
	m.is("one.service", "SubState", "exited")
	m.must("stop", "one.service")
	m.notes("1\n3\nstop\n")

	m.write("../notes", "")
	m.ctl("start", "dead.service")
	m.ctl("start", "code.service")
	m.notes("stop-post signal killed KILL\nstop-post exit-code exited 42\n")

	m.write("../notes", "")
	m.must("start", "no.service")
	m.notes("after exec-condition\n")
	m.is("no.service", "ActiveState", "inactive")
	if out, code := m.ctl("start", "odd.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
}

// TestTypes: when a service counts as started.
func TestTypes(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"idle.target":     "[Unit]\n",
		"simple.service":  "[Service]\nType=simple\nExecStart=/nowhere/simple\n",
		"exec.service":    "[Service]\nType=exec\nExecStart=/nowhere/exec\n",
		"good.service":    "[Service]\nType=exec\nExecStart={helper} hold\n",
		"oneshot.service": "[Service]\nType=oneshot\nExecStart=/bin/sleep 0.3\nExecStart=/bin/sh -c 'exit 7'\n",
		"slow.service":    "[Service]\nType=oneshot\nTimeoutStartSec=200ms\nExecStart={helper} hold\n",
		"quiet.service":   "[Service]\nType=oneshot\nExecStart=/bin/true\n",
	}, "idle.target")
	before := m.holds()
	for unit, want := range map[string]struct {
		code           int
		result, status string
	}{
		"simple.service":  {0, "exit-code", "203"},
		"exec.service":    {1, "exit-code", "203"},
		"good.service":    {0, "success", "0"},
		"oneshot.service": {1, "exit-code", "7"},
		"slow.service":    {1, "timeout", "15"},
		"quiet.service":   {0, "success", "0"},
	} {
		out, code := m.ctl("start", unit)
		if code != want.code {
			t.Errorf("start %s: %d %s", unit, code, out)
		}
		m.is(unit, "Result", want.result)
		m.is(unit, "ExecMainStatus", want.status)
	}
	m.is("good.service", "ActiveState", "active")
	m.must("stop", "good.service")
	m.must("start", "--no-block", "good.service")
	m.is("good.service", "ActiveState", "active")
	m.must("stop", "good.service")
	m.settles(before)
}

// TestEnvironment: where variables come from, and which wins.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	m := setup{files: map[string]string{
		"idle.target": "[Unit]\n",
		"one.env":     "# comment\nFROM_FILE=yes\nBOTH=file\nQUOTED='single quoted' \nDOUBLE=\"a\\\"b\"\nexport X=1\n",
		"x.service": "[Service]\nType=oneshot\nSyslogIdentifier=x\nEnvironment=A=1 \"B=two words\" 'C=%n' BOTH=unit EMPTY=\nEnvironment=D=$A\n" +
			"EnvironmentFile={units}/one.env\nEnvironmentFile=-{units}/missing.env\nPassEnvironment=PASSED NOT_SET\nUnsetEnvironment=LANG GONE=1\nEnvironment=GONE=1\n" +
			"ExecStart=/bin/sh -c 'env >{dir}/env; echo \"[$$1][$$2][$$3]\" >>{dir}/args' sh $A ${B} pre${A}post\n",
		"missing.service": "[Service]\nType=oneshot\nEnvironmentFile={units}/missing.env\nExecStart=/bin/true\n",
	}, units: []string{"idle.target"}, env: []string{"PASSED=along", "HIDDEN=1", "LC_TIME=C"}}.start(t)
	m.must("set-environment", "GLOBAL=yes", "A=global")
	m.must("start", "x.service")
	got := map[string]string{}
	for line := range strings.Lines(m.read("env")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		got[name] = value
	}
	want := map[string]string{
		"A": "1", "B": "two words", "C": "x.service", "BOTH": "file", "EMPTY": "", "D": "$A", "FROM_FILE": "yes",
		"QUOTED": "single quoted", "DOUBLE": `a"b`, "PASSED": "along", "GLOBAL": "yes", "LC_TIME": "C",
	}
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s=%q, want %q", name, v, value)
		}
	}
	absent := []string{"GONE", "LANG", "NOT_SET", "LISTEN_FDS", "LISTEN_PID", "MAINPID", "NOTIFY_SOCKET"}
	if os.Getuid() == 0 { // a user's manager passes on what it has
		absent = append(absent, "HIDDEN", "HOME", "USER")
	}
	for _, name := range absent {
		if v, ok := got[name]; ok {
			t.Errorf("%s=%q is there", name, v)
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(got["INVOCATION_ID"]) {
		t.Errorf("INVOCATION_ID=%s", got["INVOCATION_ID"])
	}
	if got := m.read("args"); got != "[1][two words][pre1post]\n" {
		t.Errorf("arguments %q", got)
	}
	if out := m.must("show-environment"); !strings.Contains(out, "GLOBAL=yes\n") || !strings.Contains(out, "PATH=") {
		t.Errorf("show-environment:\n%s", out)
	}
	m.must("unset-environment", "GLOBAL")
	if out := m.must("show-environment"); strings.Contains(out, "GLOBAL") {
		t.Errorf("show-environment:\n%s", out)
	}
	if out, code := m.ctl("set-environment", "1BAD=x"); code == 0 {
		t.Errorf("set-environment: %s", out)
	}
	if out, code := m.ctl("start", "missing.service"); code != 1 {
		t.Errorf("start: %d %s", code, out)
	}
	m.says("missing.service: {units}/missing.service:4: ", "{units}/missing.env", "does not exist")
}

// TestCredentials: who a service is, and where.
func TestCredentials(t *testing.T) {
	t.Parallel()
	needRoot(t)
	daemon, err := user.Lookup("daemon")
	if err != nil {
		t.Skip(err)
	}
	group := func(name string) string {
		g, err := user.LookupGroup(name)
		if err != nil {
			t.Skip(err)
		}
		return g.Gid
	}
	const who = `/bin/sh -c 'echo $(id -u) $(id -g) $(id -G) $(pwd) $(umask) $HOME $LOGNAME $SHELL $(grep Groups /proc/self/status | cut -f2)'` + "\n"
	m := start(t, map[string]string{
		"idle.target":      "[Unit]\n",
		"user.service":     "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nUser=daemon\nExecStart=" + who,
		"number.service":   "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nUser=" + daemon.Uid + "\nGroup=adm\nExecStart=" + who,
		"groups.service":   "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nUser=daemon\nSupplementaryGroups=adm tty\nUMask=0027\nWorkingDirectory=/usr\nExecStart=" + who,
		"plus.service":     "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nUser=daemon\nExecStart=+" + who,
		"home.service":     "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nUser=daemon\nWorkingDirectory=~\nExecStart=" + who,
		"dash.service":     "[Service]\nType=oneshot\nStandardOutput=append:{dir}/out\nWorkingDirectory=-{dir}/nowhere\nExecStart=" + who,
		"template@.target": "",
	}, "idle.target")
	primary := group("daemon")
	cases := []struct{ unit, want string }{
		{"user", fmt.Sprintf("%s %s %s / 0022 %s daemon %s", daemon.Uid, daemon.Gid, primary, daemon.HomeDir, "SHELL")},
		{"number", fmt.Sprintf("%s %s %s / 0022 %s daemon %s", daemon.Uid, group("adm"), group("adm"), daemon.HomeDir, "SHELL")},
		{"groups", fmt.Sprintf("%s %s %s %s %s /usr 0027 %s daemon %s", daemon.Uid, daemon.Gid, primary, group("adm"), group("tty"), daemon.HomeDir, "SHELL")},
		{"plus", "0 0"},
		{"home", fmt.Sprintf("%s %s %s %s 0022", daemon.Uid, daemon.Gid, primary, daemon.HomeDir)},
		{"dash", "0 0 0 / 0022"},
	}
	for _, c := range cases {
		m.write("../out", "")
		m.must("start", c.unit+".service")
		got := m.read("out")
		want, _, _ := strings.Cut(c.want, " SHELL")
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", c.unit, got, want)
		}
	}
}

// TestStopping: which signals come, to whom, and what follows if they are ignored.
func TestStopping(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, lines string
		ignored     string
		want        string // signals that the service sees
		result      string
		takes       time.Duration // at least
	}{
		{"term", "", "", "SIGTERM", "success", 0},
		{"own", "KillSignal=SIGUSR1", "", "SIGUSR1", "success", 0},
		{"hangup", "SendSIGHUP=yes\nKillSignal=SIGCONT", "SIGCONT", "SIGHUP", "success", 0},
		{"deaf", "TimeoutStopSec=300ms", "SIGTERM SIGCONT", "SIGTERM", "timeout", 300 * time.Millisecond},
		{"quit", "TimeoutStopSec=300ms\nFinalKillSignal=SIGQUIT", "SIGTERM SIGCONT", "SIGTERM\nSIGQUIT", "timeout", 300 * time.Millisecond},
		{"status", "SuccessExitStatus=SIGKILL\nKillSignal=SIGKILL", "", "", "success", 0},
	}
	files := map[string]string{"idle.target": "[Unit]\n"}
	for _, c := range cases {
		files[c.name+".service"] = "[Service]\nType=exec\nExecStart={helper} signals {dir}/" + c.name + " " + c.ignored + "\n" + c.lines + "\n"
	}
	// Nobody kills it in the end.
	files["spared.service"] = "[Service]\nType=exec\nExecStart={helper} signals {dir}/spared SIGTERM SIGCONT\nTimeoutStopSec=200ms\nSendSIGKILL=no\n"
	m := start(t, files, "idle.target")
	before := m.holds()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m.must("start", c.name+".service")
			m.eventually("it is ready", func() bool { return strings.HasPrefix(m.read(c.name), "ready ") })
			begun := time.Now()
			m.must("stop", c.name+".service")
			if d := time.Since(begun); d < c.takes {
				t.Errorf("it took only %v", d)
			}
			got := strings.ReplaceAll(m.read(c.name), "SIGCONT\n", "")
			_, got, _ = strings.Cut(strings.TrimSpace(got), "\n")
			if got != c.want {
				t.Errorf("signals %q, want %q", got, c.want)
			}
			m.is(c.name+".service", "Result", c.result)
		})
	}
	m.settles(before)
	m.must("start", "spared.service")
	m.eventually("it is ready", func() bool { return strings.HasPrefix(m.read("spared"), "ready ") })
	pid, err := strconv.Atoi(m.show("spared.service", "MainPID"))
	if err != nil {
		t.Fatal(err)
	}
	m.must("stop", "spared.service")
	if !alive(pid) {
		t.Error("SendSIGKILL=no, but it is dead")
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	m.settles(before)
}

// TestKill: signals by hand.
func TestKill(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.service": "[Service]\nType=exec\nExecStart=/bin/sh -c '{helper} signals {dir}/child SIGUSR1 & exec {helper} signals {dir}/main SIGUSR1 SIGUSR2'\n",
	}, "x.service")
	m.eventually("they are ready", func() bool { return m.read("main") != "" && m.read("child") != "" })
	m.must("kill", "-s", "USR2", "--kill-whom", "main", "x.service")
	m.must("kill", "-s", "SIGUSR1", "x")
	m.eventually("they are told", func() bool {
		return strings.Contains(m.read("main"), "USR1") && strings.Contains(m.read("child"), "USR1")
	})
	if strings.Contains(m.read("child"), "USR2") {
		t.Error("the child was told what was for the main process alone")
	}
	if out, code := m.ctl("kill", "-s", "NOPE", "x.service"); code == 0 {
		t.Errorf("kill: %s", out)
	}
	m.must("stop", "x.service")
	m.eventually("both are gone", func() bool { return strings.Contains(m.read("child"), "TERM") })
}

// TestRestart: what is restarted after what, and how often.
func TestRestart(t *testing.T) {
	t.Parallel()
	ends := map[string]string{"success": "exit 0", "failure": "exit 3", "signal": "kill -9 $$$$", "clean": "kill -15 $$$$"}
	again := map[string]string{ // which ends are followed by a restart
		"no": "", "always": "success failure signal clean", "on-success": "success clean", "on-failure": "failure signal",
		"on-abnormal": "signal", "on-abort": "signal",
	}
	files := map[string]string{"idle.target": "[Unit]\n"}
	for how, which := range again {
		for end, command := range ends {
			name := how + "-" + end
			files[name+".service"] = "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n[Service]\nRestart=" + how + "\nRestartSec=1ms\nExecStart=/bin/sh -c 'echo >>{dir}/" + name + "; " + command + "'\n"
			_ = which
		}
	}
	m := start(t, files, "idle.target")
	before := m.holds()
	for name := range files {
		if name != "idle.target" {
			m.must("start", "--no-block", name)
		}
	}
	for how, which := range again {
		for end := range ends {
			name := how + "-" + end
			want := 1
			if sameWords(which, which+" "+end) || strings.Contains(" "+which+" ", " "+end+" ") {
				want = 2 // and no more, by the start limit
				m.says(name + ".service: Start request repeated too quickly.")
				m.is(name+".service", "ActiveState", "failed")
				m.is(name+".service", "NRestarts", "2")
			}
			m.eventually(name+" rests", func() bool {
				s := m.show(name+".service", "ActiveState")
				return s == "inactive" || s == "failed"
			})
			if got := strings.Count(m.read(name), "\n"); got != want {
				t.Errorf("%s: %d starts, want %d", name, got, want)
			}
		}
	}
	m.must("reset-failed")
	m.settles(before)
	// A stop while it waits for its restart is the end.
	m.write("long.service", "[Service]\nRestart=always\nRestartSec=1h\nExecStart=/bin/false\n")
	m.must("start", "long.service") // without daemon-reload: it was not known before
	m.is("long.service", "SubState", "auto-restart")
	m.must("stop", "long.service")
	m.is("long.service", "ActiveState", "inactive")
	m.settles(before)
}
