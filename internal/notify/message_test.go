package notify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wakesock/internal/value"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		notice   value.Notice
		problems int
	}{
		"":                          {},
		"\n\n=\nREADY":              {},
		"READY=1":                   {value.Notice{Ready: true, Last: value.NoticeReady}, 0},
		"READY=1\n":                 {value.Notice{Ready: true, Last: value.NoticeReady}, 0},
		"READY=1\x00":               {value.Notice{Ready: true, Last: value.NoticeReady}, 0},
		"READY=0":                   {value.Notice{}, 1},
		"RELOADING=1\nREADY=1":      {value.Notice{Ready: true, Reloading: true, Last: value.NoticeReady}, 0},
		"READY=1\nSTOPPING=1":       {value.Notice{Ready: true, Stopping: true, Last: value.NoticeStopping}, 0},
		"STATUS=":                   {value.Notice{HasStatus: true}, 0},
		"STATUS=a=b c":              {value.Notice{HasStatus: true, Status: "a=b c"}, 0},
		"STATUS=\xff":               {value.Notice{}, 1},
		"STATUS=1\nSTATUS=2":        {value.Notice{HasStatus: true, Status: "2"}, 0},
		"ERRNO=5\nX_OWN=field":      {value.Notice{Errno: 5}, 0},
		"ERRNO=-5":                  {value.Notice{}, 1},
		"ERRNO=5000":                {value.Notice{}, 1},
		"BUSERROR=org.a.Error.B":    {value.Notice{BusError: "org.a.Error.B"}, 0},
		"BUSERROR=a b":              {value.Notice{}, 1},
		"MAINPID=12\nMAINPIDFDID=9": {value.Notice{MainPID: 12, MainPIDFDID: 9}, 0},
		"MAINPIDFDID=9":             {value.Notice{}, 0},
		"MAINPID=0":                 {value.Notice{}, 1},
		"MAINPID=-1":                {value.Notice{}, 1},
		"MAINPID=99999999999":       {value.Notice{}, 1},
		"MAINPID=x":                 {value.Notice{}, 1},
		"NOTIFYACCESS=exec":         {value.Notice{Access: "exec"}, 0},
		"NOTIFYACCESS=any":          {value.Notice{}, 1},
		"WATCHDOG=1":                {value.Notice{Alive: true}, 0},
		"WATCHDOG=trigger":          {value.Notice{Trigger: true}, 0},
		"WATCHDOG=2":                {value.Notice{}, 1},
		"WATCHDOG_USEC=20":          {value.Notice{HasWatchdog: true, Watchdog: 20}, 0},
		"WATCHDOG_USEC=0":           {value.Notice{HasWatchdog: true}, 0},
		"EXTEND_TIMEOUT_USEC=18446744073709551615": {value.Notice{Extend: value.Infinity}, 0},
		"EXTEND_TIMEOUT_USEC=1s":                   {value.Notice{}, 1},
		"FDSTORE=1\nFDNAME=a b\nFDPOLL=0":          {value.Notice{Store: true, FDName: "a b", NoPoll: true}, 0},
		"FDSTORE=1\nFDNAME=a:b":                    {value.Notice{Store: true}, 1},
		"FDSTOREREMOVE=1\nFDNAME=x":                {value.Notice{Unstore: true, FDName: "x"}, 0},
		"FDPOLL=maybe":                             {value.Notice{}, 1},
		"BARRIER=1":                                {value.Notice{Barrier: true}, 0},
		"READY=1\nBARRIER=1":                       {value.Notice{Barrier: true}, 1},
		"MONOTONIC_USEC=77\nRELOADING=1":           {value.Notice{Monotonic: 77, Reloading: true, Last: value.NoticeReloading}, 0},
	} {
		m := Parse([]byte(text))
		if diff := cmp.Diff(want.notice, m.Notice); diff != "" || len(m.Problems) != want.problems {
			t.Errorf("%q: %v, problems %q", text, diff, m.Problems)
		}
	}
}

func FuzzParse(f *testing.F) {
	for name := range fields {
		f.Add([]byte(name + "=1\n" + name + "=x\x00\n" + name + "=99999999999999999999"))
	}
	f.Add([]byte("BARRIER=1\nREADY=1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m := Parse(text)
		n := m.Notice
		switch {
		case len(m.Problems) > strings.Count(string(text), "\n")+2:
			t.Errorf("%d problems in one text", len(m.Problems))
		case n.MainPID < 0 || n.Errno < 0 || n.Errno > 4095 || n.Watchdog < 0 || n.Extend < 0:
			t.Errorf("out of range: %+v", n)
		case n.Barrier && n != value.Notice{Barrier: true}:
			t.Errorf("a barrier with more: %+v", n)
		case (n.Last == value.NoticeNone) != (!n.Ready && !n.Reloading && !n.Stopping):
			t.Errorf("last is %d: %+v", n.Last, n)
		case strings.ContainsAny(n.FDName, ":\n") || len(n.FDName) > MaxName:
			t.Errorf("name %q", n.FDName)
		}
	})
}
