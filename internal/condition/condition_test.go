package condition

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"wakesock/internal/unit"
)

func here() *Prober {
	return &Prober{Env: os.Environ(), Host: unit.HostFacts(os.DirFS("/"), false, unit.Host{Arch: unit.Architecture(runtime.GOARCH)}, os.Getenv)}
}

// cases are conditions on this machine, of which systemd-analyze(1) knows whether
// they hold. Whether they do depends on the machine.
var cases = map[string][]string{
	"Architecture": {"x86-64", "arm64", "native"}, "Firmware": {"uefi", "device-tree"},
	"Host": {"*", "nosuchhost", "0123456789abcdef0123456789abcdef"}, "KernelCommandLine": {"quiet", "nosuchthing", "ro", "a=b"},
	"KernelVersion": {">=4.0", "<4.0", "*", ">3 <99", "= 1", "!=1", "5.*", "6.*"}, "Credential": {"none"}, "Environment": {"NO_SUCH", "NO_SUCH=1"},
	"Security":   {"selinux", "apparmor", "tomoyo", "ima", "smack", "uefi-secureboot", "tpm2", "nothing"},
	"Capability": {"CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_NOTHING"}, "ACPower": {"yes", "no"}, "FirstBoot": {"yes", "no"},
	"PathExists": {"/etc/passwd", "/no/such", "/etc"}, "PathExistsGlob": {"/etc/pass*", "/etc/*.nosuch"},
	"PathIsDirectory": {"/etc", "/etc/passwd", "/no/such"}, "PathIsSymbolicLink": {"/proc/self", "/etc", "/no/such"},
	"PathIsMountPoint": {"/proc", "/etc/passwd", "/", "/no/such"}, "PathIsReadWrite": {"/tmp", "/sys/kernel", "/no/such"},
	"DirectoryNotEmpty": {"/etc", "/etc/passwd", "/no/such"}, "FileNotEmpty": {"/etc/passwd", "/dev/null", "/no/such", "/etc"},
	"FileIsExecutable": {"/bin/sh", "/etc/passwd", "/no/such", "/etc"}, "User": {"root", "nobody", "0", "@system", "nosuchuser"},
	"Group": {"root", "nogroup", "0", "nosuchgroup"}, "ControlGroupController": {"v1", "v2", "nosuch"},
	"Memory": {">=1M", "<1M", "1G", ">100T"}, "CPUs": {">=1", "1", ">10000", "=0"}, "CPUFeature": {"fpu", "sse2", "nosuch"},
	"OSRelease":      {"ID=debian", "ID=nosuch", "VERSION_ID>=1", "ID=debian VERSION_ID>=11", "VERSION_ID<11", "ID!=debian", `ID="debian"`},
	"MemoryPressure": {"100%", "100%/1min"}, "CPUPressure": {"100%"}, "IOPressure": {"100%/10s", "100%/10sec"}, "NeedsUpdate": {"/etc"},
}

func TestAgainstSystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze")
	}
	p := here()
	for name, params := range cases {
		for _, s := range params {
			for _, not := range []bool{false, true} {
				c := unit.Condition{Name: "Condition" + name, Param: s, Negate: not}
				err := exec.Command(tool, "condition", c.Name+"="+c.String()).Run()
				if want, got := err == nil, p.Hold([]unit.Condition{c})[0]; got != want {
					t.Errorf("%s=%s: %v, systemd-analyze says %v", c.Name, c, got, want)
				}
			}
		}
	}
}

// TestEveryCondition: each directive has a probe, and none panics on odd values.
func TestEveryCondition(t *testing.T) {
	p := here()
	for _, d := range unit.Directives() {
		if d.Section != "Unit" || len(d.Name) < 10 || d.Name[:9] != "Condition" {
			continue
		}
		if probes[d.Name[9:]] == nil {
			t.Errorf("%s has no probe", d.Name)
			continue
		}
		for _, s := range []string{d.Example, "", "=", "<", ">=", "%", "a:b/c", "[", `"`, "\x00", "~^.-"} {
			p.Hold([]unit.Condition{{Name: d.Name, Param: s}})
		}
	}
}

// TestPathIsSocket: the installed systemd may be too old to be asked.
func TestPathIsSocket(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Symlink("socket", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"socket": true, "link": true, "": false, "none": false} {
		c := unit.Condition{Name: "ConditionPathIsSocket", Param: filepath.Join(dir, name)}
		if got := here().Hold([]unit.Condition{c})[0]; got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	// In the order of the Version Format Specification.
	list := []string{"~", "", "122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1", "124-1"}
	for i, a := range list {
		for k, b := range list {
			if got := versionOrder(a, b); got != sign(int64(i-k)) {
				t.Errorf("%q %q: %d", a, b, got)
			}
		}
	}
}

func TestMissing(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"etc/fstab":           "# comment\n/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /srv/data ext4 defaults 0 2\n/dev/sdc1 /with\\040space ext4 defaults 0 2\n",
		"proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /with\\040space rw - ext4 /dev/sdc1 rw\n",
	} {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := &Prober{Root: root, Host: &unit.Host{}}
	for path, missing := range map[string]bool{"/srv/data/x": true, "/srv/data": true, "/srv/database": false, "/srv": false, "/with space/x": false, "/": false} {
		if got := p.Missing([]string{path}); (got != "") != missing {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func FuzzVersionOrder(f *testing.F) {
	f.Add("1.2~rc3", "1.2-4^a")
	f.Fuzz(func(t *testing.T, a, b string) {
		if x, y := versionOrder(a, b), versionOrder(b, a); x != -y {
			t.Errorf("%q %q: %d and %d", a, b, x, y)
		}
		versions(a, b)
	})
}
