package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"wakesock/internal/unit"
)

func TestReadZone(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "localtime")
	if got := readZone(link); got != time.UTC {
		t.Errorf("no file: %v", got)
	}
	if err := os.WriteFile(link, []byte("no zone"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := readZone(link); got != time.UTC {
		t.Errorf("a bad file: %v", got)
	}
	const kolkata = "/usr/share/zoneinfo/Asia/Kolkata"
	if _, err := os.Stat(kolkata); err != nil {
		t.Skip("no zones are installed: ", err)
	}
	_ = os.Remove(link)
	if err := os.Symlink(kolkata, link); err != nil {
		t.Fatal(err)
	}
	if _, offset := time.Unix(0, 0).In(readZone(link)).Zone(); offset != 5*3600+1800 {
		t.Errorf("offset %d", offset)
	}
}

// TestStamps: the last of many writes is what is kept, for each timer.
func TestStamps(t *testing.T) {
	s := stampStore{dir: filepath.Join(t.TempDir(), "timers")}
	failed := func(n unit.Name, err error) { t.Errorf("%s: %v", n, err) }
	if got := s.read("a.timer"); got != 0 {
		t.Errorf("no stamp: %d", got)
	}
	for i := range int64(50) {
		s.write("a.timer", 1e15+i, failed)
		s.write("b.timer", 2e15+i, failed)
		if got := s.read("a.timer"); got != 1e15+i {
			t.Errorf("while it is written: %d", got)
		}
	}
	s.idle.Wait()
	for n, want := range map[unit.Name]int64{"a.timer": 1e15 + 49, "b.timer": 2e15 + 49} {
		if got := s.read(n); got != want {
			t.Errorf("%s: %d, want %d", n, got, want)
		}
	}
	broken := stampStore{dir: "/dev/null/timers"}
	told := make(chan error, 1)
	broken.write("a.timer", 1, func(_ unit.Name, err error) { told <- err })
	broken.idle.Wait()
	if err := <-told; err == nil {
		t.Error("no error")
	}
}
