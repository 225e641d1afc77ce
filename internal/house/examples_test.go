package house

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestExampleFlaws: each known flaw of the tutorial's scripts is named where it
// sits, R of the receivers and S of the camera, and the other example says what
// became of it.
func TestExampleFlaws(t *testing.T) {
	named := map[string]bool{}
	for _, s := range files(t, func(p string) bool { return strings.HasPrefix(p, "examples/series/") }) {
		for line := range strings.Lines(string(s.text)) {
			words := strings.Fields(strings.TrimPrefix(line, "#"))
			if len(words) > 0 {
				named[words[0]] = true
			}
		}
	}
	cure := read(t, "examples/surveillance/README.md")
	for letter, last := range map[string]int{"R": 12, "S": 10} {
		for n := range last {
			flaw := fmt.Sprint(letter, n+1)
			if !named[flaw] {
				t.Errorf("no script names its flaw %s", flaw)
			}
			if strings.Count(cure, "\n| "+flaw+" | ") != 1 {
				t.Errorf("examples/surveillance/README.md does not say what became of %s", flaw)
			}
		}
	}
}

// TestExampleScripts: each script is executable and is at least a program of its
// language.
func TestExampleScripts(t *testing.T) {
	for _, s := range files(t, func(p string) bool { return strings.HasPrefix(p, "examples/") }) {
		first, _, _ := bytes.Cut(s.text, []byte("\n"))
		if !bytes.HasPrefix(first, []byte("#!")) {
			continue
		}
		name := filepath.Join(root, s.path)
		if info, err := os.Stat(name); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s is not executable (%v)", s.path, err)
		}
		var check *exec.Cmd
		switch string(first) {
		case "#!/bin/sh":
			check = exec.Command("sh", "-n", name)
		case "#!/usr/bin/env python3":
			if _, err := exec.LookPath("python3"); err != nil {
				continue
			}
			check = exec.Command("python3", "-c", "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')", name)
		default:
			t.Errorf("%s begins with %q", s.path, first)
			continue
		}
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", s.path, err, out)
		}
	}
}

// TestExampleUnits: systemd's own checker loads every unit of the examples.
func TestExampleUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	folders := map[string]bool{}
	for _, s := range files(t, func(p string) bool { return strings.HasPrefix(p, "examples/") && isUnit(p) }) {
		folders[path.Dir(s.path)] = true
	}
	for folder := range folders {
		t.Run(folder, func(t *testing.T) {
			from, err := filepath.Abs(filepath.Join(root, folder))
			if err != nil {
				t.Fatal(err)
			}
			dir, args := t.TempDir(), []string{"verify"}
			entries, err := os.ReadDir(from)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !isUnit(e.Name()) {
					continue
				}
				text, err := os.ReadFile(filepath.Join(from, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				text = bytes.ReplaceAll(text, []byte("/path/to/"), []byte(from+"/"))
				file := filepath.Join(dir, e.Name())
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(e.Name(), "@") {
					args = append(args, file)
				}
			}
			cmd := exec.Command(analyze, args...)
			cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), dir) {
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
		})
	}
}

func isUnit(p string) bool {
	switch path.Ext(p) {
	case ".service", ".socket", ".timer", ".path", ".target", ".slice":
		return true
	}
	return false
}
