package process

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Adopted tells which processes have become children of this one because their
// parents ended: the kernel gives them to the main thread (find_new_reaper in
// kernel/exit.c takes the first thread that is alive), so that they are exactly
// the main thread's children as long as that thread starts no process itself.
// The program must keep its main thread for that (runtime.LockOSThread in an
// init function). The zero value is ready.
type Adopted struct {
	fd   int
	open bool
	gone bool // the kernel does not tell (no CONFIG_PROC_CHILDREN)
	buf  [4096]byte
}

// Open gets ready, while there still are free descriptors: List would do it else.
func (a *Adopted) Open() {
	if a.open || a.gone {
		return
	}
	pid := strconv.Itoa(os.Getpid())
	fd, err := unix.Open("/proc/self/task/"+pid+"/children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	a.fd, a.open = fd, err == nil
	a.gone = err == unix.ENOENT || err == unix.EACCES // any other error is of the moment
}

// List returns the adopted processes, ended ones too until they are reaped. It
// costs one system call.
func (a *Adopted) List() []int {
	a.Open()
	if a.gone {
		return a.scan()
	}
	if !a.open {
		return nil
	}
	n, err := unix.Pread(a.fd, a.buf[:], 0)
	if err != nil || n <= 0 {
		return nil
	}
	var pids []int
	pid := 0
	for _, c := range a.buf[:n] {
		switch {
		case c >= '0' && c <= '9':
			pid = pid*10 + int(c-'0')
		case pid != 0:
			pids = append(pids, pid)
			pid = 0
		}
	}
	return pids
}

// scan is List for kernels that do not tell: every child of ours, those that we
// started too.
func (a *Adopted) scan() []int {
	all, err := Descendants()
	if err != nil {
		return nil
	}
	var pids []int
	for _, p := range all {
		if p.PPID == os.Getpid() {
			pids = append(pids, p.PID)
		}
	}
	return pids
}
