package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The scripts of the surveillance example, each by itself.

// script runs one of the example's scripts.
func script(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	need(t, "python3")
	cmd := exec.Command("../../examples/surveillance/"+name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// put writes a file that was last changed at a moment.
func put(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// names lists the files of a folder.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestSurveillanceQueue: what is whole is taken, once, in order, and names never go
// back.
func TestSurveillanceQueue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pictures, spool := dir+"/pictures", dir+"/spool"
	whole := string(jpegOf(t, 1))
	now := time.Now()
	at := time.Date(2026, 11, 22, 23, 13, 15, 123456789, time.UTC)
	put(t, pictures+"/b.jpg", whole, at)
	put(t, pictures+"/c.jpg", string(jpegOf(t, 2)), at) // the same moment
	put(t, pictures+"/a.jpg", string(jpegOf(t, 3)), at.Add(time.Second))
	put(t, pictures+"/half.jpg", whole[:len(whole)/2], now)
	put(t, pictures+"/empty.png", "", now)
	put(t, pictures+"/next.jpg.tmp", whole[:100], now)
	put(t, pictures+"/.hidden.jpg", whole, now)
	put(t, pictures+"/old.jpg", whole[:100], now.Add(-time.Hour))
	if err := os.Symlink("b.jpg", pictures+"/link.jpg"); err != nil {
		t.Fatal(err)
	}
	script(t, nil, "camera/queue", pictures, spool)
	queued := []string{"20261122T231315.123456789Z.jpg", "20261122T231315.123456790Z.jpg", "20261122T231316.123456789Z.jpg"}
	if got := names(t, spool); !slices.Equal(got, queued) {
		t.Errorf("in the spool: %q", got)
	}
	for i, n := range []int{1, 2, 3} {
		if text, err := os.ReadFile(filepath.Join(spool, queued[i])); err != nil || string(text) != string(jpegOf(t, n)) {
			t.Errorf("%s is not picture %d (%v)", queued[i], n, err)
		}
	}
	if got := names(t, pictures); !slices.Equal(got, []string{".hidden.jpg", "empty.png", "half.jpg", "link.jpg", "next.jpg.tmp"}) {
		t.Errorf("left: %q", got)
	}
	if got := names(t, dir+"/pictures.bad"); !slices.Equal(got, []string{"old.jpg"}) {
		t.Errorf("put aside: %q", got)
	}

	// It becomes whole; the clock has been set back meanwhile.
	put(t, pictures+"/half.jpg", whole, at.Add(-time.Hour))
	script(t, nil, "camera/queue", pictures, spool)
	if got := names(t, spool); len(got) != 4 || got[3] != "20261122T231316.123456790Z.jpg" {
		t.Errorf("in the spool: %q", got)
	}
	// What was remembered is damaged: the moment has to do.
	put(t, dir+"/spool.last", "nonsense", now)
	put(t, pictures+"/d.jpg", whole, at.Add(time.Hour))
	script(t, nil, "camera/queue", pictures, spool)
	if got := names(t, spool); len(got) != 5 || got[4] != "20261123T001315.123456789Z.jpg" {
		t.Errorf("in the spool: %q", got)
	}
	// A full spool keeps what it has.
	put(t, pictures+"/e.jpg", whole, at.Add(2*time.Hour))
	if out := script(t, []string{"SPOOL_MB=0"}, "camera/queue", pictures, spool); !strings.Contains(out, "the spool is full, dropped: e.jpg") {
		t.Errorf("it says %q", out)
	}
	if got := len(names(t, spool)); got != 5 {
		t.Errorf("%d in the spool", got)
	}
}

// TestSurveillancePrune: the old go, then the oldest of too many, and what receivers
// that were killed have left.
func TestSurveillancePrune(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	mb := strings.Repeat("x", 1<<20)
	for day := range 10 {
		put(t, fmt.Sprintf("%s/door/%d.jpg", dir, day), mb, now.Add(-time.Duration(day)*24*time.Hour-time.Hour))
	}
	put(t, dir+"/door/.incoming-1", mb, now.Add(-25*time.Hour))
	put(t, dir+"/door/.incoming-2", mb, now.Add(-time.Hour))
	script(t, []string{"KEEP_DAYS=7", "KEEP_MB=100"}, "receiver/prune", dir)
	if got := strings.Join(names(t, dir+"/door"), " "); got != ".incoming-2 0.jpg 1.jpg 2.jpg 3.jpg 4.jpg 5.jpg 6.jpg" {
		t.Errorf("by age: %s", got)
	}
	script(t, []string{"KEEP_DAYS=7", "KEEP_MB=3"}, "receiver/prune", dir)
	if got := strings.Join(names(t, dir+"/door"), " "); got != ".incoming-2 0.jpg 1.jpg 2.jpg" {
		t.Errorf("by size: %s", got)
	}
}

// TestSurveillanceCamera: the stand-in writes what it says that it writes.
func TestSurveillanceCamera(t *testing.T) {
	t.Parallel()
	program := fakecam(t)
	for _, mode := range []string{"rename", "place"} {
		dir := t.TempDir()
		for _, args := range [][]string{{"-n", "5", "-list", dir + "/many", dir + "/p-%03d.png"}, {"-n", "3", "-list", dir + "/one", dir + "/monitor.jpg"}} {
			args = append([]string{"-mode", mode, "-every", "1ms", "-uneven"}, args...)
			if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
				t.Fatalf("%q: %v\n%s", args, err, out)
			}
		}
		if got := strings.Join(names(t, dir), " "); got != "many monitor.jpg one p-001.png p-002.png p-003.png p-004.png p-005.png" {
			t.Errorf("%s: %s", mode, got)
		}
		files, err := filepath.Glob(dir + "/p-*.png")
		if err != nil {
			t.Fatal(err)
		}
		for list, files := range map[string][]string{"many": files, "one": {dir + "/monitor.jpg"}} {
			text, err := os.ReadFile(dir + "/" + list)
			want := strings.Fields(string(text))
			if got := sums(t, files); err != nil || !slices.Equal(got, want[len(want)-len(got):]) {
				t.Errorf("%s, %s: %q, not %q", mode, list, got, want)
			}
		}
	}
}
