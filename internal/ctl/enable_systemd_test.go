package ctl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"wakesock/internal/unit"
)

// systemdFolders is the search path of systemctl --root, so that both write to
// the same places.
const systemdFolders = "/etc/systemd/system.control:/run/systemd/system.control:/run/systemd/transient:/run/systemd/generator.early:" +
	"/etc/systemd/system:/etc/systemd/system.attached:/run/systemd/system:/run/systemd/system.attached:/run/systemd/generator:" +
	"/usr/local/lib/systemd/system:/lib/systemd/system:/usr/lib/systemd/system:/run/systemd/generator.late"

// TestLikeSystemctl runs the commands of testdata/enable/commands.txt by the
// installed systemctl and by us, on two copies of the same folders, and compares
// what they say, how they end and which links there are.
func TestLikeSystemctl(t *testing.T) {
	systemctl := oracle(t)
	archive, err := txtar.ParseFile("testdata/enable/units.txtar")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/enable/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, sequence := range strings.Split(string(text), "\n\n") {
		lines := strings.Split(strings.TrimSpace(sequence), "\n")
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" || l[0] == '#' })
		if len(lines) == 0 {
			continue
		}
		t.Run(name(lines), func(t *testing.T) {
			t.Parallel()
			theirs, ours := t.TempDir(), t.TempDir()
			lay(t, archive, theirs)
			lay(t, archive, ours)
			differs, elsewhere := false, false
			for _, line := range lines {
				if strings.HasPrefix(line, "differs: ") || strings.HasPrefix(line, "differs, links too: ") {
					differs, elsewhere = true, !strings.HasPrefix(line, "differs: ")
					continue
				}
				if name, ok := strings.CutPrefix(line, "rm "); ok {
					for _, root := range []string{theirs, ours} {
						if err := os.Remove(filepath.Join(root, name)); err != nil && !os.IsNotExist(err) {
							t.Fatal(err)
						}
					}
					continue
				}
				args := words(t, line)
				want, got := bySystemctl(t, systemctl, theirs, args), byWakesock(t, ours, args)
				d := cmp.Diff(want, got)
				switch {
				case differs && d == "":
					t.Errorf("%s: there is no difference any more", line)
				case !differs && d != "":
					t.Errorf("%s: (-systemctl +wakesock)\n%s", line, d)
				}
				if d := cmp.Diff(links(t, theirs), links(t, ours)); d != "" && !elsewhere {
					t.Fatalf("%s: links (-systemctl +wakesock)\n%s", line, d)
				}
				differs, elsewhere = false, false
			}
		})
		commands += len(lines)
	}
	t.Logf("%d commands", commands)
}

// oracle is the systemctl whose words these are.
func oracle(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("systemctl")
	if err != nil {
		t.Skip("no systemctl here")
	}
	if out, err := exec.Command(program, "--version").Output(); err != nil || !strings.HasPrefix(string(out), "systemd 252 ") {
		t.Skip("another systemctl than that of systemd 252")
	}
	return program
}

// name is the first command.
func name(lines []string) string {
	for _, l := range lines {
		if !strings.HasPrefix(l, "rm ") && !strings.HasPrefix(l, "differs") {
			return l
		}
	}
	return lines[0]
}

func words(t *testing.T, line string) []string {
	t.Helper()
	w, err := unit.SplitWords(line, 0)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// lay writes the folders of an archive.
func lay(t *testing.T, a *txtar.Archive, root string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, data []byte) {
		p := filepath.Join(root, name)
		check(os.MkdirAll(filepath.Dir(p), 0o755))
		check(os.WriteFile(p, data, 0o644))
	}
	for _, f := range a.Files {
		switch f.Name {
		case "folders":
			for _, d := range strings.Fields(string(f.Data)) {
				check(os.MkdirAll(filepath.Join(root, d), 0o755))
			}
		case "empty":
			for _, p := range strings.Fields(string(f.Data)) {
				write(p, nil)
			}
		case "links":
			s := bufio.NewScanner(bytes.NewReader(f.Data))
			for s.Scan() {
				name, target, _ := strings.Cut(s.Text(), " ")
				p := filepath.Join(root, name)
				check(os.MkdirAll(filepath.Dir(p), 0o755))
				check(os.Symlink(target, p))
			}
		default:
			write(f.Name, f.Data)
		}
	}
}

// links lists everything below a root: links with their targets, files, folders.
func links(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		line := strings.TrimPrefix(p, root)
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			line += " → " + strings.ReplaceAll(target, root, "ROOT")
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// saying puts what a command said into one text; the order of the lines on
// standard error is that of a folder's entries, which is anybody's.
func saying(root string, stdout, stderr []byte, code int) string {
	errs := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	slices.Sort(errs)
	errs = slices.Compact(errs)
	s := fmt.Sprintf("%s\nstderr:\n%s\nexit %d", stdout, strings.Join(errs, "\n"), code)
	return strings.ReplaceAll(s, root, "ROOT")
}

func bySystemctl(t *testing.T, program, root string, args []string) string {
	t.Helper()
	cmd := exec.Command(program, append([]string{"--root=" + root}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = []string{"LANG=C.UTF-8", "PATH=/usr/bin:/bin", "COLUMNS=200"}
	err := cmd.Run()
	var e *exec.ExitError
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	said := saying(root, out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode())
	return ourNames.Replace(said)
}

// ourNames puts our words in the place of systemctl's, where these name it or
// are a number's that has nothing to do with the matter.
var ourNames = strings.NewReplacer("using systemctl.", "using wakesock.", "systemd-escape", "wakesock escape", "Invalid slot", "Invalid specifier")

func byWakesock(t *testing.T, root string, args []string) string {
	t.Helper()
	var out, errs bytes.Buffer
	a := testApp(&out, &errs)
	code := a.Main(context.Background(), append(slices.Clone(args), "--root="+root, "--unit-path="+systemdFolders))
	return saying(root, out.Bytes(), errs.Bytes(), code)
}

// testApp is the program without a manager and without an environment.
func testApp(out, errs *bytes.Buffer) *App {
	return &App{
		Out: out, Err: errs, In: strings.NewReader(""), Now: time.Now, Version: "test",
		Env: func(name string) string { return map[string]string{"HOME": "/root", "COLUMNS": "200"}[name] },
		Host: func(user bool) *unit.Host {
			return unit.HostFacts(os.DirFS("/"), user, unit.Host{Arch: "x86-64", UID: os.Getuid(), GID: os.Getgid()}, os.Getenv)
		},
	}
}
