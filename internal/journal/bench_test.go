package journal

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func benchEntry() Entry {
	return Entry{Unit: "echo@12-127.0.0.1:4444-127.0.0.1:50000.service", Invocation: "0123456789abcdef0123456789abcdef",
		Priority: Info, Facility: Daemon, Message: []byte("Started echo@12-127.0.0.1:4444-127.0.0.1:50000.service.")}
}

// What the manager pays for an event, while the writer keeps up.
func BenchmarkAppend(b *testing.B) {
	for _, parallel := range []bool{false, true} {
		b.Run(fmt.Sprintf("parallel=%v", parallel), func(b *testing.B) {
			j := open(b, Options{Dir: b.TempDir()})
			e := benchEntry()
			b.ReportAllocs()
			if !parallel {
				for b.Loop() {
					j.Append(e)
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						j.Append(e)
					}
				})
			}
			b.StopTimer()
			j.queue.mu.Lock()
			b.ReportMetric(float64(j.queue.lost)/float64(b.N), "lost/op")
			j.queue.mu.Unlock()
		})
	}
}

func BenchmarkStream(b *testing.B) {
	for _, length := range []int{16, 100, 1000} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			j := open(b, Options{Dir: b.TempDir()})
			w := openStream(b, j, Meta{Unit: "echo.service", Identifier: "echo", Source: Stdout, Priority: Info, LevelPrefix: true})
			chunk := bytes.Repeat(append(bytes.Repeat([]byte("x"), length-1), '\n'), 4096/length+1)
			b.SetBytes(int64(length))
			b.ResetTimer()
			for n := 0; n < b.N; n += 4096/length + 1 {
				if _, err := w.Write(chunk); err != nil {
					b.Fatal(err)
				}
			}
			w.Close()
			ended(j)
		})
	}
}

// What a connection pays for its output to be kept: a pipe, a line, the end.
func BenchmarkStreamShort(b *testing.B) {
	j := open(b, Options{Dir: b.TempDir()})
	b.ReportAllocs()
	for b.Loop() {
		w := openStream(b, j, Meta{Unit: "echo.service", Source: Stdout, Priority: Info, RateInterval: DefaultRateInterval, RateBurst: DefaultRateBurst})
		if _, err := w.WriteString("hello\n"); err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
	ended(j)
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	j := open(b, Options{Dir: dir, SyncEvery: -1})
	const n = 100_000
	for i := range n {
		e := benchEntry()
		e.Time = time.Now().UnixMicro()
		if i%1000 == 0 {
			e.Unit = "rare.service"
			j.Flush()
		}
		j.Append(e)
	}
	j.Close()
	for _, c := range []struct {
		name string
		f    Filter
	}{
		{"all", Filter{}},
		{"unit", Filter{Units: []string{"rare.service"}}},
		{"last10", Filter{Lines: 10}},
		{"reverse", Filter{Reverse: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range Read(dir, c.f) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			if c.name == "all" {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
			}
		})
	}
}
