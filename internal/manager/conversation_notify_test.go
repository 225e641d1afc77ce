package manager

// The words of conversations that are about notifications and main processes.

import (
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

func (c *conversation) number(word string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(word, ":"))
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	return n
}

func (c *conversation) sought(w []string) {
	e := Sought{Unit: unit.Name(w[0]), Err: c.rest()}
	if e.Err == "" {
		e.Main = Candidate{PID: c.number(w[1]), Alive: !slices.Contains(w, "gone"), Ours: !slices.Contains(w, "alien")}
		e.Trusted = !slices.Contains(w, "untrusted")
	}
	c.step(e)
}

func (c *conversation) stored(w []string) {
	e := Stored{Unit: unit.Name(w[0]), Count: c.number(w[1])}
	if len(w) > 2 {
		e.Refused = c.number(w[2])
	}
	c.step(e)
}

// notify reads the words as the edge would read lines, for as much of them as
// matters here.
func (c *conversation) notify(w []string) {
	n := &value.Notice{}
	e := Notified{Unit: unit.Name(w[0]), PID: c.number(w[1]), Notice: n}
	alien, gone := slices.Contains(w, "alien"), slices.Contains(w, "gone")
	for _, x := range w[2:] {
		key, v, _ := strings.Cut(x, "=")
		switch key {
		case "alien", "gone":
		case "uid":
			e.UID = uint32(c.number(v))
		case "fds":
			e.Parcel = 1
		case "@now":
			e.Monotonic = c.now
		case "READY":
			n.Ready, n.Last = true, value.NoticeReady
		case "RELOADING":
			n.Reloading, n.Last = true, value.NoticeReloading
		case "STOPPING":
			n.Stopping, n.Last = true, value.NoticeStopping
		case "STATUS":
			n.HasStatus, n.Status = true, v
		case "ERRNO":
			n.Errno = c.number(v)
		case "BUSERROR":
			n.BusError = v
		case "MAINPID":
			n.MainPID = c.number(v)
			e.Main = Candidate{PID: n.MainPID, Alive: !gone, Ours: !alien}
		case "NOTIFYACCESS":
			n.Access = v
		case "WATCHDOG":
			n.Alive, n.Trigger = v == "1", v == "trigger"
		case "WATCHDOG_USEC":
			n.HasWatchdog, n.Watchdog = true, value.Span(c.number(v))
		case "EXTEND_TIMEOUT_USEC":
			n.Extend = value.Span(c.number(v))
		case "FDSTORE":
			n.Store = true
		case "FDSTOREREMOVE":
			n.Unstore = true
		case "FDNAME":
			n.FDName = v
		case "FDPOLL":
			n.NoPoll = v == "0"
		default:
			c.t.Fatalf("%q: %s is no word of a notification", c.line, x)
		}
	}
	c.step(e)
}
