package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// lastWord is how long a client may take to read its last reply when the server
// is closed.
const lastWord = 500 * time.Millisecond

// acceptRest is how long accepting rests after an error.
const acceptRest = 100 * time.Millisecond

// A Server answers on a unix socket until it is closed.
type Server struct {
	listener *net.UnixListener
	manager  Manager
	path     string
	ctx      context.Context
	cancel   context.CancelFunc
	wait     sync.WaitGroup
}

// maxPath is how long the path of a unix socket can be, unix(7).
const maxPath = 107

// Listen opens the control socket at path (mode 0600); its folder is made where
// it is missing. A socket that a dead manager left behind is replaced; one on
// which a manager answers is an error.
func Listen(path string) (*net.UnixListener, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("control socket %q: a path of %d bytes is too long, %d are possible; choose a shorter one with --control", path, len(path), maxPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("control socket %q: %w", path, err)
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("control socket %q: another manager answers there; choose another one with --control", path)
	}
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(path)
	}
	old := unix.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, nil
}

// Serve answers requests in goroutines of its own until Close.
func Serve(l *net.UnixListener, m Manager) *Server {
	s := &Server{listener: l, manager: m, path: l.Addr().String()}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Go(s.accept)
	return s
}

// Close stops answering and removes the socket. Calls under way are canceled,
// and their clients told so.
func (s *Server) Close() {
	s.cancel()
	_ = s.listener.Close()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
			return
		}
		if err != nil { // out of descriptors, for now: who asks waits in the backlog
			select {
			case <-time.After(acceptRest):
			case <-s.ctx.Done():
			}
			continue
		}
		s.wait.Go(func() {
			stop := context.AfterFunc(s.ctx, func() { // what has been answered is still delivered
				_ = c.SetWriteDeadline(time.Now().Add(lastWord))
				_ = c.CloseRead()
			})
			defer stop()
			defer func() { _ = c.Close() }()
			s.talk(c)
		})
	}
}

// talk answers one client. A client that goes away cancels what it waits for.
func (s *Server) talk(c *net.UnixConn) {
	out := json.NewEncoder(c)
	if err := allowed(c); err != nil {
		_ = out.Encode(reply{Error: err})
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	lines := make(chan line)
	s.wait.Go(func() { // ends when the connection is closed, here or there
		defer cancel()
		defer close(lines)
		files := &filesReader{conn: c}
		defer func() { closeAll(files.files) }()
		in := bufio.NewReaderSize(files, 4096)
		for {
			text, err := readLine(in)
			if err != nil && !errors.Is(err, errTooLong) {
				return
			}
			select {
			case lines <- line{text, files.take()}: // nil if it was too long
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	for l := range lines {
		if l.text == nil {
			closeAll(l.files)
			_ = out.Encode(reply{Error: &Error{Code: CodeInvalid, Text: fmt.Sprintf("request longer than %d bytes", maxLine)}})
			return
		}
		if out.Encode(s.answer(ctx, l)) != nil {
			return
		}
	}
}

// A line is one request with the descriptors that came with it.
type line struct {
	text  []byte
	files []*os.File
}

// errTooLong tells of a line without an end.
var errTooLong = errors.New("line too long")

// readLine reads one line of bounded length.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxLine:
			return nil, errTooLong
		}
	}
}

func (s *Server) answer(ctx context.Context, l line) reply {
	var r request
	if err := json.Unmarshal(l.text, &r); err != nil {
		closeAll(l.files)
		return reply{Error: &Error{Code: CodeInvalid, Text: "bad request: " + err.Error()}}
	}
	f := calls[r.Call]
	if f == nil {
		closeAll(l.files)
		return reply{Error: &Error{Code: CodeInvalid, Text: fmt.Sprintf("unknown call %q", r.Call), Hint: "is the manager older than this program?"}}
	}
	result, err := f(ctx, s.manager, r.Args, l.files)
	if err != nil {
		var e *Error
		switch {
		case errors.As(err, &e):
		case s.ctx != nil && s.ctx.Err() != nil:
			e = &Error{Code: CodeNoManager, Text: "the manager is stopping"}
		default:
			e = &Error{Code: CodeInternal, Text: err.Error()}
		}
		return reply{Error: e}
	}
	data, err := json.Marshal(result)
	if err != nil {
		return reply{Error: &Error{Code: CodeInternal, Text: err.Error()}}
	}
	return reply{Result: data}
}

// allowed checks who is at the other end: root, or the manager's own user.
func allowed(c *net.UnixConn) *Error {
	raw, err := c.SyscallConn()
	if err != nil {
		return &Error{Code: CodeInternal, Text: err.Error()}
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) { cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		credErr = err
	}
	if credErr != nil {
		return &Error{Code: CodePermission, Text: "cannot tell who is asking: " + credErr.Error()}
	}
	if cred.Uid != 0 && int(cred.Uid) != os.Geteuid() {
		return &Error{Code: CodePermission, Text: fmt.Sprintf("access denied to user %d", cred.Uid), Hint: "only root and the manager's own user may"}
	}
	return nil
}
