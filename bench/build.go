package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

//go:embed c/*.c echo.py
var sources embed.FS

// once runs build at most once per name and keeps what it said.
func (b *bench) once(name string, build func() (string, error)) (string, error) {
	if b.built == nil {
		b.built = make(map[string]func() (string, error))
	}
	f, ok := b.built[name]
	if !ok {
		f = sync.OnceValues(build)
		b.built[name] = f
	}
	return f()
}

var errNoGCC = errors.New("gcc is not installed: what is written in C cannot be measured (apt-get install gcc libc6-dev)")

// upperFlags build c/upper.c without a C library where it can do without one.
var upperFlags = map[string][]string{
	"amd64": {"-nostdlib", "-fno-stack-protector"},
	"arm64": {"-nostdlib", "-fno-stack-protector"},
}[runtime.GOARCH]

// compile builds c/NAME.c with further flags and returns the path of the static program.
func (b *bench) compile(name string, flags ...string) (string, error) {
	id := strings.Join(append([]string{name}, flags...), "")
	return b.once(id, func() (string, error) {
		gcc, err := exec.LookPath("gcc")
		if err != nil {
			return "", errNoGCC
		}
		text, err := sources.ReadFile("c/" + name + ".c")
		if err != nil {
			return "", err
		}
		out := filepath.Join(b.work, id)
		if err := os.WriteFile(out+".c", text, 0o644); err != nil {
			return "", err
		}
		args := append([]string{"-static", "-O2", "-o", out, out + ".c"}, flags...)
		return out, combined(exec.CommandContext(b.ctx, gcc, args...))
	})
}

// wakesock builds cmd/wakesock of this tree, or takes the binary of -wakesock.
func (b *bench) wakesock() (string, error) {
	return b.once("wakesock", func() (string, error) {
		if b.opts.wakesock != "" {
			return filepath.Abs(b.opts.wakesock)
		}
		if _, err := os.Stat(filepath.Join(b.root, "cmd", "wakesock")); err != nil {
			return "", errors.New("this tree has no cmd/wakesock")
		}
		out := filepath.Join(b.work, "wakesock")
		cmd := exec.CommandContext(b.ctx, "go", "build", "-o", out, "./cmd/wakesock")
		cmd.Dir = b.root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		return out, combined(cmd)
	})
}

// python returns an interpreter that is the interpreter itself: a version
// manager's wrapper script on PATH would be measured in its place.
func (b *bench) python() (string, error) {
	return b.once("python3", func() (string, error) {
		const usual = "/usr/bin/python3"
		if _, err := os.Stat(usual); err == nil {
			return usual, nil
		}
		out, err := exec.CommandContext(b.ctx, "python3", "-c", "import sys; print(sys.executable)").Output()
		if err != nil {
			return "", errors.New("python3 is not installed")
		}
		return strings.TrimSpace(string(out)), nil
	})
}

// combined runs a command; its error quotes the last line of what it printed.
func combined(cmd *exec.Cmd) error {
	// A grandchild that keeps the pipe open must not keep us here.
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if last := lastLine(out); last != "" {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, last)
	}
	return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
}

// lastLine is the last line of text that says something.
func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return strings.TrimSpace(string(text[bytes.LastIndexByte(text, '\n')+1:]))
}
