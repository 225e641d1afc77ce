package house

import (
	"go/parser"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which rooms a room may import; everything else of the module is
// forbidden to it. A new package needs a row here, which is the moment to think
// about where it belongs.
//
//	value ← unit ← manager ← daemon ← cmd/wakesock
//	                 edges ←
//	               control ← ctl, dbus, web, fleet
var arrows = map[string][]string{
	// What the files say: pure.
	"value": {},
	"unit":  {"value"},
	// The units that are there without files.
	"builtin": {"unit"},
	// What to do about it: pure.
	"manager": {"unit", "value"},
	// The edges, which do it. They never import each other.
	"listen":    {"unit", "value"},
	"process":   {"unit", "value"},
	"cgroup":    {"unit", "value"},
	"watch":     {"unit", "value"},
	"device":    {"unit", "value"},
	"condition": {"unit", "value"},
	"notify":    {"unit", "value"},
	"bus":       {"unit", "value"},
	"journal":   {"value"},
	// What enabling changes; it writes nothing itself.
	"enable": {"unit", "value"},
	// The one interface to a running manager, and those who speak it.
	"control": {"value"},
	"dbus":    {"control", "unit", "value"},
	"web":     {"control", "journal", "unit", "value"},
	"fleet":   {"control", "journal", "unit", "value"},
	"ctl":     {"builtin", "control", "enable", "journal", "unit", "value", "demo"},
	// The loop, which joins them.
	"daemon": {"manager", "listen", "process", "cgroup", "condition", "watch", "device", "notify", "bus", "journal", "enable", "builtin", "control", "unit", "value"},
	// Programs of their own, never inside the manager.
	"demo":    {},
	"receive": {"value"},
	"send":    {"value"},
	"camera":  {"value"},
	"house":   {},
	// Wiring.
	"cmd/wakesock": {"daemon", "ctl", "control", "dbus", "web", "fleet", "demo", "receive", "send", "camera", "journal", "process", "unit", "value"},
	// Outside: they use the program as anybody else does.
	"bench":   {},
	"interop": {},
	"e2e":     {},
	// Of the examples.
	"examples/surveillance/fakecam": {},
}

// pure rooms see no clock, no file system of their own, no network, no process.
var pure = []string{"value", "unit", "manager"}

// impure are the packages that a pure room may not import outside its tests.
// unit reads files through io/fs alone.
var impure = []string{
	"net", "net/http", "os", "os/exec", "os/signal", "os/user", "runtime", "sync", "syscall",
	"golang.org/x/sys/unix", "log", "log/slog", "math/rand", "math/rand/v2", "context",
}

// excused are impure imports of a pure room, each with the reason.
var excused = map[string]string{
	"value golang.org/x/sys/unix": "names and numbers of the kernel's constants; no calls",
	"value syscall":               "names and numbers of signals; no calls",
	"unit golang.org/x/sys/unix":  "names and numbers of the kernel's constants; no calls",
	"unit syscall":                "names and numbers of errors and signals; no calls",
	"manager syscall":             "names and numbers of signals; no calls",
	"manager math/rand/v2":        "a generator with a given seed; nothing global",
	"unit sync":                   "tables that are computed once, at first use",
}

// dependencies are the modules that the program may use outside its tests. Each
// has its reason in docs/ARCHITECTURE.md.
var dependencies = []string{
	"golang.org/x/sys",
	"golang.org/x/term",
	"github.com/spf13/cobra",
	"github.com/godbus/dbus/v5",
	"github.com/moby/sys/user",
}

// testDependencies are the modules that tests may use as well.
var testDependencies = []string{
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
}

func TestArrows(t *testing.T) {
	for _, s := range files(t, isGo) {
		from := room(s.path)
		if path.Dir(s.path) == "tools" {
			continue
		}
		allowed, known := arrows[from]
		if !known {
			// A folder below a room (interop/peer, bench/c) lives by its parent's rules.
			parent := path.Dir(from)
			if allowed, known = arrows[parent]; !known {
				t.Errorf("%s: room %q is not in the table of arrows", s.path, from)
				continue
			}
			allowed = append([]string{parent}, allowed...)
		}
		for _, i := range parse(t, s, parser.ImportsOnly).Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			checkImport(t, s.path, from, to, allowed)
		}
	}
}

// checkImport judges one import.
func checkImport(t *testing.T, file, from, to string, allowed []string) {
	t.Helper()
	first, _, _ := strings.Cut(to, "/")
	switch {
	case first == "wakesock":
		to = strings.TrimPrefix(strings.TrimPrefix(to, "wakesock/"), "internal/")
		// A test may live in package x_test and import its own room, and a room
		// its own sub-folders.
		if to != from && !strings.HasPrefix(to, from+"/") && !slices.Contains(allowed, to) {
			t.Errorf("%s: %s may not import %s", file, from, to)
		}
	case strings.Contains(first, "."):
		modules := dependencies
		if isTest(file) {
			modules = append(slices.Clone(modules), testDependencies...)
		}
		if !slices.ContainsFunc(modules, func(m string) bool { return to == m || strings.HasPrefix(to, m+"/") }) {
			t.Errorf("%s: %q is not among the dependencies", file, to)
		}
	}
	if slices.Contains(pure, from) && slices.Contains(impure, to) && !isTest(file) && excused[from+" "+to] == "" {
		t.Errorf("%s: %s is pure and may not import %q", file, from, to)
	}
}
