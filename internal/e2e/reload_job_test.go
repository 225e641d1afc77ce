package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// Jobs to reload: services that read their configuration again.

// reloader is a service of Type=notify-reload that answers its signal with words.
func reloader(name, words, lines string) string {
	return "[Service]\nType=notify-reload\n" + lines + "\nExecStart={helper} notify READY=1 answer={dir}/" + name + " " + words + "\n"
}

const (
	reloads  = `'RELOADING=1\\nMONOTONIC_USEC={now}' `
	atOnce   = `'RELOADING=1\\nMONOTONIC_USEC={now}' READY=1`
	stubborn = "TimeoutStartSec=300ms"
)

// TestReloadJob: a job to reload ends when the service has read its configuration
// again, fails when it has not, and leaves the service up in either case.
func TestReloadJob(t *testing.T) {
	t.Parallel()
	reload := "[Service]\nType=exec\nExecStart={helper} hold\nExecReload="
	m := start(t, map[string]string{
		"idle.target":    "[Unit]\n",
		"exec.service":   reload + note("exec 1 $MAINPID") + "\nExecReload=-/bin/false\nExecReload=" + note("exec 2") + "\n",
		"fails.service":  reload + "/bin/sh -c 'exit 3'\nExecReload=" + note("never") + "\n",
		"hangs.service":  strings.Replace(reload, "Type=exec", "Type=exec\n"+stubborn, 1) + "{helper} hold\n",
		"slow.service":   reloader("slow", reloads+"wait=300ms note={dir}/read READY=1", ""),
		"own.service":    reloader("own", atOnce, "ReloadSignal=SIGUSR1"),
		"both.service":   reloader("both", atOnce, "ExecReload={helper} signals {dir}/both SIGTERM\nExecReload=/bin/false\n"+stubborn),
		"deaf.service":   reloader("deaf", "STATUS=deaf", stubborn),
		"late.service":   reloader("late", reloads, stubborn),
		"early.service":  reloader("early", `'RELOADING=1\\nMONOTONIC_USEC=1' READY=1`, stubborn),
		"dies.service":   reloader("dies", reloads+"exit=4", ""),
		"top.service":    "[Unit]\nPropagatesReloadTo=low.service exec.service down.service\n" + reloader("top", atOnce, ""),
		"low.service":    reloader("low", atOnce, ""),
		"down.service":   reload + note("never") + "\n",
		"unable.service": "[Service]\nExecStart={helper} hold\n",
	}, "idle.target")
	before := m.holds()
	for _, u := range strings.Fields("exec fails hangs slow own both deaf late early dies top low unable") {
		m.must("start", u+".service")
		if strings.Contains(m.show(u+".service", "Type"), "reload") {
			m.eventually(u+" listens", func() bool { return m.read(u) == "listening\n" })
		}
	}
	for _, c := range []struct {
		unit      string
		code      int
		result    string // ReloadResult=
		sub, said string
	}{
		{"exec", 0, "success", "running", ""},
		{"fails", 1, "exit-code", "running", ""},
		{"hangs", 1, "timeout", "running", ""},
		{"slow", 0, "success", "running", "SIGHUP"},
		{"own", 0, "success", "running", "SIGUSR1"},
		{"both", 1, "timeout", "running", "SIGHUP"},
		{"deaf", 1, "timeout", "running", "SIGHUP"},
		{"late", 1, "timeout", "running", "SIGHUP"},
		{"early", 1, "timeout", "running", "SIGHUP"},
		{"dies", 1, "success", "failed", "SIGHUP"},
		{"unable", 3, "success", "running", ""},
		{"down", 1, "success", "dead", ""},
		{"nowhere", 5, "success", "dead", ""},
	} {
		t.Run(c.unit, func(t *testing.T) {
			if out, code := m.ctl("reload", c.unit+".service"); code != c.code {
				t.Errorf("reload: %d, want %d: %s", code, c.code, out)
			}
			m.is(c.unit+".service", "SubState", c.sub)
			if c.unit != "nowhere" {
				m.is(c.unit+".service", "ReloadResult", c.result)
			}
			heard := regexp.MustCompile(`(?m)^ready \d+\n`).ReplaceAllString(m.read(c.unit), "") // by a command of ExecReload=, at any time
			if c.said != "" && !strings.HasPrefix(heard, "listening\n"+c.said+"\n") {
				t.Errorf("the service was told %q", m.read(c.unit))
			}
		})
	}
	if m.read("read") != "sent\n" {
		t.Error("the job ended before READY=1")
	}
	pid := m.show("exec.service", "MainPID")
	m.notes("exec 1 " + pid + "\nexec 2\n")
	for _, want := range []string{"Reloading slow.service...", "Reloaded slow.service.", "Reload of fails.service failed."} {
		m.says(want)
	}

	// Who is reloaded with it, and what it comes to where it cannot be.
	m.must("reload", "top.service")
	m.eventually("low.service is told", func() bool { return m.read("low") == "listening\nSIGHUP\n" })
	m.notes("exec 1 " + pid + "\nexec 2\nexec 1 " + pid + "\nexec 2\n")
	m.is("down.service", "ActiveState", "inactive")
	m.must("reload-or-restart", "exec.service")
	m.is("exec.service", "MainPID", pid)
	was := m.show("unable.service", "MainPID")
	m.must("try-reload-or-restart", "unable.service")
	if now := m.show("unable.service", "MainPID"); now == was || now == "0" {
		t.Errorf("the main process of unable.service is %s, it was %s", now, was)
	}

	// Something else is asked for meanwhile.
	m.must("reload", "--no-block", "slow.service")
	m.must("daemon-reload")
	m.must("stop", "slow.service")
	m.must("reload", "--no-block", "hangs.service")
	m.must("restart", "hangs.service")
	m.is("hangs.service", "SubState", "running")
	m.must("stop", "hangs.service", "exec.service", "fails.service", "own.service", "both.service", "deaf.service", "late.service", "early.service",
		"top.service", "low.service", "unable.service")
	m.must("reset-failed")
	m.settles(before)
}
