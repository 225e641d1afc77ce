package daemon

import (
	"slices"
	"strings"
	"testing"

	"wakesock/internal/device"
	"wakesock/internal/unit"
)

// TestDeviceWants: a manager of the system and one of a user each have a variable of
// their own. A template stands for its instance of the path in /sys.
func TestDeviceWants(t *testing.T) {
	v := &device.Device{Path: "/devices/virtual/net/a-b", Properties: map[string]string{
		"SYSTEMD_WANTS":      "a.service  b b.timer a.service x@.service y@1.path",
		"SYSTEMD_USER_WANTS": "u.service " + strings.Repeat("l", 300) + ".service",
	}}
	for _, x := range []struct {
		user bool
		want []unit.Name
	}{
		{false, []unit.Name{"a.service", "b.service", "b.timer", `x@sys-devices-virtual-net-a\x2db.service`, "y@1.path"}},
		{true, []unit.Name{"u.service"}},
	} {
		d := &Daemon{options: Options{User: x.user}}
		if got := d.deviceWants(v); !slices.Equal(got, x.want) {
			t.Errorf("user %v: got %q, want %q", x.user, got, x.want)
		}
		if x.user && len(d.inbox.work) != 1 {
			t.Error("a name that is too long is not told")
		}
	}
}
