package interop

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the want files with what systemd answers, and those of scenes that mean to differ with what Wakesock does")

// patience is how long one scenario may take.
const patience = 90 * time.Second

// client runs the client inside. That its last command may fail is no failure of
// the scenario; lib.sh ends it with 1 where something did not happen.
const client = ". /srv/series/client; exit 0"

// A scenario is one folder of testdata.
type scenario struct {
	name  string
	dir   string   // absolute
	start []string // units to start before the client: its "# start:" line
	needs []string // commands that the client or the programs use: "# needs:"
	from  []string // folders whose units and programs it uses as well: "# from:", from the module
}

// A manager is systemd or Wakesock, up and empty.
type manager interface {
	// run loads and starts the units of s, runs its client inside and returns
	// what that printed. The unit files are in the folder units; what is in the
	// folder files is /srv/series inside.
	run(ctx context.Context, s scenario, units, files string) (string, error)
}

func TestSystemd(t *testing.T) {
	oracle := startOracle(t)
	for _, s := range scenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			got := play(t, oracle, s)
			if *update {
				if err := os.WriteFile(filepath.Join(s.dir, "want"), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, filepath.Join(s.dir, "want"), got)
		})
	}
}

func TestWakesock(t *testing.T) {
	program := buildWakesock(t)
	for _, s := range scenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			want := filepath.Join(s.dir, "want.wakesock")
			if _, err := os.Stat(want); err != nil {
				want = filepath.Join(s.dir, "want")
			}
			compare(t, want, play(t, &wakesock{t: t, program: program}, s))
		})
	}
}

// play runs one scenario.
func play(t *testing.T, m manager, s scenario) string {
	t.Helper()
	for _, tool := range s.needs {
		if _, err := lookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	units, files := t.TempDir(), t.TempDir()
	if err := prepare(s, units, files); err != nil {
		t.Fatal(err)
	}
	got, err := m.run(ctx, s, units, files)
	if err != nil {
		t.Fatalf("%v\nwhat the client printed:\n%s", err, got)
	}
	return got
}

// compare holds what the client printed against a file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./interop -run TestSystemd -update writes it)", err)
	}
	if diff := lines(string(want), got); diff != "" {
		t.Errorf("-%s +got:\n%s", filepath.Base(file), diff)
	}
}

// lines tells in which lines two texts differ.
func lines(want, got string) string {
	return cmp.Diff(strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n"))
}

// scenarios reads the folders of testdata.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	clients, err := filepath.Glob("testdata/*/client")
	if err != nil || len(clients) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var all []scenario
	for _, client := range clients {
		dir, err := filepath.Abs(filepath.Dir(client))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(client)
		if err != nil {
			t.Fatal(err)
		}
		s := scenario{name: filepath.Base(dir), dir: dir, start: header(text, "start"), needs: append(header(text, "needs"), "socat"), from: header(text, "from")}
		all = append(all, s)
	}
	return all
}

// header returns the words of the line "# NAME: WORD…" of a client.
func header(text []byte, name string) []string {
	m := regexp.MustCompile(`(?m)^# ` + name + `:(.*)$`).FindSubmatch(text)
	if m == nil {
		return nil
	}
	return strings.Fields(string(m[1]))
}

func isUnit(base string) bool {
	switch filepath.Ext(base) {
	case ".socket", ".service", ".target", ".timer", ".path", ".slice", ".d", ".wants", ".requires":
		return true
	}
	return false
}

// prepare copies the unit files and the programs of s to two folders. In unit
// files the folder /path/to, as examples have it, becomes /srv/series.
func prepare(s scenario, units, files string) error {
	dirs := []string{"testdata"} // for lib.sh
	for _, dir := range s.from {
		dirs = append(dirs, filepath.Join("..", dir))
	}
	for _, dir := range append(dirs, s.dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			from := filepath.Join(dir, e.Name())
			switch {
			case isUnit(e.Name()) && e.IsDir():
				err = os.CopyFS(filepath.Join(units, e.Name()), os.DirFS(from))
			case isUnit(e.Name()):
				err = copyFile(from, filepath.Join(units, e.Name()), true)
			case !e.IsDir():
				err = copyFile(from, filepath.Join(files, e.Name()), false)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// copyFile copies a file and its mode.
func copyFile(from, to string, unit bool) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if unit {
		text = bytes.ReplaceAll(text, []byte("/path/to/"), []byte("/srv/series/"))
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

// TestDifferences: each intended difference has its reason, and each reason a
// difference.
func TestDifferences(t *testing.T) {
	text, err := os.ReadFile("differences.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllSubmatch(text, -1) {
		told[string(m[1])] = true
	}
	check := func(name string, differs bool) {
		if differs != told[name] {
			t.Errorf("%s: want.wakesock is there: %v, differences.md has a row: %v", name, differs, told[name])
		}
		delete(told, name)
	}
	for _, s := range scenarios(t) {
		_, err := os.Stat(filepath.Join(s.dir, "want.wakesock"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		check(s.name, err == nil)
	}
	for _, scenes := range groups(t) {
		for _, s := range scenes {
			_, differs := s.find("want.wakesock")
			check(s.name, differs)
		}
	}
	for name := range told {
		t.Errorf("differences.md tells of %q, which is no scenario", name)
	}
}

// needRoot skips what cannot make namespaces.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, for namespaces of its own")
	}
}

// failure adds what a command said to its error.
func failure(what string, err error, said []byte) error {
	return fmt.Errorf("%s: %w\n%s", what, err, said)
}
