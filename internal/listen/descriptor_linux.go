package listen

import (
	"bufio"
	"os"

	"golang.org/x/sys/unix"
)

// floors are where listening descriptors go, best first. Accepted connections
// then get the lowest numbers, and a child's copy of the descriptor table needs
// to reach up to its connection only. The lower ones serve a small RLIMIT_NOFILE.
var floors = [...]int{512, 256, 128, 64}

// raise moves a descriptor to a high number where there is room for it.
func raise(fd int) int {
	for _, floor := range floors {
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, floor); err == nil {
			unix.Close(fd)
			return high
		}
	}
	return fd
}

// readLine returns the first line of a file.
func readLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan()
	return s.Text(), s.Err()
}
