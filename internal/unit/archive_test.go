package unit

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// An archive is several files in one text file: a comment, then for each file a
// line "-- NAME --" and its content. A name "LINK -> TARGET" is a symbolic link.
type archive struct {
	comment string
	names   []string
	files   map[string]string
}

func readArchive(t *testing.T, path string) *archive {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{files: map[string]string{}}
	name := ""
	for l := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(strings.TrimSuffix(l, " --\n"), "-- "); ok && strings.HasSuffix(l, " --\n") {
			name = n
			a.names = append(a.names, n)
			a.files[n] = ""
		} else if name == "" {
			a.comment += l
		} else {
			a.files[name] += l
		}
	}
	return a
}

// fs makes the file system that the archive describes; "want" is no part of it.
func (a *archive) fs() fstest.MapFS {
	m := fstest.MapFS{}
	for n, content := range a.files {
		if n == "want" {
			continue
		}
		link, target, isLink := strings.Cut(n, " -> ")
		f := &fstest.MapFile{Data: []byte(content), Mode: 0o644}
		if strings.HasPrefix(content, "#!") {
			f.Mode = 0o755
		}
		if isLink {
			f.Data, f.Mode = []byte(target), fs.ModeSymlink|0o777
		}
		if dir, ok := strings.CutSuffix(link, "/"); ok {
			link, f.Mode = dir, fs.ModeDir|0o755
		}
		m[strings.TrimPrefix(link, "/")] = f
	}
	return m
}

// check compares what came out with the file "want", or rewrites it.
func (a *archive) check(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		var b bytes.Buffer
		b.WriteString(a.comment)
		for _, n := range a.names {
			if n != "want" {
				fmt.Fprintf(&b, "-- %s --\n%s", n, a.files[n])
			}
		}
		fmt.Fprintf(&b, "-- want --\n%s", got)
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := a.files["want"]; got != want {
		t.Errorf("%s: got\n%s\nwant\n%s\nrewrite it with: go test ./internal/unit -update", path, got, want)
	}
}

// eachArchive runs a test for every archive that matches.
func eachArchive(t *testing.T, pattern string, test func(t *testing.T, a *archive) string) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives %s: %v", pattern, err)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			a := readArchive(t, p)
			a.check(t, p, test(t, a))
		})
	}
}

// testHost is a host on which every specifier has a value of its own.
var testHost = &Host{
	Arch: "x86-64", MachineID: strings.Repeat("ab", 16), BootID: strings.Repeat("cd", 16), Hostname: "box.example.org",
	KernelRelease: "6.1.0", OSID: "debian", OSVersion: "12", User: "root", Group: "root", Home: "/root", Shell: "/bin/sh",
	Runtime: "/run", State: "/var/lib", Cache: "/var/cache", Logs: "/var/log", Config: "/etc", Share: "/usr/share",
	Credentials: "/run/credentials", Temp: "/tmp", VarTemp: "/var/tmp",
}

// dump prints what loading made of a unit.
func dump(u *Unit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", u.Name, u.State)
	line := func(name string, values ...string) {
		if s := strings.Join(values, " "); s != "" {
			fmt.Fprintf(&b, "  %s %s\n", name, s)
		}
	}
	line("aliases", strings.Trim(fmt.Sprint(u.Aliases), "[]"))
	line("fragment", u.Fragment)
	line("drop-ins", u.DropIns...)
	line("refused", u.Refused)
	for _, s := range u.Settings {
		line("set", fmt.Sprintf("%s: [%s] %s=%s", s.Place, s.Section, s.Name, s.Value))
	}
	if u.State == Loaded || u.State == BadSetting {
		for _, d := range Directives() {
			switch d.Name {
			case "Wants", "Requires", "Upholds", "After", "Description", "Documentation", "Type", "Environment", "User":
				if s := d.Show(u); s != "" && d.Section != "Install" {
					line(d.Name, s)
				}
			}
		}
		if u.Service != nil {
			for _, c := range u.Service.ExecStart {
				line("ExecStart", fmt.Sprintf("%s %q", c.Path, c.Args))
			}
		}
	}
	for _, p := range u.Problems {
		kind := "problem"
		if p.Fatal {
			kind = "fatal"
		} else if p.Note {
			kind = "note"
		}
		line(kind, p.String())
	}
	return b.String()
}

// diff tells how two values differ, or is empty.
func diff(want, got any) string {
	w, g := fmt.Sprintf("%#v", want), fmt.Sprintf("%#v", got)
	if w == g {
		return ""
	}
	return "want " + w + "\n got " + g
}
