package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fill writes n numbered entries of two units into several segments.
func fill(t testing.TB, dir string, from, n int) {
	j := open(t, Options{Dir: dir, MaxFile: 64 << 10, MaxBytes: 1 << 30, SyncEvery: -1})
	for i := from; i < from+n; i++ {
		e := numbered(i)
		e.Time = int64(i) * 1e6
		e.Priority = Priority(i % 8)
		e.Invocation = fmt.Sprint(i % 3)
		if i%10 == 0 {
			e.Unit = `b\x2d1.service`
		}
		j.Append(e)
		if i%1000 == 0 {
			j.Flush()
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	const bound = 512 << 10
	seen := uint64(0)
	for run := range 3 {
		j := open(t, Options{Dir: dir, MaxFile: 64 << 10, MaxBytes: bound, SyncEvery: -1})
		for i := range 20_000 {
			j.Append(numbered(run*20_000 + i))
			if i%100 == 0 {
				j.Flush()
				if total := size(t, dir, 64<<10); total > bound {
					t.Fatalf("%d bytes, the bound is %d", total, bound)
				}
			}
		}
		j.Close()
		list, err := segments(dir)
		if err != nil || len(list) < 5 || list[0].seq <= seen {
			t.Fatal(list, err)
		}
		seen = list[0].seq
	}
	got := read(t, dir, Filter{})
	first := 60_000 - len(got)
	for i, e := range got {
		if want := fmt.Sprintf("entry %d", first+i); string(e.Message) != want {
			t.Fatalf("got %q want %q", e.Message, want)
		}
	}
	// A smaller bound holds from the beginning.
	open(t, Options{Dir: dir, MaxFile: 64 << 10, MaxBytes: bound / 2}).Close()
	if total := size(t, dir, 64<<10); total > bound/2 {
		t.Errorf("%d bytes, the bound is %d", total, bound/2)
	}
}

func size(t testing.TB, dir string, maxFile int64) (total int64) {
	list, err := segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		info, err := os.Stat(g.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if info.Size() > maxFile {
			t.Errorf("%s has %d bytes", g.path, info.Size())
		}
		total += info.Size()
	}
	return total
}

func TestFilter(t *testing.T) {
	dir := t.TempDir()
	const n = 5000
	fill(t, dir, 1, n)
	at := func(i int) time.Time { return time.UnixMicro(int64(i) * 1e6) }
	for _, c := range []struct {
		name string
		f    Filter
		want func(i int) bool
	}{
		{"all", Filter{}, func(i int) bool { return true }},
		{"unit", Filter{Units: []string{"a.service"}}, func(i int) bool { return i%10 != 0 }},
		{"unit with a backslash", Filter{Units: []string{`b\x2d1.service`}}, func(i int) bool { return i%10 == 0 }},
		{"glob", Filter{Units: []string{"x", "b*1.s[a-f]rv?ce"}}, func(i int) bool { return i%10 == 0 }},
		{"no such unit", Filter{Units: []string{"c*"}}, func(i int) bool { return false }},
		{"priority", Filter{Priorities: UpTo(Warning)}, func(i int) bool { return i%8 <= 4 }},
		{"invocation", Filter{Invocation: "2"}, func(i int) bool { return i%3 == 2 }},
		{"since", Filter{Since: at(4000)}, func(i int) bool { return i >= 4000 }},
		{"until", Filter{Until: at(100)}, func(i int) bool { return i <= 100 }},
		{"both", Filter{Since: at(7), Until: at(9)}, func(i int) bool { return i >= 7 && i <= 9 }},
		{"none", Filter{Lines: -1}, func(i int) bool { return false }},
	} {
		var want []string
		for i := 1; i <= n; i++ {
			if c.want(i) {
				want = append(want, fmt.Sprintf("entry %d", i))
			}
		}
		check := func(f Filter, want []string) {
			t.Helper()
			if got := messages(read(t, dir, f)); !slices.Equal(got, want) {
				t.Errorf("%s %+v: %d entries, want %d: %q…", c.name, f, len(got), len(want), got[:min(3, len(got))])
			}
		}
		check(c.f, want)
		for _, lines := range []int{1, 10, 2500, n, n + 1} {
			if c.f.Lines != 0 {
				continue
			}
			f, w := c.f, want[max(0, len(want)-lines):]
			f.Lines = lines
			check(f, w)
			f.Reverse = true
			w = slices.Clone(w)
			slices.Reverse(w)
			check(f, w)
		}
		c.f.Reverse = true
		slices.Reverse(want)
		check(c.f, want)
	}
	for _, err := range Read(dir, Filter{Units: []string{"a[b"}}) {
		if err == nil || !strings.Contains(err.Error(), `"a[b"`) {
			t.Error(err)
		}
	}
}

// The end of a long journal is found without reading its beginning.
func TestLinesReadsTheEndOnly(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1, 5000)
	list, err := segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list[:len(list)-2] {
		if err := os.WriteFile(g.path, []byte("damage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := messages(read(t, dir, Filter{Lines: 2, Units: []string{"a*"}})); !slices.Equal(got, []string{"entry 4999", "entry 5000"}) &&
		!slices.Equal(got, []string{"entry 4998", "entry 4999"}) {
		t.Errorf("got %q", got)
	}
}

func TestReadStopsEarly(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1, 3000)
	for _, f := range []Filter{{}, {Lines: 2000}, {Reverse: true}} {
		n := 0
		for range Read(dir, f) {
			if n++; n == 5 {
				break
			}
		}
	}
}

// What is not ours in the directory, and what a later version wrote, is let be.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1, 10)
	later := header(key{1}, 0)
	later[7] = 2
	copy(later[16:], header(key{1}, 0)[16:])
	g := newSegment(dir, 7, key{1})
	b := append(later[:20:20], 0, 0, 0, 0)
	fixCRC(b)
	for name, content := range map[string][]byte{filepath.Base(g.path): b, "notes.txt": nil, "x.wlog": nil, "1-zz.wlog": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, dir, 11, 1)
	var problems []error
	n := 0
	for _, err := range Read(dir, Filter{}) {
		if err != nil {
			problems = append(problems, err)
		} else {
			n++
		}
	}
	var v *VersionError
	if n != 11 || len(problems) != 1 || !errors.As(problems[0], &v) || v.Version != 2 {
		t.Errorf("%d entries, %v", n, problems)
	}
	if after, err := os.ReadFile(g.path); err != nil || string(after) != string(b) {
		t.Error("the later version's segment was changed", err)
	}
	if got := read(t, filepath.Join(dir, "none"), Filter{}); len(got) != 0 {
		t.Error(got)
	}
	for _, err := range Read(g.path, Filter{}) {
		if err == nil {
			t.Error("no error for a file in place of a directory")
		}
	}
}

// A follower sees every entry once and in order: from before the directory exists,
// across rotation, across the end of one writer and the beginning of the next.
func TestFollow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	const n = 20_000
	go func() {
		for i := 1; i < n; i += n / 4 {
			fill(t, dir, i, n/4)
		}
	}()
	next := 1
	for e, err := range Follow(ctx, dir, Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("entry %d", next); string(e.Message) != want {
			t.Fatalf("got %q want %q", e.Message, want)
		}
		if next++; next > n {
			break
		}
	}
	if ctx.Err() != nil {
		t.Fatalf("only %d entries came", next-1)
	}
	if list, _ := segments(dir); len(list) < 5 {
		t.Errorf("only %d segments: nothing was rotated", len(list))
	}
}

// A journal that is deleted and begun anew is followed too.
func TestFollowReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	fill(t, dir, 1, 3000)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for e, err := range Follow(ctx, dir, Filter{Lines: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		switch string(e.Message) {
		case "entry 3000":
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			fill(t, dir, 1, 1)
		case "entry 1":
			return
		default:
			t.Fatalf("got %q", e.Message)
		}
	}
	t.Fatal("the new journal was not found")
}

func TestFollowBeginsWithTheLast(t *testing.T) {
	for _, c := range []struct {
		f    Filter
		want []string
	}{
		{Filter{Lines: 2}, []string{"entry 99", "entry 100", "entry 101", "entry 102"}},
		{Filter{Lines: -1}, []string{"entry 101", "entry 102"}},
		{Filter{Lines: 1, Priorities: 1 << (102 % 8)}, []string{"entry 94", "entry 102"}},
	} {
		dir := t.TempDir()
		fill(t, dir, 1, 100)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		r, err := newReader(dir, c.f)
		if err != nil {
			t.Fatal(err)
		}
		r.close()
		got := make(chan string, 10)
		ready := make(chan struct{})
		go func() {
			defer close(got)
			first := true
			f := c.f
			for e, err := range Follow(ctx, dir, f) {
				if err != nil {
					t.Error(err)
				}
				if first && f.Lines > 0 {
					close(ready)
				}
				first = false
				got <- string(e.Message)
			}
		}()
		if c.f.Lines > 0 {
			<-ready
		} else {
			// Nothing says that it looks already, but its watch.
			for !slices.ContainsFunc(openFDs(), func(s string) bool { return strings.Contains(s, "inotify") }) {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond)
		}
		fill(t, dir, 101, 2)
		var list []string
		for range c.want {
			list = append(list, <-got)
		}
		cancel()
		for m := range got {
			list = append(list, m)
		}
		if !slices.Equal(list, c.want) {
			t.Errorf("%+v: got %q", c.f, list)
		}
	}
}

// A reader that is overtaken says so where entries are missing.
func TestFollowOvertaken(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1, 10)
	r, err := newReader(dir, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var got []string
	add := func(e Entry, err error) bool {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, string(e.Message))
		}
		return true
	}
	r.history(add)
	fill(t, dir, 11, 5000)
	list, err := segments(dir)
	if err != nil || len(list) < 4 {
		t.Fatal(list, err)
	}
	gone := list[1 : len(list)-1]
	for _, g := range gone {
		if err := os.Remove(g.path); err != nil {
			t.Fatal(err)
		}
	}
	got = nil
	r.news(t.Context(), add)
	i := slices.Index(got, (&GapError{uint64(len(gone))}).Error())
	if i <= 0 || i == len(got)-1 || got[len(got)-1] != "entry 5010" {
		t.Errorf("gap at %d of %d, last %q", i, len(got), got[len(got)-1])
	}
	got = nil
	fill(t, dir, 5011, 1)
	r.news(t.Context(), add)
	if !slices.Equal(got, []string{"entry 5011"}) {
		t.Errorf("then %q", got)
	}
}
