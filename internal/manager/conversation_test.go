package manager

// Conversations: testdata/*.txt are unit files and a script. Each command of the
// script is an event (or the passing of time); below it stand, indented, the
// effects that the manager answers with and the states that it left changed.
// go test ./internal/manager -run TestConversations -update writes them anew;
// they are to be read in review, not believed.
//
//	start|stop|restart|try-restart|reload-unit|reload-or-restart|try-reload-or-restart [MODE:]UNIT…
//	checked UNIT [yes|no]… [mount]    what became of a Check: each condition; mount: one is missing
//	cancel UNIT
//	jobs                              the queue
//	opened UNIT[: ERROR]              what became of an Open
//	readable UNIT
//	accept UNIT from ADDRESS:PORT     or: from pid PID uid UID
//	spawned RUN[: FAILURE]
//	unspawned RUN: ERROR
//	exited RUN STATUS|SIGNAL [left]   left: other processes of the unit are there
//	dumped RUN SIGNAL [left]
//	ran RUN [STATUS|SIGNAL] [left]    spawned and exited in one line
//	emptied UNIT
//	sought UNIT PID [alien] [untrusted] [gone]   or: sought UNIT 0[: WHY], of a Seek
//	notify UNIT PID [uid=N] [fds=N] [alien|gone] WORD…   WORD as in sd_notify(3), @now for MONOTONIC_USEC
//	stored UNIT COUNT [REFUSED]
//	owned UNIT | disowned UNIT | busless UNIT: ERROR     the bus name
//	oom UNIT
//	reloading UNIT                    the job to reload begins
//	watching UNIT                     the paths of a path unit are watched
//	changed UNIT PATH [missed|late]   news of a path unit; late: of an earlier request
//	exists UNIT PATH
//	kill UNIT WHO SIGNAL
//	reset [UNIT]
//	reload FOLDER                     the files of FOLDER/ replace those of the same name
//	advance SPAN                      deadlines on the way are served in time
//	quit [STATUS]
//	clock TIME|+SPAN|-SPAN            the wall clock is set; scripts begin at 2026-01-01 00:00:00 UTC
//	slow SPAN                         the wall clock was slower than it was believed to be
//	zone NAME                         the local time zone is changed
//	stamped UNIT [TIME]               when the timer elapsed last, of ReadStamp
//	plugged UNIT as SYSFS [wants UNIT…]   a device has come or changed
//	tentative UNIT                    something is mounted from a device that nobody announced
//	unplugged UNIT…                   devices are gone

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

var update = flag.Bool("update", false, "rewrite the conversations and docs/states.md")

func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(archive)
			converse(t, archive)
			got := txtar.Format(archive)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("-%s +got:\n%s", file, diff)
			}
		})
	}
}

// A conversation is one script with its manager.
type conversation struct {
	t        testing.TB
	m        *Manager
	now      Time
	folders  map[string]map[string]string // unit files by folder; "" is the first
	out      strings.Builder
	before   map[unit.Name]string // states as last printed
	requests map[Request]string
	conn     Conn
	line     string
	checks   map[unit.Name]uint64
	wall     int64 // wall time less now, when it is not as it was
}

// begin is when scripts begin: 0 means never.
const begin = Time(value.Second)

// converse runs the script of an archive and writes the answers into it.
func converse(t testing.TB, archive *txtar.Archive) {
	c := &conversation{
		t: t, m: New(Config{}), now: begin, folders: make(map[string]map[string]string),
		before: make(map[unit.Name]string), requests: make(map[Request]string), checks: make(map[unit.Name]uint64),
	}
	for _, f := range archive.Files {
		if f.Name == "script" {
			continue
		}
		dir, name := path.Split(f.Name)
		dir = strings.TrimSuffix(dir, "/")
		if c.folders[dir] == nil {
			c.folders[dir] = make(map[string]string)
		}
		c.folders[dir][name] = string(f.Data)
	}
	c.m.Step(c.now, Clock{Wall: clockStart, Zone: time.UTC})
	c.m.Step(c.now, Loaded{Defs: c.load()})
	for i := range archive.Files {
		if f := &archive.Files[i]; f.Name == "script" {
			c.script(string(f.Data))
			f.Data = []byte(c.out.String())
		}
	}
}

// load reads the unit files as they are now.
func (c *conversation) load() []*unit.Unit {
	all := defs(c.t, c.folders[""])
	for _, d := range all {
		for _, p := range d.Problems {
			if !p.Note && d.State == unit.Loaded {
				c.t.Errorf("%s", p)
			}
		}
	}
	return all
}

// script runs every command; what stood below it is replaced.
func (c *conversation) script(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, " ") {
			continue
		}
		c.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c.line = line
		words := strings.Fields(line)
		command := commands[words[0]]
		if command == nil {
			c.t.Fatalf("%q: unknown command", line)
		}
		command(c, words[1:])
	}
}

// say prints one line of an answer.
func (c *conversation) say(format string, args ...any) {
	fmt.Fprintf(&c.out, "    "+format+"\n", args...)
}

// step tells the manager something and prints what it answers.
func (c *conversation) step(e Event) {
	var gone []unit.Name
	for _, f := range c.m.Step(c.now, e) {
		c.effect(f)
		if f, ok := f.(Forget); ok {
			gone = append(gone, f.Unit)
		}
	}
	for _, u := range c.m.sorted() {
		now := c.describe(u)
		if was, known := c.before[u.Name]; was != now && (known || now != "dead") {
			c.say("%s: %s", u.Name, now)
		}
		c.before[u.Name] = now
	}
	for _, n := range gone {
		delete(c.before, n)
	}
}

// describe is a unit's state on one line.
func (c *conversation) describe(u *Unit) string {
	words := []string{u.life.sub()}
	if words[0] != u.active.String() && !u.active.down() {
		words[0] += " (" + u.active.String() + ")"
	}
	if r := u.life.result(); r != Success {
		words = append(words, "result="+string(r))
	}
	if s := u.service; s != nil {
		if s.restarts > 0 {
			words = append(words, fmt.Sprintf("restarts=%d", s.restarts))
		}
		if s.left {
			words = append(words, "left")
		}
		if s.stored > 0 {
			words = append(words, fmt.Sprintf("stored=%d", s.stored))
		}
		if s.reloadRes != Success && s.reloadRes != "" {
			words = append(words, "reload="+string(s.reloadRes))
		}
		if s.said != nil && s.said.status != "" {
			words = append(words, fmt.Sprintf("status=%q", s.said.status))
		}
	}
	if s := u.socket; s != nil {
		if s.left {
			words = append(words, "left")
		}
		for _, n := range []struct {
			name  string
			count uint64
		}{{"accepted", s.accepted}, {"live", uint64(s.live)}, {"refused", s.refused}, {"failed", uint64(len(s.failed))}} {
			if n.count > 0 {
				words = append(words, fmt.Sprintf("%s=%d", n.name, n.count))
			}
		}
		if s.paused {
			words = append(words, "paused")
		}
	}
	if p, ok := u.life.(*pathUnit); ok && p.paused {
		words = append(words, "paused")
	}
	if t, ok := u.life.(*timer); ok {
		words = append(words, describeTimer(t)...)
	}
	if u.job != nil {
		words = append(words, "job="+string(u.job.kind))
	}
	if u.deadline != 0 {
		words = append(words, "until "+clock(u.deadline))
	}
	return strings.Join(words, " ")
}

// clock prints a time as seconds since the script began.
func clock(t Time) string { return strconv.FormatFloat(float64(t-begin)/1e6, 'f', -1, 64) + "s" }

// commands is the language of scripts.
var commands map[string]func(*conversation, []string)

func init() {
	commands = map[string]func(*conversation, []string){
		"start":       wanted(Start),
		"stop":        wanted(Stop),
		"restart":     wanted(Restart),
		"try-restart": wanted(TryRestart),
		"reload-unit": wanted(Reload), "reload-or-restart": wanted(ReloadOrRestart), "try-reload-or-restart": wanted(TryReloadOrRestart),
		"checked": (*conversation).checked,
		"cancel":  func(c *conversation, w []string) { c.step(Canceled{ID: c.m.units[unit.Name(w[0])].job.ID}) },
		"jobs": func(c *conversation, _ []string) {
			for _, j := range c.m.Jobs() {
				c.say("%d %s %s running=%v", j.ID, j.Unit, j.Verb, j.Running)
			}
		},
		"opened":    (*conversation).opened,
		"readable":  func(c *conversation, w []string) { c.step(Readable{Unit: unit.Name(w[0])}) },
		"accept":    (*conversation).accept,
		"spawned":   (*conversation).spawned,
		"unspawned": func(c *conversation, w []string) { c.step(Unspawned{Run: c.run(w[0]), Err: c.rest()}) },
		"exited":    func(c *conversation, w []string) { c.exited(CodeKilled, w) },
		"dumped":    func(c *conversation, w []string) { c.exited(CodeDumped, w) },
		"ran": func(c *conversation, w []string) {
			c.step(Spawned{Run: c.run(w[0]), PID: 100 + int(c.run(w[0]))})
			c.exited(CodeKilled, w)
		},
		"emptied":  func(c *conversation, w []string) { c.step(Emptied{Unit: unit.Name(w[0])}) },
		"sought":   (*conversation).sought,
		"notify":   (*conversation).notify,
		"stored":   (*conversation).stored,
		"owned":    func(c *conversation, w []string) { c.step(NameChanged{Unit: unit.Name(w[0]), Owned: true}) },
		"disowned": func(c *conversation, w []string) { c.step(NameChanged{Unit: unit.Name(w[0])}) },
		"busless": func(c *conversation, w []string) {
			c.step(NameChanged{Unit: unit.Name(strings.TrimSuffix(w[0], ":")), Err: c.rest()})
		},
		"oom":       func(c *conversation, w []string) { c.step(OutOfMemory{Unit: unit.Name(w[0])}) },
		"reloading": func(c *conversation, w []string) { c.step(reloadEvent(w[0])) },
		"watching":  (*conversation).watching,
		"changed":   func(c *conversation, w []string) { c.paths(w, true) },
		"exists":    func(c *conversation, w []string) { c.paths(w, false) },
		"kill": func(c *conversation, w []string) {
			c.step(Killed{Unit: unit.Name(w[0]), Who: w[1], Signal: c.signal(w[2])})
		},
		"reset": func(c *conversation, w []string) {
			c.step(Reset{Unit: unit.Name(strings.Join(w, ""))})
		},
		"reload":  (*conversation).reload,
		"clock":   (*conversation).setClock,
		"slow":    (*conversation).slow,
		"zone":    (*conversation).setZone,
		"stamped": (*conversation).stamped,
		"advance": (*conversation).advance,
		"plugged": (*conversation).plugged, "tentative": (*conversation).plugged, "unplugged": (*conversation).unplugged,
		"quit": func(c *conversation, w []string) {
			code, _ := strconv.Atoi(strings.Join(w, ""))
			c.step(Quit{Code: code})
		},
	}
}

func wanted(v Verb) func(*conversation, []string) {
	return func(c *conversation, names []string) {
		for _, n := range names {
			r := Request(len(c.requests) + 1)
			for c.requests[r] != "" {
				r++
			}
			mode, name, ok := strings.Cut(n, ":")
			if !ok || !slices.Contains(Modes(), Mode(mode)) {
				mode, name = "", n
			}
			c.requests[r] = string(v) + " " + name
			c.step(Wanted{Verb: v, Mode: Mode(mode), Unit: unit.Name(name), Request: r})
		}
	}
}

// rest is what follows the colon of the command.
func (c *conversation) rest() string {
	_, text, _ := strings.Cut(c.line, ": ")
	return text
}

func (c *conversation) run(word string) Run {
	n, err := strconv.ParseUint(strings.TrimSuffix(word, ":"), 10, 64)
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	return Run(n)
}

func (c *conversation) signal(word string) value.Signal {
	g, err := value.ParseSignal(word)
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	return g
}

func (c *conversation) opened(w []string) {
	n := unit.Name(strings.TrimSuffix(w[0], ":"))
	c.step(Listened{Unit: n, Listeners: 1, Err: c.rest()})
}

func (c *conversation) accept(w []string) {
	c.conn++
	e := Accepted{Unit: unit.Name(w[0]), Conn: c.conn}
	if w[2] == "pid" {
		pid, _ := strconv.Atoi(w[3])
		uid, _ := strconv.Atoi(w[5])
		e.Peer = value.Peer{Family: value.PeerUnix, PID: int32(pid), UID: uint32(uid)}
	} else {
		e.Peer = value.Peer{Family: value.PeerInet, Local: netip.MustParseAddrPort("127.0.0.1:4444"), Remote: netip.MustParseAddrPort(w[2])}
	}
	c.step(e)
}

func (c *conversation) spawned(w []string) {
	c.step(Spawned{Run: c.run(w[0]), PID: 100 + int(c.run(w[0])), Failure: c.rest()})
}

func (c *conversation) exited(code ExitCode, w []string) {
	e := Exited{Run: c.run(w[0]), Code: CodeExited}
	for _, x := range w[1:] {
		n, err := strconv.Atoi(x)
		switch {
		case x == "left":
			e.Left = true
		case err == nil:
			e.Status = n
		default:
			e.Code, e.Status = code, int(c.signal(x))
		}
	}
	c.step(e)
}

func (c *conversation) reload(w []string) {
	for name, text := range c.folders[w[0]] {
		c.folders[""][name] = text
	}
	c.step(Reloaded{Defs: c.load()})
}

// advance lets time go by and serves deadlines as the loop would.
func (c *conversation) advance(w []string) {
	span, err := value.ParseSpan(strings.Join(w, " "))
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	end := c.now + Time(span)
	for next := c.m.Next(); next != 0 && next <= end; next = c.m.Next() {
		c.now = max(c.now, next)
		c.say("at %s", clock(c.now))
		c.step(c.time())
	}
	c.now = end
	c.step(c.time())
}

// TestConversationCommands keeps the list above and the table together.
func TestConversationCommands(t *testing.T) {
	text, err := os.ReadFile("conversation_test.go")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "import (")
	for name := range commands {
		if !slices.ContainsFunc(strings.Fields(strings.ReplaceAll(head, "|", " ")), func(w string) bool { return w == name }) {
			t.Errorf("%s is not in the list of commands at the head", name)
		}
	}
}
