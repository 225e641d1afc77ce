package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wakesock/internal/unit"
)

// Directives that protect and have no effect are one line for each unit, and a
// strict manager refuses the unit.
func TestUnprotected(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plain.service":  "[Service]\nExecStart=/bin/true\nUser=nobody\nMemoryMax=1G\n",
		"off.service":    "[Service]\nExecStart=/bin/true\nPrivateTmp=no\nProtectSystem=full\nProtectSystem=no\n",
		"weak.service":   "[Service]\nExecStart=/bin/true\nPrivateTmp=yes\nProtectSystem=full\nProtectSystem=strict\n",
		"weak2@.service": "[Service]\nExecStart=/bin/true\nNoNewPrivileges=yes\n",
		"bad.service":    "[Service]\nPrivateTmp=yes\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[unit.Name]string{
		"plain.service": "", "off.service": "",
		"weak.service":   "weak.service:3: without effect here, though they protect: PrivateTmp= ProtectSystem=",
		"weak2@.service": "weak2@.service:3: without effect here, though they protect: NoNewPrivileges=",
	} {
		for _, strict := range []bool{false, true} {
			def := newLibrary([]string{dir}, &unit.Host{}, strict).load(name)[0]
			text := ""
			if p := def.Unprotected(); len(p) > 0 {
				text = unprotected(p)
			}
			if strings.TrimPrefix(text, dir+"/") != want {
				t.Errorf("%s: %q, want %q", name, text, want)
			}
			if refused := def.State == unit.BadSetting; refused != (strict && want != "") || refused != strings.Contains(def.Refused, "--strict") {
				t.Errorf("%s, strict %v: %s %q", name, strict, def.State, def.Refused)
			}
		}
	}
	bad := newLibrary([]string{dir}, &unit.Host{}, true).load("bad.service")[0]
	if bad.State != unit.BadSetting || strings.Contains(bad.Refused, "--strict") {
		t.Errorf("what is wrong anyway is told as that: %s %q", bad.State, bad.Refused)
	}
}
