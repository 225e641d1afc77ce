package control

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// taking is a manager that takes descriptors.
type taking struct {
	fake
	took chan []*os.File
}

func (m *taking) Transient(_ context.Context, r TransientRequest) (JobReply, error) {
	m.took <- r.Streams
	return JobReply{Unit: r.Units[0].Path, Result: "done"}, nil
}

// TestFiles: descriptors arrive with the request that they belong to.
func TestFiles(t *testing.T) {
	m := &taking{took: make(chan []*os.File, 1)}
	c := dial(t, serveFake(t, m))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 3 {
		reply, err := c.Transient(t.Context(), TransientRequest{Units: []File{{Path: "a.service"}}, Streams: []*os.File{w}})
		if err != nil || reply.Unit != "a.service" {
			t.Fatal(reply, err)
		}
		files := <-m.took
		if len(files) != 1 {
			t.Fatalf("%d descriptors arrived", len(files))
		}
		if _, err := fmt.Fprint(files[0], "x"); err != nil {
			t.Error(err)
		}
		_ = files[0].Close()
	}
	_ = w.Close()
	b := make([]byte, 10)
	if n, _ := r.Read(b); string(b[:n]) != "xxx" {
		t.Errorf("%q", b[:n])
	}
}

// TestFilesUnasked: descriptors that nobody asked for, too many of them, or with a
// request that is none, are closed.
func TestFilesUnasked(t *testing.T) {
	path := serveFake(t, &fake{})
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fds := make([]int, 200)
	for i := range fds {
		fds[i] = int(null.Fd())
	}
	before := openFiles(t)
	for _, text := range []string{`{"call":"Info"}`, `{"call":"Nonsense"}`, `garbage`, `{"call":"Jobs","args":7}`} {
		if _, _, err := conn.(*net.UnixConn).WriteMsgUnix([]byte(text+"\n"), unix.UnixRights(fds...), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the descriptors to be closed", func() bool { return openFiles(t) <= before+1 })
}
