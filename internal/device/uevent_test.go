package device

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// recorded reads a message that was received from a kernel or from udev; in the
// files a line ends where a zero byte was.
func recorded(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(string(text), "\n", "\x00"))
}

// udevMessage puts udev's header before variables.
func udevMessage(vars []byte) []byte {
	b := make([]byte, 40)
	copy(b, "libudev\x00")
	binary.BigEndian.PutUint32(b[8:], 0xfeedcafe)
	binary.NativeEndian.PutUint32(b[12:], 40)
	binary.NativeEndian.PutUint32(b[16:], 40)
	binary.NativeEndian.PutUint32(b[20:], uint32(len(vars)))
	return append(b, vars...)
}

func TestRecordedUevents(t *testing.T) {
	for file, want := range map[string]Device{
		"add-net.uevent":      {Path: "/devices/virtual/net/br7", Subsystem: "net"},
		"remove-net.uevent":   {Path: "/devices/virtual/net/br7", Subsystem: "net"},
		"move-net.uevent":     {Path: "/devices/virtual/net/br8", Subsystem: "net"},
		"change-block.uevent": {Path: "/devices/virtual/block/zram0", Subsystem: "block", Node: "/dev/zram0"},
		"add-video.uevent":    {Path: "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/video4linux/video0", Subsystem: "video4linux", Node: "/dev/video0"},
		"bind-usb.uevent":     {Path: "/devices/pci0000:00/0000:00:14.0/usb1/1-2", Subsystem: "usb", Node: "/dev/bus/usb/001/004"},
		"add-cciss.uevent":    {Path: "/devices/pci0000:00/0000:00:03.0/cciss0/c0d0/block/cciss!c0d0", Subsystem: "block", Node: "/dev/cciss/c0d0"},
	} {
		e, err := ParseKernel(recorded(t, file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if action, _, _ := strings.Cut(file, "-"); e.Action != action {
			t.Errorf("%s: action %q", file, e.Action)
		}
		d := newDevice(e.Path, e.Vars)
		if got := (Device{Path: d.Path, Subsystem: d.Subsystem, Node: d.Node}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", file, got, want)
		}
	}
	e, err := ParseUdev(udevMessage(recorded(t, "add-block.udev")))
	if err != nil {
		t.Fatal(err)
	}
	d := ofMessage(e)
	want := []string{
		"/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda", "/dev/sda",
		"/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
	}
	if diff := cmp.Diff(want, d.Paths()); diff != "" || !d.ready() {
		t.Errorf("ready %v, -want +got:\n%s", d.ready(), diff)
	}
}

func TestBadUevents(t *testing.T) {
	for name, b := range map[string]string{
		"empty":              "",
		"no zero":            "add@/devices/x",
		"no at":              "add\x00ACTION=add\x00DEVPATH=/devices/x\x00",
		"no variables":       "add@/devices/x\x00",
		"climbs":             "add@/devices/../../etc\x00ACTION=add\x00DEVPATH=/devices/../../etc\x00",
		"relative":           "add@devices/x\x00ACTION=add\x00DEVPATH=devices/x\x00",
		"double slash":       "add@/devices//x\x00ACTION=add\x00DEVPATH=/devices//x\x00",
		"two opinions":       "add@/devices/x\x00ACTION=remove\x00DEVPATH=/devices/x\x00",
		"long":               "add@/" + strings.Repeat("x", 5000) + "\x00ACTION=add\x00DEVPATH=/" + strings.Repeat("x", 5000) + "\x00",
		"comes from nowhere": "move@/devices/x\x00ACTION=move\x00DEVPATH=/devices/x\x00DEVPATH_OLD=..\x00",
	} {
		if _, err := ParseKernel([]byte(b)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	good := udevMessage([]byte("ACTION=add\x00DEVPATH=/devices/x\x00"))
	if _, err := ParseUdev(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		_, _ = ParseUdev(good[:i])
		bad := append([]byte(nil), good...)
		bad[i] = 0xff
		_, _ = ParseUdev(bad)
	}
}

// TestBelieve: only the kernel is believed, and root as udev.
func TestBelieve(t *testing.T) {
	kernel := []byte("add@/devices/x\x00ACTION=add\x00DEVPATH=/devices/x\x00")
	udev := udevMessage([]byte("ACTION=add\x00DEVPATH=/devices/x\x00"))
	root, nobody := unix.UnixCredentials(&unix.Ucred{Pid: 1}), unix.UnixCredentials(&unix.Ucred{Pid: 7, Uid: 65534})
	for _, x := range []struct {
		name      string
		message   []byte
		pid       uint32
		group     uint32
		oob       []byte
		ok, asUde bool
	}{
		{"the kernel", kernel, 0, 1, root, true, false},
		{"the kernel, seen from a user namespace", kernel, 0, 1, nobody, true, false},
		{"root as the kernel", kernel, 100, 1, root, false, false},
		{"somebody as the kernel", kernel, 100, 1, nobody, false, false},
		{"udev", udev, 100, 2, root, true, true},
		{"somebody as udev", udev, 100, 2, nobody, false, false},
		{"udev without credentials", udev, 100, 2, nil, false, false},
		{"to us alone", udev, 100, 0, root, false, false},
		{"the kernel's words in udev's group", kernel, 100, 2, root, false, false},
		{"udev's words in the kernel's group", udev, 0, 1, root, false, false},
	} {
		_, isUdev, ok := believe(x.message, &unix.SockaddrNetlink{Pid: x.pid, Groups: x.group}, x.oob)
		if ok != x.ok || ok && isUdev != x.asUde {
			t.Errorf("%s: believed %v, as udev %v", x.name, ok, isUdev)
		}
	}
}

func FuzzUevent(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.uevent")
	for _, file := range files {
		f.Add(recorded(f, filepath.Base(file)))
	}
	f.Add(udevMessage(recorded(f, "add-block.udev")))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (Uevent, error){ParseKernel, ParseUdev} {
			e, err := parse(b)
			if err != nil {
				continue
			}
			for _, d := range []*Device{newDevice(e.Path, e.Vars), ofMessage(e)} {
				for _, p := range d.Paths() {
					if !strings.HasPrefix(p, "/") || filepath.Clean(p) != p {
						t.Errorf("path %q", p)
					}
				}
				if d.Node != "" && d.Node != "/dev" && !strings.HasPrefix(d.Node, "/dev/") {
					t.Errorf("node %q", d.Node)
				}
			}
		}
	})
}

// TestPaths: what a device is called; systemd 252 was asked.
func TestPaths(t *testing.T) {
	d := newDevice("/devices/virtual/net/a", map[string]string{
		"SYSTEMD_ALIAS": "relative /a/../b /a/./b /.. / //  /dev//x /dev/x/ /dev/x /ok:*é /..hidden /a.b",
	})
	want := []string{"/sys/devices/virtual/net/a", "/a/b", "/dev/x", "/ok:*é", "/..hidden", "/a.b"}
	if got := d.Paths(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
