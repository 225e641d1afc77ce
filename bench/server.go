package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// server is a peer that runs.
type server struct {
	root int          // its topmost process
	stop func()       // ends it and all that it started
	died func() error // why it ended, or nil while it runs
}

// spawn starts a command in a process group of its own; what it prints goes to
// the file "output" in dir. The environment is that of the bench and env.
func (b *bench) spawn(dir string, env []string, argv ...string) (*server, error) {
	path := filepath.Join(dir, "output")
	out, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %q: %w", argv[0], err)
	}
	pid := cmd.Process.Pid
	// The goroutine ends with the process, which stop sees to.
	gone := make(chan struct{})
	var ended error
	go func() {
		ended = cmd.Wait()
		close(gone)
	}()
	return &server{
		root: pid,
		stop: func() {
			syscall.Kill(-pid, syscall.SIGTERM)
			select {
			case <-gone:
			case <-time.After(5 * time.Second):
			}
			syscall.Kill(-pid, syscall.SIGKILL)
			<-gone
		},
		died: func() error {
			select {
			case <-gone:
			default:
				return nil
			}
			why := "status 0"
			if ended != nil {
				why = ended.Error()
			}
			text, _ := os.ReadFile(path)
			if last := lastLine(text); last != "" {
				why += ": " + last
			}
			return fmt.Errorf("it ended: %s", why)
		},
	}, nil
}

// output runs a command and returns what it prints.
func (b *bench) output(argv ...string) (string, error) {
	cmd := exec.CommandContext(b.ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, lastLine(slices.Concat(out, exit.Stderr)))
	}
	return string(out), err
}

// freePort picks a port of 127.0.0.1 that nobody listens on. It stays below the
// range from which the kernel takes the ports of outgoing connections, so none
// of the many clients can take it before the server does.
func freePort() (int, error) {
	var last error
	for range 100 {
		port := 10000 + rand.IntN(20000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port: %w", last)
}

// awaitReply asks until the service answers properly.
func (s *server) awaitReply(b *bench, port int, reply string) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := ask(port, reply)
		if err == nil {
			return nil
		}
		if died := s.died(); died != nil {
			return died
		}
		if time.Now().After(deadline) {
			return err
		}
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ask makes one connection and compares the reply.
func ask(port int, reply string) error {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, request+"\n"); err != nil {
		return err
	}
	got, err := io.ReadAll(io.LimitReader(conn, 4096))
	if err != nil {
		return err
	}
	if string(got) != reply {
		return fmt.Errorf("replied %q to %q, want %q", got, request, reply)
	}
	return nil
}
