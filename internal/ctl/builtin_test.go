package ctl

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTargetsWithoutFiles uses targets that have no file, in verbs that change
// links, one after the other in one folder, without a manager.
func TestTargetsWithoutFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.service"), []byte("[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"get-default", 0, "default.target\n"},
		{"enable a", 0, "Created symlink DIR/multi-user.target.wants/a.service → DIR/a.service.\n"},
		{"set-default rescue", 0, "Created symlink DIR/default.target → /usr/lib/wakesock/builtin/rescue.target.\n"},
		{"get-default", 0, "rescue.target\n"},
		{"set-default multi-user.target", 0, "Removed \"DIR/default.target\".\nCreated symlink DIR/default.target → /usr/lib/wakesock/builtin/multi-user.target.\n"},
		{"add-requires sockets.target a", 0, "Created symlink DIR/sockets.target.requires/a.service → DIR/a.service.\n"},
		{"is-enabled multi-user.target default.target", 0, "indirect\nalias\n"},
		{"mask rescue.target", 0, "Created symlink DIR/rescue.target → /dev/null.\n"},
		{"unmask rescue.target", 0, "Removed \"DIR/rescue.target\".\n"},
		{"mask nosuch", 0, "Unit nosuch.service does not exist, proceeding anyway.\nCreated symlink DIR/nosuch.service → /dev/null.\n"},
		{"mask -q nosuch2", 0, ""},
		{"unmask nosuch nosuch2", 0, "Removed \"DIR/nosuch.service\".\nRemoved \"DIR/nosuch2.service\".\n"},
		{"unmask nosuch", 0, "Unit nosuch.service does not exist, proceeding anyway.\n"},
		{"reenable nosuch", 1, "Failed to reenable unit, unit nosuch.service does not exist.\n"},
		{"list-unit-files -q", 0, "a.service      enabled enabled\ndefault.target alias   -\n"},
	} {
		var out bytes.Buffer
		a := testApp(&out, &out)
		args := append(strings.Fields(c.args), "--unit-path="+dir, "--state-dir="+filepath.Join(dir, "state"), "--control="+filepath.Join(dir, "none"))
		code := a.Main(context.Background(), args)
		if says := strings.ReplaceAll(out.String(), dir, "DIR"); code != c.code || says != c.says {
			t.Errorf("%s: exit status %d, want %d; says\n%s, want\n%s", c.args, code, c.code, says, c.says)
		}
	}
}
