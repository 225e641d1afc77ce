package builtin_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wakesock/internal/builtin"
	"wakesock/internal/unit"
)

// A manager on a machine that runs does not boot it once more: what sysinit.target
// wants in systemd's folders would empty /tmp.
func TestBootTargets(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"lib/systemd/system/sysinit.target":                           "[Unit]\nDescription=Boot\n",
		"lib/systemd/system/sysinit.target.wants/clean.service":       "/lib/systemd/system/clean.service",
		"lib/systemd/system/clean.service":                            "[Service]\nExecStart=/bin/false\n",
		"lib/systemd/system/web.socket":                               "[Socket]\nListenStream=/run/web\n",
		"etc/systemd/system/local-fs.target.d/more.conf":              "[Unit]\nWants=clean.service\n",
		"etc/systemd/system/sockets.target.wants/web.socket":          "/lib/systemd/system/web.socket",
		"etc/wakesock/system/local-fs.target.requires/my-own.service": "/etc/wakesock/system/my-own.service",
		"etc/wakesock/system/swap.target":                             "[Unit]\nDescription=My own\n",
		"etc/wakesock/system/sysinit.target.wants/my-own.service":     "/etc/wakesock/system/my-own.service",
		"etc/wakesock/system/my-own.service":                          "[Service]\nExecStart=/bin/true\n",
	} {
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(text, "/") {
			mode = fs.ModeSymlink | 0o777
		}
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	path := []string{"/etc/wakesock/system", "/etc/systemd/system", "/lib/systemd/system", builtin.Dir}
	for _, test := range []struct {
		booted bool
		name   unit.Name
		text   string // its description
		wants  []unit.Name
	}{
		{false, "sysinit.target", "Boot", []unit.Name{"clean.service", "my-own.service"}},
		{true, "sysinit.target", "System Initialization", []unit.Name{"local-fs.target", "my-own.service", "swap.target"}},
		{false, "local-fs.target", "Local File Systems", []unit.Name{"clean.service"}},
		{true, "local-fs.target", "Local File Systems", nil},
		{true, "swap.target", "My own", nil},
		{true, "sockets.target", "Socket Units", []unit.Name{"web.socket"}},
	} {
		def := (&unit.Loader{FS: builtin.On(files, test.booted), Path: path, Host: &unit.Host{}}).Load(test.name)
		var wants []unit.Name
		for _, l := range def.Stated() {
			if l.Kind == unit.Wants {
				wants = append(wants, l.To)
			}
		}
		slices.Sort(wants)
		if def.Common.Description != test.text || !slices.Equal(wants, test.wants) {
			t.Errorf("booted %v, %s: %q wants %q, want %q and %q", test.booted, test.name, def.Common.Description, wants, test.text, test.wants)
		}
	}
}
