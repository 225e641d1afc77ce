package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The programs, built once. The manager is wakesock as well, but built with the race
// detector if the tests are; for verbs, of which there are thousands, that would
// cost minutes.
var wakesock, managing, helper string

func TestMain(m *testing.M) {
	flag.DurationVar(&patience, "patience", patience, "how long anything may take that is waited for")
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "wakesock-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// Other users run the programs too.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	wakesock, managing, helper = filepath.Join(dir, "wakesock"), filepath.Join(dir, "manager"), filepath.Join(dir, "helper")
	for path, what := range map[string]string{wakesock: "../../cmd/wakesock", managing: "../../cmd/wakesock", helper: "./helper"} {
		args := []string{"build", "-o", path}
		env := append(os.Environ(), "CGO_ENABLED=0")
		if raced && path == managing {
			args, env = append(args, "-race"), append(os.Environ(), "CGO_ENABLED=1")
		}
		cmd := exec.Command("go", append(args, what)...)
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", what, err, out)
			return 1
		}
	}
	// What managers leave behind becomes ours, so that it can be found.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if left := leftovers(); left != "" {
		fmt.Fprintf(os.Stderr, "processes were left behind:\n%s", left)
		return 1
	}
	return code
}

// leftovers lists and ends the processes that are still below this one.
func leftovers() string {
	for deadline := time.Now().Add(5 * time.Second); ; {
		left := ""
		for _, pid := range descendants(os.Getpid()) {
			left += fmt.Sprintf("%d %s %s\n", pid, status(pid, "State"), commandLine(pid))
		}
		if left == "" || time.Now().After(deadline) {
			for _, pid := range descendants(os.Getpid()) {
				_ = unix.Kill(pid, unix.SIGKILL)
			}
			return left
		}
		for {
			var ws unix.WaitStatus
			if pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil); err != nil || pid <= 0 {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}
