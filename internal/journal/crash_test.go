package journal

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crashingWriter appends numbered entries until it is killed, and says up to which
// they are flushed.
func crashingWriter() {
	j, err := Open(Options{Dir: os.Args[1], MaxFile: 64 << 10, Delay: time.Millisecond, SyncEvery: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	start, _ := strconv.Atoi(os.Args[2])
	for i := start; ; i++ {
		j.Append(numbered(i))
		if i%100 == 99 {
			j.Flush()
			fmt.Println(i)
		}
	}
}

// A manager that is killed at any moment leaves every flushed entry, in order, and
// the next one goes on after the last whole entry.
func TestKillWriter(t *testing.T) {
	dir := t.TempDir()
	next := 0
	for range 10 {
		c := child("writer", dir, strconv.Itoa(next))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		flushed := -1
		lines := bufio.NewScanner(out)
		for range 5 + rand.IntN(20) {
			if !lines.Scan() {
				t.Fatal("the writer ended")
			}
			if flushed, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(lines.Text())
			}
		}
		c.Process.Kill()
		for lines.Scan() {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				flushed = n
			}
		}
		c.Wait()
		n := 0
		for _, e := range read(t, dir, Filter{}) {
			if want := "entry " + strconv.Itoa(n); string(e.Message) != want {
				t.Fatalf("got %q want %q", e.Message, want)
			}
			n++
		}
		if n <= flushed {
			t.Fatalf("%d entries, but %d was flushed", n, flushed)
		}
		next = n
	}
}

// Every length that a crash can leave is a journal with all whole entries, to a
// reader and to the next writer.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, SyncEvery: -1})
	const n = 5
	for i := range n {
		j.Append(numbered(i))
	}
	j.Close()
	list, err := segments(dir)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	whole, err := os.ReadFile(list[0].path)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{segmentHead}
	for pos := segmentHead; pos < len(whole); {
		_, pos, _ = nextFrame(whole, pos, list[0].nameKey)
		ends = append(ends, pos)
	}
	for cut := range len(whole) + 1 {
		want := 0
		for want < n && ends[want+1] <= cut {
			want++
		}
		for _, tail := range []string{"", "\x00\x00\x00\x00\x00\x00\x00\x00", "garbage", string(list[0].nameKey[:]), string(whole[segmentHead : segmentHead+20])} {
			if tail != "" && cut%7 != 0 {
				continue // one in seven is enough of those
			}
			if want < n && tail != "" && strings.HasPrefix(tail, string(whole[cut:ends[want+1]])) {
				continue // it is what was cut off, by chance
			}
			dir := t.TempDir()
			g := newSegment(dir, 1, list[0].nameKey)
			if err := os.WriteFile(g.path, append(whole[:cut:cut], tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			// With a damaged header the search begins in the header.
			got := 0
			for _, err := range Read(dir, Filter{}) {
				if err == nil {
					got++
				} else if cut >= segmentHead {
					t.Errorf("cut at %d, tail %q: %v", cut, tail, err)
				}
			}
			if got != want {
				t.Errorf("cut at %d, tail %q: read %d entries, want %d", cut, tail, got, want)
			}
			s, err := openStore(dir, 1<<20, 1<<16, openSegment)
			if err != nil {
				t.Fatal(err)
			}
			e := numbered(99)
			if lost, err := s.write(appendFrame(nil, s.key, &e), time.Now()); lost != 0 || err != nil {
				t.Error(lost, err)
			}
			s.close()
			got = 0
			last := ""
			for e, err := range Read(dir, Filter{}) {
				if err == nil {
					got++
					last = string(e.Message)
				} else if cut >= segmentHead {
					t.Errorf("cut at %d, tail %q: %v", cut, tail, err)
				}
			}
			if got != want+1 || last != "entry 99" {
				t.Errorf("cut at %d, tail %q: %d entries after one more, want %d; last %q", cut, tail, got, want+1, last)
			}
		}
	}
}

// Damage in the middle costs the entries that it touches and no others.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, SyncEvery: -1})
	const n = 50
	for i := range n {
		j.Append(numbered(i))
	}
	j.Close()
	list, _ := segments(dir)
	whole, err := os.ReadFile(list[0].path)
	if err != nil {
		t.Fatal(err)
	}
	frame := (len(whole) - segmentHead) / n
	for at := range len(whole) {
		b := append([]byte(nil), whole...)
		b[at] ^= 1 << (at % 8)
		if err := os.WriteFile(list[0].path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		entries, damage := 0, 0
		for e, err := range Read(dir, Filter{}) {
			switch {
			case err != nil:
				damage++
				if !strings.Contains(err.Error(), "is damaged") {
					t.Fatal(err)
				}
			case !strings.HasPrefix(string(e.Message), "entry "):
				t.Fatalf("%d: %q", at, e.Message)
			default:
				entries++
			}
		}
		want := n - 1
		if at < segmentHead {
			want = n
		}
		inLast := at >= len(whole)-frame-2
		if entries != want || damage != 1 && !inLast {
			t.Errorf("byte %d: %d entries, want %d; %d reports", at, entries, want, damage)
		}
	}
}

// Whatever a segment holds, reading it ends and does not panic.
func FuzzSegment(f *testing.F) {
	k := key{1, 2, 3, 4}
	b := header(k, 0)
	for i := range 4 {
		e := numbered(i)
		b = appendFrame(b, k, &e)
	}
	f.Add(b, 0, byte(0))
	f.Add(b, 30, byte(1))
	f.Add(b, 60, byte(0xff))
	f.Add([]byte("wakelog\x02"), 0, byte(0))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte, at int, flip byte) {
		if at >= 0 && at < len(b) {
			b[at] ^= flip
		}
		path := newSegment(dir, 1, k).path
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, filter := range []Filter{{}, {Lines: 2}, {Reverse: true}} {
			size := 0
			for e, err := range Read(dir, filter) {
				if err == nil {
					size += len(e.Message) + frameHead
				}
			}
			if size > len(b) {
				t.Fatalf("%d bytes of entries in %d bytes", size, len(b))
			}
		}
		// The payload by itself: no check sum in the fuzzer's way.
		var d decoder
		if e, err := d.entry(b); err == nil {
			again, err := d.entry(appendEntry(nil, &e))
			if err != nil || len(e.Unit) < maxName && again.Unit != e.Unit {
				t.Fatalf("%v: %+v, %+v", err, e, again)
			}
		}
		s, err := openStore(dir, 1<<20, 1<<16, openSegment)
		if err != nil {
			t.Fatal(err)
		}
		s.close()
	})
}
