package unit

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLoad is how long it takes to read 10,000 units with 30,000 dependencies
// from their files.
func BenchmarkLoad(b *testing.B) {
	const n = 10_000
	dir := b.TempDir()
	for i := 1; i <= n; i++ {
		text := fmt.Sprintf("[Unit]\nAfter=u%d.service\nRequires=u%d.service\nWants=u%d.service\n[Service]\nExecStart=/bin/true\n", i/2, i/3, i+1)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("u%d.service", i)), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		loader := &Loader{FS: os.DirFS("/"), Path: []string{dir}}
		names := loader.List()
		if len(names) != n {
			b.Fatalf("%d units", len(names))
		}
		for _, name := range names {
			if u := loader.Load(name); u.State != Loaded || len(u.Stated()) != 3 {
				b.Fatalf("%s: %s, %v", name, u.State, u.Stated())
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/load")
}
