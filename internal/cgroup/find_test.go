package cgroup

import (
	"errors"
	"slices"
	"testing"
)

const (
	unified = "25 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	hybrid  = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n" +
		"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:7 master:2 - cgroup2 cgroup2 rw\n"
	legacy = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, mountinfo, cgroup string
		own                     string
		folders                 []string
		fail                    string
	}{
		{"unified, in a namespace", unified, "0::/\n", "/", []string{"/sys/fs/cgroup"}, ""},
		{"unified, a user's unit", unified, "0::/user.slice/user-7.slice/user@7.service/app.slice/w.service\n",
			"/user.slice/user-7.slice/user@7.service/app.slice/w.service",
			[]string{"/sys/fs/cgroup/user.slice/user-7.slice/user@7.service/app.slice/w.service"}, ""},
		{"hybrid", hybrid, "4:memory:/a\n1:name=systemd:/b\n0::/c\n", "/c", []string{"/sys/fs/cgroup/unified/c"}, ""},
		{"hybrid, v2 at the end without a line feed", hybrid, "4:memory:/a\n0::/", "/", []string{"/sys/fs/cgroup/unified"}, ""},
		{"container without a namespace, only its part mounted",
			"9 1 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abc/x\n", "/docker/abc/x", []string{"/sys/fs/cgroup/x"}, ""},
		{"a name that begins like the mounted part",
			"9 1 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abcd\n", "/docker/abcd", nil,
			`no mount of cgroup v2 shows our control group "/docker/abcd"`},
		{"two mounts, the later first", unified + "77 1 0:22 / /mnt/with\\040space rw - cgroup2 none rw\n", "0::/a\n", "/a",
			[]string{"/mnt/with space/a", "/sys/fs/cgroup/a"}, ""},
		{"a mount from outside of the namespace", "9 1 0:22 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n", "/", nil,
			`no mount of cgroup v2 shows our control group "/"`},
		{"outside of the namespace", unified, "0::/../other\n", "", nil, `our control group "/../other" is outside of our cgroup namespace`},
		{"a name that only begins with dots", unified, "0::/..x\n", "/..x", []string{"/sys/fs/cgroup/..x"}, ""},
		{"removed", unified, "0::/gone (deleted)\n", "", nil, `our control group "/gone (deleted)" was removed`},
		{"v1 only", legacy, "4:memory:/a\n", "", nil, "the kernel has no cgroup v2, or this process is in none"},
		{"not mounted", legacy, "4:memory:/a\n0::/\n", "/", nil, "cgroup v2 is not mounted"},
		{"a container without /sys", "", "0::/\n", "/", nil, "cgroup v2 is not mounted"},
		{"colons in the name", unified, "0::/a:b::c\n", "/a:b::c", []string{"/sys/fs/cgroup/a:b::c"}, ""},
		{"rubbish", "- - -\n1 2 3 - cgroup2\ncgroup2\n", "0::relative\n", "", nil, `our control group "relative" is outside of our cgroup namespace`},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := own(c.cgroup)
			var dirs []string
			if err == nil {
				dirs, err = folders(c.mountinfo, at)
			}
			if c.fail != "" {
				if err == nil || err.Error() != c.fail || !errors.Is(err, errors.ErrUnsupported) {
					t.Fatalf("error %v, want %q as ErrUnsupported", err, c.fail)
				}
				return
			}
			if err != nil || at != c.own || !slices.Equal(dirs, c.folders) {
				t.Errorf("%q in %q, %v; want %q in %q", at, dirs, err, c.own, c.folders)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add(unified, "0::/\n")
	f.Add(hybrid, "1:a:/\n0::/x\n")
	f.Add("9 1 0:22 /\\057 /\\0 rw - cgroup2 c rw\n", "0::/../\n")
	f.Fuzz(func(t *testing.T, mountinfo, cgroup string) {
		at, err := own(cgroup)
		if err != nil {
			return
		}
		dirs, err := folders(mountinfo, at)
		if (len(dirs) == 0) == (err == nil) {
			t.Errorf("folders %q with error %v", dirs, err)
		}
	})
}

func TestEscape(t *testing.T) {
	for _, c := range []struct{ unit, group string }{
		{"web.service", "web.service"},
		{"cgroup.service", "_cgroup.service"},
		{"cgroup.procs.service", "_cgroup.procs.service"},
		{"memory.service", "_memory.service"},
		{"memory-hog.service", "memory-hog.service"},
		{"cpu@1.service", "cpu@1.service"},
		{"cpu.max@1.service", "_cpu.max@1.service"},
		{"tasks.service", "_tasks.service"},
		{"_web.service", "__web.service"},
		{"__.service", "___.service"},
		{".hidden.service", "_.hidden.service"},
		{`a\x2db.service`, `a\x2db.service`},
		{"", "_"},
	} {
		if got := escape(c.unit); got != c.group {
			t.Errorf("escape(%q) is %q, want %q", c.unit, got, c.group)
		}
		if got := unescape(c.group); got != c.unit {
			t.Errorf("unescape(%q) is %q, want %q", c.group, got, c.unit)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("memory.service")
	f.Add("__x")
	f.Fuzz(func(t *testing.T, unit string) {
		if back := unescape(escape(unit)); back != unit {
			t.Errorf("%q came back as %q", unit, back)
		}
	})
}

func TestOOMKills(t *testing.T) {
	for text, want := range map[string]int{
		"low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n": 2, "": -1, "oom_kill x\n": -1, "oom_kill\n": -1, "oom_kill 0\n": 0,
	} {
		n, known := oomKills(text)
		if known != (want >= 0) || known && n != want {
			t.Errorf("%q: %d %v", text, n, known)
		}
	}
}
