package listen

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// Each kind of address is opened and reached.
func TestOpenConnections(t *testing.T) {
	dir := shortDir(t)
	tests := []struct {
		name     string
		protocol unit.Protocol
		address  string
		want     string // File.Address; * is a port
		v6       bool
		family   value.PeerFamily
	}{
		{"IPv4", unit.ListenStream, "127.0.0.1:0", "127.0.0.1:*", false, value.PeerInet},
		{"IPv6", unit.ListenStream, "[::1]:0", "[::1]:*", true, value.PeerInet},
		{"port", unit.ListenStream, "0", "[::]:*", true, value.PeerInet},
		{"unix stream", unit.ListenStream, dir + "/a/b/stream", dir + "/a/b/stream", false, value.PeerUnix},
		{"unix seqpacket", unit.ListenSequentialPacket, dir + "/packet", dir + "/packet", false, value.PeerUnix},
		{"abstract", unit.ListenStream, "@wakesock-test-%d", "@wakesock-test-%d", false, value.PeerUnix},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.v6 {
				needIPv6(t)
			}
			if strings.Contains(tt.address, "%d") {
				tt.address, tt.want = fmt.Sprintf(tt.address, os.Getpid()), fmt.Sprintf(tt.want, os.Getpid())
			}
			s := open(t, newUnit(on(tt.protocol, tt.address)), nil)
			f := s.Files[0]
			if want, ok := strings.CutSuffix(tt.want, "*"); ok {
				port, found := strings.CutPrefix(f.Address, want)
				if !found || port == "0" {
					t.Errorf("Address is %q, want %q", f.Address, tt.want)
				}
			} else if f.Address != tt.want {
				t.Errorf("Address is %q, want %q", f.Address, tt.want)
			}
			if !f.Connection || f.Name != "test.socket" || len(s.Warnings) > 0 {
				t.Errorf("File %+v, warnings %q", f, s.Warnings)
			}
			flags, _ := unix.FcntlInt(uintptr(f.FD), unix.F_GETFL, 0)
			fdFlags, _ := unix.FcntlInt(uintptr(f.FD), unix.F_GETFD, 0)
			if flags&unix.O_NONBLOCK == 0 || fdFlags&unix.FD_CLOEXEC == 0 || f.FD < floors[0] {
				t.Errorf("descriptor %d has flags %#x and %#x", f.FD, flags, fdFlags)
			}
			client := dial(t, f)
			c := accept(t, f.FD)
			s.Setup(&c)
			if c.Peer.Family != tt.family || c.FD >= floors[0] {
				t.Errorf("Conn is %+v", c)
			}
			if _, err := client.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 9)
			if n, err := unix.Read(c.FD, b); err != nil || string(b[:n]) != "hello" {
				t.Errorf("read %q, %v", b[:n], err)
			}
		})
	}
}

// Everything that is not a connection is opened and written to.
func TestOpenOthers(t *testing.T) {
	dir := shortDir(t)
	queue := fmt.Sprintf("/wakesock-test-%d", os.Getpid())
	tests := []struct {
		name     string
		protocol unit.Protocol
		address  string
		write    func(t *testing.T, f File) // nil: nothing comes
	}{
		{"UDP", unit.ListenDatagram, "127.0.0.1:0", write},
		{"unix datagram", unit.ListenDatagram, dir + "/d/gram", write},
		{"abstract datagram", unit.ListenDatagram, "@wakesock-gram-" + fmt.Sprint(os.Getpid()), write},
		{"FIFO", unit.ListenFIFO, dir + "/f/fifo", writeFile},
		{"queue", unit.ListenMessageQueue, queue, writeQueue},
		{"netlink", unit.ListenNetlink, "kobject-uevent 1", nil},
		{"netlink by number", unit.ListenNetlink, "0", nil},
		{"special", unit.ListenSpecial, "/proc/self/mounts", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := openDescriptors()
			u := newUnit(on(tt.protocol, tt.address), func(s *unit.Socket) {
				s.RemoveOnStop, s.FileDescriptorName = true, "box"
			})
			s := open(t, u, nil)
			f := s.Files[0]
			if f.Connection || f.Name != "box" || len(s.Warnings) > 0 {
				t.Errorf("File %+v, warnings %q", f, s.Warnings)
			}
			if tt.write != nil {
				tt.write(t, f)
				wait(t, f.FD)
				s.Flush()
				p := []unix.PollFd{{Fd: int32(f.FD), Events: unix.POLLIN}}
				if n, _ := unix.Poll(p, 0); n != 0 {
					t.Errorf("there is something to read after Flush")
				}
			}
			s.Close(true)
			if path := f.Listen.Address.Path; tt.protocol != unit.ListenSpecial && strings.HasPrefix(path, dir) {
				if _, err := os.Lstat(path); err == nil {
					t.Errorf("%s is still there after Close", path)
				}
			}
			if tt.protocol == unit.ListenMessageQueue && unlinkQueue(queue) != unix.ENOENT {
				t.Error("the queue is still there after Close")
			}
			if after := openDescriptors(); after > before+2 { // a client and perhaps the poller
				t.Errorf("%d descriptors before, %d after", before, after)
			}
		})
	}
}

func write(t *testing.T, f File) {
	c := dial(t, f)
	for _, b := range []string{"hello", "", "you"} {
		if _, err := c.Write([]byte(b)); err != nil {
			t.Fatal(err)
		}
	}
}

func writeFile(t *testing.T, f File) {
	if err := os.WriteFile(f.Address, []byte("hello"), 0); err != nil {
		t.Fatal(err)
	}
}

func writeQueue(t *testing.T, f File) {
	fd, err := mqOpen(f.Address, unix.O_WRONLY|unix.O_CLOEXEC, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := mqSend(fd, []byte("hello")); err != nil {
		t.Fatal(err)
	}
}

// Writable= is about special files.
func TestWritable(t *testing.T) {
	for _, writable := range []bool{false, true} {
		s := open(t, newUnit(on(unit.ListenSpecial, "/dev/random"), func(s *unit.Socket) { s.Writable = writable }), nil)
		flags, err := unix.FcntlInt(uintptr(s.Files[0].FD), unix.F_GETFL, 0)
		if err != nil || (flags&unix.O_ACCMODE == unix.O_RDWR) != writable {
			t.Errorf("Writable=%v: flags %#o, %v", writable, flags, err)
		}
	}
}

func TestPortIsDualStack(t *testing.T) {
	needIPv6(t)
	for only, reachable := range map[string]bool{"both": true, "ipv6-only": false} {
		s := open(t, newUnit(on(unit.ListenStream, "0"), func(s *unit.Socket) { s.BindIPv6Only = only }), nil)
		_, port, _ := net.SplitHostPort(s.Files[0].Address)
		c, err := net.Dial("tcp4", "127.0.0.1:"+port)
		if err != nil {
			if reachable {
				t.Errorf("BindIPv6Only=%s: dial over IPv4: %v", only, err)
			}
			continue
		}
		defer c.Close()
		// Somebody else may have the IPv4 port of a socket that is for IPv6 only, so
		// what counts is whether the connection is ours.
		conn, err := Accept(s.Files[0].FD)
		if (err == nil) != reachable {
			t.Errorf("BindIPv6Only=%s: accept over IPv4: %v", only, err)
		}
		if err != nil {
			continue
		}
		defer unix.Close(conn.FD)
		want := fmt.Sprintf("3-127.0.0.1:%s-%s", port, c.LocalAddr())
		if got := conn.Peer.Instance(3); got != want {
			t.Errorf("instance is %q, want %q", got, want)
		}
	}
}

// Nodes get mode and owner, whatever the umask is, and so do directories.
func TestNodes(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	uid, gid := os.Geteuid(), os.Getegid()
	edit := func(s *unit.Socket) {
		s.SocketMode, s.DirectoryMode, s.RemoveOnStop = 0o664, 0o711, true
		if uid == 0 {
			s.SocketUser, s.SocketGroup = "65534", "1"
		}
	}
	owner := fmt.Sprintf(" %d %d", uid, gid)
	if uid == 0 {
		owner = " 65534 1"
	}
	dir := shortDir(t)
	queue := fmt.Sprintf("/wakesock-mode-%d", os.Getpid())
	u := newUnit(on(unit.ListenStream, dir+"/x/y/s"), on(unit.ListenDatagram, dir+"/d"), on(unit.ListenFIFO, dir+"/f/f"),
		on(unit.ListenMessageQueue, queue), edit)
	u.Socket.Symlinks = []string{dir + "/l/link", dir + "/taken"}
	u.Socket.Listen = u.Socket.Listen[:1]
	if err := os.WriteFile(dir+"/taken", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, u, nil)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], dir+"/taken") {
		t.Errorf("warnings %q", s.Warnings)
	}
	if target, err := os.Readlink(dir + "/l/link"); target != dir+"/x/y/s" {
		t.Errorf("link leads to %q, %v", target, err)
	}
	// The second Open keeps the socket and adds the others.
	more := newUnit(on(unit.ListenStream, dir+"/x/y/s"), on(unit.ListenDatagram, dir+"/d"), on(unit.ListenFIFO, dir+"/f/f"),
		on(unit.ListenMessageQueue, queue), edit)
	more.Socket.Symlinks = u.Socket.Symlinks
	s = open(t, more, s)
	self := fmt.Sprintf(" %d %d", uid, gid)
	for path, want := range map[string]string{
		dir + "/x": "40711" + self, dir + "/x/y": "40711" + self, dir + "/f": "40711" + self, dir + "/l": "40711" + self,
		dir + "/x/y/s": "140664" + owner, dir + "/d": "140664" + owner, dir + "/f/f": "10664" + owner,
	} {
		if got := stat(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(s.Files[3].FD, &st); err != nil || fmt.Sprintf("%o %d %d", st.Mode, st.Uid, st.Gid) != "100664"+owner {
		t.Errorf("queue is %o %d %d, %v", st.Mode, st.Uid, st.Gid, err)
	}
	// Opened once more, as after a crash that left everything: owners do not matter to us.
	for _, f := range s.Files {
		unix.Close(f.FD)
	}
	s.Files = nil
	more.Socket.SocketMode = 0o600
	s = open(t, more, nil)
	if got := stat(dir + "/f/f"); got != "10600"+owner {
		t.Errorf("FIFO is %q after a restart", got)
	}
	s.Close(true)
	left, _ := filepath.Glob(dir + "/*/*")
	if len(left) != 1 || left[0] != dir+"/x/y" {
		t.Errorf("left after Close: %q", left)
	}
	if _, err := os.Lstat(dir + "/taken"); err != nil {
		t.Error("a file that was in a link's place was removed")
	}
}

// Close leaves what others have put in a node's place.
func TestCloseLeavesOthers(t *testing.T) {
	path := shortDir(t) + "/s"
	s := open(t, newUnit(on(unit.ListenStream, path), func(s *unit.Socket) { s.RemoveOnStop = true }), nil)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.Close(true)
	if _, err := os.Lstat(path); err != nil {
		t.Error("somebody else's socket was removed")
	}
	s.Close(true) // once more is no harm
}

func TestQueueAttributes(t *testing.T) {
	name := fmt.Sprintf("/wakesock-attr-%d", os.Getpid())
	edit := func(n, size int64) func(*unit.Socket) {
		return func(s *unit.Socket) {
			s.MessageQueueMaxMessages, s.MessageQueueMessageSize, s.RemoveOnStop = n, size, true
		}
	}
	s := open(t, newUnit(on(unit.ListenMessageQueue, name), edit(5, 100)), nil)
	a, err := mqGetAttr(s.Files[0].FD)
	if err != nil || a.maxMessages != 5 || a.messageSize != 100 {
		t.Errorf("attributes %+v, %v", a, err)
	}
	s2 := open(t, newUnit(on(unit.ListenMessageQueue, name), edit(6, 100)), nil)
	if len(s2.Warnings) != 1 || !strings.Contains(s2.Warnings[0], "the queue exists with 5 messages of 100 bytes") {
		t.Errorf("warnings %q", s2.Warnings)
	}
	s3 := open(t, newUnit(on(unit.ListenMessageQueue, name), edit(6, 0)), nil)
	if len(s3.Warnings) != 1 || !strings.Contains(s3.Warnings[0], "only count if both are set") {
		t.Errorf("warnings %q", s3.Warnings)
	}
	refused(t, newUnit(on(unit.ListenMessageQueue, name+"x"), edit(1<<40, 1<<40)), nil, name+`x": invalid argument; Message`)
}

func mqSend(fd int, b []byte) error {
	_, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDSEND, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
