package enable

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wakesock/internal/unit"
)

// folders are the search path of these tests.
var folders = []string{"/etc/wakesock/system", "/run/wakesock/system", "/etc/systemd/system", "/usr/lib/systemd/system"}

const vendor = "usr/lib/systemd/system/"

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }

func link(target string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
}

func install(text string) *fstest.MapFile {
	return file("[Service]\nExecStart=/bin/true\n[Install]\n" + text)
}

func open(m fstest.MapFS) *Files { return Open(m, Layout(folders, false, ""), nil) }

// lines are what systemctl would say.
func lines(r Result, verb string) string {
	var all []string
	for _, c := range r.Changes {
		all = append(all, c.Text(verb))
	}
	return strings.Join(all, "\n")
}

// carryOut does to m what the result wants.
func carryOut(m fstest.MapFS, r Result) fstest.MapFS {
	m = maps.Clone(m)
	for _, c := range r.Changes {
		p := relative(c.Path)
		switch c.Kind {
		case Created:
			m[p] = link(c.Source)
		case Removed:
			delete(m, p)
		case RemovedFolder:
			maps.DeleteFunc(m, func(name string, _ *fstest.MapFile) bool { return below("/"+name, c.Path) })
		case IsMasked, IsDangling, NoTarget, NoAuxiliary, Warned, Failed:
		}
	}
	return m
}

// TestUpheldBy: the directive that systemd has since 254 makes links as the others do.
func TestUpheldBy(t *testing.T) {
	m := fstest.MapFS{
		vendor + "a.service":         install("UpheldBy=multi-user.target\n"),
		vendor + "multi-user.target": file("[Unit]\n"),
	}
	f := open(m)
	const want = "Created symlink /etc/wakesock/system/multi-user.target.upholds/a.service → /usr/lib/systemd/system/a.service."
	if got := lines(f.Enable(Options{}, "a.service"), "enable"); got != want {
		t.Errorf("enable: %s\nwant %s", got, want)
	}
	if s, err := f.State("a.service"); s != Enabled || err != nil {
		t.Errorf("after enable the state is %s, %v", s, err)
	}
	if s, _ := open(m).State("a.service"); s != Disabled {
		t.Errorf("enable has changed the files: %s", s)
	}
	if got := lines(f.Disable(Options{}, "a.service"), "disable"); got != `Removed "/etc/wakesock/system/multi-user.target.upholds/a.service".` {
		t.Errorf("disable: %s", got)
	}
	if s, _ := f.State("a.service"); s != Disabled {
		t.Errorf("after disable the state is %s", s)
	}
}

// TestOthers: links that systemd's own tools have made enable a unit here too,
// and are left alone.
func TestOthers(t *testing.T) {
	m := fstest.MapFS{
		vendor + "a.service": install("WantedBy=multi-user.target\n"),
		"etc/systemd/system/multi-user.target.wants/a.service": link("/usr/lib/systemd/system/a.service"),
	}
	f := open(m)
	if s, _ := f.State("a.service"); s != Enabled {
		t.Errorf("the state is %s", s)
	}
	if r := f.Disable(Options{}, "a.service"); r.Changed() {
		t.Errorf("disable: %s", lines(r, "disable"))
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name, search   string
		user           bool
		runtime        string
		config, volat  string
		others, vendor int
	}{
		{name: "system", search: strings.Join(folders, ":"), config: "/etc/wakesock/system", volat: "/run/wakesock/system", others: 1},
		{name: "user", search: "/home/ada/.config/wakesock/user:/tmp/run/wakesock/user:/etc/wakesock/user:/usr/lib/systemd/user",
			user: true, runtime: "/tmp/run", config: "/home/ada/.config/wakesock/user", volat: "/tmp/run/wakesock/user", others: 1},
		{name: "one folder", search: "/srv/units", config: "/srv/units"},
		{name: "below /run", search: "/run/units", config: "/run/units", volat: "/run/units"},
		{name: "vendor", search: "/usr/share/units", config: "/usr/share/units"},
		{name: "systemd", search: "/etc/systemd/system.control:/run/systemd/transient:/run/systemd/generator.early:/etc/systemd/system:/run/systemd/system:/run/systemd/generator",
			config: "/etc/systemd/system", volat: "/run/systemd/system"},
	} {
		p := Layout(strings.Split(c.search, ":"), c.user, c.runtime)
		if p.Config != c.config || p.Runtime != c.volat || len(p.Others) != c.others {
			t.Errorf("%s: config %q, runtime %q, others %q", c.name, p.Config, p.Runtime, p.Others)
		}
	}
	if p := Layout(nil, false, ""); p.Config != "" {
		t.Errorf("without folders: %+v", p)
	}
	if r := Open(fstest.MapFS{}, Layout([]string{"/srv"}, false, ""), nil).Enable(Options{Runtime: true}, "a.service"); r.Err != NoFolder {
		t.Errorf("--runtime without a folder for it: %v", r.Err)
	}
}

// TestPresetFiles: the first line that matches counts, in the order of file names
// over all folders; a file of the same name in a later folder does not.
func TestPresetFiles(t *testing.T) {
	f := open(fstest.MapFS{
		"etc/wakesock/system-preset/50-a.preset":      file("enable a.service\n# x\n; y\n\ndisable d-*.service\nenable t@.service one two\n"),
		"usr/lib/systemd/system-preset/50-a.preset":   file("disable a.service\n"),
		"usr/lib/systemd/system-preset/60-b.preset":   file("enable\tb?.service\ndisable [!c].service\nwhat\n"),
		"usr/lib/systemd/system-preset/70-off.preset": link("/dev/null"),
	})
	for name, want := range map[string]bool{
		"a.service": true, "d-1.service": false, "b1.service": true, "x.service": false, "c.service": true,
		"t@.service": true, "t@one.service": true, "other.service": true,
	} {
		if got := f.Preset(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if w := f.Warnings(); len(w) != 1 || w[0].Path != "/usr/lib/systemd/system-preset/60-b.preset:3" {
		t.Errorf("warnings: %v", w)
	}
}

// TestTexts: every kind of change and every reason has its line.
func TestTexts(t *testing.T) {
	for k := Created; k <= Failed; k++ {
		if s := (Change{Kind: k, Path: "/p", Source: "s", Err: Invalid}).Text("enable"); s == "" || strings.Contains(s, "%!") {
			t.Errorf("kind %d: %q", k, s)
		}
	}
	for r := Exists; r <= NotRegular; r++ {
		for _, source := range []string{"", "s"} {
			s := Change{Kind: Failed, Path: "/p", Source: source, Err: r}.Text("enable")
			if r.Error() == "" || !strings.HasPrefix(s, "Failed to enable ") || strings.Contains(s, "%!") {
				t.Errorf("reason %d: %q", r, s)
			}
		}
	}
}

// TestLinksStayInTheRoot: a folder that is a link is followed within the root.
func TestLinksStayInTheRoot(t *testing.T) {
	m := fstest.MapFS{
		"etc/wakesock":       link("/srv/../../srv/wakesock"),
		vendor + "a.service": install("WantedBy=multi-user.target\n"),
	}
	p := Layout(folders, false, "")
	p.Root = "/image"
	r := Open(m, p, nil).Enable(Options{}, "a.service")
	if got, want := r.Changes[0].Real, "/image/srv/wakesock/system/multi-user.target.wants/a.service"; got != want {
		t.Errorf("the link is made at %s, not at %s", got, want)
	}
}

// BenchmarkPresetAll: nothing takes time by the square of the number of units.
func BenchmarkPresetAll(b *testing.B) {
	root := b.TempDir()
	dir := filepath.Join(root, vendor)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	const units = 10_000
	for i := range units {
		text := []byte("[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("u%d.service", i)), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		f := Open(os.DirFS(root), Layout(folders, false, ""), nil)
		if r := f.ApplyAllPresets(Options{}); r.Err != nil {
			b.Fatal(r.Err)
		}
		if n := len(f.List(nil, []string{"enabled"}, nil)); n != units {
			b.Fatal(n)
		}
	}
}

// allNames is all names of units in the folders.
func allNames(m fstest.MapFS) []string {
	var all []string
	for p := range m {
		if _, err := unit.ParseName(path.Base(p)); err == nil && !slices.Contains(all, path.Base(p)) {
			all = append(all, path.Base(p))
		}
	}
	slices.Sort(all)
	return all
}
