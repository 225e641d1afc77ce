package unit

import (
	"io/fs"
	"strconv"
	"strings"
)

// A Host is what specifiers tell about the machine, the user and the manager.
// An empty MachineID or BootID means unknown; specifiers for them fail then.
type Host struct {
	Arch           string // as systemd names it: x86-64, arm64
	MachineID      string // 32 hexadecimal digits
	BootID         string // 32 hexadecimal digits
	Hostname       string // may have a domain
	PrettyHostname string // empty: the short host name
	KernelRelease  string // as uname -r

	OSID, OSVersion, OSBuild, OSVariant, OSImage, OSImageVersion string // os-release(5)

	User, Group string // of the manager
	UID, GID    int
	Home, Shell string

	UserManager bool   // units are a user's, not the system's
	NoDevices   bool   // /sys does not tell which network interfaces there are
	Runtime     string // /run or $XDG_RUNTIME_DIR
	State       string // /var/lib, …
	Cache       string // /var/cache, …
	Logs        string // /var/log, …
	Config      string // /etc, …
	Share       string // /usr/share, …
	Credentials string // directory that holds one directory per unit
	Temp        string // /tmp or $TMPDIR
	VarTemp     string // /var/tmp or $TMPDIR
}

// HostFacts completes what the caller knows about the host (Arch, UID, GID, and
// whatever it wants to set itself) from the system's files, the environment and
// the defaults of the system manager or, with user, of a user manager. The root
// of fsys is the root directory. Files that cannot be read leave fields empty.
func HostFacts(fsys fs.FS, user bool, known Host, env func(string) string) *Host {
	h := known
	set := func(field *string, values ...string) {
		for _, v := range values {
			if *field == "" {
				*field = v
			}
		}
	}
	set(&h.MachineID, machineID(line(fsys, "etc/machine-id")))
	set(&h.BootID, machineID(strings.ReplaceAll(line(fsys, "proc/sys/kernel/random/boot_id"), "-", "")))
	set(&h.Hostname, line(fsys, "proc/sys/kernel/hostname"), line(fsys, "etc/hostname"), "localhost")
	set(&h.KernelRelease, line(fsys, "proc/sys/kernel/osrelease"))
	set(&h.PrettyHostname, shellVariables(fsys, "etc/machine-info")["PRETTY_HOSTNAME"])
	os := shellVariables(fsys, "etc/os-release")
	if os == nil {
		os = shellVariables(fsys, "usr/lib/os-release")
	}
	set(&h.OSID, os["ID"])
	set(&h.OSVersion, os["VERSION_ID"])
	set(&h.OSBuild, os["BUILD_ID"])
	set(&h.OSVariant, os["VARIANT_ID"])
	set(&h.OSImage, os["IMAGE_ID"])
	set(&h.OSImageVersion, os["IMAGE_VERSION"])

	uid, gid := strconv.Itoa(h.UID), strconv.Itoa(h.GID)
	passwd := record(fsys, "etc/passwd", 7, uid)
	group := record(fsys, "etc/group", 3, gid)
	set(&h.User, passwd[0], env("USER"), uid)
	set(&h.Group, group[0], gid)
	set(&h.Home, env("HOME"), passwd[5], "/")
	set(&h.Shell, passwd[6], "/bin/sh")

	temp := ""
	for _, v := range []string{"TMPDIR", "TEMP", "TMP"} {
		if p := env(v); strings.HasPrefix(p, "/") {
			set(&temp, simplifyPath(p))
		}
	}
	set(&h.Temp, temp, "/tmp")
	set(&h.VarTemp, temp, "/var/tmp")
	h.UserManager = user
	_, err := fs.Stat(fsys, "sys/class/net/lo")
	h.NoDevices = err != nil
	if user {
		set(&h.Runtime, env("XDG_RUNTIME_DIR"), "/run/user/"+uid)
		set(&h.Config, env("XDG_CONFIG_HOME"), h.Home+"/.config")
		set(&h.State, env("XDG_STATE_HOME"), h.Home+"/.local/state") // since 254; $XDG_CONFIG_HOME before
		set(&h.Cache, env("XDG_CACHE_HOME"), h.Home+"/.cache")
		set(&h.Share, env("XDG_DATA_HOME"), h.Home+"/.local/share")
		set(&h.Logs, h.State+"/log")
	} else {
		set(&h.Runtime, "/run")
		set(&h.Config, "/etc")
		set(&h.State, "/var/lib")
		set(&h.Cache, "/var/cache")
		set(&h.Share, "/usr/share")
		set(&h.Logs, "/var/log")
	}
	set(&h.Credentials, h.Runtime+"/credentials")
	return &h
}

// ShortHostname returns the host name without its domain.
func (h *Host) ShortHostname() string {
	s, _, _ := strings.Cut(h.Hostname, ".")
	return s
}

// architectures maps Go's names to those of ConditionArchitecture=, where they differ.
var architectures = map[string]string{
	"386": "x86", "amd64": "x86-64", "loong64": "loongarch64", "mipsle": "mips-le",
	"mips64le": "mips64-le", "ppc64le": "ppc64-le",
}

// Architecture returns systemd's name of an architecture for Go's (runtime.GOARCH).
func Architecture(goarch string) string {
	if a := architectures[goarch]; a != "" {
		return a
	}
	return goarch
}

// line returns the first line of a small file, or "".
func line(fsys fs.FS, path string) string {
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return ""
	}
	s, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(s)
}

// machineID returns s if it has the form of an ID, which "uninitialized" has not.
func machineID(s string) string {
	if len(s) != 32 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// shellVariables reads a file of shell assignments such as os-release(5).
func shellVariables(fsys fs.FS, path string) map[string]string {
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil
	}
	vars := map[string]string{}
	for l := range strings.Lines(string(data)) {
		l = strings.TrimSpace(l)
		k, v, ok := strings.Cut(l, "=")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		if w, err := nextWord(&v, splitLoose); err == nil {
			vars[k] = w.text
		}
	}
	return vars
}

// record finds the record of passwd(5) or group(5) whose third field is id. The
// result always has at least n fields.
func record(fsys fs.FS, path string, n int, id string) []string {
	if data, err := fs.ReadFile(fsys, path); err == nil {
		for l := range strings.Lines(string(data)) {
			if f := strings.Split(strings.TrimSpace(l), ":"); len(f) >= n && f[2] == id {
				return f
			}
		}
	}
	return make([]string, n)
}
