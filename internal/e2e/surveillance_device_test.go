package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSurveillanceDevice: an interface stands in for the camera. When it comes, the
// delay begins, and then the looking; when it leaves, all that ends, but not the
// sending; when it returns, it begins anew.
func TestSurveillanceDevice(t *testing.T) {
	t.Parallel()
	p := newPlayground(t)
	bound, err := os.ReadFile("../../examples/surveillance/camera/device/surveillance-delay.timer.d/device.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	rules := filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o755); err != nil {
		t.Fatal(err)
	}
	rule := `ACTION!="remove", SUBSYSTEM=="net", KERNEL=="wscam*", TAG+="systemd", ENV{SYSTEMD_ALIAS}="/dev/surveillance", ` +
		`ENV{SYSTEMD_WANTS}+="surveillance-delay.timer"` + "\n"
	if err := os.WriteFile(filepath.Join(rules, "90-surveillance.rules"), []byte(rule), 0o644); err != nil {
		t.Fatal(err)
	}
	near := surveillance(t, "camera", "RECEIVER="+freeAddress()+"\nCAMERA=door\nFAKECAM="+fakecam(t)+" -every 50ms\n")
	near.files["surveillance-delay.timer.d/device.conf"] = string(bound)
	near.files["surveillance-delay.timer.d/here.conf"] = "[Timer]\nOnActiveSec=\nOnActiveSec=100ms\nAccuracySec=1ms\n"
	near.files["main.target"] = "[Unit]\nDescription=Nothing\n"
	near.units, near.wrap, near.env = []string{"main.target"}, p.enter, append(near.env, "WAKESOCK_RULES_PATH="+rules)
	c := near.launchIn(t, dir)
	c.ready()
	bind := []string{"surveillance-delay.timer", "surveillance-pictures.path", "surveillance-camera.service"}
	spool := func() int {
		files, _ := filepath.Glob(filepath.Join(dir, "var/spool/2*.jpg"))
		return len(files)
	}
	for range 2 {
		before := spool()
		p.must("link", "add", "wscam0", "type", "bridge")
		for _, u := range bind {
			c.is(u, "ActiveState", "active")
		}
		c.eventually("pictures are queued", func() bool { return spool() > before })
		p.must("link", "del", "wscam0")
		for _, u := range bind {
			c.is(u, "ActiveState", "inactive")
		}
		c.is("surveillance-send.path", "ActiveState", "active")
		c.is("surveillance-send.service", "ActiveState", "active")
	}
	c.quit(syscall.SIGTERM)
}
