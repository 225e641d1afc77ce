package device

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A desk is a monitor without a socket, and what it has told.
type desk struct {
	*Monitor
	t    *testing.T
	dir  string
	told []string
	log  []string
}

func newDesk(t *testing.T, rules map[string]string, udev bool) *desk {
	s, _ := camera(t)
	k := &desk{t: t, dir: t.TempDir()}
	for name, text := range rules {
		write(t, k.dir, map[string]string{"rules/" + name: text})
	}
	if udev {
		write(t, k.dir, map[string]string{"udev/control": ""})
	}
	if err := os.Mkdir(filepath.Join(k.dir, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	k.Monitor = newMonitor(Config{
		Sys: string(s), Dev: filepath.Join(k.dir, "dev"), Udev: filepath.Join(k.dir, "udev"),
		Mounts: filepath.Join(k.dir, "mounts"), Swaps: filepath.Join(k.dir, "swaps"),
		Own: []string{filepath.Join(k.dir, "rules")}, Others: []string{}, Link: true,
		Tell: func(b Batch) bool {
			for _, p := range b.Gone {
				k.told = append(k.told, "-"+p)
			}
			for _, f := range b.Here {
				k.told = append(k.told, "+"+f.Path)
			}
			return true
		},
		Log: func(_ int, text string) { k.log = append(k.log, text) },
	})
	return k
}

// hears has the monitor hear messages, and compares what it tells.
func (k *desk) hears(messages []Uevent, want ...string) {
	k.t.Helper()
	for _, e := range messages {
		k.note(e, k.follows)
	}
	k.settle()
	k.tell(false)
	k.tells(want...)
}

func (k *desk) tells(want ...string) {
	k.t.Helper()
	if diff := cmp.Diff(want, k.told); diff != "" && len(want)+len(k.told) > 0 {
		k.t.Errorf("-want +got:\n%s", diff)
	}
	k.told = nil
}

func uevent(action, path string, vars ...string) Uevent {
	m := map[string]string{"ACTION": action, "DEVPATH": path, "SUBSYSTEM": "net"}
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		m[name] = value
	}
	return Uevent{action, path, m}
}

func TestMonitor(t *testing.T) {
	k := newDesk(t, map[string]string{"1.rules": "SUBSYSTEM==\"block\", ACTION!=\"change\", SYMLINK+=\"disk/x\"\nKERNEL==\"off*\", ENV{SYSTEMD_READY}=\"0\""}, false)
	k.begin()
	k.tell(true)
	const video = "/sys/devices/pci0/usb1/1-2/1-2:1.0/video4linux/video3"
	k.tells("+/dev/video3", "+/sys"+"/devices/pci0/usb1/1-2/1-2:1.0/video4linux/video3", "+/sys/devices/virtual/net/br7", "+/sys/subsystem/net/devices/br7")

	const a, b = "/devices/virtual/net/a", "/devices/virtual/net/b"
	pathsA := []string{"/sys" + a, "/sys/subsystem/net/devices/a"}
	pathsB := []string{"/sys" + b, "/sys/subsystem/net/devices/b"}
	k.hears([]Uevent{uevent("add", a)}, "+"+pathsA[0], "+"+pathsA[1])
	k.hears([]Uevent{uevent("remove", a)}, "-"+pathsA[0], "-"+pathsA[1])
	// What came and went before anybody looked was never there.
	k.hears([]Uevent{uevent("add", a), uevent("remove", a)})
	// What left and returned has done so.
	k.hears([]Uevent{uevent("add", a)}, "+"+pathsA[0], "+"+pathsA[1])
	k.hears([]Uevent{uevent("remove", a), uevent("add", a), uevent("change", a)}, "-"+pathsA[0], "-"+pathsA[1], "+"+pathsA[0], "+"+pathsA[1])
	k.hears([]Uevent{uevent("move", b, "DEVPATH_OLD="+a)}, "-"+pathsA[0], "-"+pathsA[1], "+"+pathsB[0], "+"+pathsB[1])
	k.hears([]Uevent{uevent("add", "/devices/virtual/net/off1")})

	// Two disks want the same link: the first has it, then the second.
	disk := func(action, n string) Uevent {
		return uevent(action, "/devices/virtual/block/"+n, "SUBSYSTEM=block", "DEVNAME="+n, "MAJOR=8")
	}
	link := filepath.Join(k.dir, "dev/disk/x")
	leads := func(want string) {
		t.Helper()
		if to, _ := os.Readlink(link); to != want {
			t.Errorf("the link leads to %q, want %q", to, want)
		}
	}
	k.hears([]Uevent{disk("add", "d1"), disk("add", "d2")},
		"+/dev/d1", "+/dev/d2", "+/dev/disk/x", "+/sys/devices/virtual/block/d1", "+/sys/devices/virtual/block/d2")
	leads("../d1")
	k.hears([]Uevent{disk("remove", "d1")}, "-/dev/d1", "-/dev/disk/x", "-/sys/devices/virtual/block/d1", "+/dev/disk/x")
	leads("../d2")
	k.hears([]Uevent{disk("change", "d2")}, "-/dev/disk/x", "+/dev/d2", "+/sys/devices/virtual/block/d2")
	leads("")
	// Whatever is not a link stays.
	write(t, k.dir, map[string]string{"dev/disk/x": "mine"})
	k.hears([]Uevent{disk("remove", "d2"), disk("add", "d2")},
		"-/dev/d2", "-/sys/devices/virtual/block/d2", "+/dev/d2", "+/dev/disk/x", "+/sys/devices/virtual/block/d2")
	k.hears([]Uevent{disk("remove", "d2")}, "-/dev/d2", "-/dev/disk/x", "-/sys/devices/virtual/block/d2")
	if text, _ := os.ReadFile(link); string(text) != "mine" {
		t.Errorf("a file became %q", text)
	}

	// Another scan finds that b is gone, and that the camera is there still.
	k.scan()
	k.tell(false)
	if !slices.Contains(k.told, "-"+pathsB[0]) || slices.Contains(k.told, "-"+video) {
		t.Errorf("told %v", k.told)
	}
	if len(k.log) > 0 {
		t.Errorf("log %q", k.log)
	}
}

// TestMonitorCoalesces: whatever the order, in the end what is told is what is so.
func TestMonitorCoalesces(t *testing.T) {
	k := newDesk(t, nil, false)
	k.begin()
	k.tell(true)
	here := map[string]bool{}
	k.config.Tell = func(b Batch) bool {
		for _, p := range b.Gone {
			delete(here, p)
		}
		for _, f := range b.Here {
			here[f.Path] = true
		}
		return true
	}
	const n = 100_000
	for i := range n {
		path := fmt.Sprintf("/devices/virtual/net/n%d", i*7919%50)
		k.note(uevent([]string{"add", "remove", "change", "move"}[i%4], path, "DEVPATH_OLD=/devices/virtual/net/old"), false)
		if len(k.pending) > 60 {
			t.Fatalf("%d are pending", len(k.pending))
		}
		if i%997 == 0 {
			k.settle()
			k.tell(false)
		}
	}
	for i := range 50 {
		action := "remove"
		if i%2 == 0 {
			action = "add"
		}
		k.note(uevent(action, fmt.Sprintf("/devices/virtual/net/n%d", i)), false)
	}
	k.settle()
	k.tell(false)
	count := 0
	for p := range here {
		if strings.HasPrefix(p, "/sys/devices/virtual/net/n") {
			count++
		}
	}
	if count != 25 {
		t.Errorf("%d are here: %v", count, slices.Sorted(maps.Keys(here)))
	}
}

// TestMonitorUdev: where udev runs its database and its messages say all, and our
// own rules add to that.
func TestMonitorUdev(t *testing.T) {
	for _, own := range []bool{false, true} {
		rules := map[string]string{}
		if own {
			rules["1.rules"] = `ENV{ID_X}=="1", ENV{SYSTEMD_WANTS}+="own.service"`
		}
		k := newDesk(t, rules, true)
		write(t, k.dir, map[string]string{
			"udev/data/c81:3":         "S:v4l/by-id/cam\nI:1\nE:ID_MODEL=C270\nE:ID_X=1\nG:systemd\nG:old\nQ:systemd\nV:1\n",
			"udev/data/n2":            "E:ID_X=2\nG:systemd\nQ:seat\nV:1\n", // was tagged once
			"udev/tags/systemd/c81:3": "", "udev/tags/systemd/n2": "", "udev/tags/systemd/+usb:1-2": "", "udev/tags/systemd/b9:9": "",
		})
		k.begin()
		k.tell(true)
		k.tells("+/dev/v4l/by-id/cam", "+/dev/video3", "+/sys/devices/pci0/usb1/1-2/1-2:1.0/video4linux/video3")
		d := k.tree.claims["/dev/video3"][0]
		if d.Properties["ID_MODEL"] != "C270" || (d.Properties["SYSTEMD_WANTS"] == "own.service") != own {
			t.Errorf("own %v: %v", own, d.Properties)
		}
		e, err := ParseUdev(udevMessage(recorded(t, "add-block.udev")))
		if err != nil {
			t.Fatal(err)
		}
		k.note(uevent("add", "/devices/virtual/net/x"), false) // of the kernel
		k.hears([]Uevent{e}, "+/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001", "+/dev/disk/by-path/pci-0000:00:1f.2-ata-1", "+/dev/sda", "+"+"/sys"+e.Path)
		e.Vars["SYSTEMD_READY"] = "0"
		k.hears([]Uevent{e}, "-/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001", "-/dev/disk/by-path/pci-0000:00:1f.2-ata-1", "-/dev/sda", "-"+"/sys"+e.Path)
	}
}

// TestMonitorUdevLater: udev's messages count from when its database is there. Those
// of a host are heard in its namespace of networks, too, by who does not see that.
func TestMonitorUdevLater(t *testing.T) {
	k := newDesk(t, map[string]string{"1.rules": `KERNEL=="wlan0", TAG+="systemd", RUN+="x"`}, false)
	k.begin()
	k.tell(true)
	logs := len(k.log)
	e, err := ParseUdev(udevMessage(recorded(t, "add-block.udev")))
	if err != nil {
		t.Fatal(err)
	}
	k.told = nil
	k.note(e, true)
	k.hears([]Uevent{uevent("add", "/devices/virtual/net/wlan0")}, "+/sys/devices/virtual/net/wlan0", "+/sys/subsystem/net/devices/wlan0")
	if len(k.log) != logs || k.follows {
		t.Errorf("a host's udev is followed: %v, log %v", k.follows, k.log)
	}
	write(t, k.dir, map[string]string{"udev/control": ""})
	k.note(e, true)
	k.hears(nil, "-/dev/video3", "-/sys/devices/pci0/usb1/1-2/1-2:1.0/video4linux/video3", "-/sys/devices/virtual/net/br7",
		"-/sys/devices/virtual/net/wlan0", "-/sys/subsystem/net/devices/br7", "-/sys/subsystem/net/devices/wlan0", // it has not tagged them
		"+/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001", "+/dev/disk/by-path/pci-0000:00:1f.2-ata-1", "+/dev/sda", "+/sys"+e.Path)
	if !k.follows {
		t.Error("it is not followed")
	}
}

// TestMonitorUsed: what is mounted from is there in a way, if it exists.
func TestMonitorUsed(t *testing.T) {
	k := newDesk(t, nil, false)
	k.config.Dev = "/dev"
	write(t, k.dir, map[string]string{
		"mounts": "36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/null rw\n37 36 0:5 / /x rw - tmpfs none rw\n38 36 0:6 / /y rw - ext4 /dev/gone rw\n39 36\n",
		"swaps":  "Filename Type Size Used Priority\n/dev/zero partition 1 0 -2\n",
	})
	k.links.dev = ""
	k.config.Link = false
	k.begin()
	k.tell(true)
	if !slices.Contains(k.told, "+/dev/null") || !slices.Contains(k.told, "+/dev/zero") || slices.Contains(k.told, "+/dev/gone") {
		t.Errorf("told %v", k.told)
	}
}

// BenchmarkScan looks at 5,000 devices.
func BenchmarkScan(b *testing.B) {
	dir := b.TempDir()
	for i := range 5000 {
		write(b, dir, map[string]string{
			fmt.Sprintf("devices/virtual/tty/tty%d/uevent", i): fmt.Sprintf("MAJOR=4\nMINOR=%d\nDEVNAME=tty%d\n", i, i),
			fmt.Sprintf("class/tty/tty%d", i):                  fmt.Sprintf("->../../devices/virtual/tty/tty%d", i),
		})
	}
	for b.Loop() {
		m := newMonitor(Config{Sys: dir, Others: []string{}, Tell: func(Batch) bool { return true }, Log: func(int, string) {}})
		m.begin()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/5000, "µs/device")
}
