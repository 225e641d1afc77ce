package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// trueProgram builds a static program that only returns, the smallest cost that a
// service can have.
func trueProgram(b *testing.B) string {
	dir, err := staticTrue()
	if err != nil {
		b.Skip("no C compiler: ", err)
	}
	return dir
}

// madeTrue says whether staticTrue has left a directory to remove.
var madeTrue bool

var staticTrue = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wakesock-true")
	if err != nil {
		return "", err
	}
	madeTrue = true
	_ = os.Chmod(dir, 0o755)
	src, bin := filepath.Join(dir, "true.c"), filepath.Join(dir, "true")
	if err := os.WriteFile(src, []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		return "", err
	}
	if out, err := exec.Command("gcc", "-static", "-O2", "-o", bin, src).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return bin, nil
})

// open1000 keeps a thousand sockets open: high, as a manager keeps its own.
func open1000(b *testing.B, low bool) {
	from := 100
	if low {
		from = 3
	}
	for range 1000 {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, from)
		if err != nil {
			b.Fatal(err)
		}
		_ = unix.Close(fd)
		b.Cleanup(func() { _ = unix.Close(high) })
	}
}

// cpu reports the processor time of this process and its children per start.
func cpu(b *testing.B) func() {
	used := func() (us int64) {
		for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
			var r unix.Rusage
			_ = unix.Getrusage(who, &r)
			us += r.Utime.Nano()/1000 + r.Stime.Nano()/1000
		}
		return us
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-µs/op") }
}

func benchmarkPlan(b *testing.B, change func(*unit.Exec), s *Start) {
	path := trueProgram(b)
	p := compile(b, testConfig(b), service(change), &unit.Command{Path: path, Args: []string{path}})
	report := cpu(b)
	b.ResetTimer()
	b.ReportAllocs()
	for range b.N {
		pid, failure, err := p.Start(s)
		if err != nil || failure != nil {
			b.Fatal(failure, err)
		}
		wait(b, pid)
	}
	report()
}

// connection is a Start as the accept edge makes it.
func connection(b *testing.B) *Start {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unix.Close(fds[0]); _ = unix.Close(fds[1]) })
	s := start()
	s.Stdin, s.NoSession = fds[0], true
	s.Vars = []string{"INVOCATION_ID=0123456789abcdef0123456789abcdef", "REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=12345"}
	return s
}

func socket(x *unit.Exec) { x.StandardInput.Kind = "socket" }

func BenchmarkStart(b *testing.B) {
	for _, n := range []string{"3", "1000", "1000low"} {
		b.Run("plan/fds="+n, func(b *testing.B) {
			s := connection(b)
			if n != "3" {
				open1000(b, n == "1000low")
			}
			benchmarkPlan(b, socket, s)
		})
		b.Run("copied/fds="+n, func(b *testing.B) {
			s := connection(b)
			if n != "3" {
				open1000(b, n == "1000low")
			}
			noUnshare.Store(true)
			defer noUnshare.Store(false)
			benchmarkPlan(b, socket, s)
		})
		b.Run("forkexec/fds="+n, func(b *testing.B) {
			path := trueProgram(b)
			s := connection(b)
			if n != "3" {
				open1000(b, n == "1000low")
			}
			fd := uintptr(s.Stdin)
			attr := &syscall.ProcAttr{Files: []uintptr{fd, fd, fd}, Env: s.Vars, Sys: &syscall.SysProcAttr{Setpgid: true}}
			report := cpu(b)
			b.ResetTimer()
			for range b.N {
				pid, err := syscall.ForkExec(path, []string{path}, attr)
				if err != nil {
					b.Fatal(err)
				}
				wait(b, pid)
			}
			report()
		})
		b.Run("os-exec/fds="+n, func(b *testing.B) {
			path := trueProgram(b)
			s := connection(b)
			if n != "3" {
				open1000(b, n == "1000low")
			}
			f := os.NewFile(uintptr(s.Stdin), "connection")
			report := cpu(b)
			b.ResetTimer()
			for range b.N {
				c := exec.Command(path)
				c.Stdin, c.Stdout, c.Stderr = f, f, f
				if err := c.Run(); err != nil {
					b.Fatal(err)
				}
			}
			report()
		})
	}
}

func BenchmarkSession(b *testing.B) {
	for _, group := range []bool{true, false} {
		b.Run(fmt.Sprint("group=", group), func(b *testing.B) {
			s := connection(b)
			s.NoSession = group
			benchmarkPlan(b, socket, s)
		})
	}
}

// TestNoAllocation holds the common start to what it promises.
func TestNoAllocation(t *testing.T) {
	p := compile(t, testConfig(t), service(socket), shell("exit 0"))
	s := start()
	s.Stdin, s.Vars = 0, []string{"INVOCATION_ID=0", "REMOTE_ADDR=127.0.0.1"}
	n := testing.AllocsPerRun(100, func() {
		if err := p.prepare(s, mode{clone3: true, unshare: true}); err != nil {
			t.Fatal(err)
		}
		p.release()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPrepare(b *testing.B) {
	p := compile(b, testConfig(b), service(socket), shell("exit 0"))
	s := connection(b)
	b.ReportAllocs()
	for range b.N {
		if err := p.prepare(s, mode{clone3: true, unshare: true}); err != nil {
			b.Fatal(err)
		}
		p.release()
	}
}

func BenchmarkCompile(b *testing.B) {
	c, u, cmd := testConfig(b), service(socket), shell("exit 0")
	b.ReportAllocs()
	for range b.N {
		compile(b, c, u, cmd)
	}
}

func BenchmarkGroupAlive(b *testing.B) {
	for range b.N {
		GroupAlive(1 << 21)
	}
}

func BenchmarkDescendants(b *testing.B) {
	all, _ := processes()
	for range b.N {
		if _, err := Descendants(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(all)), "processes")
}
