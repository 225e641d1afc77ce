package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wakesock/internal/unit"
)

// patience is how long news may take.
const patience = 10 * time.Second

// A rig is a watcher with one unit, u.path, in a folder of its own.
type rig struct {
	t       *testing.T
	dir     string
	w       *Watcher
	watches []unit.Watch
	number  uint64
	marks   int // how many times the mark was made

	mu      sync.Mutex
	news    []News
	trouble []string
	marked  chan struct{}
}

func newRig(t *testing.T) *rig {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir, marked: make(chan struct{}, 1)}
	r.w = New(Report{Watched: func(unit.Name, uint64) {}, News: r.hear, Trouble: r.worry})
	r.w.ask(func() { r.w.every = 10 * settle })
	t.Cleanup(r.w.Close)
	return r
}

func (r *rig) hear(n News) {
	if n.Unit == "mark.path" {
		r.marked <- struct{}{}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news = append(r.news, n)
}

func (r *rig) worry(_ unit.Name, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trouble = append(r.trouble, strings.ReplaceAll(text, r.dir, ""))
}

// watch has u.path wait for lines such as "PathExists=/x", paths being below the
// rig's folder.
func (r *rig) watch(lines ...string) {
	r.watches = nil
	for _, l := range lines {
		name, path, _ := strings.Cut(l, "=")
		r.watches = append(r.watches, unit.Watch{Name: name, Path: r.dir + path})
	}
	r.ask(Request{Begin: true})
}

// ask makes a request for u.path and waits until it is carried out.
func (r *rig) ask(q Request) {
	r.number++
	q.Unit, q.Number, q.Watches = "u.path", r.number, r.watches
	r.w.Watch(q)
	r.sync()
}

// again asks for the next news.
func (r *rig) again() { r.ask(Request{}) }

// sync waits until the watcher has done what it was asked for.
func (r *rig) sync() {
	for range 2 { // the turn in which the second is asked begins when the first one's has ended
		done := make(chan struct{})
		r.w.ask(func() { close(done) })
		<-done
	}
}

// told waits until all that has happened so far was told, and returns the news as
// words: "change /x", "exists /x", with "missed" behind.
func (r *rig) told() string {
	r.t.Helper()
	// What happens to the mark happens, and is seen, after everything else.
	mark := filepath.Join(r.dir, ".mark")
	r.marks++
	r.w.Watch(Request{Unit: "mark.path", Begin: true, Watches: []unit.Watch{{Name: "PathExists", Path: fmt.Sprint(mark, r.marks)}}})
	r.sync()
	if err := os.WriteFile(fmt.Sprint(mark, r.marks), nil, 0o600); err != nil {
		r.t.Fatal(err)
	}
	select {
	case <-r.marked:
	case <-time.After(patience):
		r.t.Fatal("the watcher does not answer")
	}
	for r.settling() {
		time.Sleep(settle)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var words []string
	for _, n := range r.news {
		if n.Number > r.number {
			r.t.Errorf("news of request %d before it was made", n.Number)
		}
		what := "exists"
		if n.Change {
			what = "change"
		}
		if n.Missed {
			what = "missed " + what
		}
		words = append(words, what+" "+strings.TrimPrefix(n.Path, r.dir))
	}
	r.news = nil
	return strings.Join(words, ", ")
}

// await waits for one piece of news.
func (r *rig) await(want string) {
	r.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(settle) {
		switch got := r.told(); {
		case got == want:
			return
		case got != "" || time.Now().After(end):
			r.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// settling tells whether a change was seen that is still to be told.
func (r *rig) settling() (yes bool) {
	done := make(chan struct{})
	r.w.ask(func() {
		for _, e := range r.w.entries {
			yes = yes || e.armed && e.changed != ""
		}
		close(done)
	})
	<-done
	r.sync()
	return yes
}

// troubles returns what the watcher complained about.
func (r *rig) troubles() string {
	r.sync()
	r.mu.Lock()
	defer r.mu.Unlock()
	text := strings.Join(r.trouble, "\n")
	r.trouble = nil
	return text
}

// do carries out one line: mkdir, write, put, append, touch, chmod, mv, rm, ln, or
// several of them parted by semicolons. To write is to cut, write and close, as
// shells do; to put is one change, for those who look from time to time.
func (r *rig) do(line string) {
	r.t.Helper()
	for step := range strings.SplitSeq(line, ";") {
		w := strings.Fields(step)
		if len(w) == 0 {
			continue
		}
		p := make([]string, 3)
		for i := range w[1:] {
			p[i] = r.dir + w[i+1]
		}
		var err error
		switch w[0] {
		case "mkdir":
			err = os.MkdirAll(p[0], 0o755)
		case "write":
			err = os.WriteFile(p[0], []byte(step), 0o644)
		case "put":
			if err = os.WriteFile(r.dir+".put", []byte(step), 0o644); err == nil {
				err = os.Rename(r.dir+".put", p[0])
			}
		case "append":
			var f *os.File
			if f, err = os.OpenFile(p[0], os.O_WRONLY|os.O_APPEND, 0); err == nil {
				_, err = f.WriteString("x")
				r.t.Cleanup(func() { f.Close() }) // not before the end
			}
		case "touch":
			now := time.Now()
			err = os.Chtimes(p[0], now, now)
		case "chmod":
			err = os.Chmod(p[0], map[string]os.FileMode{"/0": 0, "/700": 0o700}[w[2]])
		case "mv":
			err = os.Rename(p[0], p[1])
		case "rm":
			err = os.RemoveAll(p[0])
		case "ln":
			if strings.HasPrefix(w[1], "+") { // relative
				p[0] = w[1][1:]
			}
			// By a rename, as ln -sfT does: one change rather than two.
			if err = os.Symlink(p[0], p[1]+".new"); err == nil {
				err = os.Rename(p[1]+".new", p[1])
			}
		default:
			r.t.Fatalf("%q: unknown step", step)
		}
		if err != nil {
			r.t.Fatalf("%q: %v", step, err)
		}
	}
}
