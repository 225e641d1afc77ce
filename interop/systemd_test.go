package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// An oracle is the real systemd, booted as PID 1 of fresh namespaces by the
// scripts oracle-up, oracle-run and oracle-down of ORACLE_DIR.
type oracle struct {
	scripts, state string
	env            []string
}

// startOracle boots one for the length of the test, or skips it.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	needRoot(t)
	scripts := os.Getenv("ORACLE_DIR")
	if scripts == "" {
		scripts = filepath.Join("..", "..", "shared", "oracle")
	}
	scripts, err := filepath.Abs(scripts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(scripts, "oracle-up")); err != nil {
		t.Skipf("no real systemd to ask: there is no oracle-up in %q; set ORACLE_DIR", scripts)
	}
	o := &oracle{scripts: scripts, state: t.TempDir()}
	o.env = append(os.Environ(), fmt.Sprintf("ORACLE_NAME=interop-%d", os.Getpid()), "ORACLE_STATE="+o.state)
	t.Cleanup(func() {
		if out, err := o.script(context.Background(), "oracle-down").CombinedOutput(); err != nil {
			t.Errorf("oracle-down: %v\n%s", err, out)
		}
	})
	// Its output goes to a file: what stays running would keep a pipe open.
	said, err := os.Create(filepath.Join(t.TempDir(), "up"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	up := o.script(t.Context(), "oracle-up", "--net", "private")
	up.Stdout, up.Stderr = said, said
	if err := up.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		t.Skipf("the real systemd does not boot here: %v\n%s", err, text)
	}
	return o
}

func (o *oracle) script(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(o.scripts, name), args...)
	cmd.Env = o.env
	return cmd
}

func (o *oracle) run(ctx context.Context, s scenario, units, files string) (string, error) {
	// The last scenario's instances may be ending still; --clean stops units, and
	// what they kept goes here.
	out, err := o.script(ctx, "oracle-run", "--clean", "--", "sh", "-c", "rm -rf /srv/series /srv/work; mkdir -p /srv/work").CombinedOutput()
	if err != nil {
		return "", failure("clean", err, out)
	}
	programs, err := filepath.Glob(filepath.Join(files, "*"))
	if err != nil {
		return "", err
	}
	args := []string{"--units", units}
	for _, f := range programs {
		args = append(args, "--put", f+":/srv/series/"+filepath.Base(f))
	}
	for _, unit := range s.start {
		args = append(args, "--start", unit)
	}
	cmd := o.script(ctx, "oracle-run", append(args, "--", "env", "CTL=systemctl", "sh", "-c", client)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), failure("client under systemd", err, stderr.Bytes())
	}
	return stdout.String(), nil
}

// share is a folder that has the same path inside.
func (o *oracle) share() string { return filepath.Join(o.state, "share") }

// load makes it the house of a group of scenes.
func (o *oracle) load(ctx context.Context, units, files string) error {
	out, err := o.script(ctx, "oracle-run", "--clean", "--units", units, "--",
		"sh", "-c", `rm -rf /srv/*; cp -R "$1/." /srv`, "sh", files).CombinedOutput()
	if err != nil {
		return failure("load", err, out)
	}
	return nil
}

func (o *oracle) client(ctx context.Context, name string) (string, error) {
	cmd := o.script(ctx, "oracle-run", "--", "env", "CTL=systemctl", "UNITS=/etc/systemd/system", "sh", "-c", clientOf(name))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return stdout.String(), failure("client under systemd", err, stderr.Bytes())
	}
	return stdout.String(), nil
}
