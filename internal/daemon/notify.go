package daemon

// The notification socket: who sent a message, and what becomes of the descriptors
// that came with it. Whether a sender is listened to the manager decides, by the
// unit and the number of its process; everybody who belongs to no unit is a stranger.

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
	"wakesock/internal/notify"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// notices is what the loop knows of notifications.
type notices struct {
	socket  *notify.Socket
	used    bool // a service has been told of it
	early   []earlyNotice
	parcels map[manager.Parcel][]int // descriptors of the message that is being dealt with
	last    manager.Parcel
	kept    map[unit.Name][]keptFD
	said    int       // messages about strangers since
	since   time.Time // this
}

// An earlyNotice came from a process that is not known yet: it may have been started
// a moment ago. It waits for the starts up to a number.
type earlyNotice struct {
	*notify.Datagram
	upTo manager.Run
}

// What may wait, so that strangers cannot fill memory or the table of descriptors.
const (
	earlyMessages = 64
	earlyFDs      = 512
)

// hearAtOnce is how many notifications are taken in one turn of the loop.
const hearAtOnce = 256

// openNotices makes the socket: beside the control socket, or where services cannot
// reach that, or its path is too long, in the abstract namespace.
func (d *Daemon) openNotices() {
	d.notices.parcels = make(map[manager.Parcel][]int)
	d.notices.kept = make(map[unit.Name][]keptFD)
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.options.Control))
	addresses := []string{d.options.Control + ".notify", fmt.Sprintf("@wakesock/%08x-%d/notify", h.Sum32(), os.Getpid())}
	if st, err := os.Stat(filepath.Dir(d.options.Control)); err != nil || os.Getuid() == 0 && st.Mode()&1 == 0 {
		addresses = addresses[1:]
	}
	var err error
	for _, a := range addresses {
		if d.notices.socket, err = notify.Open(a); err == nil {
			break
		}
	}
	if err != nil {
		d.log("", 3, "Services cannot tell that they are ready: "+err.Error()+".")
		return
	}
	fd := d.notices.socket.FD()
	d.watched[fd] = func(int) { d.hear() }
	if err := d.poll.add(fd, unix.EPOLLIN); err != nil {
		d.log("", 3, "Services cannot tell that they are ready: "+err.Error()+".")
	}
}

func (d *Daemon) closeNotices() {
	if d.notices.socket != nil {
		d.notices.socket.Close()
	}
}

// tellSocket fills in NOTIFY_SOCKET= where the manager wants it.
func (d *Daemon) tellSocket(vars []string) []string {
	for i, v := range vars {
		if v != "NOTIFY_SOCKET=" {
			continue
		}
		if d.notices.socket == nil {
			return append(vars[:i], vars[i+1:]...)
		}
		d.notices.used = true
		vars[i] = v + d.notices.socket.Address()
	}
	return vars
}

// hear takes the notifications that are there. It is called before the end of a
// process is told, too: what it said last comes first.
func (d *Daemon) hear() {
	if d.notices.socket == nil || d.stepping {
		return
	}
	for range hearAtOnce {
		n, err := d.notices.socket.Receive()
		if err != nil {
			if err != notify.ErrAgain {
				d.stranger(err.Error())
			}
			return
		}
		if !d.tooEarly(n) {
			d.heard(n)
		}
	}
}

// tooEarly keeps a notification until we know all processes that are being started,
// if its sender may be one of them.
func (d *Daemon) tooEarly(n *notify.Datagram) bool {
	d.hearEarly() // what the same process said before comes before
	after := slices.ContainsFunc(d.notices.early, func(e earlyNotice) bool { return e.PID == n.PID })
	if !after && (len(d.runs.starting) == 0 || d.runs.byPID[n.PID] != nil || !d.mayBeStarting(n.PID)) {
		return false
	}
	fds := len(n.FDs)
	for _, e := range d.notices.early {
		fds += len(e.FDs)
	}
	if len(d.notices.early) >= earlyMessages || fds > earlyFDs {
		d.hearWaiting(func(e earlyNotice) bool { return e.PID == n.PID }) // there is no room; it must not be overtaken
		return false
	}
	var upTo manager.Run
	for r := range d.runs.starting {
		upTo = max(upTo, r)
	}
	d.notices.early = append(d.notices.early, earlyNotice{n, upTo})
	return true
}

// mayBeStarting tells whether a process may be one whose start we have not heard of
// yet, or belong to it.
func (d *Daemon) mayBeStarting(pid int) bool {
	if _, ended := d.runs.early[pid]; ended { // before we have heard of its start
		return true
	}
	if name, _ := d.belongs(pid); name != "" {
		return d.runs.unborn[name] > 0
	}
	for range maxDepth {
		p, ok := process.Look(pid)
		if !ok || p.PPID <= 1 && p.PPID != d.runs.pid {
			return false
		}
		if p.PPID == d.runs.pid {
			return true
		}
		pid = p.PPID
	}
	return false
}

// hearEarly hears what had to wait for a start, once it has ended.
func (d *Daemon) hearEarly() {
	if len(d.notices.early) == 0 || d.stepping {
		return
	}
	first := ^manager.Run(0) // that is still being started
	for r := range d.runs.starting {
		first = min(first, r)
	}
	d.hearWaiting(func(e earlyNotice) bool { return d.runs.byPID[e.PID] != nil || first > e.upTo })
}

// hearWaiting hears those that wait and need not, or cannot, any longer.
func (d *Daemon) hearWaiting(due func(earlyNotice) bool) {
	waiting := d.notices.early
	d.notices.early = nil
	for _, e := range waiting {
		if due(e) {
			d.heard(e.Datagram)
		} else {
			d.notices.early = append(d.notices.early, e)
		}
	}
}

// heard deals with one notification. The descriptors that nobody wants to keep are
// closed, which is also what answers a barrier.
func (d *Daemon) heard(n *notify.Datagram) {
	defer n.Close()
	name := d.sender(n)
	from := fmt.Sprintf("Notification of process %d (%s, user %d) is ignored: ", n.PID, programName(n.PID), n.UID)
	switch {
	case n.Problem != "":
		d.stranger(from + n.Problem + ".")
		return
	case n.Message.Barrier:
		if len(n.FDs) != 1 {
			d.stranger(fmt.Sprintf("BARRIER=1 of process %d came with %d descriptors instead of one; they are closed.", n.PID, len(n.FDs)))
		}
		return
	case name == "":
		d.stranger(from + "it belongs to no unit.")
		return
	}
	for _, p := range n.Message.Problems {
		d.stranger(string(name) + ": " + p)
	}
	e := manager.Notified{Unit: name, PID: n.PID, UID: n.UID, Notice: &n.Message.Notice}
	if us := n.Message.Monotonic; us > uint64(d.boot) {
		e.Monotonic = manager.Time(us - uint64(d.boot))
	}
	if pid := n.Message.MainPID; pid != 0 {
		e.Main = d.candidate(pid, name)
		if id := n.Message.MainPIDFDID; id != 0 && !process.SamePIDFD(pid, id) {
			e.Main.Alive = false
		}
	}
	if len(n.FDs) > 0 {
		d.notices.last++
		e.Parcel = d.notices.last
		d.notices.parcels[e.Parcel] = n.FDs
		n.FDs = nil
	}
	d.step(e)
	n.FDs = d.notices.parcels[e.Parcel]
	delete(d.notices.parcels, e.Parcel)
}

// How many messages about notifications that come to nothing are logged.
const (
	strangersLogged = 10
	strangersTime   = 10 * time.Second
)

// stranger logs what is wrong with a notification, but not without end.
func (d *Daemon) stranger(text string) {
	if n := &d.notices; time.Since(n.since) > strangersTime {
		n.since, n.said = time.Now(), 0
	}
	d.notices.said++
	switch {
	case d.notices.said <= strangersLogged:
		d.log("", 4, text)
	case d.notices.said == strangersLogged+1:
		d.log("", 4, "More such notifications come, which is not told for a while.")
	}
}

// sender is the unit that a notification comes from, "" for none.
func (d *Daemon) sender(n *notify.Datagram) unit.Name {
	name, sure := d.belongs(n.PID)
	if name == "" || sure || n.UID == 0 || int(n.UID) == os.Getuid() {
		return name
	}
	// Guessed by what a process could claim for itself: it must at least be of a
	// user whose processes the unit is known to have.
	for _, x := range d.runs.byPID {
		if x.unit == name && process.Owner(x.pid) == int(n.UID) {
			return name
		}
	}
	if s, ok := d.manager.Snapshot(name); ok && s.MainPID == 0 && s.ControlPID == 0 {
		return name
	}
	return ""
}

// belongs says which unit a process belongs to, "" for none, and whether the kernel
// says so: its number is known, or its control group is, or it descends from one of them.
func (d *Daemon) belongs(pid int) (name unit.Name, sure bool) {
	if pid <= 0 {
		return "", false
	}
	for range maxDepth {
		if x := d.runs.byPID[pid]; x != nil {
			return x.unit, true
		}
		if name, ok := d.inGroup(pid); ok {
			return name, true
		}
		if name, known := d.runs.owner[pid]; known {
			return name, false
		}
		p, ok := process.Look(pid)
		switch {
		case !ok || p.PPID <= 0:
			return "", false
		case p.PPID == d.runs.pid: // adopted a moment ago
			d.adopt(nil)
			return d.runs.owner[pid], false
		}
		pid = p.PPID
	}
	return "", false
}

// maxDepth is how many generations of processes are looked up.
const maxDepth = 256

// inGroup finds the unit in whose control group a process is.
func (d *Daemon) inGroup(pid int) (unit.Name, bool) {
	if d.groups.tree == nil {
		return "", false
	}
	path, ok := process.Group(pid)
	if !ok {
		return "", false
	}
	rest, ok := strings.CutPrefix(path, d.groups.tree.Path()+"/")
	if !ok {
		return "", false
	}
	first, _, _ := strings.Cut(rest, "/")
	for name, g := range d.groups.of {
		if filepath.Base(g.Path()) == first {
			return name, true
		}
	}
	return "", false
}

// candidate looks at a process that shall be the main one of a unit.
func (d *Daemon) candidate(pid int, name unit.Name) manager.Candidate {
	p, ok := process.Look(pid)
	c := manager.Candidate{PID: pid, Alive: ok && p.State != 'Z' && p.State != 'X' && pid != d.runs.pid}
	if c.Alive {
		owner, _ := d.belongs(pid)
		c.Ours = owner == name
	}
	return c
}
