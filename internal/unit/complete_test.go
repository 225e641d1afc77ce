package unit

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite generated files")

// pages are the manual pages of the table, and the sections where each page's
// directives belong.
var pages = []struct {
	page     string
	sections []string
}{
	{"unit", []string{"Unit", "Install"}},
	{"socket", []string{"Socket"}},
	{"service", []string{"Service"}},
	{"timer", []string{"Timer"}},
	{"path", []string{"Path"}},
	{"slice", []string{"Slice"}},
	{"target", nil},
	{"device", nil},
	{"exec", []string{"Service", "Socket"}},
	{"kill", []string{"Service", "Socket"}},
	{"resource-control", []string{"Service", "Socket", "Slice"}},
}

const manualNames = "testdata/manual.txt"

// TestManualIsCovered holds the table against the manual pages: every name that
// a page explains has a row. The names are kept in testdata for machines without
// the pages; -update reads them from the pages again.
func TestManualIsCovered(t *testing.T) {
	names := readManual(t)
	if *update && names != nil {
		var b strings.Builder
		for _, p := range pages {
			for _, n := range names[p.page] {
				fmt.Fprintf(&b, "%s %s\n", p.page, n)
			}
		}
		if err := os.WriteFile(manualNames, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept := readNames(t)
	if len(kept["exec"]) < 100 {
		t.Fatalf("%s has only %d names of systemd.exec", manualNames, len(kept["exec"]))
	}
	for _, p := range pages {
		all := append(slices.Clone(kept[p.page]), names[p.page]...) // an installed page may be newer
		for _, n := range all {
			if !slices.ContainsFunc(p.sections, func(s string) bool { return Lookup(s, n) != nil }) {
				t.Errorf("systemd.%s: no row for %s=", p.page, n)
			}
			if p.page == "exec" || p.page == "kill" || p.page == "resource-control" {
				for _, s := range p.sections {
					if Lookup(s, n) == nil {
						t.Errorf("systemd.%s: no row for %s= in [%s]", p.page, n, s)
					}
				}
			}
		}
	}
}

func readNames(t *testing.T) map[string][]string {
	f, err := os.Open(manualNames)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	names := make(map[string][]string)
	for in := bufio.NewScanner(f); in.Scan(); {
		page, name, _ := strings.Cut(in.Text(), " ")
		names[page] = append(names[page], name)
	}
	return names
}

// An entry of a page is a line that begins a paragraph and has nothing but
// directives in italics, each with its '='; values may follow.
var (
	pageEntry = regexp.MustCompile(`^\\fI[A-Z][A-Za-z0-9]+=\\fR`)
	pageName  = regexp.MustCompile(`\\fI([A-Z][A-Za-z0-9]+)=\\fR`)
)

// readManual extracts the names from the sources of the installed pages, or
// returns nil if there are none.
func readManual(t *testing.T) map[string][]string {
	names := make(map[string][]string)
	for _, p := range pages {
		where, err := exec.Command("man", "-w", "systemd."+p.page).Output()
		if err != nil {
			t.Logf("systemd.%s is not installed", p.page)
			return nil
		}
		source, err := exec.Command("zcat", "-f", strings.TrimSpace(string(where))).Output()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		for i, l := range lines {
			if i == 0 || lines[i-1] != ".PP" || !pageEntry.MatchString(l) {
				continue
			}
			for j := i; j < len(lines) && strings.HasPrefix(lines[j], `\fI`); j++ {
				for _, m := range pageName.FindAllStringSubmatch(lines[j], -1) {
					names[p.page] = append(names[p.page], m[1])
				}
			}
		}
		slices.Sort(names[p.page])
		names[p.page] = slices.Compact(names[p.page])
	}
	return names
}

// TestSystemdIsCovered asks the installed systemd for its own list: it names
// what the manual leaves out, too.
func TestSystemdIsCovered(t *testing.T) {
	out, err := exec.Command("/lib/systemd/systemd", "--dump-configuration-items").Output()
	if err != nil {
		t.Skipf("no systemd to ask: %v", err)
	}
	section, n := "", 0
	for l := range strings.SplitSeq(string(out), "\n") {
		if strings.HasPrefix(l, "[") {
			section = strings.Trim(l, "[]")
		}
		name, _, found := strings.Cut(l, "=")
		if !found || !slices.Contains(Sections(), section) {
			continue
		}
		n++
		if Lookup(section, name) == nil {
			t.Errorf("no row for [%s] %s=", section, name)
		}
	}
	if n < 500 {
		t.Errorf("systemd lists only %d directives", n)
	}
}
