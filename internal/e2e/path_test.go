package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Path units, systemd.path(5): files that appear, change and go.

// logger is a service that adds words to the file of notes, as often as it is asked to.
func logger(text string) string {
	return "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=" + note(text) + "\n"
}

// replace puts a file of that text in another one's place, as one change.
func (m *manager) replace(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		m.t.Fatal(err)
	}
}

// TestPath: a path unit from start to stop, and what is told of it.
func TestPath(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"in.path":     "[Path]\nPathChanged={dir}/in\nPathExistsGlob={dir}/*.go\nMakeDirectory=yes\nDirectoryMode=0750\n",
		"in.service":  "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStartPre=/bin/sh -c 'rm -f {dir}/*.go'\nExecStart=" + note("$TRIGGER_UNIT $TRIGGER_PATH") + "\n",
		"none.path":   "[Path]\nPathExists=/nowhere\n",
		"file.path":   "[Path]\nPathExists={dir}/keep/x\nUnit=in.service\n",
		"idle.target": "[Unit]\n",
	}, "in.path")
	if fi, err := os.Stat(m.dir + "/in"); err != nil || fi.Mode().Perm() != 0o750 {
		t.Errorf("MakeDirectory=: %v, %v", fi, err)
	}
	list := m.must("list-paths")
	for _, line := range []string{
		"PATH", "CONDITION", "UNIT", "ACTIVATES", m.dir + "/*.go", "PathExistsGlob in.path in.service", "PathChanged    in.path in.service", "2 paths listed.",
	} {
		if !strings.Contains(list, line) {
			t.Errorf("list-paths has no %q:\n%s", line, list)
		}
	}
	if got := m.must("list-paths", "-o", "json", "in"); !strings.Contains(got, `"condition":"PathChanged","unit":"in.path","activates":"in.service"}`) {
		t.Errorf("list-paths as JSON: %s", got)
	}
	m.replace("in/f", "1")
	m.eventually("the change is served", func() bool { return strings.Contains(m.read("notes"), "in.path "+m.dir+"/in\n") })
	m.is("in.path", "SubState", "waiting")
	m.replace("1.go", "")
	m.eventually("the pattern is served", func() bool { return strings.Contains(m.read("notes"), "in.path "+m.dir+"/1.go\n") })
	if got := m.must("status", "in.path"); !strings.Contains(got, "Triggers: ● in.service") {
		t.Errorf("status:\n%s", got)
	}
	if _, code := m.ctl("start", "none.path"); code == 0 {
		t.Error("a path without a unit to start is started")
	}
	m.says("none.path: ", "cannot wait for none.service: unit none.service not found")
	m.must("start", "file.path")
	m.eventually("the file in the way is told", func() bool {
		return m.lines("file.path: PathExists="+m.dir+"/keep/x: ", `is no folder; waiting for it to become one`) == 1
	})
	m.must("stop", "in.path", "file.path")
	if got := m.must("list-paths", "--no-legend"); got != "" {
		t.Errorf("after the stop: %q", got)
	}
}

// TestPathMissed: 200 changes, at any speed, while the service takes its time; it
// always sees the last one.
func TestPathMissed(t *testing.T) {
	t.Parallel()
	m := start(t, map[string]string{
		"in.path":    "[Path]\nPathChanged={dir}/in\n",
		"in.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'cat {dir}/in >>{dir}/seen; sleep 0.02'\n",
	}, "in.path")
	last := func(n int) func() bool {
		return func() bool { return strings.HasSuffix("\n"+m.read("seen"), "\n"+strconv.Itoa(n)+"\n") }
	}
	for i := range 200 {
		m.replace("in", strconv.Itoa(i)+"\n")
		if i%20 == 0 {
			m.eventually(fmt.Sprintf("change %d is seen", i), last(i))
		}
	}
	m.eventually("the last change is seen", last(199))
	m.is("in.path", "SubState", "waiting")
	if m.lines("has changed meanwhile; starting in.service once more") == 0 {
		t.Error("no change was missed")
	}
}

// TestPathHeld: descriptors and processes after many starts and stops of path units.
func TestPathHeld(t *testing.T) {
	t.Parallel()
	files := map[string]string{"idle.target": "[Unit]\n", "first.path": "[Path]\nPathExists=/nowhere\nUnit=log.service\n", "log.service": logger("$TRIGGER_UNIT")}
	for i := range 20 {
		files[fmt.Sprintf("p%d.path", i)] = fmt.Sprintf("[Path]\nPathChanged={dir}/d%d/f\nDirectoryNotEmpty={dir}/e%d\nUnit=log.service\n", i, i)
	}
	m := start(t, files, "first.path")
	before := m.holds()
	for range 3 {
		for i := range 20 {
			m.must("start", fmt.Sprintf("p%d.path", i))
		}
		for i := range 20 {
			m.write(fmt.Sprintf("../d%d/f", i), "x")
			if err := os.RemoveAll(fmt.Sprintf("%s/d%d", m.dir, i)); err != nil {
				t.Fatal(err)
			}
		}
		m.must("stop", "p*.path")
	}
	m.is("log.service", "ActiveState", "inactive")
	m.settles(before)
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", m.pid))
	most := 0
	for _, fd := range fds {
		text, _ := os.ReadFile(fd)
		most = max(most, strings.Count(string(text), "inotify wd:"))
	}
	if most != 1 { // the root, for first.path
		t.Errorf("%d watches are left", most)
	}
}

// TestPathWatchLimit: the kernel's own limit on watches, lowered for a user
// namespace.
func TestPathWatchLimit(t *testing.T) {
	t.Parallel()
	wrap := []string{"unshare", "--user", "--map-root-user", "sh", "-c", `echo 3 >/proc/sys/user/max_inotify_watches && exec "$@"`, "sh"}
	if out, err := exec.Command(wrap[0], append(wrap[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no limit of watches can be set here: %v %s", err, out)
	}
	m := setup{units: []string{"in.path"}, wrap: wrap, files: map[string]string{
		"in.path":    "[Path]\nPathChanged={dir}/a/b/in\n",
		"in.service": logger("$TRIGGER_PATH"),
	}}.start(t)
	m.write("../a/b/in", "x")
	m.notes(m.dir + "/a/b/in\n")
	m.says("in.path: PathChanged=" + m.dir + "/a/b/in: the limit of watches is reached; looking at the path every 2s instead. " +
		"Raise it with: sysctl fs.inotify.max_user_watches=")
	m.is("in.path", "SubState", "waiting")
	m.write("../a/b/in", "y")
	m.notes(strings.Repeat(m.dir+"/a/b/in\n", 2))
}

// TestPathMount: a file that appears because what it lies on is mounted, and goes
// with it.
func TestPathMount(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "unshare", "nsenter", "mount", "umount")
	m := setup{units: []string{"in.path"}, wrap: []string{"unshare", "--mount", "--propagation", "private"}, files: map[string]string{
		"in.path":    "[Path]\nPathChanged={dir}/disk/in\nMakeDirectory=no\n",
		"in.service": logger("$(cat {dir}/disk/in || echo none)"),
	}}.start(t)
	m.write("../disk/keep", "")
	m.write("../other/in", "mounted")
	m.is("in.path", "SubState", "waiting")
	inside := func(command string) {
		if out, err := exec.Command("nsenter", "-t", strconv.Itoa(m.pid), "-m", "sh", "-c", "cd / && "+command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", command, err, out)
		}
	}
	inside("mount --bind " + m.dir + "/other " + m.dir + "/disk")
	m.notes("mounted\n")
	m.is("in.path", "SubState", "waiting")
	inside("umount " + m.dir + "/disk")
	m.notes("mounted\nnone\n")
}

// TestTutorialPath: article 4. The camera's program keeps the newest picture, and
// for each change of it another program keeps a copy.
func TestTutorialPath(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("../../examples/series/4-path")
	if err != nil {
		t.Fatal(err)
	}
	work := folder(t)
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join("../../examples/series/4-path", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(e.Name()) {
		case ".path", ".service":
			files[e.Name()] = strings.ReplaceAll(string(text), "/path/to", work)
		default:
			if err := os.WriteFile(filepath.Join(work, e.Name()), text, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A camera that has something new to show each time.
	if err := os.WriteFile(work+"/grab", []byte("#!/bin/sh\nprintf '\\377\\330scene%s\\377\\331' $(date +%N) >\"$1\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := start(t, files, "picchanged.path")
	m.is("webcam.service", "ActiveState", "active")
	m.eventually("two pictures are kept", func() bool {
		copies := 0
		names, _ := os.ReadDir(work + "/monitor")
		for _, n := range names {
			if strings.HasSuffix(n.Name(), ".jpg") && n.Name() != "monitor.jpg" && n.Name() != "temp.jpg" {
				copies++
			}
		}
		return copies >= 2
	})
	if got := m.show("picchanged.path", "Paths"); got != work+"/monitor/monitor.jpg (PathChanged)" {
		t.Errorf("Paths=%q", got)
	}
}
