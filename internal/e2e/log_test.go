package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLogs: what services write is found again, with its priority.
func TestLogs(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\n",
		"x@.service": "[Service]\nStandardInput=socket\nStandardError=journal\nSyslogIdentifier=words\nExecStart=/bin/sh -c 'echo answer; echo \"<3>bad\" >&2; echo \"<7>chatter\" >&2; echo plain >&2; printf unfinished >&2'\n",
		"y.service":  "[Service]\nType=oneshot\nSyslogLevelPrefix=no\nSyslogLevel=warning\nExecStart=/bin/sh -c 'echo \"<3>kept as it is\"'\n",
		"z.service":  "[Service]\nType=oneshot\nLogLevelMax=notice\nExecStart=/bin/sh -c 'echo info; echo \"<5>notice\"'\n",
		"n.service":  "[Service]\nType=oneshot\nLogRateLimitIntervalSec=1h\nLogRateLimitBurst=10\nExecStart=/bin/sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo line $i; done'\n",
	}, "x.socket")
	if got := ask(t, m.address("x.socket"), ""); got != "answer\n" {
		t.Errorf("got %q", got)
	}
	m.empty("x.socket")
	m.must("start", "y.service", "z.service", "n.service")
	logs := func(args ...string) string { return m.must(append([]string{"logs", "-o", "cat"}, args...)...) }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-u", "x@*", "-p", "err"}, "bad\n"},
		{[]string{"-u", "x@*", "-p", "6..7"}, "chatter\nplain\nunfinished\n"},
		{[]string{"-u", "y.service", "-p", "warning"}, "<3>kept as it is\n"},
		{[]string{"-u", "z", "-p", "notice"}, "notice\n"},
	} {
		var got string
		if !wait(func() bool {
			got = ""
			for line := range strings.Lines(logs(c.args...)) { // but for the manager's own
				if !strings.Contains(line, ".service") {
					got += line
				}
			}
			return got == c.want
		}) {
			t.Errorf("logs %q: %q, want %q", c.args, got, c.want)
		}
	}
	if got := logs("-u", "z.service"); strings.Contains(got, "\ninfo\n") {
		t.Errorf("LogLevelMax=notice, but:\n%s", got)
	}
	if got := logs("-u", "n.service"); strings.Count(got, "line ") != 10 || !strings.Contains(got, "line 10\n") {
		t.Errorf("LogRateLimitBurst=10, but:\n%s", got)
	}
	m.eventually("what was dropped is told", func() bool { return strings.Contains(logs("-u", "n.service"), "Suppressed 5 messages") })
	if got := m.must("logs", "-u", "x@*", "-p", "3"); !strings.Contains(got, " words[") || !strings.Contains(got, "]: bad\n") {
		t.Errorf("short: %q", got)
	}
}

// TestLogFlood: a service that writes as fast as it can, 200 MiB, holds up nobody
// but itself, whether somebody reads the manager's own output or not, and the
// journal stays within its bound.
func TestLogFlood(t *testing.T) {
	t.Parallel()
	size := 200 << 20
	if testing.Short() || raced {
		size = 50 << 20
	}
	for name, s := range map[string]setup{"quiet": {args: []string{"--quiet"}}, "deaf": {deaf: true}} {
		t.Run(name, func(t *testing.T) {
			s.files = with(map[string]string{
				"flood.service": fmt.Sprintf("[Service]\nType=oneshot\nRemainAfterExit=yes\nLogRateLimitIntervalSec=0\nExecStart={helper} flood %d\n", size),
			})
			s.units = []string{"echo.socket"}
			m := s.start(t)
			m.must("start", "--no-block", "flood.service")
			slowest, asked := time.Duration(0), 0
			for begun := time.Now(); m.show("flood.service", "SubState") != "exited"; {
				before := time.Now()
				m.works()
				slowest = max(slowest, time.Since(before))
				asked++
				if time.Since(begun) > 2*patience {
					t.Fatal("it does not end")
				}
			}
			t.Logf("asked %d times meanwhile, the slowest took %v", asked, slowest)
			if asked == 0 || slowest > 5*time.Second {
				t.Errorf("asked %d times meanwhile, the slowest took %v", asked, slowest)
			}
			var total int64
			files, err := filepath.Glob(filepath.Join(m.state, "journal/*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if fi, err := os.Stat(f); err == nil {
					total += fi.Size()
				}
			}
			t.Logf("the journal has %d MiB in %d files", total>>20, len(files))
			if total > 80<<20 {
				t.Errorf("the journal has %d MiB", total>>20)
			}
			if n := memory(m.pid); n > 128<<20 && !raced {
				t.Errorf("%d MiB of memory", n>>20)
			}
		})
	}
}
