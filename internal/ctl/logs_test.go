package ctl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakesock/internal/journal"
)

func logDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	j, err := journal.Open(journal.Options{Dir: dir, SyncEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	for i, unit := range []string{"a.service", "b@1.service", "a.socket", "a.service"} {
		j.Append(journal.Entry{
			Time: time.Date(2026, 11, 22, 18, 52, i, 0, time.UTC).UnixMicro(), Unit: unit, Identifier: "x", PID: 7, Source: journal.Stdout,
			Invocation: strings.Repeat(fmt.Sprint(i), 32), Priority: journal.Priority(3 + i), Message: fmt.Appendf(nil, "line %d\x1b", i),
		})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLogs(t *testing.T) {
	dir := logDir(t)
	now := func() time.Time { return time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name string
		o    LogsOptions
		want string // the numbers of the lines, or the text if it is not of numbers, or a part of the error
	}{
		{"all", LogsOptions{}, "0123"},
		{"unit", LogsOptions{Units: []string{"a"}}, "03"},
		{"units", LogsOptions{Units: []string{"a", "a.socket"}}, "023"},
		{"instance", LogsOptions{Units: []string{"b@1"}}, "1"},
		{"glob", LogsOptions{Units: []string{"*.s[eo]*t", "b@*"}}, "12"},
		{"lines", LogsOptions{Lines: "2"}, "23"},
		{"lines of a unit, reversed", LogsOptions{Lines: "2", Units: []string{"a"}, Reverse: true}, "30"},
		{"all lines", LogsOptions{Lines: "all"}, "0123"},
		{"priority", LogsOptions{Priority: "warning"}, "01"},
		{"priorities", LogsOptions{Priority: "4..info"}, "123"},
		{"since", LogsOptions{Since: "2026-11-22 18:52:02"}, "23"},
		{"since, relative", LogsOptions{Since: "-479s"}, "123"},
		{"until", LogsOptions{Until: "18:52:01"}, "01"},
		{"invocation", LogsOptions{Invocation: "11111111-1111-1111-1111-111111111111"}, "1"},
		{"none", LogsOptions{Units: []string{"c"}}, "-- No entries --\n"},
		{"none, quiet", LogsOptions{Lines: "0", Quiet: true}, ""},
		{"none for a program", LogsOptions{Units: []string{"c"}, Output: "json"}, ""},
		{"cat", LogsOptions{Lines: "1", Output: "cat"}, "line 3\x1b\n"},
		{"terminal", LogsOptions{Lines: "1", Output: "cat", Terminal: true}, "line 3\\x1b\n"},
		{"short-iso", LogsOptions{Lines: "1", Output: "short-iso", NoHostname: true, UTC: true}, "2026-11-22T18:52:03+0000 x[7]: line 3\x1b\n"},

		{"bad unit", LogsOptions{Units: []string{"[a"}}, `unit pattern "[a" is malformed`},
		{"bad lines", LogsOptions{Lines: "-3"}, `number of lines "-3"`},
		{"bad priority", LogsOptions{Priority: "loud"}, `unknown log level "loud"`},
		{"bad output", LogsOptions{Output: "shrot"}, `unknown output format "shrot"`},
		{"bad since", LogsOptions{Since: "soon"}, `--since: `},
		{"since after until", LogsOptions{Since: "today", Until: "yesterday"}, `--since "today" is after --until "yesterday"`},
		{"reverse and follow", LogsOptions{Reverse: true, Follow: true}, "-r does not go with -f"},
	} {
		c.o.Now = now
		var out bytes.Buffer
		err := Logs(context.Background(), &out, dir, c.o)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) || c.want == "" {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		got := out.String()
		if numbers := strings.Trim(c.want, "0123") == ""; numbers {
			got = ""
			for line := range strings.Lines(out.String()) {
				_, rest, _ := strings.Cut(line, "line ")
				got += rest[:1]
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q want %q", c.name, got, c.want)
		}
	}
	var out bytes.Buffer
	if err := Logs(context.Background(), &out, filepath.Join(dir, "none"), LogsOptions{}); err != nil || out.String() != "-- No entries --\n" {
		t.Error(out.String(), err)
	}
}

func TestLogsOfDamagedJournal(t *testing.T) {
	dir := logDir(t)
	files, err := filepath.Glob(dir + "/*.wlog")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[40] ^= 1
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, warnings bytes.Buffer
	if err := Logs(context.Background(), &out, dir, LogsOptions{Warnings: &warnings}); err != nil {
		t.Error(err)
	}
	if strings.Count(out.String(), "line") != 3 || !strings.HasPrefix(warnings.String(), "warning: journal ") {
		t.Errorf("%q, %q", out.String(), warnings.String())
	}
}

func TestLogsFollow(t *testing.T) {
	dir := logDir(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Logs(ctx, w, dir, LogsOptions{Follow: true, Lines: "1", Output: "cat"})
		w.Close()
		done <- err
	}()
	b := make([]byte, 100)
	n, _ := r.Read(b)
	if string(b[:n]) != "line 3\x1b\n" {
		t.Errorf("got %q", b[:n])
	}
	j, err := journal.Open(journal.Options{Dir: dir, SyncEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	j.Append(journal.Entry{Message: []byte("news")})
	n, _ = r.Read(b)
	if string(b[:n]) != "news\n" {
		t.Errorf("got %q", b[:n])
	}
	cancel()
	if rest, err := io.ReadAll(r); len(rest) != 0 || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	j.Close()
}
