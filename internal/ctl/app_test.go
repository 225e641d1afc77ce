package ctl

import (
	"slices"
	"testing"
)

// A list of folders may end in a colon, which adds the usual ones, and may name
// folders from where one is.
func TestUnitPath(t *testing.T) {
	here := absolute("here")
	for _, c := range []struct {
		given string
		first []string
		usual bool
	}{
		{"", nil, true},
		{"/a:here", []string{"/a", here}, false},
		{"here:/a:", []string{here, "/a"}, true},
		{"/a::here", []string{"/a", here}, false},
	} {
		a := &App{Env: func(name string) string {
			return map[string]string{"WAKESOCK_UNIT_PATH": c.given, "SYSTEMD_UNIT_PATH": "", "HOME": "/home/ada"}[name]
		}}
		a.flags.system = true
		got := a.unitPath()
		usual := slices.Contains(got, "/etc/wakesock/system")
		if n := len(c.first); len(got) < n || !slices.Equal(got[:n], c.first) || usual != c.usual || len(got) > n != c.usual {
			t.Errorf("%q: %q", c.given, got)
		}
	}
}
