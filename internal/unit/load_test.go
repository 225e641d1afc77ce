package unit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
)

var testPath = []string{"/etc/systemd/system", "/run/systemd/system", "/lib/systemd/system"}

func TestLoadGolden(t *testing.T) {
	eachArchive(t, "testdata/load/*.txtar", func(_ *testing.T, a *archive) string {
		l := &Loader{FS: a.fs(), Path: testPath, Host: testHost}
		var b strings.Builder
		for line := range strings.Lines(a.comment) {
			if names, ok := strings.CutPrefix(line, "load "); ok {
				for _, n := range strings.Fields(names) {
					fmt.Fprintf(&b, "load %s\n%s", n, dump(l.Load(Name(n))))
				}
			}
		}
		return b.String()
	})
}

func serviceFS(units map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for n, content := range units {
		m["etc/systemd/system/"+n] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	return m
}

// TestRules holds units that systemd 252 refuses, and near ones that it takes.
func TestRules(t *testing.T) {
	const run = "[Service]\nExecStart=/bin/true\n"
	for _, c := range []struct{ name, file, refused string }{
		{"a.service", run, ""},
		{"b.service", "[Service]\n", "no ExecStart="},
		{"c.service", "[Unit]\nSuccessAction=none\n", "no ExecStart="},
		{"d.service", "[Unit]\nSuccessAction=poweroff\n", ""},
		{"e.service", "[Service]\nExecStop=/bin/true\n", "never gets"},
		{"f.service", "[Service]\nExecStop=/bin/true\nRemainAfterExit=yes\n", ""},
		{"g.service", "[Service]\nExecStop=/bin/true\nRemainAfterExit=yes\nType=simple\n", "Type=oneshot can do without"},
		{"h.service", run + "ExecStart=/bin/false\n", "more than one"},
		{"i.service", run + "ExecStart=/bin/false\nType=oneshot\n", ""},
		{"j.service", run + "ExecStart=\nExecStart=/bin/false\n", ""},
		{"k.service", run + "Type=oneshot\nRestart=always\n", "Restart=always"},
		{"l.service", run + "Type=oneshot\nRestart=on-failure\n", ""},
		{"m.service", run + "Type=oneshot\nRestartForceExitStatus=1\n", "RestartForceExitStatus"},
		{"n.service", run + "Type=dbus\n", "BusName"},
		{"o.service", run + "Type=dbus\nBusName=org.example.A\n", ""},
		{"p.service", run + "PAMName=x\nKillMode=process\n", "KillMode"},
		{"q.service", run + "WorkingDirectory=foo\n", "WorkingDirectory"},
		{"r.service", run + "User=%Q\n", "%Q"},
		{"s.service", run + "WorkingDirectory=-foo\n", ""},
		{"t.service", run + "AppArmorProfile=%Q\n", "%Q"},
		{"u.service", run + "AppArmorProfile=-%Q\n", ""},
		{"w.service", "[Service]\nExecStart=/bin/date +%c %r %R\n", ""},
		{"v.service", run + "SupplementaryGroups=adm a:b\n", "a:b"},
		{"x.service", run + "[Unit]\nOnFailureJobMode=isolate\nOnFailure=a.service b.service\n", "OnFailure="},
		{"y.service", run + "[Unit]\nOnFailureIsolate=yes\nOnFailure=a.service a.service\n", ""},
		{"b.target", "[Unit]\nOnSuccessJobMode=isolate\nOnSuccess=a.service b.service\n", "OnSuccess="},
		{"a.socket", "[Socket]\nAccept=yes\n", "nothing to listen on"},
		{"b.socket", "[Socket]\nListenStream=99999\n", "nothing to listen on"},
		{"c.socket", "[Socket]\nListenStream=1\nAccept=yes\n", ""},
		{"d.socket", "[Socket]\nListenDatagram=1\nAccept=yes\n", "Accept=yes needs"},
		{"e.socket", "[Socket]\nListenStream=1\nListenFIFO=/run/f\nAccept=yes\n", "Accept=yes needs"},
		{"f.socket", "[Socket]\nListenStream=1\nAccept=yes\nService=a.service\n", "Service= cannot"},
		{"g.socket", "[Socket]\nListenStream=1\nService=a.service\n", ""},
		{"h.socket", "[Socket]\nListenStream=1\nAccept=yes\nMaxConnections=0\n", "MaxConnections"},
		{"i.socket", "[Socket]\nListenStream=1\nMaxConnections=0\n", ""},
		{"j.socket", "[Socket]\nListenStream=/run/a\nListenStream=/run/b\nSymlinks=/run/c\n", "Symlinks"},
		{"k.socket", "[Socket]\nListenStream=/run/a\nListenStream=1\nSymlinks=/run/c\n", ""},
		{"a.timer", "[Timer]\n", "never elapses"},
		{"b.timer", "[Timer]\nOnBootSec=1\n", ""},
		{"c.timer", "[Timer]\nOnClockChange=yes\n", ""},
		{"a.path", "[Path]\n", "nothing to watch"},
		{"b.path", "[Path]\nPathExists=/x\n", ""},
		{"a.target", "[Unit]\n", ""},
		{"a-b.slice", "[Slice]\n", ""},
		{"-.slice", "[Slice]\n", ""},
		{"a--b.slice", "[Slice]\n", "dashes"},
	} {
		l := &Loader{FS: serviceFS(map[string]string{c.name: c.file}), Path: testPath, Host: testHost}
		u := l.Load(Name(c.name))
		want := Loaded
		if c.refused != "" {
			want = BadSetting
		}
		if u.State != want || !strings.Contains(u.Refused, c.refused) || (c.refused == "") != (u.Refused == "") {
			t.Errorf("%s %q: %s, %q; want %s for %q", c.name, c.file, u.State, u.Refused, want, c.refused)
		}
		if c.refused != "" && !strings.HasPrefix(u.Refused, "/etc/systemd/system/"+c.name) {
			t.Errorf("%s: %q does not tell the file", c.name, u.Refused)
		}
	}
}

func TestServiceTypeIsResolved(t *testing.T) {
	for file, want := range map[string]ServiceType{
		"ExecStart=/bin/true\n":                            ServiceSimple,
		"ExecStart=/bin/true\nBusName=org.example.A\n":     ServiceDBus,
		"ExecStop=/bin/true\nRemainAfterExit=yes\n":        ServiceOneshot,
		"ExecStart=/bin/true\nType=exec\n":                 ServiceExec,
		"ExecStart=/bin/true\nType=nonsense\n":             ServiceSimple,
		"ExecStart=/bin/true\nType=notify\nType=forking\n": ServiceForking,
	} {
		l := &Loader{FS: serviceFS(map[string]string{"a.service": "[Service]\n" + file}), Path: testPath}
		if u := l.Load("a.service"); u.Service.Type != want || u.State != Loaded {
			t.Errorf("%q: %q, %s %s", file, u.Service.Type, u.State, u.Refused)
		}
	}
	if directives().service.Type != "" {
		t.Error("the shared section was changed")
	}
}

func TestTriggered(t *testing.T) {
	l := &Loader{FS: serviceFS(map[string]string{
		"a.socket": "[Socket]\nListenStream=1\nAccept=yes\n", "b.socket": "[Socket]\nListenStream=1\n",
		"c.socket": "[Socket]\nListenStream=1\nService=x.service\n", "d@.socket": "[Socket]\nListenStream=/run/%i\n",
		"e.timer": "[Timer]\nOnBootSec=1\n", "f.path": "[Path]\nPathExists=/x\nUnit=y.target\n", "g.target": "[Unit]\n",
		"h.timer": "[Timer]\nOnBootSec=1\nUnit=x@.service\nUnit=y.target\n", "i@.path": "[Path]\nPathExists=/x\nUnit=x@.service\n",
		"j.path": "[Path]\nPathExists=/x\nUnit=%n\n",
	}), Path: testPath}
	for n, want := range map[Name]Name{
		"a.socket": "a@.service", "b.socket": "b.service", "c.socket": "x.service", "d@1.socket": "d@1.service",
		"e.timer": "e.service", "f.path": "y.target", "g.target": "", "h.timer": "x@h.service", "i@a.path": "x@a.service", "j.path": "j.service",
	} {
		if got := l.Load(n).Triggered(); got != want {
			t.Errorf("%s triggers %q, want %q", n, got, want)
		}
	}
	if u := l.Load("e.timer"); u.Timer.Unit != "e.service" {
		t.Errorf("Unit= of the timer is %q", u.Timer.Unit)
	}
}

// TestRealFiles holds what only a real file system has.
func TestRealFiles(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "units")
	write := func(name string, content []byte, mode fs.FileMode) {
		t.Helper()
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, content, mode); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	service := []byte("[Service]\nExecStart=/bin/true\n")
	write("units/good.service", service, 0o644)
	write("units/unreadable.service", service, 0)
	write("units/big.service", append(service, make([]byte, MaxFile)...), 0o644)
	write("units/tenmeg.service", append(service, []byte(strings.Repeat("#\n", (MaxFile-len(service))/2))...), 0o644)
	write("outside/inner.service", service, 0o644)
	link("/outside/inner.service", "units/inside.service") // absolute below the root
	link("/units/good.service", "units/alias.service")
	link("../../../../../../../outside/inner.service", "units/up.service")
	link("/dev/zero", "units/zero.service")
	link("/etc/hostname", "units/host.service")
	link("/dev/null", "units/masked.service")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.service"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "outside/pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	link("../outside/pipe", "units/topipe.service")
	write("units/good.service.d/x.conf", nil, 0o644)
	if err := syscall.Mkfifo(filepath.Join(dir, "good.service.d/y.conf"), 0o644); err != nil {
		t.Fatal(err)
	}
	link("/units", "linked")

	l := &Loader{FS: os.DirFS(root), Path: []string{"/missing", "/linked", "/units"}}
	for _, c := range []struct {
		name  Name
		state LoadState
		what  string // in a problem; empty for none
	}{
		{"good.service", Loaded, "y.conf: cannot be read, drop-in ignored: is a named pipe"},
		{"alias.service", Loaded, "y.conf"},
		{"inside.service", Loaded, ""},
		{"up.service", Loaded, ""},
		{"big.service", LoadError, "larger than 10 MiB"},
		{"tenmeg.service", Loaded, ""},
		{"zero.service", NotFound, "/dev/zero"},
		{"host.service", NotFound, "/etc/hostname"}, // there is none below this root
		{"masked.service", Masked, ""},
		{"pipe.service", NotFound, "is a named pipe"},
		{"topipe.service", LoadError, "is a named pipe"},
		{"unreadable.service", LoadError, "permission denied"},
	} {
		u := l.Load(c.name)
		if c.name == "unreadable.service" && os.Getuid() == 0 {
			continue // root reads everything
		}
		if u.State != c.state {
			t.Errorf("%s: %s, want %s; %v", c.name, u.State, c.state, u.Problems)
		}
		if got := fmt.Sprint(u.Problems); !strings.Contains(got, c.what) || c.what == "" && len(u.Problems) > 0 {
			t.Errorf("%s: problems %v, want %q", c.name, u.Problems, c.what)
		}
	}
	if u := l.Load("alias.service"); u.Name != "good.service" || u.Fragment != "/linked/good.service" {
		t.Errorf("alias is %q from %q", u.Name, u.Fragment)
	}
	if len(l.Problems()) != 0 {
		t.Errorf("problems of the path: %v", l.Problems())
	}
	if l := (&Loader{FS: os.DirFS(root), Path: []string{"/units/good.service"}}); len(l.Problems()) != 1 {
		t.Errorf("a file on the search path: %v", l.Problems())
	}
}

// errFS fails to open one file, as one without permission does for others than root.
type errFS struct{ fstest.MapFS }

func (e errFS) Open(name string) (fs.File, error) {
	if strings.Contains(name, "secret") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return e.MapFS.Open(name)
}

func (e errFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if strings.Contains(name, "secret") || strings.HasPrefix(name, "run") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return e.MapFS.ReadDir(name)
}

func TestUnreadable(t *testing.T) {
	const run = "[Service]\nExecStart=/bin/true\n"
	l := &Loader{FS: errFS{serviceFS(map[string]string{
		"secret.service": run, "a.service": run, "a.service.d/secret.conf": run, "secretdir.service.d/x.conf": run, "secretdir.service": run,
	})}, Path: testPath}
	u := l.Load("secret.service")
	if u.State != LoadError || !strings.Contains(u.Refused, "/etc/systemd/system/secret.service: cannot be read: permission denied") {
		t.Errorf("%s %s", u.State, u.Refused)
	}
	u = l.Load("a.service")
	if u.State != Loaded || len(u.Problems) != 1 || !strings.Contains(u.Problems[0].String(), "secret.conf: cannot be read") {
		t.Errorf("%s %v", u.State, u.Problems)
	}
	if p := l.Problems(); len(p) != 1 || p[0].File != "/run/systemd/system" {
		t.Errorf("problems of the path: %v", p)
	}
}

func TestRefresh(t *testing.T) {
	m := serviceFS(map[string]string{"a.service": "[Service]\nExecStart=/bin/true\n"})
	l := &Loader{FS: m, Path: testPath}
	if got := l.List(); !slices.Equal(got, []Name{"a.service"}) {
		t.Fatal(got)
	}
	m["etc/systemd/system/b.service"] = m["etc/systemd/system/a.service"]
	delete(m, "etc/systemd/system/a.service")
	if u := l.Load("a.service"); u.State != NotFound || len(u.Problems) != 1 {
		t.Errorf("a file that went away: %s %v", u.State, u.Problems)
	}
	l.Refresh()
	if got := l.List(); !slices.Equal(got, []Name{"b.service"}) {
		t.Error(got)
	}
	if u := l.Load("a.service"); u.State != NotFound || len(u.Problems) != 0 {
		t.Errorf("%s %v", u.State, u.Problems)
	}
}

// TestConcurrentLoads is for the race detector.
func TestConcurrentLoads(t *testing.T) {
	l := &Loader{FS: serviceFS(map[string]string{
		"a@.service": "[Service]\nExecStart=/bin/true %i\n", "service.d/x.conf": "[Unit]\nDescription=%n\n",
	}), Path: testPath, Host: testHost}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 50 {
				n := Name(fmt.Sprintf("a@%d-%d.service", i, k))
				if u := l.Load(n); u.Common.Description != string(n) {
					t.Errorf("%q has the description %q", n, u.Common.Description)
				}
				if k%10 == 0 {
					l.Refresh()
				}
			}
		})
	}
	wg.Wait()
}

// TestManyUnits loads some of 100,000 units: one listing, then one read each.
func TestManyUnits(t *testing.T) {
	const n = 100_000
	m := &countingFS{MapFS: fstest.MapFS{}}
	file := &fstest.MapFile{Data: []byte("[Service]\nExecStart=/bin/true\n")}
	for i := range n {
		m.MapFS[fmt.Sprintf("etc/systemd/system/u%d.service", i)] = file
	}
	l := &Loader{FS: m, Path: testPath[:1]}
	if got := len(l.List()); got != n {
		t.Fatalf("%d names", got)
	}
	m.opens = 0
	for i := range 100 {
		if u := l.Load(Name(fmt.Sprintf("u%d.service", i*997))); u.State != Loaded {
			t.Fatal(u.State, u.Problems)
		}
	}
	if m.opens != 100 {
		t.Errorf("%d files opened for 100 units", m.opens)
	}
}

type countingFS struct {
	fstest.MapFS
	opens int
}

func (c *countingFS) Open(name string) (fs.File, error) {
	c.opens++
	return c.MapFS.Open(name)
}

// FuzzLoad loads what a fuzzer makes of a unit, a drop-in and a link.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("[Service]\nExecStart=/bin/echo %i %f\nType=oneshot\n"), []byte("[Unit]\nWants=%p@.service\n[Service]\nExecStart=\n"), "../x@.service", "a-b")
	f.Add([]byte("[Service]\nExecStart=$X\nEnvironment=A=%d\nUser=%i"), []byte("[Unit\n"), "/dev/null", "1")
	f.Fuzz(func(t *testing.T, main, drop []byte, target, instance string) {
		m := fstest.MapFS{
			"etc/systemd/system/x@.service":                 &fstest.MapFile{Data: main},
			"etc/systemd/system/x@.service.d/a.conf":        &fstest.MapFile{Data: drop},
			"etc/systemd/system/y.service":                  &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink},
			"etc/systemd/system/x@.service.wants/z.service": &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink},
		}
		l := &Loader{FS: m, Path: testPath, Host: testHost}
		l.Load("y.service")
		template := l.Load("x@.service")
		n, err := ParseName("x@" + instance + ".service")
		if err != nil || !n.IsInstance() {
			return
		}
		loaded, made := l.Load(n), template.Instantiate(n)
		if loaded.State != made.State {
			t.Fatalf("loaded: %s %s\nmade: %s %s", loaded.State, loaded.Refused, made.State, made.Refused)
		}
		for _, d := range Directives() {
			if a, b := d.Show(loaded), d.Show(made); a != b && loaded.State == Loaded {
				t.Errorf("%s: loaded %q, made %q", d.Name, a, b)
			}
		}
	})
}

// TestTriggerName is what Unit= of a timer or path names, as systemd 252 has it.
func TestTriggerName(t *testing.T) {
	const far = "[Timer]\nOnActiveSec=1h\n"
	for _, c := range []struct{ name, file, want, problem string }{
		{"a.timer", far, "a.service", ""},
		{"b.timer", far + "Unit=x.service\n", "x.service", ""},
		{"c.timer", far + "Unit=x.service\nUnit=y.service\n", "x.service", "x.service is named already, and the first one counts"},
		{"d.timer", far + "Unit=d.timer\n", "d.service", "a unit cannot trigger itself"},
		{"e.timer", far + "Unit=x.service\nUnit=e.timer\n", "x.service", "a unit cannot trigger itself"},
		{"f.timer", far + "Unit=x@.service\n", "x@f.service", ""},
		{"g@1.timer", far + "Unit=x@.service\n", "x@1.service", ""},
		{"h@1.timer", far + "Unit=x@%i%i.service\n", "x@11.service", ""},
		{"i.timer", far + "Unit=other.timer\n", "other.timer", ""},
		{"j.timer", far + "Unit=x\n", "j.service", "\"x\""},
		{"k.timer", far + "Unit=x.service\nUnit=x.service\n", "x.service", ""},
		{"l.path", "[Path]\nPathExists=/\nUnit=l.path\n", "l.service", "a unit cannot trigger itself"},
		{"m.path", "[Path]\nPathExists=/\nUnit=x.target\nUnit=y.target\n", "x.target", "the first one counts"},
	} {
		file := c.name
		if i := strings.IndexByte(file, '@'); i >= 0 {
			file = file[:i+1] + file[strings.IndexByte(file, '.'):]
		}
		u := (&Loader{FS: serviceFS(map[string]string{file: c.file}), Path: testPath, Host: testHost}).Load(Name(c.name))
		if got := u.Triggered(); string(got) != c.want || u.State != Loaded {
			t.Errorf("%s triggers %s, want %s (%s %s)", c.name, got, c.want, u.State, u.Refused)
		}
		var problems []string
		for _, p := range u.Problems {
			problems = append(problems, p.String())
		}
		if text := strings.Join(problems, "\n"); (text == "") != (c.problem == "") || !strings.Contains(text, c.problem) {
			t.Errorf("%s: problems %q, want %q", c.name, text, c.problem)
		}
	}
}
