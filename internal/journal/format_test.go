package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var berlin = time.FixedZone("CET", 3600)

func sample() Entry {
	return Entry{
		Time: time.Date(2026, 11, 2, 18, 52, 6, 1234000, berlin).UnixMicro(), Unit: "echo.service", Identifier: "echo", PID: 812,
		Invocation: strings.Repeat("0f", 16), Priority: Info, Facility: Daemon, Source: Stderr, Message: []byte("hello \x1b[31mred\xff\tü"),
	}
}

func TestFormats(t *testing.T) {
	ours := Entry{Time: sample().Time, Unit: "echo.socket", Identifier: "wakesock", Message: []byte("one\ntwo")}
	for _, c := range []struct {
		p    Printer
		e    Entry
		want string
	}{
		{Printer{Format: Short, Host: "box"}, sample(), "Nov 02 18:52:06 box echo[812]: hello \x1b[31mred\xff\tü\n"},
		{Printer{Format: Short, Terminal: true}, sample(), "Nov 02 18:52:06 echo[812]: hello \\x1b[31mred\\xff\tü\n"},
		{Printer{Format: Short}, ours, "Nov 02 18:52:06 wakesock: one\n                          two\n"},
		{Printer{Format: Short}, Entry{Time: ours.Time}, "Nov 02 18:52:06 unknown: \n"},
		{Printer{Format: ShortPrecise}, ours, "Nov 02 18:52:06.001234 wakesock: one\n                                 two\n"},
		{Printer{Format: ShortISO, Host: "box"}, ours, "2026-11-02T18:52:06+0100 box wakesock: one\n                                       two\n"},
		{Printer{Format: ShortISOPrecise}, Entry{Time: ours.Time, Unit: "u"}, "2026-11-02T18:52:06.001234+0100 u: \n"},
		{Printer{Format: ShortFull}, Entry{Time: ours.Time, Unit: "u"}, "Mon 2026-11-02 18:52:06 CET u: \n"},
		{Printer{Format: ShortUnix}, Entry{Time: ours.Time, Unit: "u"}, "1793641926.001234 u: \n"},
		{Printer{Format: WithUnit}, sample(), "Mon 2026-11-02 18:52:06 CET echo.service[812]: hello \x1b[31mred\xff\tü\n"},
		{Printer{Format: Cat}, sample(), "hello \x1b[31mred\xff\tü\n"},
		{Printer{Format: Cat, Terminal: true}, sample(), "hello \\x1b[31mred\\xff\tü\n"},
		{Printer{Format: JSON, Host: "box"}, ours, `{"__REALTIME_TIMESTAMP":"1793641926001234","_TRANSPORT":"journal","_HOSTNAME":"box",` +
			`"PRIORITY":"0","SYSLOG_FACILITY":"0","SYSLOG_IDENTIFIER":"wakesock","UNIT":"echo.socket","WAKESOCK_SOURCE":"manager",` +
			`"MESSAGE":"one\ntwo"}` + "\n"},
	} {
		c.p.Location = berlin
		for range 2 { // the second time from the stamp's memory
			if got := string(c.p.Append(nil, &c.e)); got != c.want {
				t.Errorf("%v: got %q want %q", c.p.Format, got, c.want)
			}
		}
	}
	for _, name := range Formats() {
		f, err := ParseFormat(name)
		if err != nil || f.String() != name {
			t.Error(name, f, err)
		}
	}
	if _, err := ParseFormat("shrot"); err == nil {
		t.Error("an unknown format was taken")
	}
}

func TestJSON(t *testing.T) {
	p := Printer{Format: JSON}
	for _, message := range []string{"", "plain", "quote \" \\ </script>\n", "\xff\xfe", "\x00", "esc \x1b", "ü\u2028", "\u0085"} {
		e := sample()
		e.Message = []byte(message)
		var got map[string]any
		if err := json.Unmarshal(p.Append(nil, &e), &got); err != nil {
			t.Fatal(err)
		}
		var back []byte
		switch m := got["MESSAGE"].(type) {
		case string:
			back = []byte(m)
		case []any:
			for _, c := range m {
				back = append(back, byte(c.(float64)))
			}
		}
		if string(back) != message || got["_SYSTEMD_UNIT"] != "echo.service" || got["_PID"] != "812" {
			t.Errorf("%q: %v", message, got)
		}
	}
}

// systemd-journal-remote reads our export format, and journalctl prints what it has
// read as we print it.
func TestAgainstJournalctl(t *testing.T) {
	const remote = "/lib/systemd/systemd-journal-remote"
	journalctl, err := exec.LookPath("journalctl")
	if _, err2 := os.Stat(remote); err != nil || err2 != nil {
		t.Skip("needs journalctl and systemd-journal-remote")
	}
	entries := []Entry{sample(), sample(), sample(), sample(), sample()}
	for i, message := range []string{"plain", "two\nlines", "\x00\xff", "esc \x1b[0m", "tab\tü"} {
		entries[i].Time += int64(i) * 1e6
		entries[i].Message = []byte(message)
	}
	entries[1].Source, entries[1].PID = Manager, 0
	entries[4].Break = EOF
	var export bytes.Buffer
	p := Printer{Format: Export, Host: "box"}
	for i := range entries {
		// Not ours to give, but the importer wants them.
		fmt.Fprintf(&export, "__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n", i+1)
		export.Write(p.Append(nil, &entries[i]))
	}
	file := filepath.Join(t.TempDir(), "x.journal")
	c := exec.Command(remote, "-o", file, "-")
	c.Stdin = &export
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	theirs := func(args ...string) string {
		c := exec.Command(journalctl, append([]string{"--file", file, "--no-pager", "-q", "--all"}, args...)...)
		c.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, f := range []Format{Short, ShortPrecise, ShortISO, ShortISOPrecise, ShortFull, ShortUnix, WithUnit, Cat} {
		p := Printer{Format: f, Host: "box", Location: time.UTC}
		var ours []byte
		for i := range entries {
			ours = p.Append(ours, &entries[i])
		}
		// But for cat, journalctl ends what it prints of a message at a NUL.
		if f != Cat {
			ours = bytes.ReplaceAll(ours, []byte("\x00\xff"), nil)
		}
		if got := theirs("-o", f.String()); got != string(ours) {
			t.Errorf("%v: ours\n%s\njournalctl's\n%s", f, ours, got)
		}
	}
	p = Printer{Format: JSON, Host: "box"}
	lines := strings.SplitAfter(theirs("-o", "json"), "\n")
	for i := range entries {
		var ours, other map[string]any
		if err := json.Unmarshal(p.Append(nil, &entries[i]), &ours); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(lines[i]), &other); err != nil {
			t.Fatal(err)
		}
		for name, value := range ours {
			if fmt.Sprint(value) != fmt.Sprint(other[name]) {
				t.Errorf("%s: ours %v, journalctl's %v", name, value, other[name])
			}
		}
	}
}

func TestMirror(t *testing.T) {
	var w lockedBuffer
	j := open(t, Options{Mirror: &w}) // without a directory
	e := sample()
	e.Time = time.Date(2026, 11, 2, 18, 52, 6, 0, time.Local).UnixMicro()
	e.Message = []byte("evil \x1b]0;title\x07\r\nNov 02 fake\tü\u009b \r")
	j.Append(e)
	j.Append(Entry{Time: e.Time, Unit: "echo.socket", PID: 1, Message: []byte("listening")})
	j.Close()
	want := "Nov 02 18:52:06 echo.service[812]: evil \\x1b]0;title\\x07\\r\\nNov 02 fake\tü\\xc2\\x9b\n" +
		"Nov 02 18:52:06 wakesock[1]: listening\n"
	if got := w.String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A mirror whose reader does not read holds nobody: lines are dropped and counted.
func TestMirrorBlocked(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, Mirror: w})
	const n = 50_000
	for i := range n {
		j.Append(numbered(i))
		if i%1000 == 0 {
			j.Flush() // the writer gets on
		}
	}
	j.Flush()
	if got := len(read(t, dir, Filter{})); got != n {
		t.Errorf("%d entries kept, want %d", got, n)
	}
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	j.Close()
	w.Close()
	lines := strings.Split(strings.TrimSuffix(<-text, "\n"), "\n")
	r.Close()
	var lost int
	i := slices.IndexFunc(lines, func(s string) bool { return strings.HasPrefix(s, "(") })
	if i < 0 {
		t.Fatal("nothing says that lines were dropped")
	}
	if fmt.Sscanf(lines[i], "(%d log entries are not shown here", &lost); lost+len(lines)-1 != n {
		t.Errorf("%d lines shown and %d said to be lost, of %d", len(lines)-1, lost, n)
	}
}

func FuzzPrinter(f *testing.F) {
	f.Add([]byte("a\x1b\n\xff\u009b"))
	f.Fuzz(func(t *testing.T, message []byte) {
		e := sample()
		e.Message, e.Identifier = message, string(message)
		for name := range formats {
			p := Printer{Format: Format(name), Terminal: true, Location: berlin}
			text := p.Append(nil, &e)
			if p.Format == JSON && !json.Valid(text) {
				t.Errorf("not JSON: %q", text)
			}
			if p.Format != Export && !printable(text) {
				t.Errorf("%v prints %q", p.Format, text)
			}
		}
	})
}
