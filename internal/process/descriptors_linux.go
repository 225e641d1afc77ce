package process

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A child's descriptors: 0, 1 and 2 are the standard streams, from 3 on are those
// that LISTEN_FDS passes, and nothing else. A descriptor of the manager that has one
// of these numbers, but is wanted at another, is moved away before anything is put
// in its place.

// A source is where a descriptor of the child comes from. Exactly one of the
// three is meant.
type source struct {
	fd   int    // a descriptor of the manager; -1: none
	of   int    // a duplicate of this lower target; -1: none
	path string // a file to open
	open int    // its flags; for a socket file O_RDONLY, O_WRONLY or O_RDWR say what to keep open

	socket bool // path is a unix stream socket to connect to
	about  about
	status int
}

// placement are buffers and results of descriptors.
type placement struct {
	sources []source
	moved   [][2]int // from, to
}

// unshareAbout is of the step whose failure means that the kernel cannot do it.
var unshareAbout = about{"close_range($0, ~0, UNSHARE)", "get a descriptor table of its own", ""}

// descriptors adds the steps that give the child its descriptors. The child of a
// clone with CLONE_FILES must unshare the table before it changes any.
func (p *Plan) descriptors(s *Start, m mode) error {
	if err := p.gather(s); err != nil {
		return err
	}
	m.unshare = m.unshare && !p.patient // a fork has a table of its own
	src := p.sources
	top := len(src) // the first number that nothing uses
	for i := range src {
		top = max(top, src[i].fd+1)
	}
	if s.CgroupFD >= 0 && !m.clone3 {
		top = max(top, s.CgroupFD+1)
	}
	if m.unshare {
		p.run.add(unshareAbout, StatusFDs, unix.SYS_CLOSE_RANGE, uintptr(top), all, unix.CLOSE_RANGE_UNSHARE)
	}
	p.process(s, m)

	p.moved = p.moved[:0]
	for t := range src {
		if fd := src[t].fd; fd >= 0 && fd != t && fd < len(src) && src[fd].fd != fd {
			src[t].fd = p.moveAway(fd, &top)
		}
	}
	// Files get numbers that are known by a move, well above all that can be open.
	top += len(src) + 8
	for t := range src {
		p.place(t, &src[t], &top)
	}
	for i, fd := range s.Listen {
		p.blocking(3+i, fd, p.nonblocking)
	}
	for t := range min(3, len(src)) {
		if k := p.streams[t].Kind; k == "socket" || k == "fd" {
			p.blocking(t, p.given(s, t), 0)
		}
	}
	if p.config.Tidy {
		return nil
	}
	rest := p.run.add(about{"close_range($0, ~0, 0)", "close other descriptors", ""}, StatusFDs,
		unix.SYS_CLOSE_RANGE, uintptr(len(src)), all, 0)
	rest.forgive, rest.forgive2 = unix.ENOSYS, unix.EPERM // all are close-on-exec
	return nil
}

// moveAway moves a descriptor to the number top, once.
func (p *Plan) moveAway(fd int, top *int) int {
	for _, m := range p.moved {
		if m[0] == fd {
			return m[1]
		}
	}
	p.run.add(about{"dup3($0, $1, O_CLOEXEC)", "move a descriptor out of the way", ""}, StatusFDs,
		unix.SYS_DUP3, uintptr(fd), uintptr(*top), unix.O_CLOEXEC)
	p.moved = append(p.moved, [2]int{fd, *top})
	*top++
	return *top - 1
}

// place adds the steps that make target t of its source.
func (p *Plan) place(t int, s *source, top *int) {
	from := s.fd
	switch {
	case s.of >= 0:
		from = s.of
	case s.path != "":
		from = *top
		*top++
		p.openAt(s, from)
	}
	a := s.about
	if from == t {
		a.call = "fcntl($0, F_SETFD, 0)"
		p.run.add(a, s.status, unix.SYS_FCNTL, uintptr(t), unix.F_SETFD, 0)
		return
	}
	a.call = "dup3($0, $1, 0)"
	p.run.add(a, s.status, unix.SYS_DUP3, uintptr(from), uintptr(t), 0)
}

// openAt adds the steps that open a file, or connect to a socket, as number fd.
func (p *Plan) openAt(s *source, fd int) {
	a := s.about
	move := func() {
		p.run.step[len(p.run.step)-1].save = save1
		p.run.add(about{"dup3(-, $1, O_CLOEXEC)", a.what, a.directive}, s.status,
			unix.SYS_DUP3, all, uintptr(fd), unix.O_CLOEXEC)
	}
	if !s.socket {
		a.call = fmt.Sprintf("openat(%q, %s, 0666)", s.path, openText(s.open))
		p.run.add(a, s.status, unix.SYS_OPENAT, atCWD, p.temporary(cstring(s.path)),
			uintptr(s.open|unix.O_NOCTTY|unix.O_CLOEXEC), 0o666)
		move()
		return
	}
	a.call = "socket(AF_UNIX, SOCK_STREAM, 0)"
	p.run.add(a, s.status, unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	move()
	a.call = fmt.Sprintf("connect($0, %q)", s.path)
	address := append(nativeEndian.AppendUint16(nil, unix.AF_UNIX), cstring(s.path)...)
	p.run.add(a, s.status, unix.SYS_CONNECT, uintptr(fd), p.temporary(address), uintptr(len(address)))
	how := map[int]uintptr{unix.O_RDONLY: unix.SHUT_WR, unix.O_WRONLY: unix.SHUT_RD}
	if h, ok := how[s.open&unix.O_ACCMODE]; ok {
		a.call = "shutdown($0, $1)"
		p.run.add(a, s.status, unix.SYS_SHUTDOWN, uintptr(fd), h)
	}
}

// temporary keeps b until the end of the start.
func (p *Plan) temporary(b []byte) uintptr {
	p.held = append(p.held, b)
	return address(&b[0])
}

// blocking adds a step if target t, which is fd of the manager, is not blocking or
// non-blocking as wanted. The flag belongs to the open file, which the manager has too.
func (p *Plan) blocking(t, fd int, want uintptr) {
	if fd < 0 {
		return
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || uintptr(flags)&unix.O_NONBLOCK == want {
		return
	}
	p.run.add(about{fmt.Sprintf("fcntl($0, F_SETFL, %#o)", flags^unix.O_NONBLOCK), "set a descriptor to blocking or not", "NonBlocking="},
		StatusFDs, unix.SYS_FCNTL, uintptr(t), unix.F_SETFL, uintptr(flags^unix.O_NONBLOCK))
}

// openText prints the flags of an open.
func openText(flags int) string {
	s := map[int]string{unix.O_RDONLY: "O_RDONLY", unix.O_WRONLY: "O_WRONLY", unix.O_RDWR: "O_RDWR"}[flags&unix.O_ACCMODE]
	for _, f := range []struct {
		flag int
		name string
	}{{unix.O_CREAT, "O_CREAT"}, {unix.O_APPEND, "O_APPEND"}, {unix.O_TRUNC, "O_TRUNC"}} {
		if flags&f.flag != 0 {
			s += "|" + f.name
		}
	}
	return strings.TrimPrefix(s, "|")
}

// slow says whether to open a path may take until somebody else does something,
// and whether it is a socket.
func slowPath(path string) (slow, socket bool) {
	st, err := os.Stat(path)
	if err != nil {
		return false, false
	}
	switch m := st.Mode(); {
	case m&os.ModeSocket != 0:
		return true, true
	case m&(os.ModeNamedPipe|os.ModeCharDevice) != 0:
		return path != "/dev/null", false
	}
	return false, false
}
