package cgroup

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// An unsupported error says why there are no control groups for us.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// Is makes an unsupported error an errors.ErrUnsupported.
func (unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// own finds our group in the text of /proc/self/cgroup: the line of v2 is
// "0::PATH", cgroups(7). The path is seen from the root of our cgroup namespace.
func own(cgroup string) (string, error) {
	for line := range strings.Lines(cgroup) {
		p, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::")
		switch {
		case !ok:
			continue
		case strings.HasSuffix(p, " (deleted)"):
			return "", unsupported(fmt.Sprintf("our control group %q was removed", p))
		case !strings.HasPrefix(p, "/"), outside(p):
			return "", unsupported(fmt.Sprintf("our control group %q is outside of our cgroup namespace", p))
		}
		return p, nil
	}
	return "", unsupported("the kernel has no cgroup v2, or this process is in none")
}

// oomKills finds the count in the text of memory.events, cgroup v2's documentation.
func oomKills(events string) (n int, known bool) {
	for line := range strings.Lines(events) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "oom_kill" {
			n, err := strconv.Atoi(f[1])
			return n, err == nil
		}
	}
	return 0, false
}

// folders finds where the group own may be seen, by the text of
// /proc/self/mountinfo: a folder for each mount of cgroup2 that shows it, the
// last mounted first, for a later mount may hide an earlier one.
func folders(mountinfo, own string) ([]string, error) {
	var found []string
	mounts := 0
	for line := range strings.Lines(mountinfo) {
		// 41 31 0:38 ROOT MOUNTPOINT OPTIONS [TAG…] - cgroup2 SOURCE OPTIONS
		f := strings.Fields(line)
		dash := 6
		for dash < len(f) && f[dash] != "-" {
			dash++
		}
		if dash+1 >= len(f) || f[dash+1] != "cgroup2" {
			continue
		}
		mounts++
		root, point := unquote(f[3]), unquote(f[4])
		if dir, ok := below(root, point, own); ok {
			found = append([]string{dir}, found...)
		}
	}
	switch {
	case mounts == 0:
		return nil, unsupported("cgroup v2 is not mounted")
	case len(found) == 0:
		return nil, unsupported(fmt.Sprintf("no mount of cgroup v2 shows our control group %q", own))
	}
	return found, nil
}

// below maps a group to a folder under a mount point that shows root.
func below(root, point, own string) (string, bool) {
	if outside(root) {
		return "", false // of another namespace: how our group is called there is not known
	}
	rest := own
	if root != "/" {
		var ok bool
		if rest, ok = strings.CutPrefix(own, root); !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
	}
	return path.Join(point, rest), true
}

// outside tells whether a path leads out of the cgroup namespace.
func outside(p string) bool { return p == "/.." || strings.HasPrefix(p, "/../") }

// unquote undoes the octal escapes of mountinfo: \040 is a space.
func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1]) && octal(s[i+2]) && octal(s[i+3]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func octal(c byte) bool { return c >= '0' && c <= '7' }
