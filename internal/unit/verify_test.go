package unit

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestVerifyGolden(t *testing.T) {
	eachArchive(t, "testdata/verify/*.txtar", func(_ *testing.T, a *archive) string {
		l := &Loader{FS: a.fs(), Path: testPath, Host: testHost}
		var b strings.Builder
		for line := range strings.Lines(a.comment) {
			if paths, ok := strings.CutPrefix(line, "verify "); ok {
				for _, p := range Verify(l, strings.Fields(paths)) {
					if !strings.HasPrefix(p.What, "not enforced: ") { // the table changes as work goes on
						b.WriteString(p.String() + "\n")
					}
				}
			}
		}
		return b.String()
	})
}

// TestNotes checks that a directive without effect is told, with its reason.
func TestNotes(t *testing.T) {
	i := slices.IndexFunc(Directives(), func(d *Directive) bool {
		return d.Section == "Service" && d.Standing == NotEnforced && d.Example != ""
	})
	if i < 0 {
		t.Skip("everything is enforced")
	}
	d := Directives()[i]
	l := &Loader{FS: serviceFS(map[string]string{"a.service": "[Service]\nExecStart=/bin/true\n" + d.Name + "=" + d.Example + "\n"}), Path: testPath}
	notes := l.Load("a.service").Notes()
	if len(notes) != 1 || !notes[0].Note || !strings.Contains(notes[0].What, d.Reason) || notes[0].Line != 3 {
		t.Errorf("%s=: %v", d.Name, notes)
	}
}

// TestLookPath checks where programs are looked for.
func TestLookPath(t *testing.T) {
	m := fstest.MapFS{
		"usr/bin/cat":   {Mode: 0o755},
		"usr/bin/data":  {Mode: 0o644},
		"opt/data":      {Mode: 0o755},
		"usr/bin/dir/x": {Mode: 0o755},
	}
	dirs := []string{"/sbin", "/usr/bin", "/opt"}
	for name, want := range map[string]string{"cat": "/usr/bin/cat", "data": "/opt/data", "/usr/bin/cat": "/usr/bin/cat", "dir": "", "none": "", "/x": ""} {
		got, err := LookPath(m, name, dirs)
		if (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSearchPath(t *testing.T) {
	env := func(vars map[string]string) func(string) string { return func(k string) string { return vars[k] } }
	for _, c := range []struct {
		given         string
		user, systemd bool
		vars          map[string]string
		want          string
	}{
		{"", false, true, nil, "/etc/wakesock/system:/run/wakesock/system"},
		{"/a/:b:/c:", false, true, nil, "/a:/c:/etc/wakesock/system:/run/wakesock/system"},
		{"/b:/b", false, true, nil, "/b"},
		{"", true, true, map[string]string{"HOME": "/home/ada"}, "/home/ada/.config/wakesock/user:/etc/wakesock/user:/run/wakesock/user"},
		{"", true, false, map[string]string{"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1", "XDG_CONFIG_HOME": "/c"}, "/c/wakesock/user:/run/user/1/wakesock/user:/etc/wakesock/user:/run/wakesock/user:" +
			"/c/systemd/user:/etc/xdg/systemd/user:/etc/systemd/user:/run/user/1/systemd/user:/run/systemd/user:" +
			"/home/ada/.local/share/systemd/user:/usr/local/share/systemd/user:/usr/share/systemd/user:/usr/local/lib/systemd/user:/usr/lib/systemd/user"},
	} {
		if got := strings.Join(SearchPath(c.given, c.user, c.systemd, env(c.vars)), ":"); got != c.want {
			t.Errorf("%v: got %s\nwant %s", c, got, c.want)
		}
	}
	for _, user := range []bool{false, true} {
		flags := []string{"unit-paths"}
		if user {
			flags = append(flags, "--user")
		}
		cmd := exec.Command("systemd-analyze", flags...)
		cmd.Env = []string{"HOME=/home/ada", "XDG_RUNTIME_DIR=/run/user/1", "PATH=/usr/bin:/bin"}
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("systemd-analyze cannot be asked: %v", err)
		}
		var want []string
		for _, d := range strings.Fields(string(out)) { // what only systemd itself writes is no matter here
			if !strings.HasSuffix(d, ".control") && !strings.HasSuffix(d, "/transient") && !strings.Contains(filepath.Base(d), "generator") {
				want = append(want, d)
			}
		}
		got := SearchPath("", user, false, env(map[string]string{"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1"}))
		got = slices.DeleteFunc(got, func(d string) bool { return strings.Contains(d, "wakesock") })
		if !slices.Equal(got, want) {
			t.Errorf("user %v:\nsystemd looks in %q\nwe do in         %q", user, want, got)
		}
	}
}
