package condition

// Mounts: what is mounted, what should be, and what lies below.

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mounted lists the places where something is mounted.
func (p *Prober) mounted() map[string]bool {
	points := make(map[string]bool)
	for line := range strings.Lines(p.read("/proc/self/mountinfo")) {
		if f := strings.Fields(line); len(f) > 4 {
			points[unescape(f[4])] = true
		}
	}
	return points
}

// unescape undoes the octal escapes of fstab(5) and its sisters.
func unescape(s string) string {
	for _, x := range [...][2]string{{`\040`, " "}, {`\011`, "\t"}, {`\012`, "\n"}, {`\134`, `\`}} {
		s = strings.ReplaceAll(s, x[0], x[1])
	}
	return s
}

func (p *Prober) isMountPoint(s string) bool {
	if filepath.Clean(s) == "/" {
		return true // of chroot(2), too
	}
	if p.Root == "" {
		var stx unix.Statx_t
		if unix.Statx(unix.AT_FDCWD, s, unix.AT_NO_AUTOMOUNT, 0, &stx) != nil {
			return false
		}
		if stx.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
			return stx.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
		}
	}
	real, err := filepath.EvalSymlinks(p.path(s))
	return err == nil && p.mounted()[strings.TrimPrefix(real, p.Root)]
}

// Missing says of the first path below a place that fstab(5) wants mounted, and
// that is not, what is missing; "" for none.
func (p *Prober) Missing(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	var mounted map[string]bool
	for line := range strings.Lines(p.read("/etc/fstab")) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.HasPrefix(f[0], "#") || !strings.HasPrefix(f[1], "/") || f[1] == "/" {
			continue
		}
		place := strings.TrimSuffix(unescape(f[1]), "/")
		for _, path := range paths {
			if path != place && !strings.HasPrefix(path, place+"/") {
				continue
			}
			if mounted == nil {
				mounted = p.mounted()
			}
			if !mounted[place] {
				return fmt.Sprintf("%s is needed, and %s is in fstab(5) but not mounted", path, place)
			}
		}
	}
	return ""
}

// isEncrypted tells whether all that is below a path is on encrypted disks.
func (p *Prober) isEncrypted(s string) bool {
	var st unix.Stat_t
	if unix.Stat(p.path(s), &st) != nil {
		return false
	}
	return p.encrypted("/sys/dev/block/"+strconv.Itoa(int(unix.Major(st.Dev)))+":"+strconv.Itoa(int(unix.Minor(st.Dev))), 0)
}

func (p *Prober) encrypted(dir string, depth int) bool {
	if strings.HasPrefix(p.read(dir+"/dm/uuid"), "CRYPT-") {
		return true
	}
	below, err := os.ReadDir(p.path(dir + "/slaves"))
	if err != nil && p.exists(dir+"/partition") && depth < 8 {
		return p.encrypted(dir+"/..", depth+1)
	}
	if len(below) == 0 || depth >= 8 {
		return false
	}
	for _, e := range below {
		if !p.encrypted(dir+"/slaves/"+e.Name(), depth+1) {
			return false
		}
	}
	return true
}
