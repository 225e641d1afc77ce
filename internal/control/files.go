package control

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// mostFiles is how many descriptors may come with one request: the standard streams.
const mostFiles = 3

// A filesReader reads a connection and keeps the descriptors that come with the bytes
// (SCM_RIGHTS, unix(7)) until a request takes them. It belongs to one goroutine.
type filesReader struct {
	conn  *net.UnixConn
	files []*os.File
}

func (r *filesReader) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4*64)) // what does not fit is closed by the kernel
	n, k, _, _, err := r.conn.ReadMsgUnix(p, oob)
	r.receive(oob[:k])
	return n, err
}

// receive takes up to mostFiles descriptors and closes all others.
func (r *filesReader) receive(oob []byte) {
	if len(oob) == 0 {
		return
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if len(r.files) == mostFiles {
				_ = unix.Close(fd)
				continue
			}
			r.files = append(r.files, os.NewFile(uintptr(fd), "received"))
		}
	}
}

// take hands over what has come.
func (r *filesReader) take() []*os.File {
	files := r.files
	r.files = nil
	return files
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// writeWith writes a request with descriptors.
func writeWith(c net.Conn, line []byte, files []*os.File) error {
	u, ok := c.(*net.UnixConn)
	if len(files) == 0 || !ok {
		_, err := c.Write(line)
		return err
	}
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	n, _, err := u.WriteMsgUnix(line, unix.UnixRights(fds...), nil)
	if err == nil && n < len(line) {
		_, err = u.Write(line[n:])
	}
	return err
}
