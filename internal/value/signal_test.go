package value

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestSignal(t *testing.T) {
	for in, want := range map[string]Signal{
		"TERM": 15, "SIGTERM": 15, "15": 15, "0xf": 15, "015": 13, "IO": 29, "STKFLT": 16, "32": 32, "64": 64,
		"RTMIN": 34, "SIGRTMIN+3": 37, "RTMIN+0": 34, "RTMIN+30": 64, "RTMAX": 64, "SIGRTMAX-1": 63, "RTMAX-30": 34,
	} {
		if got, err := ParseSignal(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "65", "sigterm", "SIG15", "SIGPOLL", "IOT", "CLD", "RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMIN+", "RTMIN+ 3", "RTMIN++3", "SIG", "SIGSIGTERM"} {
		if got, err := ParseSignal(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
	}
	if _, err := ParseSignal("sigterm"); err == nil || !strings.Contains(err.Error(), "did you mean SIGTERM?") {
		t.Error(err)
	}
	for in, want := range map[Signal]string{15: "SIGTERM", 34: "SIGRTMIN+0", 64: "SIGRTMIN+30", 32: "32", 0: "0", 99: "99", -1: "-1"} {
		if got := in.String(); got != want {
			t.Errorf("%d: got %q, want %q", in, got, want)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "EXEC": 203, "203": 203, "TEMPFAIL": 75, "0xf": 15, "SUCCESS": 0, "NOTRUNNING": 7} {
		if got, err := ParseExitStatus(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", "exec", "EXIT_EXEC", "256", "-1"} {
		if got, err := ParseExitStatus(s); err == nil {
			t.Errorf("%q: got %d", s, got)
		}
	}
	for code, want := range map[int]string{203: "EXEC", 99: "", -1: "", 256: ""} {
		if got := ExitStatusName(code); got != want {
			t.Errorf("%d: got %q, want %q", code, got, want)
		}
	}
}

// The installed tools hold both tables.
func TestTablesAgainstSystemd(t *testing.T) {
	words := func(name string, args ...string) [][]string {
		out, err := exec.Command(name, args...).Output()
		if err != nil {
			t.Skipf("%s cannot be asked: %v", name, err)
		}
		var rows [][]string
		for line := range strings.Lines(string(out)) {
			rows = append(rows, strings.Fields(line))
		}
		return rows[1:]
	}
	for _, row := range words("systemd-analyze", "exit-status") {
		if n, err := ParseExitStatus(row[0]); err != nil || strconv.Itoa(n) != row[1] {
			t.Errorf("status %s is %s: got %d, %v", row[0], row[1], n, err)
		}
	}
	for _, row := range words("systemctl", "kill", "--signal=list") {
		n, err := strconv.Atoi(row[0])
		if g := Signal(n); err != nil || g.String() != row[1] && g.String() != row[0] {
			t.Errorf("signal %v: got %v, %v", row, g, err)
		}
	}
}
