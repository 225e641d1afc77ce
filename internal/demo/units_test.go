package demo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"/usr/bin/wakesock": `"/usr/bin/wakesock"`,
		`/a b/"c"\d`:        `"/a b/\"c\"\\d"`,
		"/100%/$HOME":       `"/100%%/$$HOME"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestQuoteProgram(t *testing.T) {
	if got, want := quoteProgram(`/100%/$HOME/"c"`), `"/100%%/$HOME/\"c\""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// systemd's own checker finds nothing to say about the units.
func TestUnitsAsSystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := filepath.Join(t.TempDir(), "50% of $HOME")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "wake sock")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"verify"}
	for name, text := range Units(filepath.Join(dir, "store"), binary, "127.0.0.1", FirstPorts) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".socket") {
			args = append(args, file)
		}
	}
	cmd := exec.Command(analyze, args...)
	// A small unit path: nothing of this machine's own is judged.
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestUnitsListenWhere(t *testing.T) {
	for host, want := range map[string]string{"": "=4444\n", "127.0.0.1": "=127.0.0.1:4444\n", "::1": "=[::1]:4444\n"} {
		if text := Units("/s", "/b", host, FirstPorts)["echo.socket"]; !strings.Contains(text, "ListenStream"+want) {
			t.Errorf("host %q:\n%s", host, text)
		}
	}
}
