package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

func TestOpenInUse(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	refused(t, newUnit(on(unit.ListenStream, address)), nil,
		fmt.Sprintf("listen on %q: address already in use; this process listens there", address))
	_, err = Open(newUnit(on(unit.ListenStream, address)), nil)
	if !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("%v is not EADDRINUSE", err)
	}
	free := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	refused(t, newUnit(on(unit.ListenStream, free, free)), nil, "address already in use; the unit names it twice")
	name := fmt.Sprint("@wakesock-use-", os.Getpid())
	open(t, newUnit(on(unit.ListenStream, name)), nil)
	refused(t, newUnit(on(unit.ListenStream, name)), nil, "address already in use; this process listens there")
	// The holder is another process.
	got := child(t, "in use", address, nil)
	comm, _ := readLine("/proc/self/comm")
	if want := fmt.Sprintf("address already in use; process %d (%s) listens there", os.Getpid(), comm); !strings.Contains(got, want) {
		t.Errorf("%q does not say %q", got, want)
	}
}

func init() {
	tryStream := func(address string) string {
		s, err := Open(newUnit(on(unit.ListenStream, address)), nil)
		if err == nil {
			s.Close(true)
			return "opened"
		}
		return err.Error()
	}
	children["in use"] = tryStream
	children["privileged"] = tryStream
	children["owner"] = func(path string) string {
		var out strings.Builder
		for _, p := range []unit.Protocol{unit.ListenStream, unit.ListenFIFO} {
			_, err := Open(newUnit(on(p, path), func(s *unit.Socket) { s.SocketUser = "0" }), nil)
			fmt.Fprintln(&out, err, stat(path))
		}
		return out.String()
	}
	children["group"] = func(string) string {
		_, err := Open(newUnit(on(unit.ListenNetlink, "audit 1")), nil)
		return err.Error()
	}
}

func TestOpenUnprivileged(t *testing.T) {
	cred := nobody(t)
	dir := shortDir(t)
	if privilegedPorts() > 80 {
		for _, address := range []string{"[::]:80", "0.0.0.0:80", "80"} {
			if got := child(t, "privileged", address, cred); !strings.Contains(got,
				fmt.Sprintf("permission denied; ports below %d need root or CAP_NET_BIND_SERVICE", privilegedPorts())) {
				t.Errorf("%s: %s", address, got)
			}
		}
	}
	for path, want := range map[string]string{
		dir + "/s":     fmt.Sprintf("permission denied; uid 65534 may not create files in %q", dir),
		dir + "/a/b/s": fmt.Sprintf("permission denied; uid 65534 may not create files in %q", dir+"/a/b"),
	} {
		if got := child(t, "privileged", path, cred); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	got := child(t, "owner", dir+"/s", cred)
	want := "change owner: operation not permitted; only root gives files away (SocketUser=, SocketGroup=) no such file or directory\n"
	if strings.Count(got, want) != 2 {
		t.Errorf("got %s, want twice %s", got, want)
	}
	if got := child(t, "group", "", cred); !strings.Contains(got, "this netlink group needs root") {
		t.Error(got)
	}
}

// What stands in a path's way, and what does not.
func TestOpenInTheWay(t *testing.T) {
	dir := shortDir(t)
	file, link := dir+"/file", dir+"/link"
	if err := errors.Join(os.WriteFile(file, []byte("precious"), 0o600), os.Symlink(dir+"/nowhere", link)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		protocol unit.Protocol
		path     string
		want     string
	}{
		{unit.ListenStream, file, "a regular file is there, not a socket; remove it or choose another path"},
		{unit.ListenStream, dir, "a directory is there, not a socket"},
		{unit.ListenStream, link, "a symbolic link is there, not a socket"},
		{unit.ListenStream, file + "/s", "not a directory"},
		{unit.ListenFIFO, file, "a regular file is there, not a FIFO"},
		{unit.ListenFIFO, dir, "a directory is there, not a FIFO"},
		{unit.ListenFIFO, link, "a symbolic link is there, not a FIFO"},
		{unit.ListenFIFO, file + "/s", "not a directory"},
		{unit.ListenSpecial, dir + "/none", "no such file or directory"},
		{unit.ListenSpecial, dir, "a directory is there, not a special file"},
		{unit.ListenSpecial, link, "it is a symbolic link; name the file that it leads to"},
		{unit.ListenSpecial, file, "the kernel cannot tell when there is something to read"},
		{unit.ListenSpecial, "/dev/null", "the kernel cannot tell when there is something to read"},
		{unit.ListenUSBFunction, dir, "USB gadget functions are not supported"},
		{unit.ListenMessageQueue, "/a/b", "permission denied"},
	}
	for _, tt := range tests {
		refused(t, newUnit(on(tt.protocol, tt.path)), nil, fmt.Sprintf("listen on %q: ", tt.path)+tt.want)
	}
	if b, err := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
	s := open(t, newUnit(on(unit.ListenStream, dir+"/s")), nil)
	refused(t, newUnit(on(unit.ListenSpecial, dir+"/s")), nil, "no such device or address")
	refused(t, newUnit(on(unit.ListenFIFO, dir+"/s")), nil, "a socket is there, not a FIFO")
	// A socket that nobody listens on any more is no hindrance; one that is alive is
	// taken over, with a warning.
	s2 := open(t, newUnit(on(unit.ListenStream, dir+"/s")), nil)
	if len(s2.Warnings) != 1 || s2.Warnings[0] != dir+"/s: taken over from this process, which still listens there" {
		t.Errorf("warnings %q", s2.Warnings)
	}
	s.Close(true)
	s2.Close(true) // without RemoveOnStop the node stays
	if got := stat(dir + "/s"); !strings.HasPrefix(got, "140666 ") {
		t.Errorf("after Close: %s", got)
	}
	s3 := open(t, newUnit(on(unit.ListenStream, dir+"/s")), nil)
	if len(s3.Warnings) > 0 {
		t.Errorf("warnings %q", s3.Warnings)
	}
}

func TestOpenRefuses(t *testing.T) {
	set := func(f func(*unit.Socket)) func(*unit.Socket) { return f }
	tests := []struct {
		name string
		edit func(*unit.Socket)
		want string
	}{
		{"user", set(func(s *unit.Socket) { s.SocketUser = "nosuchuser" }), "SocketUser=nosuchuser: no such user in /etc/passwd"},
		{"group", set(func(s *unit.Socket) { s.SocketGroup = "nosuchgroup" }), "SocketGroup=nosuchgroup: no such group in /etc/group"},
		{"device", set(func(s *unit.Socket) { s.BindToDevice = "nosuch0" }), "BindToDevice=nosuch0: no such device; there is no such network interface now"},
	}
	for _, tt := range tests {
		if tt.name == "device" && os.Geteuid() != 0 {
			continue
		}
		refused(t, newUnit(on(unit.ListenStream, "127.0.0.1:0"), tt.edit), nil, tt.want)
	}
	refused(t, newUnit(on(unit.ListenStream, "[fe80::1]:7%nosuch0")), nil, `interface "nosuch0": no such device`)
	refused(t, newUnit(on(unit.ListenStream, "192.0.2.1:0")), nil, "FreeBind=yes listens before one does")
	open(t, newUnit(on(unit.ListenStream, "192.0.2.1:0"), func(s *unit.Socket) { s.FreeBind = true }), nil)
	if s, err := Open(newUnit(on(unit.ListenStream, "vsock:1:1234")), nil); err == nil {
		s.Close(true)
	} else if !strings.Contains(err.Error(), `listen on "vsock:1:1234": `) {
		t.Error(err)
	}
}

// What was made before the failure is gone after it.
func TestOpenUndoes(t *testing.T) {
	dir := shortDir(t)
	queue := fmt.Sprintf("/wakesock-undo-%d", os.Getpid())
	u := newUnit(on(unit.ListenStream, dir+"/a/b/s"), on(unit.ListenFIFO, dir+"/c/f"), on(unit.ListenMessageQueue, queue),
		on(unit.ListenDatagram, dir+"/d"), on(unit.ListenStream, dir))
	refused(t, u, nil, "a directory is there")
	if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if unlinkQueue(queue) == nil {
		t.Error("the queue is left")
	}
}
