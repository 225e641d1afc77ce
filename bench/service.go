package main

import (
	"os"
	"path/filepath"
	"strings"
)

// The services that are measured, by the names that -only takes.
const (
	echoC    = "echo-c"    // without a C library: shows the server's cost best
	echoLibc = "echo-libc" // the same with one, on request alone
	python   = "python"    // shows what a user notices
)

// request is what each client sends, without its newline.
const request = "hello computer"

// service is what a server starts for each connection.
type service struct {
	name  string
	argv  []string // absolute paths, no blanks: every peer's syntax can hold them
	reply string   // what a client must get for request, byte for byte
}

// serviceMakers is the table of services, in the order of the report.
var serviceMakers = []struct {
	name  string
	usual bool // measured unless -only says otherwise
	short bool // so with -short too
	reply string
	make  func(*bench) ([]string, error)
}{
	{echoC, true, true, strings.ToUpper(request) + "\n", func(b *bench) ([]string, error) {
		path, err := b.compile("upper", upperFlags...)
		return []string{path}, err
	}},
	{echoLibc, false, false, strings.ToUpper(request) + "\n", func(b *bench) ([]string, error) {
		path, err := b.compile("upper", "-DLIBC")
		return []string{path}, err
	}},
	{python, true, false, strings.ToUpper(request) + "\r\n", func(b *bench) ([]string, error) {
		interpreter, err := b.python()
		if err != nil {
			return nil, err
		}
		text, err := sources.ReadFile("echo.py")
		if err != nil {
			return nil, err
		}
		script := filepath.Join(b.work, "echo.py")
		return []string{interpreter, script}, os.WriteFile(script, text, 0o644)
	}},
}

// services makes those that were asked for; what cannot be made here is noted as skipped.
func (b *bench) services() []service {
	var made []service
	for _, m := range serviceMakers {
		wanted := m.usual && (m.short || !b.opts.short)
		if b.opts.only != "" {
			wanted = m.name == b.opts.only
		}
		if !wanted {
			continue
		}
		argv, err := m.make(b)
		if err != nil {
			b.say("skipping service %s: %v", m.name, err)
			b.result.skip("service "+m.name, err)
			continue
		}
		made = append(made, service{m.name, argv, m.reply})
	}
	return made
}

func serviceNames() []string {
	var names []string
	for _, m := range serviceMakers {
		names = append(names, m.name)
	}
	return names
}
