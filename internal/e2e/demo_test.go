package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// jpegOf makes a picture that differs from those of other numbers.
func jpegOf(t testing.TB, n int) []byte {
	t.Helper()
	i := image.NewGray(image.Rect(0, 0, 64, 48))
	for p := range i.Pix {
		i.Pix[p] = color.Gray{Y: uint8(p * (n + 3))}.Y
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, i, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A foreground is a verb that runs a manager by itself: demo, serve.
type foreground struct {
	t    *testing.T
	cmd  *exec.Cmd
	dir  string // its TMPDIR
	out  *buffer
	done chan error
}

func foregroundRun(t *testing.T, args ...string) *foreground {
	t.Helper()
	return foregroundIn(t, folder(t), wakesock, args...)
}

// foregroundIn is foregroundRun with a TMPDIR and a program of the test's own.
func foregroundIn(t *testing.T, dir, program string, args ...string) *foreground {
	t.Helper()
	f := &foreground{t: t, dir: dir, out: new(buffer), done: make(chan error, 1)}
	f.cmd = exec.Command(program, args...)
	f.cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + f.dir, "TMPDIR=" + f.dir}
	f.cmd.Dir = f.dir
	f.cmd.Stdout, f.cmd.Stderr = f.out, f.out
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { f.done <- f.cmd.Wait() }() // ends with the program
	t.Cleanup(func() { _ = f.cmd.Process.Kill() })
	return f
}

// says waits for a match in the output and returns its groups.
func (f *foreground) says(pattern string) []string {
	f.t.Helper()
	re := regexp.MustCompile(pattern)
	var m []string
	if !wait(func() bool { m = re.FindStringSubmatch(f.out.String()); return m != nil }) {
		f.t.Fatalf("it does not say %s:\n%s", pattern, f.out)
	}
	return m
}

// interrupt is Ctrl-C: the whole process group gets it.
func (f *foreground) interrupt() {
	f.t.Helper()
	below := descendants(f.cmd.Process.Pid)
	_ = syscall.Kill(-f.cmd.Process.Pid, syscall.SIGINT)
	select {
	case err := <-f.done:
		if err != nil {
			f.t.Errorf("after Ctrl-C: %v\n%s", err, f.out)
		}
	case <-time.After(patience):
		f.t.Fatalf("Ctrl-C does not end it:\n%s", f.out)
	}
	for _, pid := range below {
		if alive(pid) {
			f.t.Errorf("process %d is still there: %s", pid, commandLine(pid))
		}
	}
	left, err := os.ReadDir(f.dir)
	for _, e := range left {
		f.t.Errorf("left behind: %s", e.Name())
	}
	if err != nil {
		f.t.Error(err)
	}
}

// send sends bytes and waits until the other side is done.
func send(address string, data []byte) (answer string, err error) {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := c.Write(data); err != nil {
		return "", err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	got, err := io.ReadAll(c)
	return string(got), err
}

// TestDemo: started, talked to, ended. Port 4444 is taken.
func TestDemo(t *testing.T) {
	if l, err := net.Listen("tcp", "127.0.0.1:4444"); err == nil { // else it is taken anyway
		defer l.Close()
	}
	f := foregroundRun(t, "demo")
	f.says(`demo: port 4444 is taken, echo uses (\d+)`)
	echo := f.says(`hello computer \| socat -t5 - TCP:(127\.0\.0\.1:\d+)`)[1]
	file := f.says(`cat \S*echo\.socket \| socat -t5 - TCP:(127\.0\.0\.1:\d+)`)[1]
	picture := f.says(`cat \S*sample\.jpg \| socat -t5 - TCP:(127\.0\.0\.1:\d+)`)[1]
	store := f.says(`What arrives is kept in (\S+)`)[1]
	control := f.says(`(wakesock --control \S+ list-sockets)`)[1]
	for _, s := range []string{"echo", "filetrans", "surveillance"} {
		f.says(`Listening on ` + s + `\.socket`)
	}

	if got, err := send(echo, []byte("hello computer\n")); err != nil || got != "HELLO COMPUTER\r\n" {
		t.Errorf("echo: %q, %v", got, err)
	}
	data := bytes.Repeat([]byte("twenty MiB of something that is not all the same\n"), 1)
	for i := range 1 << 18 {
		data = fmt.Appendf(data, "%08d and so on, up to eighty bytes in all, more or less, but for this one here\n", i)
	}
	data = data[:20<<20]
	if got, err := send(file, data); err != nil {
		t.Errorf("file: %q, %v", got, err)
	}
	stored := func() (sums map[[32]byte]int) {
		sums = map[[32]byte]int{}
		files, err := filepath.Glob(filepath.Join(store, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil {
				sums[sha256.Sum256(text)]++
			}
		}
		return sums
	}
	eventually(t, "the file has arrived as it is", func() bool { return stored()[sha256.Sum256(data)] == 1 })
	f.says(`demo: stored \S+, 20971520 bytes`)

	// Fifty pictures within a second.
	var all sync.WaitGroup
	begun := time.Now()
	var last time.Duration
	var mu sync.Mutex
	pictures := make([][]byte, 50)
	for i := range pictures {
		pictures[i] = jpegOf(t, i)
	}
	for i := range pictures {
		all.Go(func() {
			if _, err := send(picture, pictures[i]); err != nil {
				t.Errorf("picture %d: %v", i, err)
			}
			mu.Lock()
			last = max(last, time.Since(begun))
			mu.Unlock()
		})
	}
	all.Wait()
	t.Logf("50 pictures within %v", last)
	eventually(t, "all pictures have arrived", func() bool {
		got := stored()
		for _, p := range pictures {
			if got[sha256.Sum256(p)] != 1 {
				return false
			}
		}
		return len(got) == 51
	})

	// What it tells to look inside works as it is written.
	words := strings.Fields(control)
	out, err := exec.Command(wakesock, words[1:]...).CombinedOutput()
	if err != nil || strings.Count(string(out), ".socket") != 3 {
		t.Errorf("%s: %v\n%s", control, err, out)
	}
	// A client that stays is no reason to stay.
	c := dial(t, echo)
	eventually(t, "it is connected", func() bool {
		out, err := exec.Command(wakesock, append(words[1:3], "show", "-P", "NConnections", "echo.socket")...).Output()
		return err == nil && string(out) == "1\n"
	})
	f.interrupt()
	f.says(`demo: done, cleaned up`)
	_, after, _ := strings.Cut(f.out.String(), "Ctrl-C ends")
	if n := strings.Count(after, "Stopping: "); n != 1 {
		t.Errorf("it says %d times that it stops:\n%s", n, f.out)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection lives on")
	}
}

// TestDemosAtOnce: demos that begin together want the same ports, and each gets
// some of its own.
func TestDemosAtOnce(t *testing.T) {
	demos := make([]*foreground, 4)
	for i := range demos {
		demos[i] = foregroundRun(t, "demo")
	}
	used := map[string]bool{}
	for i, f := range demos {
		f.says(`Ctrl-C ends the demo`)
		for _, m := range regexp.MustCompile(`socat -t5 - TCP:(127\.0\.0\.1:\d+)`).FindAllStringSubmatch(f.out.String(), -1) {
			used[m[1]] = true
			if got, err := send(m[1], []byte("\n")); err != nil || got == "" {
				t.Errorf("demo %d at %s: %q, %v", i, m[1], got, err)
			}
		}
	}
	if len(used) != 3*len(demos) {
		t.Errorf("%d demos are at %v", len(demos), used)
	}
	for _, f := range demos {
		f.interrupt()
	}
}

// TestDemoStore: what is received can be kept.
func TestDemoStore(t *testing.T) {
	t.Parallel()
	store, control := filepath.Join(folder(t), "store"), filepath.Join(folder(t), "c")
	f := foregroundRun(t, "demo", "--store", store, "--control", control)
	picture := f.says(`cat \S*sample\.jpg \| socat -t5 - TCP:(127\.0\.0\.1:\d+)`)[1]
	f.says(`Listening on surveillance\.socket`)
	f.says(`--control ` + control + ` list-sockets`)
	if out, err := exec.Command(wakesock, "--control", control, "is-active", "echo.socket").Output(); err != nil || string(out) != "active\n" {
		t.Errorf("is-active: %v %s", err, out)
	}
	if _, err := send(picture, jpegOf(t, 7)); err != nil {
		t.Error(err)
	}
	if _, err := send(picture, []byte("no picture at all")); err != nil {
		t.Log(err)
	}
	f.says(`demo: stored `)
	f.says(`refused picture`)
	f.interrupt()
	files, err := os.ReadDir(store)
	if err != nil || len(files) != 1 {
		t.Errorf("the store has %v, %v", files, err)
	}
}

// TestDemoAnywhere: a demo whose program and folders have names that mean
// something in unit files and shells. The lines that it tells to type work.
func TestDemoAnywhere(t *testing.T) {
	t.Parallel()
	need(t, "socat")
	odd := filepath.Join(folder(t), `50% of $HOME, ${HOME}`)
	program, dir := filepath.Join(odd, "wake sock"), filepath.Join(odd, "tmp")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// Not by ourselves: a process that another test starts meanwhile would hold the
	// program open for writing.
	if out, err := exec.Command("cp", wakesock, program).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
	f := foregroundIn(t, dir, program, "demo")
	f.says(`Ctrl-C ends the demo`)
	lines := regexp.MustCompile(`(?m)^(?:  (.*socat.*)|To look inside: *(.*))$`).FindAllStringSubmatch(f.out.String(), -1)
	for i, want := range []string{"^HELLO COMPUTER\r\n$", `^OK file-\S+ \d+\r\n$`, `^OK \S+\.jpg \d+\r\n$`, `3 sockets listed`} {
		out, err := exec.Command("sh", "-c", lines[i][1]+lines[i][2]).CombinedOutput()
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("%s: %v\n%s\n%s", lines[i][0], err, out, f.out)
		}
	}
	f.interrupt()
}

// TestServe: a socket unit without a file.
func TestServe(t *testing.T) {
	address := freeAddress()
	f := foregroundRun(t, "serve", address, "--accept", "--", "cat")
	control := f.says(`control it with: wakesock (--control \S+) list-sockets`)[1]
	for range 3 {
		if got, err := send(address, []byte("hello\n")); err != nil || got != "hello\n" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	out, err := exec.Command(wakesock, append(strings.Fields(control), "list-sockets", "--no-legend")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), address) {
		t.Errorf("list-sockets: %v %s", err, out)
	}
	f.interrupt()
}

// TestServeWords: the words of the command stay words.
func TestServeWords(t *testing.T) {
	address := freeAddress()
	f := foregroundRun(t, "serve", address, "--accept", "--", "/bin/sh", "-c", `printf '[%s]' "$@"`, "sh", "two words", "$HOME %n", `back\slash "quote"`, ";", "")
	f.says(`control it with`)
	if got, err := send(address, nil); err != nil || got != `[two words][$HOME %n][back\slash "quote"][;][]` {
		t.Errorf("got %q, %v", got, err)
	}
	f.interrupt()

	f = foregroundRun(t, "serve", address, "--accept=false", "-p", "StandardInput=socket", "--", helper, "take", filepath.Join(f.dir, "..", "wakesock-e2e-unused"), "0")
	f.says(`control it with`)
	f.interrupt()

	out, err := exec.Command(wakesock, "serve", "not an address", "--", "cat").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not an address") {
		t.Errorf("a bad address: %v %s", err, out)
	}
}
