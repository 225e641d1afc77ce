package condition

// Where the machine runs: in a container, in a virtual machine, or on its own.

import (
	"strings"

	"wakesock/internal/value"
)

// container names the container's kind; "" is none.
func (p *Prober) container() string {
	if v, ok := p.env("container"); ok && v != "" {
		return v
	}
	for v := range strings.SplitSeq(p.read("/proc/1/environ"), "\x00") {
		if text, ok := strings.CutPrefix(v, "container="); ok && text != "" {
			return text
		}
	}
	release := p.read("/proc/sys/kernel/osrelease")
	switch {
	case strings.Contains(release, "Microsoft") || strings.Contains(release, "WSL"):
		return "wsl"
	case p.exists("/run/.containerenv"):
		return "podman"
	case p.exists("/.dockerenv"):
		return "docker"
	case p.exists("/proc/vz") && !p.exists("/proc/bc"):
		return "openvz"
	}
	if name := p.read("/run/systemd/container"); name != "" {
		return name
	}
	return p.read("/run/host/container-manager")
}

// makers are what firmware says of who made a virtual machine.
var makers = []struct{ text, kind string }{
	{"KVM", "kvm"}, {"OpenStack", "kvm"}, {"KubeVirt", "kvm"}, {"Amazon EC2", "amazon"}, {"QEMU", "qemu"}, {"VMware", "vmware"},
	{"VMW", "vmware"}, {"innotek GmbH", "oracle"}, {"VirtualBox", "oracle"}, {"Xen", "xen"}, {"Bochs", "bochs"}, {"Parallels", "parallels"},
	{"BHYVE", "bhyve"}, {"Hyper-V", "microsoft"}, {"Apple Virtualization", "apple"}, {"Google Compute Engine", "google"},
}

// machine names the kind of virtual machine; "" is none.
func (p *Prober) machine() string {
	kind := ""
	for _, file := range []string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		text := p.read("/sys/class/dmi/id/" + file)
		for _, m := range makers {
			if kind == "" && strings.HasPrefix(text, m.text) {
				kind = m.kind
			}
		}
	}
	hypervisor := p.cpuFeature("hypervisor")
	switch {
	case p.read("/sys/hypervisor/type") == "xen", p.exists("/proc/xen/capabilities") && !strings.Contains(p.read("/proc/xen/capabilities"), "control_d"):
		return "xen"
	case kind == "qemu" && hypervisor && p.exists("/dev/kvm-clock"):
		return "kvm"
	case kind != "" && (hypervisor || kind != "amazon" && kind != "google"):
		return kind
	case hypervisor:
		return "vm-other"
	}
	return ""
}

// virtualization knows yes, no, vm, container, private-users and kinds of both.
func (p *Prober) virtualization(s string) bool {
	if s == "private-users" {
		lines := strings.Fields(p.read("/proc/self/uid_map"))
		return len(lines) > 0 && !(len(lines) == 3 && lines[0] == "0" && lines[1] == "0" && lines[2] == "4294967295")
	}
	c := p.container()
	v := ""
	if c == "" {
		v = p.machine()
	}
	if want, err := value.ParseBool(s); err == nil {
		return want == (c != "" || v != "")
	}
	switch s {
	case "vm":
		return v != ""
	case "container":
		return c != ""
	}
	return s != "" && (s == c || s == v)
}

// InContainer tells whether the machine is a container.
func (p *Prober) InContainer() bool { return p.container() != "" }

// Capable tells whether the manager may ever have a capability.
func (p *Prober) Capable(name string) bool { return p.capability(name) }
