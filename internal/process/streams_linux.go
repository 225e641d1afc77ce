package process

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// streamNames are what the steps of the three standard streams differ in.
var streamNames = [3]struct {
	about
	status int
}{
	{about{"", "set up standard input", "StandardInput="}, StatusStdin},
	{about{"", "set up standard output", "StandardOutput="}, StatusStdout},
	{about{"", "set up standard error", "StandardError="}, StatusStderr},
}

// given is the descriptor that the start supplies for stream t. All streams of
// kind socket are the same one.
func (p *Plan) given(s *Start, t int) int {
	fds := [3]int{s.Stdin, s.Stdout, s.Stderr}
	if fds[t] < 0 && p.streams[t].Kind == "socket" {
		for i := range fds {
			if fds[i] >= 0 && p.streams[i].Kind == "socket" {
				return fds[i]
			}
		}
	}
	return fds[t]
}

// outputFlags are how the kinds of output file are opened.
var outputFlags = map[string]int{
	"file":     unix.O_WRONLY | unix.O_CREAT,
	"append":   unix.O_WRONLY | unix.O_CREAT | unix.O_APPEND,
	"truncate": unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC,
}

// gather finds out where each descriptor of the child comes from.
func (p *Plan) gather(s *Start) error {
	p.sources, p.patient = p.sources[:0], false
	for t := range p.streams {
		r := &p.streams[t]
		src := source{fd: -1, of: -1, status: streamNames[t].status, about: streamNames[t].about}
		fd := p.given(s, t)
		switch {
		case r.Kind == kindDup:
			src.of = r.Of
		case r.Kind == "file" && t == 0:
			src.path = r.Path
			src.open = unix.O_RDONLY
			if r.Both {
				src.open = unix.O_RDWR | unix.O_CREAT
			}
		case outputFlags[r.Kind] != 0:
			src.path, src.open = r.Path, outputFlags[r.Kind]
		case r.Kind == "data":
			data, err := dataFile(p.unit.Exec.StandardInputText)
			if err != nil {
				return err
			}
			p.opened = append(p.opened, data)
			src.fd = data
		case (r.Kind == "socket" || r.Journal() || r.Kind == "fd") && fd >= 0:
			src.fd = fd
		case r.Kind == "socket" && t > 0 && p.streams[0].Kind != "null" && p.streams[0].Kind != "socket":
			src.of = 0 // as inherit
		case r.Kind == "fd":
			p.runFail(t, fmt.Sprintf("find the descriptor %q, which no socket unit passes", r.Name), unix.EBADF)
			src.fd = p.config.Null
		case terminal(r.Kind):
			p.runFail(t, "connect to a terminal: not supported yet", unix.EOPNOTSUPP)
			src.fd = p.config.Null
		default:
			src.fd = p.config.Null
		}
		if src.fd < 0 && src.of < 0 && src.path == "" {
			src.path, src.open = "/dev/null", unix.O_RDWR
		}
		if src.path != "" {
			src.about.what = fmt.Sprintf("open %q", src.path)
			slow, socket := slowPath(src.path)
			src.socket = socket
			p.patient = p.patient || slow
		}
		p.sources = append(p.sources, src)
	}
	for _, fd := range s.Listen {
		p.sources = append(p.sources, source{fd: fd, of: -1, status: StatusFDs,
			about: about{"", "pass a descriptor", "LISTEN_FDS"}})
	}
	return nil
}

// runFail makes this start fail at stream t.
func (p *Plan) runFail(t int, what string, errno unix.Errno) {
	n := &streamNames[t]
	p.run.add(about{"fail: " + what, what, n.directive}, n.status, opFail, uintptr(errno))
}

// dataFile makes a file in memory that reads as text, from its beginning, and
// cannot be changed.
func dataFile(text string) (fd int, err error) {
	fd, err = unix.MemfdCreate("data", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("make a file for StandardInputText=: %w", err)
	}
	for at := 0; at < len(text); {
		n, err := unix.Pwrite(fd, []byte(text[at:]), int64(at))
		if err != nil {
			_ = unix.Close(fd)
			return -1, fmt.Errorf("write the file for StandardInputText=: %w", err)
		}
		at += n
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS,
		unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("seal the file for StandardInputText=: %w", err)
	}
	return fd, nil
}
