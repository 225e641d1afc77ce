package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// startOracle is the peer: the real systemd, booted as PID 1 of namespaces of
// its own by scripts that live beside this project (ORACLE_DIR, by default
// ../shared/oracle from the module).
func startOracle(b *bench, s service, port int, dir string) (*server, error) {
	return startUnit(b, runOracle, s, port, dir)
}

var pidOfOne = regexp.MustCompile(`host pid of its PID 1: (\d+)`)

// runOracle boots one with the network of the host, so that the same client
// reaches it in the same way, and with its journal, which it has on any machine.
func runOracle(b *bench, dir string, names, programs []string) (*manager, error) {
	scripts := os.Getenv("ORACLE_DIR")
	if scripts == "" {
		scripts = filepath.Join(b.root, "..", "shared", "oracle")
	}
	if _, err := os.Stat(filepath.Join(scripts, "oracle-up")); err != nil {
		return nil, fmt.Errorf("no oracle-up in %q (set ORACLE_DIR)", scripts)
	}
	if os.Getuid() != 0 {
		return nil, errors.New("booting it needs root")
	}
	home, err := b.dir("oracle")
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("bench-%d-%d", os.Getpid(), b.servers)
	script := func(script string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(b.ctx, filepath.Join(scripts, script), args...)
		cmd.Env = append(os.Environ(), "ORACLE_NAME="+name, "ORACLE_STATE="+home)
		cmd.WaitDelay = 5 * time.Second
		return cmd
	}
	down := func() {
		// Also when the bench was interrupted: not bound to its context.
		cmd := exec.Command(filepath.Join(scripts, "oracle-down"))
		cmd.Env = append(os.Environ(), "ORACLE_NAME="+name, "ORACLE_STATE="+home)
		if err := combined(cmd); err != nil {
			b.say("%v", err)
		}
	}
	// The pipe of its output would be kept open by what it leaves running.
	said := filepath.Join(home, "up")
	up := script("oracle-up", "--net", "host")
	if err := toFile(up, said); err != nil {
		down()
		return nil, fmt.Errorf("boot it: %w", err)
	}
	text, err := os.ReadFile(said)
	if err != nil {
		down()
		return nil, err
	}
	found := pidOfOne.FindStringSubmatch(string(text))
	if found == nil {
		down()
		return nil, errors.New("oracle-up did not tell the process id")
	}
	pid, err := strconv.Atoi(found[1])
	if err != nil {
		down()
		return nil, err
	}
	// Inside, /tmp is another one; programs keep their paths.
	args := []string{"--units", dir}
	for _, path := range programs {
		if strings.HasPrefix(path, b.work) {
			args = append(args, "--put", path+":"+path)
		}
	}
	args = append(args, "--", "systemctl", "start")
	if err := combined(script("oracle-run", append(args, names...)...)); err != nil {
		down()
		return nil, err
	}
	return &manager{
		server: server{
			root: pid,
			stop: down,
			died: func() error {
				if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
					return errors.New("it ended")
				}
				return nil
			},
		},
		ctl: func(verb ...string) (time.Duration, error) {
			// Copying and entering the namespaces are not part of it.
			timed := "a=$(date +%s%N); systemctl " + strings.Join(verb, " ") + "; b=$(date +%s%N); echo $((b - a))"
			if err := combined(script("oracle-run", "--units", dir)); err != nil {
				return 0, err
			}
			out, err := script("oracle-run", "--", "sh", "-ec", timed).Output()
			if err != nil {
				return 0, fmt.Errorf("systemctl %s: %w", verb[0], err)
			}
			n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
			return time.Duration(n), err
		},
	}, nil
}

// toFile runs a command whose output goes to a file; its error quotes the end.
func toFile(cmd *exec.Cmd, path string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(path)
		return fmt.Errorf("%w: %s", err, lastLine(text))
	}
	return nil
}
