package unit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An oracle is a real systemd in namespaces of its own.
type oracle struct{ dir, name string }

// bootOracle boots one, or skips the test where there is none.
func bootOracle(t *testing.T) oracle {
	t.Helper()
	dir := os.Getenv("ORACLE_DIR")
	if dir == "" {
		dir = "../../../shared/oracle"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "oracle-up")); err != nil {
		t.Skipf("no systemd to compare with: set ORACLE_DIR to the folder of oracle-up")
	}
	if os.Getuid() != 0 {
		t.Skip("booting a systemd needs root")
	}
	o := oracle{dir, fmt.Sprintf("unit-%d", os.Getpid())}
	o.run(t, "oracle-up", "--net", "private")
	t.Cleanup(func() { o.run(t, "oracle-down") })
	return o
}

func (o oracle) run(t *testing.T, script string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(o.dir, script), args...)
	cmd.Env = append(os.Environ(), "ORACLE_NAME="+o.name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", script, args, err, stderr.String())
	}
	return string(out)
}

// different are the properties that differ from systemd 252's on purpose, by
// name, with the reason.
var different = map[string]string{
	"Requires": implicit, "Wants": implicit, "Conflicts": implicit, "Before": implicit, "After": implicit, "RequiresMountsFor": implicit,
	"OnFailure":                     "systemd has none for slices",
	"bare Slice":                    "which slice is implied is for the manager to say",
	"Slice":                         "systemd keeps slices where their names put them",
	"WatchdogUSec":                  "systemd shows what the running service has",
	"bare TasksMax":                 "follows from the machine",
	"StartupAllowedCPUs":            "systemctl prints the raw bytes",
	"StartupAllowedMemoryNodes":     "systemctl prints the raw bytes",
	"RestrictFileSystems":           "this systemd was built without it",
	"SystemCallFilter":              "groups are not expanded before they are enforced",
	"SystemCallLog":                 "groups are not expanded before they are enforced",
	"SystemCallErrorNumber":         "errors are not numbered before they are enforced",
	"DeviceAllow":                   "systemd adds what RootImage= needs",
	"Delegate":                      "systemd has none for sockets and slices",
	"DelegateControllers":           "systemd has none for sockets and slices",
	"ManagedOOMSwap":                "systemd has none for sockets",
	"ManagedOOMMemoryPressure":      "systemd has none for sockets",
	"ManagedOOMMemoryPressureLimit": "systemd has none for sockets",
}

const implicit = "implicit dependencies are for the manager to add, and the order is that of a hash"

// TestShowAgreesWithSystemd gives a real systemd units in which everything is
// set to its example, and units in which nothing is, and compares every property
// that both know.
func TestShowAgreesWithSystemd(t *testing.T) {
	o := bootOracle(t)
	dir := t.TempDir()
	units := make(map[Name]*Unit)
	for _, n := range []Name{"rich.service", "rich.socket", "rich.timer", "rich.path", "rich.slice",
		"bare.service", "bare.socket", "bare.timer", "bare.path", "bare.slice"} {
		if err := os.WriteFile(filepath.Join(dir, string(n)), []byte(write(n)), 0o644); err != nil {
			t.Fatal(err)
		}
		u := (&Loader{FS: os.DirFS("/"), Path: []string{dir}}).Load(n)
		for _, p := range u.Problems {
			if !p.Note {
				t.Error(p)
			}
		}
		units[n] = u
	}
	o.run(t, "oracle-run", "--units", dir, "true")
	compared, seen := 0, make(map[string]bool)
	for n, u := range units {
		theirs := make(map[string]string)
		for l := range strings.Lines(o.run(t, "oracle-run", "systemctl", "show", "--all", string(n))) {
			name, v, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "=")
			if old, ok := theirs[name]; ok {
				v = old + "\n" + v
			}
			theirs[name] = v
		}
		for _, p := range Properties(u) {
			want, known := theirs[p.Name]
			if !known {
				continue
			}
			compared++
			if p.Value == want {
				continue
			}
			seen[p.Name] = true
			kind, _, _ := strings.Cut(string(n), ".")
			if kind == "bare" && strings.HasPrefix(p.Name, "Limit") {
				continue // those of the manager itself
			}
			if different[kind+" "+p.Name] != "" {
				seen[kind+" "+p.Name] = true
				continue
			}
			if different[p.Name] == "" {
				t.Errorf("%s: %s\n\tours    %q\n\tsystemd %q", n, p.Name, p.Value, want)
			}
		}
	}
	for name := range different {
		if !seen[name] {
			t.Errorf("%s does not differ any more", name)
		}
	}
	t.Logf("%d properties compared", compared)
}

// write makes a unit file, with the example of every directive if its name is rich.
func write(name Name) string {
	text := map[string]string{"Unit": "", "Install": ""}
	add := func(d *Directive, value string) { text[d.Section] += d.Name + "=" + value + "\n" }
	sections := SectionsOf(name.Type())
	if strings.HasPrefix(string(name), "rich") {
		for _, d := range Directives() {
			if slices.Contains(sections, d.Section) && d.Section != "Install" && d.Since == 0 && d.Now == "" && !goneRow(d) && notTogether[d.Name] == "" {
				add(d, d.Example)
			}
		}
	} else {
		switch name.Type() {
		case TypeService:
			add(Lookup("Service", "ExecStart"), "/bin/true")
		case TypeSocket:
			add(Lookup("Socket", "ListenStream"), "4444")
		case TypeTimer:
			add(Lookup("Timer", "OnBootSec"), "1h")
		case TypePath:
			add(Lookup("Path", "PathExists"), "/nothing")
		case TypeSlice, TypeTarget, TypeDevice, TypeMount, TypeAutomount, TypeSwap, TypeScope:
		}
	}
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "[%s]\n%s", s, text[s])
	}
	return b.String()
}

// notTogether are directives whose examples make systemd refuse or change a unit
// that has all of them.
var notTogether = map[string]string{
	"DynamicUser":            "implies other settings",
	"RestartForceExitStatus": "not with Type=oneshot",
	"ExitType":               "not with Type=oneshot",
	"Restart":                "not with Type=oneshot",
	"Accept":                 "not with all kinds of socket",
	"Symlinks":               "not with several sockets",
}
