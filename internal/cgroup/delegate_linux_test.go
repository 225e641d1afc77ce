package cgroup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	asUser = "WAKESOCK_TEST_USER" // "delegated" or "foreign", in the process that is the user
	nobody = 65534
)

// TestUser is the part of TestDelegated that runs as a user.
func TestUser(t *testing.T) {
	switch os.Getenv(asUser) {
	case "":
		t.Skip("a part of TestDelegated")
	case "foreign":
		_, err := Open("mine")
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("open gives %v, want ErrUnsupported", err)
		}
		if !strings.Contains(err.Error(), "may not be written: permission denied") {
			t.Errorf("the reason is %q", err)
		}
	case "delegated":
		tr, err := Open("mine")
		if err != nil {
			t.Fatal(err)
		}
		g := mkgroup(t, tr, "web.service")
		cmd, _ := shell(t, g, "echo; sleep 1000 & exec setsid sleep 1000")
		if err := g.Signal(sigkill); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
		empty(t, tr, g)
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A user whose group was given to him, as systemd does with Delegate=, has
// groups; any other learns why not.
func TestDelegated(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to become a user")
	}
	for _, kind := range []string{"delegated", "foreign"} {
		t.Run(kind, func(t *testing.T) {
			tr := tree(t)
			g := mkgroup(t, tr, "user.service")
			if kind == "delegated" {
				for _, file := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
					if err := os.Chown(filepath.Join(tr.folder, g.name, file), nobody, nobody); err != nil {
						t.Fatal(err)
					}
				}
			}
			fd, err := g.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestUser$")
			cmd.Dir = "/"
			cmd.Env = []string{asUser + "=" + kind, "PATH=/usr/bin:/bin", "TMPDIR=/tmp"}
			cmd.SysProcAttr = &syscall.SysProcAttr{
				UseCgroupFD: true, CgroupFD: fd, Credential: &syscall.Credential{Uid: nobody, Gid: nobody},
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
