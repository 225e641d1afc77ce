package process

// What the kernel tells about processes and descriptors of others.

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Owner is the effective user of a process, -1 if it is gone.
func Owner(pid int) int {
	var st unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(pid), &st) != nil {
		return -1
	}
	return int(st.Uid)
}

// Group is the control group (v2) of a process, as /proc/PID/cgroup shows it.
func Group(pid int) (path string, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(b)) {
		if p, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return p, true
		}
	}
	return "", false
}

// SamePIDFD tells whether id is the inode of the descriptors of a process, which no
// other process ever has (since Linux 6.9). Where the kernel does not number them so,
// it is true.
func SamePIDFD(pid int, id uint64) bool {
	fd, err := OpenPIDFD(pid)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &fs) != nil || fs.Type != unix.PID_FS_MAGIC || unix.Fstat(fd, &st) != nil {
		return true
	}
	return st.Ino == id
}

// kcmpFile compares open files, kcmp(2).
const kcmpFile = 0

// SameFile tells whether two of our descriptors are the same open file. Where the
// kernel does not compare them, they are different.
func SameFile(a, b int) bool {
	pid := uintptr(os.Getpid())
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpFile, uintptr(a), uintptr(b), 0)
	return errno == 0 && r == 0
}

// highFD is above which number descriptors are kept that live long: a child copies
// the table up to what it keeps.
const highFD = 256

// Raise moves a descriptor to a high number where there is room for it.
func Raise(fd int) int {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highFD)
	if err != nil {
		return fd
	}
	_ = unix.Close(fd)
	return high
}
