package cgroup

// The files of cgroupfs, by few system calls: os.ReadFile would make each of them
// known to the runtime's poller first.

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// floors are where long-lived descriptors go, best first: the low ones are for
// connections, whose children copy the descriptor table up to them.
var floors = [...]int{512, 256, 128, 64}

func raise(fd int) int {
	for _, floor := range floors {
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, floor); err == nil {
			_ = unix.Close(fd)
			return high
		}
	}
	return fd
}

// readFile returns the content of a file; errors are bare.
func readFile(dir int, name string) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 512)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return buf, err
		case n == 0:
			return buf, nil
		}
		buf = buf[:len(buf)+n]
	}
}

func writeFile(dir int, name, text string) error {
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(text))
	return err
}

// readPIDs reads a list of processes, one a line. 0 stands for one of a foreign
// pid namespace and is left out.
func readPIDs(dir int, name string) ([]int, error) {
	b, err := readFile(dir, name)
	var pids []int
	pid := 0
	for _, c := range b {
		if c >= '0' && c <= '9' {
			pid = pid*10 + int(c-'0')
			continue
		}
		if pid != 0 {
			pids = append(pids, pid)
		}
		pid = 0
	}
	return pids, err
}

// subgroups are the names of the groups in the folder name.
func subgroups(dir int, name string) ([]string, error) {
	var s unix.Stat_t
	if err := unix.Fstatat(dir, name, &s, 0); err != nil {
		return nil, err
	}
	if s.Nlink <= 2 { // each group below is a link
		return nil, nil
	}
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), strconv.Quote(name))
	defer f.Close()
	entries, err := f.ReadDir(-1)
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// walk calls f for a group and all below it, parents first. Groups that go away
// meanwhile are passed over.
func (t *Tree) walk(name string, f func(dir string) error) error {
	if err := f(name); err != nil {
		if err == unix.ENOENT || err == unix.ENODEV {
			return nil
		}
		return err
	}
	below, err := subgroups(t.dir, name)
	if err != nil && err != unix.ENOENT {
		return err
	}
	for _, n := range below {
		if err := t.walk(name+"/"+n, f); err != nil {
			return err
		}
	}
	return nil
}
