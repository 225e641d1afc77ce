package watch

// What is mounted on a folder that a path leads through puts other files in the
// path's way without any event of inotify.

import (
	"os"

	"golang.org/x/sys/unix"
)

// openMounts waits for the table of mounts to change, proc(5). Without it, mounts
// go unnoticed.
func (w *Watcher) openMounts() {
	fd, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(raise(fd)), "mountinfo")
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return
	}
	w.mounts = f
	go func() { // ends with Close
		_ = raw.Read(func(uintptr) bool { // called for each change, and for the beginning
			select {
			case w.mounted <- struct{}{}:
			default:
			}
			return false
		})
	}()
}

// raise moves a descriptor to a high number, so that children need not copy the
// descriptor table up to it.
func raise(fd int) int {
	for _, floor := range []int{512, 128} {
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, floor); err == nil {
			_ = unix.Close(fd)
			return high
		}
	}
	return fd
}
