package ctl

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo terminal and returns its far end.
func terminal(t *testing.T) *os.File {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { _ = near.Close() })
	if err := unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	far, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return far
}

// TestEdit lets a script be the editor: of drop-ins and of whole files, with an
// editor that does nothing, empties the file, or fails.
func TestEdit(t *testing.T) {
	tty := terminal(t)
	for _, c := range []struct {
		name, editor, args string
		code               int
		file, want, says   string // a file and what it holds; "" for no such file
	}{
		{"drop-in", `sed -i '/^### What stands between/a [Service]\nNice=3' "$@"`, "a", 0, "etc/a.service.d/override.conf", "[Service]\nNice=3\n", "Successfully installed"},
		{"named", `sed -i '/^### What stands between/a [Service]\nNice=3' "$@"`, "--drop-in=x.conf a", 0, "etc/a.service.d/x.conf", "[Service]\nNice=3\n", ""},
		{"shows the unit", `grep -q '^# ExecStart=/bin/a' "$@"`, "a", 0, "etc/a.service.d/override.conf", "", "canceled: temporary file is empty"},
		{"full", `sed -i s/true/false/ "$@"`, "--full b", 0, "etc/b.service", "[Service]\nExecStart=/bin/false\n", ""},
		{"runtime", `sed -i s/true/false/ "$@"`, "--runtime --full b", 0, "run/b.service", "[Service]\nExecStart=/bin/false\n", ""},
		{"two", `test $# = 2 && sed -i '/^### What stands between/a [Service]\nNice=3' "$@"`, "a b", 0, "etc/b.service.d/override.conf", "[Service]\nNice=3\n", ""},
		{"unchanged", `true`, "--full b", 0, "etc/b.service", "", ""},
		{"failed", `exit 3`, "a", 1, "etc/a.service.d", "", "nothing is changed"},
		{"emptied", `for f; do : > "$f"; done`, "--full b", 0, "etc/b.service", "", "canceled"},
		{"new", `for f; do echo [Service] > "$f"; done`, "--force --full new", 0, "etc/new.service", "[Service]\n", ""},
		{"new drop-in", `sed -i '/^### What stands between/a [Unit]' "$@"`, "--force new", 0, "etc/new.service.d/override.conf", "[Unit]\n", ""},
		{"other name", `sed -i '/^### What stands between/a [Unit]' "$@"`, "other", 0, "etc/a.service.d/override.conf", "[Unit]\n", ""},
		{"pattern", `test $# = 2 && sed -i '/^### What stands between/a [Unit]' "$@"`, "[ab].ser*", 0, "etc/b.service.d/override.conf", "[Unit]\n", ""},
		{"vain pattern", `true`, "x*", 1, "etc/a.service.d", "", "No units matched"},
		{"brought along", `sed -i '/^### What stands between/a [Unit]' "$@"`, "multi-user.target", 0, "etc/multi-user.target.d/override.conf", "[Unit]\n", ""},
		{"missing", `true`, "new", 1, "etc/new.service.d", "", "No files found for new.service"},
		{"masked", `true`, "m", 1, "etc/m.service.d", "", "unit is masked"},
		{"bad name", `true`, "--drop-in=../x a", 1, "etc/a.service.d", "", "not the name of a drop-in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range map[string]string{
				"usr/lib/a.service": "[Service]\nExecStart=/bin/a\n", "usr/lib/b.service": "[Service]\nExecStart=/bin/true\n", "etc/m.service": "",
				"editor": "#!/bin/sh\n" + c.editor + "\n", "run/x": "",
			} {
				p := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("/usr/lib/a.service", filepath.Join(root, "etc/other.service")); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			a := testApp(&out, &errs)
			a.In = tty
			a.Env = func(name string) string {
				return map[string]string{"EDITOR": filepath.Join(root, "editor"), "HOME": "/root"}[name]
			}
			args := append([]string{"edit", "--root=" + root, "--unit-path=/etc:/run:/usr/lib"}, strings.Fields(c.args)...)
			if code := a.Main(context.Background(), args); code != c.code || !strings.Contains(errs.String(), c.says) {
				t.Errorf("ended with %d, want %d:\n%s%s", code, c.code, &out, &errs)
			}
			data, err := os.ReadFile(filepath.Join(root, c.file))
			if string(data) != c.want || c.want == "" && !os.IsNotExist(err) {
				t.Errorf("%s holds %q (%v), want %q", c.file, data, err, c.want)
			}
			left, _ := filepath.Glob(filepath.Join(root, "*", ".#*"))
			deeper, _ := filepath.Glob(filepath.Join(root, "*", "*", ".#*"))
			if len(left)+len(deeper) > 0 {
				t.Errorf("left behind: %q %q", left, deeper)
			}
		})
	}
}
