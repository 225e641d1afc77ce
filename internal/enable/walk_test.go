package enable

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wakesock/internal/unit"
)

// A step is one verb of the random walk.
var steps = []struct {
	name string
	run  func(f *Files, o Options, name string) Result
}{
	{"enable", func(f *Files, o Options, n string) Result { return f.Enable(o, n) }},
	{"disable", func(f *Files, o Options, n string) Result { return f.Disable(o, n) }},
	{"reenable", func(f *Files, o Options, n string) Result { return f.Reenable(o, n) }},
	{"mask", func(f *Files, o Options, n string) Result { return f.Mask(o, n) }},
	{"unmask", func(f *Files, o Options, n string) Result { return f.Unmask(o, n) }},
	{"preset", func(f *Files, o Options, n string) Result { return f.ApplyPresets(o, n) }},
	{"preset-all", func(f *Files, o Options, _ string) Result { return f.ApplyAllPresets(o) }},
	{"revert", func(f *Files, o Options, n string) Result { return f.Revert(n) }},
	{"link", func(f *Files, o Options, n string) Result { return f.Link(o, "/opt/"+n) }},
	{"add-wants", func(f *Files, o Options, n string) Result { return f.AddDependency(o, "WantedBy", "m.target", n) }},
	{"set-default", func(f *Files, o Options, n string) Result { return f.SetDefault(o, "m.target") }},
}

// TestWalk runs random verbs over random unit files and checks what must hold
// after each.
func TestWalk(t *testing.T) {
	for seed := range uint64(60) {
		walk(t, seed)
	}
}

func walk(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	m := randomFiles(r)
	f := open(m)
	names := append(allNames(m), "nosuch.service", "x@new.service")
	for n := range 30 {
		step := steps[r.IntN(len(steps))]
		name := names[r.IntN(len(names))]
		o := Options{Runtime: r.IntN(4) == 0, Force: r.IntN(3) == 0, PresetMode: PresetFull}
		what := fmt.Sprintf("seed %d, step %d: %s %s %+v", seed, n, step.name, name, o)
		result := step.run(f, o, name)
		m = carryOut(m, result)
		checkChanges(t, what, f, result)
		fresh := open(m)
		for _, u := range names {
			s1, err1 := f.State(u)
			s2, err2 := fresh.State(u)
			if s1 != s2 || fmt.Sprint(err1) != fmt.Sprint(err2) {
				t.Fatalf("%s: %s is %q (%v) as decided, and %q (%v) once it is done\n%s", what, u, s1, err1, s2, err2, lines(result, step.name))
			}
		}
		if result.Err == nil && step.name != "reenable" && step.name != "preset-all" && !o.Force {
			if again := step.run(fresh, o, name); again.Changed() {
				t.Fatalf("%s: changes something when it is repeated:\n%s", what, lines(again, step.name))
			}
		}
		if result.Err == nil && step.name == "disable" {
			noLinkTo(t, what, m, f.folder(o), name)
		}
		if t.Failed() {
			return
		}
	}
}

// checkChanges: only our folders are touched, and what fails is told.
func checkChanges(t *testing.T, what string, f *Files, r Result) {
	t.Helper()
	for _, c := range r.Changes {
		if c.Kind <= RemovedFolder && !below(c.Path, f.Config) && !below(c.Path, f.Paths.Runtime) {
			t.Errorf("%s: changes %s", what, c.Path)
		}
		if c.Kind <= RemovedFolder && path.Clean(c.Path) != c.Path {
			t.Errorf("%s: path %s is not clean", what, c.Path)
		}
		if c.Text("try") == "" {
			t.Errorf("%s: %+v has no text", what, c)
		}
	}
}

// noLinkTo: nothing in the folder bears the name or leads to it, unless the unit is masked.
func noLinkTo(t *testing.T, what string, m fstest.MapFS, dir, name string) {
	t.Helper()
	if s, _ := open(m).State(name); s == MaskedState || s == MaskedRuntime || s == Alias {
		return
	}
	for p, entry := range m {
		if below("/"+p, dir) && isLink(entry.Mode) && (path.Base(p) == name || path.Base(string(entry.Data)) == name) {
			t.Errorf("%s: %s → %s is still there", what, p, entry.Data)
		}
	}
}

// randomFiles makes unit files, links and presets.
func randomFiles(r *rand.Rand) fstest.MapFS {
	m := fstest.MapFS{vendor + "m.target": file("[Unit]\n")}
	units := []string{"a.service", "b.service", "c.socket", "x@.service", "x@own.service", "y@.service", "t.target", "s.slice"}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for _, u := range units {
		var text strings.Builder
		for range r.IntN(4) {
			key := pick("WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also", "DefaultInstance")
			value := pick("m.target", "t.target", "t@.target", "no.target", "a.service", "al.service", "al@.service", "x@.service", "c.socket",
				"%p-al.service", "%i.target", "%Z", "std", "", "m.target.wants/"+u, "../../etc/x.wants/"+u, "a/b")
			fmt.Fprintf(&text, "%s=%s\n", key, value)
		}
		dir := pick(vendor, vendor, "opt/", "etc/wakesock/system/", "etc/systemd/system/")
		m[dir+u] = install(text.String())
		if r.IntN(6) == 0 {
			m["etc/wakesock/system/"+u+".d/o.conf"] = file("[Install]\nWantedBy=m.target\n")
		}
	}
	for range r.IntN(5) {
		from := pick("al.service", "a.service", "al@.service", "x@q.service", "m.target.wants/a.service", "m.target.wants/x@z.service", "default.target", "c.socket", "loop.service")
		to := pick("/dev/null", "/usr/lib/systemd/system/a.service", "a.service", "/opt/a.service", "/usr/lib/systemd/system/x@.service", "loop.service", "../gone.service", "/usr/lib/systemd/system/m.target")
		p := pick("etc/wakesock/system/", "run/wakesock/system/", "etc/systemd/system/") + from
		if m[p] == nil {
			m[p] = link(to)
		}
	}
	if r.IntN(2) == 0 {
		m["etc/wakesock/system-preset/1.preset"] = file(pick("disable *\n", "enable x@.service one two\ndisable x*\n", "enable a.service\ndisable *.service\n"))
	}
	return m
}

// FuzzInstall: whatever a unit file says, nothing but our folders is touched.
func FuzzInstall(f *testing.F) {
	for _, d := range unit.Directives() {
		if d.Section == "Install" {
			f.Add("a@.service", "[Install]\n"+d.Name+"="+d.Example+"\n", "enable *\n")
		}
	}
	f.Add("a@x.service", "[Install]\nAlias=%p@%i.service m.target.wants/a@x.service\nAlso=b.socket\nDefaultInstance=%j\n", "enable a@.service b c\n")
	f.Fuzz(func(t *testing.T, name, text, preset string) {
		if strings.Contains(name, "/") || name == "" || name == "." || name == ".." {
			return
		}
		m := fstest.MapFS{vendor + name: file(text), vendor + "m.target": file("[Unit]\n"), "etc/wakesock/system-preset/a.preset": file(preset)}
		files := open(m)
		for _, s := range steps {
			r := s.run(files, Options{Force: true}, name)
			checkChanges(t, s.name, files, r)
		}
		for _, u := range files.List(nil, nil, nil) {
			if !slices.Contains(allStates, u.State) {
				t.Errorf("%s is %q", u.Name, u.State)
			}
		}
	})
}

var allStates = []State{Enabled, EnabledRuntime, Linked, LinkedRuntime, Alias, MaskedState, MaskedRuntime, Static, Disabled, Indirect, GeneratedState, Transient, Bad}
