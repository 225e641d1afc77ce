package journal

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be the child of a test: see child.
func TestMain(m *testing.M) {
	if f, ok := children[os.Getenv("JOURNAL_TEST_CHILD")]; ok {
		f()
		os.Exit(0)
	}
	before := runtime.NumGoroutine()
	fds := openFDs()
	code := m.Run()
	if fuzzing := flag.Lookup("test.fuzz").Value.String() != ""; code == 0 && !fuzzing { // which has goroutines of its own
		code = leaks(before, fds)
	}
	os.Exit(code)
}

// leaks fails the tests if they leave goroutines or descriptors behind.
func leaks(goroutines int, fds []string) int {
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		b := make([]byte, 1<<20)
		fmt.Printf("leak: %d goroutines, %d before\n%s\n", n, goroutines, b[:runtime.Stack(b, true)])
		return 1
	}
	for _, fd := range openFDs() {
		// The runtime's own are not closed again.
		if !slices.Contains(fds, fd) && !strings.Contains(fd, "anon_inode:[event") {
			fmt.Println("leak: descriptor", fd)
			return 1
		}
	}
	return 0
}

func openFDs() (list []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			list = append(list, target)
		}
	}
	return list
}

func open(t testing.TB, o Options) *Journal {
	t.Helper()
	j, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// read returns what matches, and fails on errors.
func read(t testing.TB, dir string, f Filter) (list []Entry) {
	t.Helper()
	for e, err := range Read(dir, f) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func messages(list []Entry) (m []string) {
	for _, e := range list {
		m = append(m, string(e.Message))
	}
	return m
}

func numbered(n int) Entry {
	return Entry{Unit: "a.service", Priority: Info, Message: fmt.Appendf(nil, "entry %d", n)}
}

func TestAppendRead(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, Now: func() time.Time { return time.UnixMicro(1234567890123456) }})
	want := []Entry{
		{Time: 1, Unit: "a.service", Invocation: "0123", Identifier: "a", PID: 7, Priority: Debug, Facility: 23,
			Source: Stderr, Break: EOF, Message: []byte("bytes \x00\xff\n as they are")},
		{Unit: "b.socket", Priority: Notice, Message: nil},
		{Message: bytes.Repeat([]byte("x"), MaxMessage+1), Unit: strings.Repeat("u", 2000)},
	}
	for _, e := range want {
		j.Append(e)
	}
	j.Flush()
	got := read(t, dir, Filter{})
	for i := range want[1:] {
		e := &want[i+1]
		e.Time, e.Identifier, e.PID = 1234567890123456, "wakesock", os.Getpid()
	}
	want[2].Message, want[2].Break, want[2].Unit = want[2].Message[:MaxMessage], LineMax, want[2].Unit[:maxName]
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("got %.300s\nwant %.300s", g, w)
	}
}

// A second run goes on in the same segment, and only one may write at a time.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		j := open(t, Options{Dir: dir})
		if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another manager") {
			t.Errorf("opened twice: %v", err)
		}
		j.Append(numbered(i))
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j.Append(numbered(99)) // into the void
		j.Flush()
	}
	if got := read(t, dir, Filter{}); len(got) != 5 || string(got[4].Message) != "entry 4" {
		t.Errorf("got %q", messages(got))
	}
	if list, _ := segments(dir); len(list) != 1 {
		t.Errorf("%d segments for 5 entries", len(list))
	}
}

// A gate is a disk whose writes wait until they are let through.
type gate struct {
	file
	writes chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.writes
	return g.file.Write(b)
}

// A disk that stands still stops neither Append nor the mirror; what does not fit
// into the queue is counted, and the count is logged when the disk goes on.
func TestAppendNeverWaits(t *testing.T) {
	dir, writes := t.TempDir(), make(chan struct{})
	var mirror lockedBuffer
	j := open(t, Options{Dir: dir, Mirror: &mirror, open: func(path string, flag int) (file, error) {
		f, err := openSegment(path, flag)
		return &gate{f, writes}, err
	}})
	const n = 1_000_000
	for i := range n {
		j.Append(numbered(i)) // by construction: the only thing to wait for is a lock
	}
	j.queue.mu.Lock()
	lost, waiting := j.queue.lost, len(j.queue.buf)
	j.queue.mu.Unlock()
	if lost == 0 || waiting > j.o.Queue {
		t.Errorf("%d entries lost, %d bytes wait", lost, waiting)
	}
	close(writes)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	entries := read(t, dir, Filter{})
	last := entries[len(entries)-1]
	if want := fmt.Sprintf("%d log entries of the manager were dropped", n-(len(entries)-1)); !strings.HasPrefix(string(last.Message), want) {
		t.Errorf("last entry %q, want %q", last.Message, want)
	}
	// On a machine that is busy elsewhere the mirror has no room for this line either, and says that.
	if shown := mirror.String(); !strings.Contains(shown, string(last.Message)) && !strings.Contains(shown, "not shown here") {
		t.Error("the mirror does not show the loss")
	}
}

// A brokenDisk fails as long as it is full, after writing a part.
type brokenDisk struct {
	file
	full *bool
}

func (d *brokenDisk) Write(b []byte) (int, error) {
	if !*d.full {
		return d.file.Write(b)
	}
	n, _ := d.file.Write(b[:len(b)/2])
	return n, fmt.Errorf("no space left")
}

func TestDiskFull(t *testing.T) {
	dir, full := t.TempDir(), false
	var mirror lockedBuffer
	j := open(t, Options{Dir: dir, Mirror: &mirror, open: func(path string, flag int) (file, error) {
		f, err := openSegment(path, flag)
		return &brokenDisk{f, &full}, err
	}})
	put := func(i int) { j.Append(numbered(i)); j.Flush() }
	put(0)
	full = true // between two calls of Flush the writer does nothing
	put(1)
	put(2)
	full = false
	put(3)
	want := []string{"entry 0", "entry 3", "2 log entries were lost: no space left"}
	if got := messages(read(t, dir, Filter{})); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	j.Close()
	for _, s := range []string{"entry 1", "entry 2", "cannot write the journal, log entries are being lost: no space left"} {
		if strings.Count(mirror.String(), s) != 1 {
			t.Errorf("mirror: not once %q:\n%s", s, mirror.String())
		}
	}
}

// The writer sleeps while nothing comes, and wakes once for many entries.
func TestCoalescing(t *testing.T) {
	writes := 0
	j := open(t, Options{Dir: t.TempDir(), Delay: time.Hour, open: func(path string, flag int) (file, error) {
		f, err := openSegment(path, flag)
		return &countedFile{f, &writes}, err
	}})
	for i := range 6000 {
		j.Append(numbered(i))
	}
	if len(j.queue.kick) != 0 {
		t.Error("the writer was woken before its time")
	}
	j.Flush()
	if writes != 2 {
		t.Errorf("%d writes, want the header and one for all", writes)
	}
	j.Append(Entry{Priority: Crit, Message: []byte("now")})
	for len(read(t, j.o.Dir, Filter{Priorities: UpTo(Crit)})) == 0 { // long before the hour is over
		runtime.Gosched()
	}
}

type countedFile struct {
	file
	writes *int
}

func (f *countedFile) Write(b []byte) (int, error) {
	*f.writes++
	return f.file.Write(b)
}

// A lockedBuffer is a mirror's reader.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
