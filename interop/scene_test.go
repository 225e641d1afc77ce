package interop

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	skipped = flag.Bool("skipped", false, "also play under Wakesock the scenes of the list notYet")
	only    = flag.String("scene", "", "play only the scenes whose name matches this pattern")
)

const (
	// patienceScene is how long one scene may take.
	patienceScene = 40 * time.Second
	// together is how many clients run at the same time: they mostly wait.
	together = 6
)

// A scene is a small scenario in one file, testdata/scenes/GROUP/NAME.txtar:
// after a comment its unit files, programs, the script "client", what that prints
// under systemd ("want") and, where Wakesock means to differ, "want.wakesock".
// All scenes of a group share one manager, so unit names are unique.
//
// In its files the folder /srv/here is the scene's own, where the programs are and
// the client runs. The line "# alone" in the comment keeps other scenes from
// running at the same time; "# needs:" names commands.
type scene struct {
	name, group, path string
	comment           string
	parts             []part
	alone             bool
	needs             []string
}

// A part is one file of a scene. A name "LINK -> TARGET" is a symbolic link.
type part struct{ name, text string }

// A house is a manager that is up and has loaded a group of scenes.
type house interface {
	// client runs a scene's client inside and returns what it printed.
	client(ctx context.Context, name string) (string, error)
}

// groups reads the folders of testdata/scenes.
func groups(t *testing.T) map[string][]*scene {
	t.Helper()
	paths, err := filepath.Glob("testdata/scenes/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	all := map[string][]*scene{}
	owner := map[string]string{} // of unit files
	for _, path := range paths {
		s := readScene(t, path)
		for _, p := range s.parts {
			name, _, _ := strings.Cut(p.name, " -> ")
			if !isUnit(strings.Split(name, "/")[0]) {
				continue
			}
			if other := owner[name]; other != "" {
				t.Errorf("%s and %s both have %s", other, s.name, name)
			}
			owner[name] = s.name
		}
		if ok, err := filepath.Match(*only, s.name); *only == "" || ok && err == nil {
			all[s.group] = append(all[s.group], s)
		}
	}
	return all
}

func readScene(t *testing.T, path string) *scene {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{
		name: strings.TrimSuffix(filepath.Base(path), ".txtar"), group: filepath.Base(filepath.Dir(path)), path: path,
		needs: header(text, "needs"),
	}
	for l := range strings.Lines(string(text)) {
		name, isHeader := strings.CutPrefix(l, "-- ")
		if name, ok := strings.CutSuffix(name, " --\n"); isHeader && ok {
			s.parts = append(s.parts, part{name: name})
		} else if len(s.parts) == 0 {
			s.comment += l
		} else {
			s.parts[len(s.parts)-1].text += l
		}
	}
	s.alone = strings.Contains(s.comment, "# alone\n")
	return s
}

// find returns the text of a part.
func (s *scene) find(name string) (string, bool) {
	i := slices.IndexFunc(s.parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return s.parts[i].text, true
}

// units returns the names of its unit files, up to "@" or the type.
func (s *scene) units() []string {
	var names []string
	for _, p := range s.parts {
		name, _, _ := strings.Cut(p.name, " -> ")
		if isUnit(strings.Split(name, "/")[0]) {
			names = append(names, regexp.QuoteMeta(name[:strings.IndexAny(name, "@.")]))
		}
	}
	return names
}

// write puts the scene's unit files into the folder units and the rest into
// files/NAME, with the programs that all share.
func (s *scene) write(units, files string) error {
	files = filepath.Join(files, s.name)
	if err := os.CopyFS(files, os.DirFS("testdata/scenes/share")); err != nil {
		return err
	}
	for _, p := range s.parts {
		if strings.HasPrefix(p.name, "want") {
			continue
		}
		name, target, isLink := strings.Cut(p.name, " -> ")
		path, mode := filepath.Join(files, name), os.FileMode(0o644)
		if isUnit(strings.Split(name, "/")[0]) {
			path = filepath.Join(units, name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if isLink {
			if err := os.Symlink(target, path); err != nil {
				return err
			}
			continue
		}
		if strings.HasPrefix(p.text, "#!") {
			mode = 0o755
		}
		text := strings.ReplaceAll(p.text, "/srv/here", "/srv/"+s.name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			return err
		}
	}
	return nil
}

// rewrite replaces a part of the file.
func (s *scene) rewrite(name, text string) error {
	if i := slices.IndexFunc(s.parts, func(p part) bool { return p.name == name }); i >= 0 {
		s.parts[i].text = text
	} else if name == "want" && len(s.parts) > 0 && s.parts[len(s.parts)-1].name == "want.wakesock" {
		s.parts = slices.Insert(s.parts, len(s.parts)-1, part{name, text})
	} else {
		s.parts = append(s.parts, part{name, text})
	}
	var b bytes.Buffer
	b.WriteString(s.comment)
	for _, p := range s.parts {
		fmt.Fprintf(&b, "-- %s --\n%s", p.name, p.text)
	}
	return os.WriteFile(s.path, b.Bytes(), 0o644)
}

// clientOf is the script that runs the client of a scene.
func clientOf(name string) string {
	return "cd /srv/" + name + " && . /srv/" + name + "/lib.sh && . ./client; exit 0"
}

// played is what came of a scene.
type played struct {
	out  string
	err  error
	took time.Duration
}

// playAll plays scenes in one house: first those that may be together, then each
// of the others alone. A scene's channel gets its end.
func playAll(ctx context.Context, h house, scenes []*scene) map[*scene]chan played {
	ends := map[*scene]chan played{}
	for _, s := range scenes {
		ends[s] = make(chan played, 1)
	}
	play := func(s *scene) {
		ctx, cancel := context.WithTimeout(ctx, patienceScene)
		defer cancel()
		began := time.Now()
		out, err := h.client(ctx, s.name)
		ends[s] <- played{out, err, time.Since(began)}
	}
	go func() {
		room := make(chan bool, together)
		for _, s := range scenes {
			if !s.alone {
				room <- true
				go func() { play(s); <-room }()
			}
		}
		for range together {
			room <- true
		}
		for _, s := range scenes {
			if s.alone {
				play(s)
			}
		}
	}()
	return ends
}

// TestScenesSystemd: what the scenes say of systemd is what systemd does.
func TestScenesSystemd(t *testing.T) {
	oracle := startOracle(t)
	for group, scenes := range groups(t) {
		t.Run(group, func(t *testing.T) {
			scenes := slices.DeleteFunc(scenes, func(s *scene) bool { return s.lacks() != "" })
			units, files := t.TempDir(), filepath.Join(oracle.share(), group)
			for _, s := range scenes {
				if err := s.write(units, files); err != nil {
					t.Fatal(err)
				}
			}
			if err := oracle.load(t.Context(), units, files); err != nil {
				t.Fatal(err)
			}
			ends := playAll(t.Context(), oracle, scenes)
			for _, s := range scenes {
				t.Run(s.name, func(t *testing.T) {
					end := <-ends[s]
					if *update && end.err == nil {
						if err := s.rewrite("want", end.out); err != nil {
							t.Fatal(err)
						}
					}
					s.check(t, end, "want")
				})
			}
		})
	}
}

// TestScenesWakesock: Wakesock does the same, or what it means to do instead.
func TestScenesWakesock(t *testing.T) {
	program := buildWakesock(t)
	for group, scenes := range groups(t) {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			units, files := t.TempDir(), t.TempDir()
			var now []*scene
			for _, s := range scenes {
				if _, waits := notYet[s.name]; waits && !*skipped || s.lacks() != "" {
					continue
				}
				if err := s.write(units, files); err != nil {
					t.Fatal(err)
				}
				now = append(now, s)
			}
			w := &wakesock{t: t, program: program, clientOf: clientOf}
			if err := w.up(t.Context(), nil, units, files); err != nil {
				t.Fatal(err)
			}
			defer w.down()
			ends := playAll(t.Context(), w, now)
			for _, s := range scenes {
				t.Run(s.name, func(t *testing.T) {
					end, plays := ends[s]
					if !plays {
						t.Skip(s.lacks() + notYet[s.name])
					}
					want := "want.wakesock"
					if _, differs := s.find(want); !differs {
						want = "want"
					}
					got := <-end
					if *update && want != "want" && got.err == nil {
						if err := s.rewrite(want, got.out); err != nil {
							t.Fatal(err)
						}
					}
					s.check(t, got, want)
					if t.Failed() {
						t.Logf("of its units the log says:\n%s", w.said(s.units()))
					}
				})
			}
		})
	}
}

// lacks says what the machine does not have that the scene needs.
func (s *scene) lacks() string {
	for _, tool := range s.needs {
		if _, err := lookPath(tool); err != nil {
			return tool + " is not installed"
		}
	}
	return ""
}

// check holds what the client printed against a part of the scene.
func (s *scene) check(t *testing.T, end played, part string) {
	t.Helper()
	if end.err != nil {
		t.Fatalf("%v\nwhat the client printed:\n%s", end.err, end.out)
	}
	want, ok := s.find(part)
	if !ok {
		t.Fatalf("no %q (go test ./interop -run TestScenesSystemd -update writes it)", part)
	}
	if end.took > patienceScene/4 {
		t.Logf("took %v", end.took)
	}
	if diff := lines(want, end.out); diff != "" {
		t.Errorf("-%s +got:\n%s", part, diff)
	}
}
