package demo

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// idle is how long a service waits for the next byte, in seconds: a client that
// falls silent must not keep its instance for ever.
const idle = 120

// Service is the hidden verb `wakesock demo-service`: args are "echo", or "file"
// or "picture" and the folder of the store. The connection is in and out; one
// line about what was received goes to log. It returns the exit status: 0, 1 for
// a transfer that failed, 2 for wrong arguments.
func Service(args []string, in io.Reader, out, log io.Writer) int {
	in = limitSilence(in)
	kind, dir := "", ""
	switch len(args) {
	case 2:
		dir = args[1]
		fallthrough
	case 1:
		kind = args[0]
	}
	var name string
	var size int64
	var err error
	switch {
	case kind == "echo" && dir == "":
		if err = Echo(in, out); err == nil {
			return 0
		}
	case kind == "file" && dir != "":
		name, size, err = file(in, out, dir, FileLimit)
	case kind == "picture" && dir != "":
		name, size, err = picture(in, out, dir, PictureLimit)
	default:
		fmt.Fprintln(log, "usage: wakesock demo-service echo | file DIR | picture DIR")
		return 2
	}
	switch {
	case isEmpty(err):
		return 0
	case err != nil:
		fmt.Fprintf(log, "<4>refused %s%s: %v\n", kind, sender(), err)
		return 1
	}
	fmt.Fprintf(log, "<6>received %s%s: %s, %d bytes\n", kind, sender(), name, size)
	return 0
}

// sender says where the connection is from, as the manager tells the service in
// its environment (systemd.exec(5)); empty for others than IP sockets.
func sender() string {
	host, port := os.Getenv("REMOTE_ADDR"), os.Getenv("REMOTE_PORT")
	if host == "" {
		return ""
	}
	return " from " + net.JoinHostPort(host, port)
}

// limitSilence makes a read from a socket fail after [idle] seconds without a
// byte. Where in is no socket the kernel says so and nothing is lost.
func limitSilence(in io.Reader) io.Reader {
	if f, ok := in.(*os.File); ok {
		_ = syscall.SetsockoptTimeval(int(f.Fd()), syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: idle})
	}
	return patient{in}
}

// A patient reader says in plain words that the kernel's patience has ended.
type patient struct{ io.Reader }

func (p patient) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if errors.Is(err, syscall.EAGAIN) {
		err = fmt.Errorf("nothing came for %d seconds", idle)
	}
	return n, err
}
