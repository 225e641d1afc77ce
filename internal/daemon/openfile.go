package daemon

// Files that a service gets opened like sockets, OpenFile= in systemd.service(5).

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// openFlags is what an option of OpenFile= asks of open(2).
var openFlags = map[string]int{"append": unix.O_APPEND, "truncate": unix.O_TRUNC}

// openFiles opens what the service is to be given besides its sockets and what was
// kept for it. It may hang on a file, and runs outside the loop.
func (l *launch) openFiles() error {
	var list []string
	if l.effect.Main {
		list = l.effect.Def.Service.OpenFile
	}
	for _, item := range list {
		path, rest, _ := strings.Cut(item, ":")
		name, options, _ := strings.Cut(rest, ":")
		if name == "" {
			name = filepath.Base(path)
		}
		fd, err := openFile(path, options)
		switch {
		case err == nil:
		case strings.Contains(options, "graceful"):
			continue
		default:
			return fmt.Errorf("%s: open %s: %w", l.effect.Def.PlaceOf("Service", "OpenFile"), path, err)
		}
		l.copies = append(l.copies, fd)
		l.start.Listen = append(l.start.Listen[:len(l.start.Listen):len(l.start.Listen)], fd)
		l.start.Names = append(l.start.Names[:len(l.start.Names):len(l.start.Names)], name)
	}
	l.opened = true
	return nil
}

// openFile opens a file, or connects to the socket that is there.
func openFile(path, options string) (fd int, err error) {
	if st, err := os.Stat(path); err == nil && st.Mode()&fs.ModeSocket != 0 {
		return connect(path)
	}
	flags := unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_RDWR
	for o := range strings.SplitSeq(options, ",") {
		if o == "read-only" {
			flags = flags&^unix.O_ACCMODE | unix.O_RDONLY
		}
		flags |= openFlags[o]
	}
	for {
		if fd, err = unix.Open(path, flags, 0); err != unix.EINTR {
			return fd, err
		}
	}
}

// connect connects to a socket of whatever type.
func connect(path string) (fd int, err error) {
	for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		if fd, err = unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0); err != nil {
			return -1, err
		}
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err == nil {
			return fd, nil
		}
		_ = unix.Close(fd)
		if err != unix.EPROTOTYPE {
			break
		}
	}
	return -1, err
}
