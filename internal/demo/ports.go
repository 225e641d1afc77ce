package demo

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"
)

// FirstPorts are the ports of the demo when they are free: echo, files, pictures.
var FirstPorts = [3]int{4444, 4445, 4446}

// span is how many ports above the wished one are tried.
const span = 200

// pickPorts returns, for each wished port, that port or the next one above it
// that nothing listens on, that was not picked already and that is no other's wish. A wished port of 0
// takes whatever the kernel gives. Somebody else may take a port before it is
// used: see [ErrListen].
func pickPorts(host string, wish [3]int) ([3]int, error) {
	var ports [3]int
	taken := map[int]bool{}
	for i, first := range wish {
		for port := first; port <= min(first+span, 65535); port++ {
			if port != first && slices.Contains(wish[:], port) {
				continue // another one's wish
			}
			got, err := try(host, port)
			if err != nil && !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
				return ports, err // another port would not help
			}
			if err != nil || taken[got] {
				continue
			}
			ports[i] = got
			taken[got] = true
			break
		}
		if ports[i] == 0 {
			return ports, fmt.Errorf("no free port from %d to %d on %q", first, first+span, host)
		}
	}
	return ports, nil
}

// try listens on a port for a moment and returns its number.
func try(host string, port int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
