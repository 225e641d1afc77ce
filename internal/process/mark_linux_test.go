package process

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// TestMark: it is inherited, stands in for a cleared environment, and leaves the
// limit alone where the unit sets it.
func TestMark(t *testing.T) {
	for _, id := range []string{"0123456789abcdef0123456789abcdef", "000000000000000f0123456789abcdef", "ffffffffffffffffffffffffffffffff"} {
		p := compile(t, testConfig(t), service(nil), shell("env -i setsid sleep 100 & sleep 100"))
		s := start()
		s.Vars = []string{"INVOCATION_ID=" + id}
		pid, failure, err := p.Start(s)
		if err != nil || failure != nil {
			t.Fatal(err, failure)
		}
		defer wait(t, pid)
		defer unix.Kill(pid, unix.SIGKILL)
		if got := Mark(pid); got != id[:markDigits] {
			t.Errorf("the mark of %s is %q", id, got)
		}
		// The environment shows a moment later than the program runs.
		if got := Invocation(pid); got != id && got != id[:markDigits] {
			t.Errorf("the invocation of %s is %q", id, got)
		}
		var child Process
		for child.PID == 0 || child.Name != "sleep" {
			all, err := Descendants()
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if d.PPID == pid && d.SID == d.PID {
					child = d
				}
			}
		}
		defer unix.Kill(child.PID, unix.SIGKILL)
		if !strings.HasPrefix(id, child.Invocation) || child.Invocation == "" {
			t.Errorf("the invocation of a child without environment of %s is %q", id, child.Invocation)
		}
	}
	if got := Mark(unix.Getpid()); got != "" {
		t.Errorf("the mark of who bears none is %q", got)
	}
	p := compile(t, testConfig(t), service(func(x *unit.Exec) {
		x.LimitRTTIME = value.Limit{Set: true, Soft: 1000, Hard: 2000}
	}), shell("grep realtime.timeout /proc/self/limits"))
	s := start()
	s.Vars = []string{"INVOCATION_ID=0123456789abcdef0123456789abcdef"}
	if got, _ := output(t, p, s); !strings.Contains(got, "1000                 2000") {
		t.Errorf("LimitRTTIME=1000:2000 gives %q", got)
	}
}
