package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// random returns n bytes that are the same in every run.
func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// listing returns the names of all files in dir, hidden ones too.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFileArrivesIdentical(t *testing.T) {
	dir, body := t.TempDir(), random(20<<20)
	var out bytes.Buffer
	if err := File(bytes.NewReader(body), &out, dir, FileLimit); err != nil {
		t.Fatal(err)
	}
	names := listing(t, dir)
	if len(names) != 1 {
		t.Fatalf("the store has %q, not one file", names)
	}
	got, err := os.ReadFile(filepath.Join(dir, names[0]))
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("the file differs from what was sent (%d bytes, %v)", len(got), err)
	}
	if want := fmt.Sprintf("OK %s %d\r\n", names[0], len(body)); out.String() != want {
		t.Errorf("answer %q, want %q", out.String(), want)
	}
}

func TestFiftyPicturesAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			// Each picture is another one: a comment behind the start marker.
			body := append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, 4, byte(i), 0}, sample[2:]...)
			if err := Picture(bytes.NewReader(body), io.Discard, dir, PictureLimit); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[byte]bool{}
	for _, name := range listing(t, dir) {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(body) != len(sample)+6 || !strings.HasSuffix(name, ".jpg") {
			t.Fatalf("%q: %d bytes, %v", name, len(body), err)
		}
		seen[body[6]] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d different pictures in the store, want 50", len(seen))
	}
}

func TestNamesNeverReplace(t *testing.T) {
	dir := t.TempDir()
	same := store{dir: dir, limit: 10, name: func(try int) string { return fmt.Sprint("n-", try) }}
	for _, body := range []string{"one", "two", "three"} {
		if _, _, err := same.receive(strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"one", "two", "three"} {
		if got, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("n-", i+1))); string(got) != want {
			t.Errorf("n-%d is %q, %v; want %q", i+1, got, err, want)
		}
	}
}

func TestClaimWithoutHardLinks(t *testing.T) {
	dir := t.TempDir()
	for _, body := range []string{"one", "two"} {
		temporary := filepath.Join(dir, partial+body)
		if err := os.WriteFile(temporary, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		err := claim(temporary, filepath.Join(dir, "final"))
		if body == "two" && !errors.Is(err, fs.ErrExist) {
			t.Errorf("the second claim: %v, want that the file exists", err)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "final")); string(got) != "one" {
		t.Errorf("final is %q", got)
	}
}

func TestRefusedLeavesNothing(t *testing.T) {
	broken := errors.New("connection reset")
	cases := []struct {
		name    string
		receive func(io.Reader, io.Writer, string, int64) error
		in      io.Reader
		limit   int64
		want    string
	}{
		{"empty file", File, strings.NewReader(""), 100, "nothing was sent"},
		{"empty picture", Picture, strings.NewReader(""), 100, "nothing was sent"},
		{"file over the limit", File, endless{}, 100, "too large: more than 100 bytes"},
		{"file reset", File, io.MultiReader(strings.NewReader("part"), iotest.ErrReader(broken)), 100, "after 4 bytes: connection reset"},
		{"picture over the limit", Picture, io.MultiReader(bytes.NewReader(sample), endless{}), 1 << 16, "too large"},
		{"picture cut short", Picture, bytes.NewReader(sample[:len(sample)/2]), 1 << 20, "before its end marker"},
		{"picture without its last byte", Picture, bytes.NewReader(sample[:len(sample)-1]), 1 << 20, "before its end marker"},
		{"picture of one byte", Picture, strings.NewReader("\xff"), 1 << 20, "before its end marker"},
		{"no picture at all", Picture, strings.NewReader("GET / HTTP/1.0\r\n\r\n"), 1 << 20, "not a JPEG"},
		{"picture of nothing", Picture, strings.NewReader("\xff\xd8\xff\xd9"), 1 << 20, "not a JPEG"},
		{"segment of no length", Picture, strings.NewReader("\xff\xd8\xff\xe0\x00\x01xxxx"), 1 << 20, "not a JPEG"},
		{"picture reset", Picture, io.MultiReader(bytes.NewReader(sample[:100]), iotest.ErrReader(broken)), 1 << 20, "connection reset"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var out bytes.Buffer
			err := c.receive(c.in, &out, dir, c.limit)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if !strings.HasPrefix(out.String(), "ERROR ") || strings.Count(out.String(), "\n") != 1 {
				t.Errorf("answer %q, want one ERROR line", out.String())
			}
			if names := listing(t, dir); names != nil {
				t.Errorf("left behind: %q", names)
			}
		})
	}
}

func TestStoreThatIsNotThere(t *testing.T) {
	if err := File(strings.NewReader("x"), io.Discard, filepath.Join(t.TempDir(), "gone"), 10); err == nil {
		t.Error("no error for a missing folder")
	}
}

// A picture is followed the same in any portions, and what follows its end is
// let through, as cameras have it.
func TestPictureInPortions(t *testing.T) {
	for _, body := range [][]byte{sample, append(bytes.Clone(sample), "trailer"...)} {
		var c jpegCheck
		if _, err := io.Copy(&c, iotest.OneByteReader(bytes.NewReader(body))); err != nil || c.Close() != nil {
			t.Errorf("byte by byte: %v, %v", err, c.Close())
		}
	}
	for n := range sample {
		var c jpegCheck
		if _, err := c.Write(sample[:n]); err != nil || c.Close() == nil {
			t.Fatalf("the first %d bytes: %v, %v; want a partial picture", n, err, c.Close())
		}
	}
}

func FuzzJPEG(f *testing.F) {
	f.Add(sample, 100)
	f.Add([]byte("\xff\xd8\xff\xda\x00\x02\xff\x00\xff\xd0x\xff\xd9"), 3)
	f.Fuzz(func(t *testing.T, body []byte, cut int) {
		var whole, parts jpegCheck
		_, e1 := whole.Write(body)
		cut = min(max(cut, 0), len(body))
		_, e2 := parts.Write(body[:cut])
		if e2 == nil {
			_, e2 = parts.Write(body[cut:])
		}
		if (e1 == nil) != (e2 == nil) || whole.Close() != parts.Close() && e1 == nil {
			t.Errorf("at once: %v, %v; cut at %d: %v, %v", e1, whole.Close(), cut, e2, parts.Close())
		}
	})
}
