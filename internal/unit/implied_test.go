package unit

import (
	"slices"
	"testing"
)

// A socket waits for the device of its interface where there is news of devices.
func TestImpliedInterface(t *testing.T) {
	blind := *testHost
	blind.NoDevices = true
	for _, c := range []struct {
		name, device string
		host         *Host
		waits        bool
	}{
		{"interface", "eth0", testHost, true},
		{"loopback", "lo", testHost, false},
		{"without /sys", "eth0", &blind, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"a.socket": "[Socket]\nListenStream=80\nBindToDevice=" + c.device + "\n"}
			u := (&Loader{FS: serviceFS(files), Path: testPath, Host: c.host}).Load("a.socket")
			if waits := slices.Contains(u.Implied, Link{BindsTo, Name("sys-subsystem-net-devices-" + c.device + ".device")}); waits != c.waits {
				t.Errorf("it is bound to the device: %v, want %v; %v", waits, c.waits, u.Implied)
			}
		})
	}
}
