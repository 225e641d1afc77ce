//go:build linux

package daemon

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/cgroup"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// BenchmarkStart measures what a group costs a start: a program that ends at
// once, started and reaped.
func BenchmarkStart(b *testing.B) {
	tree, err := cgroup.Open(fmt.Sprintf("bench-%d", os.Getpid()))
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip("no control groups here: ", err)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(null)
	u := &unit.Unit{Name: "bench.service", Service: &unit.Service{}, Exec: &unit.Exec{UMask: 0o022}}
	plan, err := process.Compile(&process.Config{Null: null}, u, &unit.Command{Path: "/bin/true", Args: []string{"/bin/true"}})
	if err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B, group func() (fd int)) {
		for b.Loop() {
			s := process.Start{Stdin: -1, Stdout: -1, Stderr: -1, CgroupFD: group()}
			pid, failure, err := plan.Start(&s)
			if err != nil || failure != nil {
				b.Fatal(failure, err)
			}
			if s.CgroupFD >= 0 {
				_ = unix.Close(s.CgroupFD)
			}
			if _, err := unix.Wait4(pid, nil, 0, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	open := func() int {
		g, err := tree.Make("bench.service")
		if err != nil {
			b.Fatal(err)
		}
		fd, err := g.Open()
		if err != nil {
			b.Fatal(err)
		}
		return fd
	}
	b.Run("none", func(b *testing.B) { run(b, func() int { return -1 }) })
	b.Run("same", func(b *testing.B) { run(b, open) })
	b.Run("own", func(b *testing.B) {
		run(b, func() int {
			for _, g := range tree.Groups() {
				if err := g.Remove(); err != nil {
					b.Fatal(err)
				}
			}
			return open()
		})
	})
}
