package journal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

// children are what the test binary does when it is its own child.
var children = map[string]func(){
	"speaker": speaker,
	"writer":  crashingWriter,
}

func child(name string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+name)
	return c
}

// speaker is a service with something to say on both outputs.
func speaker() {
	flags, err := unix.FcntlInt(1, unix.F_GETFL, 0)
	fmt.Println("blocking:", err == nil && flags&unix.O_NONBLOCK == 0)
	os.Stderr.WriteString("<3>an error\n<9>no level\n")
	os.Stdout.WriteString("nul \x00 byte\n\n")
	os.Stdout.WriteString(strings.Repeat("long ", 20000) + "\n")
	f, err := os.OpenFile("/dev/stdout", os.O_WRONLY, 0)
	fmt.Println("reopened:", err)
	f.WriteString("no newline")
}

func openStream(t testing.TB, j *Journal, m Meta) *os.File {
	t.Helper()
	w, err := j.Stream(m)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ended waits until the journal has no stream left.
func ended(j *Journal) {
	j.readers.Wait()
	j.Flush()
}

func TestStreamOfChild(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	var pid atomic.Int64
	m := Meta{Unit: "s.service", Invocation: strings.Repeat("ab", 16), Identifier: "speaker", Source: Stdout, Priority: Info,
		Facility: Daemon, LevelPrefix: true, PID: func() int { return int(pid.Load()) }}
	c := child("speaker")
	out := openStream(t, j, m)
	m.Source, m.Priority = Stderr, Notice
	errs := openStream(t, j, m)
	c.Stdout, c.Stderr = out, errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	pid.Store(int64(c.Process.Pid))
	out.Close()
	errs.Close()
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	ended(j)
	var got []string
	for _, source := range []Source{Stdout, Stderr} {
		for _, e := range read(t, dir, Filter{Units: []string{"s.service"}}) {
			if e.Source != source {
				continue
			}
			if e.PID != c.Process.Pid || e.Invocation != m.Invocation || e.Identifier != "speaker" || e.Time == 0 {
				t.Errorf("entry %+v", e)
			}
			got = append(got, fmt.Sprintf("%v %v %v %d %.10q", e.Source, e.Priority, e.Break, len(e.Message), e.Message))
		}
	}
	want := []string{
		`stdout info newline 14 "blocking: "`,
		`stdout info newline 10 "nul \x00 byte"`,
		`stdout info newline 0 ""`,
		`stdout info line-max 49152 "long long "`,
		`stdout info line-max 49152 "ng long lo"`,
		`stdout info newline 1696 " long long"`,
		`stdout info newline 15 "reopened: "`,
		`stdout info eof 10 "no newline"`,
		`stderr err newline 8 "an error"`,
		`stderr notice newline 11 "<9>no leve"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, e := range read(t, dir, Filter{}) {
		if m := string(e.Message); m == "blocking: false" || strings.HasPrefix(m, "reopened:") && m != "reopened: <nil>" {
			t.Error(m)
		}
	}
}

func TestStreamLevels(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	w := openStream(t, j, Meta{Unit: "a", Source: Stdout, Priority: Info, LevelPrefix: true, Levels: UpTo(Warning)})
	io.WriteString(w, "plain\n<4>warning\n<5>notice\n<0>emerg\n<7>"+strings.Repeat("x", MaxMessage)+"<3>piece\n")
	w.Close()
	ended(j)
	if got, want := messages(read(t, dir, Filter{})), []string{"warning", "emerg"}; !slices.Equal(got, want) {
		t.Errorf("got %.100q", got)
	}
}

func TestStreamRateLimit(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	m := Meta{Unit: "chatty.service", Source: Stdout, Priority: Info, RateInterval: value.Hour, RateBurst: 10}
	both := []*os.File{openStream(t, j, m), openStream(t, j, m)}
	for i, w := range both {
		for n := range 20 {
			fmt.Fprintf(w, "%d.%d\n", i, n)
		}
		w.Close()
	}
	ended(j)
	list := read(t, dir, Filter{})
	last := list[len(list)-1]
	if len(list) != 11 || string(last.Message) != "Suppressed 30 messages from chatty.service" ||
		last.Source != Manager || last.Unit != m.Unit {
		t.Errorf("got %q", messages(list))
	}
	// A restart finds the old count.
	w := openStream(t, j, m)
	io.WriteString(w, "again\n")
	w.Close()
	ended(j)
	list = read(t, dir, Filter{Lines: 1})
	if string(list[0].Message) != "Suppressed 1 messages from chatty.service" {
		t.Errorf("got %q", messages(list))
	}
	// Infinity is an interval like others.
	m.RateInterval, m.Unit = value.Infinity, "b"
	w = openStream(t, j, m)
	io.WriteString(w, strings.Repeat("b\n", 12))
	w.Close()
	ended(j)
	if list = read(t, dir, Filter{Units: []string{"b"}}); len(list) != 11 {
		t.Errorf("got %q", messages(list))
	}
}

// A service that writes faster than a disk that stands still is slowed down. It
// loses nothing, and leaves room for the manager's own entries.
func TestStreamBackpressure(t *testing.T) {
	dir, writes := t.TempDir(), make(chan struct{})
	j := open(t, Options{Dir: dir, Queue: 1 << 20, open: func(path string, flag int) (file, error) {
		f, err := openSegment(path, flag)
		return &gate{f, writes}, err
	}})
	w := openStream(t, j, Meta{Unit: "fast.service", Source: Stdout, Priority: Info})
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	const lines = 100_000
	done := make(chan error, 1)
	go func() {
		var err error
		for range lines {
			if _, e := w.Write(line); e != nil {
				err = e
			}
		}
		w.Close()
		done <- err
	}()
	full := func() bool {
		j.queue.mu.Lock()
		defer j.queue.mu.Unlock()
		return len(j.queue.buf) > j.o.Queue/2
	}
	for !full() {
		time.Sleep(time.Millisecond)
	}
	for i := range 100 {
		j.Append(numbered(i))
	}
	select {
	case <-done:
		t.Error("the service was not slowed down")
	default:
	}
	close(writes)
	if err := <-done; err != nil {
		t.Error(err)
	}
	ended(j)
	if n := len(read(t, dir, Filter{Units: []string{"fast.service"}})); n != lines {
		t.Errorf("%d lines of the service, want %d", n, lines)
	}
	if n := len(read(t, dir, Filter{Units: []string{"a.service"}})); n != 100 {
		t.Errorf("%d entries of the manager, want 100", n)
	}
}

// Close takes what pipes hold and leaves, though children still have them open.
func TestCloseWithOpenStream(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	idle := openStream(t, j, Meta{Unit: "idle", Source: Stdout})
	defer idle.Close()
	busy := openStream(t, j, Meta{Unit: "busy", Source: Stdout})
	defer busy.Close()
	io.WriteString(busy, "last words\nand half a li")
	j.Close()
	if got, want := messages(read(t, dir, Filter{})), []string{"last words", "and half a li"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if _, err := busy.WriteString("x"); err == nil {
		t.Error("the pipe is still read")
	}
	if _, err := j.Stream(Meta{}); err == nil {
		t.Error("a stream of a closed journal")
	}
}

func TestSplitter(t *testing.T) {
	long := strings.Repeat("y", MaxMessage)
	for _, c := range []struct {
		name   string
		chunks []string
		want   string // lines as message, break; + for a continuation
	}{
		{"nothing", nil, ""},
		{"lines", []string{"a\nb\n\nc\n"}, "a/newline b/newline /newline c/newline"},
		{"byte by byte", strings.Split("ab\nc", ""), "ab/newline c/eof"},
		{"exactly the bound", []string{long, "\nz\n"}, "Y/newline z/newline"},
		{"one over", []string{long + "z\n"}, "Y/line-max +z/newline"},
		{"one over, in chunks", []string{long[1:], "yz", "\n"}, "Y/line-max +z/newline"},
		{"twice the bound, no newline", []string{long + long}, "Y/line-max +Y/eof"},
		{"three times in one chunk", []string{long + long + long + "\n"}, "Y/line-max +Y/line-max +Y/newline"},
	} {
		var s splitter
		var got []string
		emit := func(line []byte, end LineBreak, more bool) {
			m := strings.ReplaceAll(string(line), long, "Y")
			if more {
				m = "+" + m
			}
			got = append(got, fmt.Sprintf("%s/%v", m, end))
		}
		for _, chunk := range c.chunks {
			s.feed([]byte(chunk), emit)
		}
		s.end(emit)
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: got %.200q want %q", c.name, g, c.want)
		}
	}
}

// Whatever the chunks, the same lines come out, and no byte is lost.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"), 2)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if size <= 0 {
			size = 1
		}
		in = bytes.ReplaceAll(in, []byte("L"), bytes.Repeat([]byte("l"), MaxMessage-1))
		var s splitter
		var out []byte
		emit := func(line []byte, end LineBreak, more bool) {
			if len(line) > MaxMessage {
				t.Fatalf("line of %d bytes", len(line))
			}
			out = append(out, line...)
			if end == Newline {
				out = append(out, '\n')
			}
		}
		for rest := in; len(rest) > 0; {
			n := min(size, len(rest))
			s.feed(rest[:n], emit)
			rest = rest[n:]
		}
		s.end(emit)
		if !bytes.Equal(in, out) {
			t.Fatalf("%d bytes in, %d out", len(in), len(out))
		}
	})
}
