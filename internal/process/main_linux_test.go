package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// oldKernel, in the environment, makes the test binary forbid itself the system
// calls that older kernels and container runtimes do not know.
const oldKernel = "WAKESOCK_TEST_OLD_KERNEL"

func TestMain(m *testing.M) {
	if os.Getenv(oldKernel) != "" {
		if err := forbid(map[uint32]syscall.Errno{unix.SYS_CLONE3: unix.ENOSYS, unix.SYS_CLOSE_RANGE: unix.ENOSYS}); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if madeTrue {
		bin, _ := staticTrue()
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// forbid installs a seccomp filter in all threads. (ENOSYS, because the C library,
// which the race detector brings, makes no threads where clone3 is EPERM.)
func forbid(calls map[uint32]syscall.Errno) error {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}}
	for nr, errno := range calls {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: nr},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(prog)))
	if e != 0 {
		return e
	}
	return nil
}

// TestOldKernel runs the other tests where clone3 and close_range are refused.
func TestOldKernel(t *testing.T) {
	if os.Getenv(oldKernel) != "" {
		if _, failure, err := compile(t, testConfig(t), service(nil), shell("exit 0")).Start(start()); failure != nil || err != nil {
			t.Fatal(failure, err)
		}
		if !noClone3.Load() || !noUnshare.Load() {
			t.Error("the refusal was not noticed")
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, "-test.run=^Test(OldKernel|Basics|Failures|Descriptors|Connection|SlowFiles|Cgroup|Settings)$")
	c.Env = append(os.Environ(), oldKernel+"=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
