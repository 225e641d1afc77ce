package condition

// Who the manager is, and what the machine has.

import (
	"math"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

// lastSystemUID is the highest number of an account that is not a person's.
const lastSystemUID = 999

func (p *Prober) user(s string) bool {
	uid := os.Geteuid()
	if s == "@system" {
		return uid <= lastSystemUID || uid == 65534
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n == uid || n == os.Getuid()
	}
	if s == "root" || p.Host.User == s {
		return s != "root" || uid == 0
	}
	u, err := user.Lookup(s)
	return err == nil && (u.Uid == strconv.Itoa(uid) || u.Uid == strconv.Itoa(os.Getuid()))
}

func (p *Prober) group(s string) bool {
	gid, err := strconv.Atoi(s)
	if err != nil {
		if s == "root" {
			gid = 0
		} else if g, err := user.LookupGroup(s); err == nil {
			gid, _ = strconv.Atoi(g.Gid)
		} else {
			return false
		}
	}
	groups, _ := os.Getgroups()
	return gid == os.Getgid() || gid == os.Getegid() || slices.Contains(groups, gid)
}

// controllers knows v1, v2 and lists of controllers that must all be there.
func (p *Prober) controllers(s string) bool {
	var st unix.Statfs_t
	unified := unix.Statfs(p.path("/sys/fs/cgroup"), &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
	switch s {
	case "v2":
		return unified
	case "v1":
		return !unified
	}
	var there []string
	if unified {
		there = strings.Fields(p.read("/sys/fs/cgroup/cgroup.controllers"))
	} else {
		for line := range strings.Lines(p.read("/proc/cgroups")) {
			if f := strings.Fields(line); len(f) == 4 && f[3] == "1" {
				there = append(there, f[0])
			}
		}
	}
	there = append(there, "devices", "bpf-firewall", "bpf-devices", "bpf-foreign")
	if slices.Contains(there, "cpu") && unified {
		there = append(there, "cpuacct")
	}
	for _, w := range strings.Fields(s) {
		if slices.Contains(controllers, w) && !slices.Contains(there, w) {
			return false
		}
	}
	return true
}

// controllers are all there are; what is none of them is not missed.
var controllers = []string{"cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices", "bpf-foreign",
	"bpf-socket-bind", "bpf-restrict-network-interfaces"}

// memory compares the machine's memory, with at least it is.
func (p *Prober) memory(s string) bool {
	_, op, text := operator(s)
	if op == "" {
		op, text = ">=", s
	}
	want, err := value.ParseSize(strings.TrimSpace(text))
	if err != nil {
		return p.nonsense()
	}
	for line := range strings.Lines(p.read("/proc/meminfo")) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemTotal:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			return err == nil && ordered(op, sign(kib*1024-int64(want)))
		}
	}
	return false
}

func (p *Prober) cpus(s string) bool {
	_, op, text := operator(s)
	if op == "" {
		op, text = ">=", s
	}
	want, err := strconv.Atoi(strings.TrimSpace(text))
	var set unix.CPUSet
	if err != nil || unix.SchedGetaffinity(0, &set) != nil {
		return p.nonsense()
	}
	return ordered(op, sign(int64(set.Count()-want)))
}

func (p *Prober) cpuFeature(s string) bool {
	for line := range strings.Lines(p.read("/proc/cpuinfo")) {
		name, list, _ := strings.Cut(line, ":")
		if n := strings.TrimSpace(name); n == "flags" || n == "Features" {
			return slices.Contains(strings.Fields(list), strings.ToLower(s))
		}
	}
	return false
}

// osRelease compares fields of os-release(5); all of several must hold.
func (p *Prober) osRelease(s string) bool {
	file := "/etc/os-release"
	if !p.exists(file) {
		file = "/usr/lib/os-release"
	}
	fields := make(map[string]string)
	for line := range strings.Lines(p.read(file)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			fields[k] = strings.Trim(v, `"'`)
		}
	}
	for _, w := range words(s) {
		name, op, want := operator(w)
		if op == "" || !compare(op, fields[name], strings.Trim(want, `"'`)) {
			return false
		}
	}
	return true
}

// averages are the spans that the kernel knows, as the manual writes them.
var averages = map[string]string{"10sec": "avg10=", "1min": "avg60=", "5min": "avg300="}

// pressure holds while the pressure is at most what is said, or not known:
// [SLICE:]LIMIT%[/SPAN].
func (p *Prober) pressure(kind, s string) bool {
	slice, limit, ok := strings.Cut(s, ":")
	file := "/proc/pressure/" + kind
	if !ok {
		limit = s
	} else {
		file = "/sys/fs/cgroup/" + strings.TrimSpace(slice) + "/" + kind + ".pressure"
	}
	limit, span, ok := strings.Cut(limit, "/")
	average := "avg300="
	if ok {
		average = averages[strings.TrimSpace(span)]
		if average == "" {
			return p.nonsense()
		}
	}
	most, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(limit), "%"), 64)
	if err != nil {
		return p.nonsense()
	}
	text := p.read(file)
	for _, kind := range []string{"full ", "some "} { // as far as the kernel knows both
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, kind) {
				continue
			}
			for _, w := range strings.Fields(line) {
				if share, found := strings.CutPrefix(w, average); found {
					now, err := strconv.ParseFloat(share, 64)
					return err != nil || math.Round(now*100) <= math.Round(most*100)
				}
			}
		}
	}
	return true
}
