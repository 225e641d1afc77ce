package condition

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Prober looks at the machine that it runs on.
type Prober struct {
	Root string     // "" is the real root directory; tests have their own
	Env  []string   // the manager's environment, NAME=VALUE
	Host *unit.Host // what is known of the machine

	bad bool // the parameter makes no sense: the condition fails, negated or not
}

// nonsense notes that a parameter makes no sense.
func (p *Prober) nonsense() bool {
	p.bad = true
	return false
}

// probes is one function for each condition, by the name without Condition and
// Assert. They get the parameter as specifiers left it.
var probes map[string]func(p *Prober, param string) bool

func init() {
	probes = map[string]func(p *Prober, param string) bool{
		"Architecture":           func(p *Prober, s string) bool { return s == "native" || s == p.Host.Arch },
		"Firmware":               (*Prober).firmware,
		"Virtualization":         (*Prober).virtualization,
		"Host":                   (*Prober).host,
		"KernelCommandLine":      (*Prober).kernelCommandLine,
		"KernelVersion":          func(p *Prober, s string) bool { return versions(p.Host.KernelRelease, s) },
		"Version":                (*Prober).version,
		"KernelModuleLoaded":     func(p *Prober, s string) bool { return p.exists("/sys/module/" + strings.ReplaceAll(s, "-", "_")) },
		"Credential":             (*Prober).credential,
		"Environment":            (*Prober).environment,
		"Security":               (*Prober).security,
		"Capability":             (*Prober).capability,
		"ACPower":                func(p *Prober, s string) bool { return p.isBool(s, p.onMains()) },
		"NeedsUpdate":            (*Prober).needsUpdate,
		"FirstBoot":              func(p *Prober, s string) bool { return p.isBool(s, p.firstBoot()) },
		"PathExists":             (*Prober).exists,
		"PathExistsGlob":         (*Prober).globExists,
		"PathIsDirectory":        func(p *Prober, s string) bool { return p.mode(s)&os.ModeDir != 0 },
		"PathIsSymbolicLink":     (*Prober).isLink,
		"PathIsMountPoint":       (*Prober).isMountPoint,
		"PathIsReadWrite":        (*Prober).isWritable,
		"PathIsEncrypted":        (*Prober).isEncrypted,
		"PathIsSocket":           func(p *Prober, s string) bool { return p.mode(s)&os.ModeSocket != 0 },
		"DirectoryNotEmpty":      func(p *Prober, s string) bool { list, _ := os.ReadDir(p.path(s)); return len(list) > 0 },
		"FileNotEmpty":           (*Prober).fileNotEmpty,
		"FileIsExecutable":       (*Prober).fileIsExecutable,
		"User":                   (*Prober).user,
		"Group":                  (*Prober).group,
		"ControlGroupController": (*Prober).controllers,
		"Memory":                 (*Prober).memory,
		"CPUs":                   (*Prober).cpus,
		"CPUFeature":             (*Prober).cpuFeature,
		"OSRelease":              (*Prober).osRelease,
		"MemoryPressure":         func(p *Prober, s string) bool { return p.pressure("memory", s) },
		"CPUPressure":            func(p *Prober, s string) bool { return p.pressure("cpu", s) },
		"IOPressure":             func(p *Prober, s string) bool { return p.pressure("io", s) },
	}
}

// Hold tells of each condition whether it holds.
func (p *Prober) Hold(conditions []unit.Condition) []bool {
	result := make([]bool, len(conditions))
	for i, c := range conditions {
		name := strings.TrimPrefix(strings.TrimPrefix(c.Name, "Condition"), "Assert")
		p.bad = false
		result[i] = probes[name](p, c.Param) != c.Negate && !p.bad
	}
	return result
}

func (p *Prober) path(s string) string { return p.Root + s }

// read returns a file's text without white space around it; "" if there is none.
func (p *Prober) read(file string) string {
	data, _ := os.ReadFile(p.path(file))
	return strings.TrimSpace(string(data))
}

func (p *Prober) exists(s string) bool {
	_, err := os.Stat(p.path(s))
	return err == nil
}

func (p *Prober) mode(s string) os.FileMode {
	fi, err := os.Stat(p.path(s))
	if err != nil {
		return 0
	}
	return fi.Mode()
}

func (p *Prober) globExists(s string) bool {
	found, err := filepath.Glob(p.path(s))
	return err == nil && len(found) > 0
}

func (p *Prober) isLink(s string) bool {
	fi, err := os.Lstat(p.path(s))
	return err == nil && fi.Mode()&os.ModeSymlink != 0
}

// isWritable tells of the file system below a path whether it may be written.
func (p *Prober) isWritable(s string) bool {
	var st unix.Statfs_t
	return unix.Statfs(p.path(s), &st) == nil && st.Flags&unix.ST_RDONLY == 0
}

func (p *Prober) fileNotEmpty(s string) bool {
	fi, err := os.Stat(p.path(s))
	return err == nil && fi.Mode().IsRegular() && fi.Size() > 0
}

func (p *Prober) fileIsExecutable(s string) bool {
	m := p.mode(s)
	return m.IsRegular() && m&0o111 != 0
}

func (p *Prober) isBool(s string, is bool) bool {
	want, err := value.ParseBool(s)
	if err != nil {
		return p.nonsense()
	}
	return want == is
}

// firmware knows device-tree, uefi and smbios-field(NAME OPERATOR VALUE).
func (p *Prober) firmware(s string) bool {
	switch {
	case s == "uefi":
		return p.exists("/sys/firmware/efi")
	case s == "device-tree":
		return p.exists("/sys/firmware/devicetree") || p.exists("/proc/device-tree")
	}
	if c, ok := strings.CutPrefix(s, "device-tree-compatible("); ok {
		return slices.Contains(strings.Split(p.read("/proc/device-tree/compatible"), "\x00"), strings.TrimSuffix(c, ")"))
	}
	if f, ok := strings.CutPrefix(s, "smbios-field("); ok {
		name, op, want := operator(strings.TrimSuffix(f, ")"))
		if op == "" {
			return false
		}
		return compare(op, p.read("/sys/class/dmi/id/"+name), strings.Trim(want, `"'`))
	}
	return false
}

func (p *Prober) host(s string) bool {
	if len(s) == 32 && strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		return strings.EqualFold(s, p.Host.MachineID) || strings.EqualFold(s, p.Host.BootID)
	}
	ok, err := filepath.Match(strings.ToLower(s), strings.ToLower(p.Host.Hostname))
	return ok && err == nil
}

// commandLine is the kernel's; in a container that of its first process.
func (p *Prober) commandLine() []string {
	if p.container() != "" {
		return strings.Split(strings.TrimSuffix(p.read("/proc/1/cmdline"), "\x00"), "\x00")
	}
	return strings.Fields(p.read("/proc/cmdline"))
}

func (p *Prober) kernelCommandLine(s string) bool {
	return slices.ContainsFunc(p.commandLine(), func(w string) bool {
		return w == s || !strings.Contains(s, "=") && strings.HasPrefix(w, s+"=")
	})
}

// version compares the kernel's version; systemd is not here, nor is its C library.
func (p *Prober) version(s string) bool {
	what, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	switch what {
	case "systemd", "glibc":
		return false
	case "kernel":
		s = rest
	}
	return versions(p.Host.KernelRelease, s)
}

func (p *Prober) env(name string) (string, bool) {
	for _, v := range p.Env {
		if k, text, ok := strings.Cut(v, "="); ok && k == name {
			return text, true
		}
	}
	return "", false
}

func (p *Prober) environment(s string) bool {
	if strings.Contains(s, "=") {
		return slices.Contains(p.Env, s)
	}
	_, ok := p.env(s)
	return ok
}

func (p *Prober) credential(s string) bool {
	dir, ok := p.env("CREDENTIALS_DIRECTORY")
	return ok && !strings.Contains(s, "/") && p.exists(dir+"/"+s)
}

// techniques are where each security technique shows.
var techniques = map[string]func(p *Prober) bool{
	"selinux":  func(p *Prober) bool { return p.exists("/sys/fs/selinux/enforce") },
	"apparmor": func(p *Prober) bool { return p.read("/sys/module/apparmor/parameters/enabled") == "Y" },
	"tomoyo":   func(p *Prober) bool { return p.exists("/sys/kernel/security/tomoyo/version") },
	"ima":      func(p *Prober) bool { return p.exists("/sys/kernel/security/ima") },
	"smack":    func(p *Prober) bool { return p.exists("/sys/fs/smackfs") },
	"audit":    func(*Prober) bool { return audited() },
	"uefi-secureboot": func(p *Prober) bool {
		v := p.read("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")
		return strings.HasSuffix(v, "\x01")
	},
	"tpm2": func(p *Prober) bool { return p.globExists("/sys/class/tpmrm/tpmrm[0-9]*") },
	"cvm":  func(p *Prober) bool { return p.exists("/dev/sev-guest") || p.exists("/dev/tdx_guest") },
}

func (p *Prober) security(s string) bool {
	f := techniques[s]
	return f != nil && f(p)
}

func audited() bool {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		return err != unix.EAFNOSUPPORT && err != unix.EPROTONOSUPPORT && err != unix.EPERM
	}
	_ = unix.Close(fd)
	return true
}

func (p *Prober) capability(s string) bool {
	n, ok := unit.CapabilityNumber(s)
	if !ok {
		return p.nonsense()
	}
	for line := range strings.Lines(p.read("/proc/self/status")) {
		if text, found := strings.CutPrefix(line, "CapBnd:"); found {
			set, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
			return err == nil && set&(1<<n) != 0
		}
	}
	return false
}

// onMains is true unless everything that could deliver power does not.
func (p *Prober) onMains() bool {
	supplies, _ := filepath.Glob(p.path("/sys/class/power_supply/*/type"))
	offline := false
	for _, s := range supplies {
		dir := strings.TrimPrefix(filepath.Dir(s), p.Root)
		if p.read(dir+"/type") == "Battery" {
			continue
		}
		switch p.read(dir + "/online") {
		case "1":
			return true
		case "0":
			offline = true
		}
	}
	return !offline
}

// needsUpdate: /usr is newer than the folder's stamp.
func (p *Prober) needsUpdate(s string) bool {
	if !p.isWritable(s) {
		return false
	}
	usr, err := os.Stat(p.path("/usr"))
	stamp, err2 := os.Stat(p.path(s + "/.updated"))
	if err != nil || err2 != nil {
		return err2 != nil && os.IsNotExist(err2)
	}
	return usr.ModTime().After(stamp.ModTime())
}

func (p *Prober) firstBoot() bool {
	for _, w := range p.commandLine() {
		if text, ok := strings.CutPrefix(w, "systemd.condition-first-boot="); ok {
			b, err := value.ParseBool(text)
			return err == nil && b
		}
	}
	return p.exists("/run/systemd/first-boot")
}
