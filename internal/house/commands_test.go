package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// read returns a file of the module as text.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCommands: what the pages tell people to type exists, and what the README
// promises is what the continuous integration runs.
func TestCommands(t *testing.T) {
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	for _, want := range []string{"all", "build", "demo", "test", "bench", "lint", "install", "clean"} {
		if !targets[want] {
			t.Errorf("the Makefile has no target %q", want)
		}
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:^ {4}|`)make ([a-z]+)").FindAllStringSubmatch(string(text), -1) {
			if !targets[m[1]] {
				t.Errorf("%s: the Makefile has no target %q", filepath.Base(page), m[1])
			}
		}
	}
	readme, ci := read(t, "README.md"), read(t, ".ci/run")
	for _, command := range []string{"make demo", "make test"} {
		if !strings.Contains(readme, "\n    "+command) {
			t.Errorf("README.md does not show %q", command)
		}
	}
	for _, command := range []string{"make lint", "make test"} {
		if !strings.Contains(ci, "\n"+command+"\n") {
			t.Errorf(".ci/run does not run %q", command)
		}
	}
}

// scripts that the Makefile or another script names.
var scriptName = regexp.MustCompile(`\bscripts/[a-z]+`)

func TestScripts(t *testing.T) {
	for _, from := range []string{"Makefile", ".ci/run", "scripts/test", "scripts/lint", "scripts/fuzz", "scripts/build"} {
		for _, name := range scriptName.FindAllString(read(t, from), -1) {
			info, err := os.Stat(filepath.Join(root, name))
			if err != nil {
				t.Errorf("%s: %v", from, err)
			} else if info.Mode()&0o111 == 0 {
				t.Errorf("%s names %s, which is not executable", from, name)
			}
		}
	}
}

// TestLinks: a page links only to what is there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, s := range files(t, func(p string) bool { return strings.HasSuffix(p, ".md") && !inTestdata(p) }) {
		for _, m := range link.FindAllStringSubmatch(string(s.text), -1) {
			target := filepath.Join(filepath.Dir(s.path), m[1])
			if _, err := os.Stat(filepath.Join(root, target)); err != nil && generated[filepath.ToSlash(target)] == "" {
				t.Errorf("%s: link to %q: %v", s.path, m[1], err)
			}
		}
	}
}

// generated are the pages that are made from the tables of the code, and the
// package whose test TestGenerated… proves that the page is fresh and rewrites
// it with -update.
var generated = map[string]string{
	"docs/directives.md": "internal/unit",
}

func TestGeneratedPagesHaveTests(t *testing.T) {
	for page, pkg := range generated {
		if _, err := os.Stat(filepath.Join(root, page)); err != nil {
			t.Logf("%s: not written yet", page)
			continue
		}
		found := false
		for _, s := range files(t, func(p string) bool { return strings.HasPrefix(p, pkg+"/") && isTest(p) }) {
			found = found || regexp.MustCompile(`func TestGenerated\w*\(`).Match(s.text)
		}
		if !found {
			t.Errorf("%s: %s has no TestGenerated… that keeps it fresh", page, pkg)
		}
	}
}
