package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// watched is how many watches the kernel has for a watcher.
func (r *rig) watched() (n int) {
	done := make(chan struct{})
	r.w.ask(func() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", r.w.in.fd))
		n = strings.Count(string(text), "inotify wd:")
		if n != len(r.w.in.marks) {
			r.t.Errorf("%d watches, %d are known", n, len(r.w.in.marks))
		}
		close(done)
	})
	<-done
	return n
}

// TestMissed: what changes while the unit is deaf is told by the next request, once.
func TestMissed(t *testing.T) {
	r := newRig(t)
	r.do("write /f")
	r.watch("PathChanged=/f")
	r.do("write /f")
	if got := r.told(); got != "change /f" {
		t.Fatalf("%q", got)
	}
	r.do("write /f; write /f; touch /f")
	if got := r.told(); got != "" {
		t.Errorf("told to the deaf: %q", got)
	}
	r.do("write /f")
	r.again()
	if got := r.told(); got != "missed change /f" {
		t.Errorf("what was missed: %q", got)
	}
	r.again()
	if got := r.told(); got != "" {
		t.Errorf("told twice: %q", got)
	}

	// Now with PathMissed=ignore.
	r.do("write /f")
	_ = r.told()
	r.do("write /f")
	r.sync()
	r.ask(Request{Forget: true})
	if got := r.told(); got != "" {
		t.Errorf("told though it is to be forgotten: %q", got)
	}
	r.do("write /f")
	if got := r.told(); got != "change /f" {
		t.Errorf("after forgetting: %q", got)
	}

	// A change that was told and could not be served.
	r.ask(Request{Missed: "/x"})
	if got := r.told(); got != "missed change /x" {
		t.Errorf("given back: %q", got)
	}
}

// TestMissedFile: existence that came and went while nobody listened.
func TestMissedFile(t *testing.T) {
	r := newRig(t)
	r.watch("PathChanged=/f", "PathExists=/g")
	r.do("write /g")
	if got := r.told(); got != "exists /g" {
		t.Fatalf("%q", got)
	}
	r.do("rm /g; mkdir /f")
	r.again()
	if got := r.told(); got != "missed change /f" {
		t.Errorf("%q", got)
	}
}

// TestBusyFile: a file that changes all the time is not watched while the unit is
// deaf, and a unit that waits no more leaves nothing.
func TestBusyFile(t *testing.T) {
	r := newRig(t)
	r.do("mkdir /a/b; write /a/b/f")
	r.watch("PathModified=/a/b/f", "PathExistsGlob=/a/*/g", "DirectoryNotEmpty=/a/c")
	r.do("append /a/b/f")
	if got := r.told(); got != "change /a/b/f" {
		t.Fatalf("%q", got)
	}
	before := r.watched()
	r.do("append /a/b/f")
	_ = r.told()
	if after := r.watched(); before == 0 || after >= before {
		t.Errorf("%d watches, then %d", before, after)
	}
	r.again()
	if got := r.told(); got != "missed change /a/b/f" {
		t.Errorf("%q", got)
	}
	r.w.Unwatch("u.path")
	r.w.Unwatch("mark.path")
	r.sync()
	if n := r.watched(); n != 0 {
		t.Errorf("%d watches are left", n)
	}
}

// TestFollowedAnew: watches do not pile up when a path leads elsewhere again and again.
func TestFollowedAnew(t *testing.T) {
	r := newRig(t)
	r.do("mkdir /v0; mkdir /v1; write /v0/f; write /v1/f; ln /v0 /now")
	r.watch("PathChanged=/now/f")
	before := r.watched()
	for i := range 50 {
		r.do(fmt.Sprintf("ln /v%d /now", (i+1)%2))
		if got := r.told(); got != "change /now/f" {
			t.Fatalf("%d: %q", i, got)
		}
		r.again()
		r.do(fmt.Sprintf("rm /v%d; mkdir /v%d; write /v%d/f", i%2, i%2, i%2))
	}
	r.w.Unwatch("mark.path")
	r.sync()
	if after := r.watched(); after > before {
		t.Errorf("%d watches became %d", before, after)
	}
}

// TestRedefined: lines that stay go on, new ones begin.
func TestRedefined(t *testing.T) {
	r := newRig(t)
	r.do("write /a; write /b; write /c")
	r.watch("PathChanged=/a", "PathChanged=/b")
	r.do("write /a; write /c")
	_ = r.told()
	r.do("write /b")
	r.sync()
	r.watches = append(r.watches[1:], unit.Watch{Name: "PathChanged", Path: r.dir + "/c"})
	r.again()
	if got := r.told(); got != "missed change /b" {
		t.Errorf("the line that stayed: %q", got)
	}
	r.again()
	r.do("write /a")
	if got := r.told(); got != "" {
		t.Errorf("the line that went: %q", got)
	}
	r.do("write /c")
	if got := r.told(); got != "change /c" {
		t.Errorf("the line that is new: %q", got)
	}
}

// TestOverflow: when the kernel's queue is full, everything counts as changed.
func TestOverflow(t *testing.T) {
	r := newRig(t)
	r.do("mkdir /d; mkdir /e; write /e/f")
	r.watch("PathChanged=/e/f", "PathExists=/d/last")
	r.w.Watch(Request{Unit: "d.path", Begin: true, Watches: []unit.Watch{{Name: "PathExistsGlob", Path: r.dir + "/d/x*"}}})
	r.sync()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Skip(err)
	}
	var most int
	if _, err := fmt.Sscan(string(text), &most); err != nil || most > 100_000 {
		t.Skipf("a queue of %s is too long for this test", text)
	}
	stalled, over := make(chan struct{}), make(chan struct{})
	r.w.ask(func() { close(stalled); <-over }) // as if the file system hung
	<-stalled
	name := r.dir + "/d/"
	for i := 0; i <= most; i += 2 { // two events each, that are not the same in a row
		f := fmt.Sprint(name, i%2)
		if err := os.Mkdir(f, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	r.do("write /e/f") // whose event is lost
	close(over)
	if got := r.told(); got != "change /e/f" {
		t.Errorf("after the overflow: %q", got)
	}
	if text := r.troubles(); strings.Count(text, "max_queued_events") != 1 {
		t.Errorf("troubles: %q", text)
	}
	r.again()
	r.do("write /d/last")
	if got := r.told(); got != "exists /d/last" {
		t.Errorf("later: %q", got)
	}
}

// TestWatchLimit: what the kernel grants no watch for is looked at from time to time.
func TestWatchLimit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refuse  func(path string, mask uint32) error
		trouble string
	}{
		"none": {func(string, uint32) error { return unix.ENOSPC }, "the limit of watches is reached; looking at the path every 2s instead. Raise it with: sysctl fs.inotify.max_user_watches="},
		"not of the file": {func(path string, _ uint32) error {
			if filepath.Base(path) == "f" {
				return unix.ENOSPC
			}
			return nil
		}, "the limit of watches"},
		"not of the folder": {func(path string, _ uint32) error {
			if filepath.Base(path) == "d" {
				return unix.EACCES
			}
			return nil
		}, `cannot watch "/d": permission denied; looking at the path every 2s instead`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.do("mkdir /d; write /d/f")
			r.w.ask(func() {
				r.w.open()
				add := r.w.in.add
				r.w.in.add = func(path string, mask uint32) (int32, error) {
					if !strings.HasPrefix(path, r.dir+"/") {
						return add(path, mask)
					}
					if err := tt.refuse(path, mask); err != nil {
						return -1, err
					}
					return add(path, mask)
				}
			})
			r.watch("PathChanged=/d/f", "PathExists=/d/e")
			r.do("put /d/f")
			r.await("change /d/f")
			if text := r.troubles(); !strings.Contains(text, tt.trouble) || strings.Count(text, tt.trouble) != strings.Count(text, "\n")+1 {
				t.Errorf("troubles: %q", text)
			}
			r.again()
			r.do("rm /d/f")
			r.await("change /d/f")
			r.again()
			r.do("write /d/e")
			r.await("exists /d/e")
		})
	}
}

// TestNoInotify: without a descriptor everything is looked at from time to time.
func TestNoInotify(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.w.ask(func() { r.w.inotify = func() (*inotify, error) { return nil, unix.EMFILE } })
	r.do("mkdir /f")
	r.watch("PathChanged=/f", "PathExistsGlob=/g*")
	if text := r.troubles(); strings.Count(text, "max_user_instances") != 1 || strings.Contains(text, "\n") {
		t.Errorf("troubles: %q", text)
	}
	r.do("put /f/a")
	r.await("change /f")
	r.again()
	r.do("write /g1")
	r.await("exists /g1")
}

// TestTrouble: what is wrong with a path is said, once.
func TestTrouble(t *testing.T) {
	for name, tt := range map[string]struct{ before, watch, want string }{
		"below a file": {"write /d", "PathExists=/d/e/f", `PathExists=/d/e/f: "/d" is no folder; waiting for it to become one`},
		"glob":         {"write /d1", "PathExistsGlob=/d*/f", ""},
		"ring":         {"ln +b /a; ln +a /b", "PathChanged=/a/f", `PathChanged=/a/f: "/a": too many symbolic links; waiting for them to lead somewhere`},
		"no folder":    {"write /d", "DirectoryNotEmpty=/d", "DirectoryNotEmpty=/d: it is no folder; waiting for it to become one"},
		"long":         {"", "PathExists=/" + strings.Repeat("x", 300), `cannot look at`},
		"nothing":      {"", "PathExists=/a/b/c", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.do(tt.before)
			r.watch(tt.watch)
			text := r.troubles()
			if !strings.Contains(text, tt.want) || (tt.want == "") != (text == "") {
				t.Errorf("%q", text)
			}
			r.again()
			if text := r.troubles(); text != "" {
				t.Errorf("said again: %q", text)
			}
		})
	}
}

// TestMakeDirectory: made with those above it, whatever the umask; not for PathExists=.
func TestMakeDirectory(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	r := newRig(t)
	r.do("write /file")
	for _, x := range []unit.Watch{{Name: "PathChanged", Path: "/a/b"}, {Name: "DirectoryNotEmpty", Path: "/c/"}, {Name: "PathExists", Path: "/d/e"}, {Name: "PathExistsGlob", Path: "/g/*"}, {Name: "PathModified", Path: "/file/x"}} {
		x.Path = r.dir + x.Path
		r.watches = append(r.watches, x)
	}
	r.ask(Request{Begin: true, Make: true, Mode: 0o711})
	for path, want := range map[string]os.FileMode{"/a": 0o711, "/a/b": 0o711, "/c": 0o711, "/d": 0, "/g": 0} {
		fi, err := os.Stat(r.dir + path)
		if want == 0 && err == nil || want != 0 && (err != nil || fi.Mode().Perm() != want) {
			t.Errorf("%s: %v, %v", path, fi, err)
		}
	}
	if text := r.troubles(); !strings.Contains(text, `"/file" is no folder`) {
		t.Errorf("troubles: %q", text)
	}
	r.do("write /a/b/f")
	if got := r.told(); got != "change /a/b" {
		t.Errorf("%q", got)
	}
}

// TestDescriptors: a watcher keeps no descriptor before it is used nor after its end.
func TestDescriptors(t *testing.T) {
	count := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		n := 0
		for _, name := range names {
			if to, _ := os.Readlink("/proc/self/fd/" + name.Name()); strings.Contains(to, "inotify") {
				n++
			}
		}
		return n
	}
	before := count()
	for range 5 {
		w := New(Report{Watched: func(unit.Name, uint64) {}, News: func(News) {}, Trouble: func(unit.Name, string) {}})
		if n := count(); n != before {
			t.Errorf("%d descriptors of inotify, there were %d", n, before)
		}
		w.Watch(Request{Unit: "u.path", Watches: []unit.Watch{{Name: "PathExists", Path: "/nothing"}}})
		w.Close()
	}
	if n := count(); n != before {
		t.Errorf("%d descriptors of inotify, there were %d", n, before)
	}
}

// FuzzBraces: any pattern is written out in the end, and nothing of it is lost.
func FuzzBraces(f *testing.F) {
	for _, p := range []string{"/a", "/{a,b}", "/{a,{b,c}}/x", "{{{{", "}}}}", "/{}{a,b}", "/{a,b}{c,d}{e,f}", "/{,,,}"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		all := braces(pattern)
		if len(all) == 0 || !strings.Contains(pattern, "{") && (len(all) != 1 || all[0] != pattern) {
			t.Errorf("%q: %q", pattern, all)
		}
		for _, p := range all {
			for part := range strings.SplitSeq(p, "/") {
				_ = matches(part, "name")
			}
		}
	})
}

func TestBraces(t *testing.T) {
	for pattern, want := range map[string]string{
		"/a": "/a", "/{a,b}": "/a /b", "/x{a,{b,c}d}/y": "/xa/y /xbd/y /xcd/y", "/{a,b}{1,2}": "/a1 /a2 /b1 /b2",
		"/{}": "/{}", "/{a": "/{a", "/a}": "/a}", "/{,x}a": "/a /xa",
	} {
		if got := strings.Join(braces(pattern), " "); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}
