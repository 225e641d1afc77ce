package unit

import (
	"strings"
	"testing"
	"testing/fstest"
)

func expandIn(name, source, s string) (string, error) {
	c := &Context{Unit: &Unit{Name: Name(name), source: source}, Host: testHost}
	return c.Expand(s)
}

// TestExpandNames holds what systemd 252 makes of names; "!" stands for an error.
func TestExpandNames(t *testing.T) {
	for _, c := range []struct{ name, n, N, p, i, j, P, I, J, f string }{
		{`a-b@c-d\x2de.service`, `a-b@c-d\x2de.service`, `a-b@c-d\x2de`, "a-b", `c-d\x2de`, "b", "a/b", "c/d-e", "b", "/c/d-e"},
		{"x.service", "x.service", "x", "x", "", "x", "x", "", "x", "/x"},
		{"a-b-c.service", "a-b-c.service", "a-b-c", "a-b-c", "", "c", "a/b/c", "", "c", "/a/b/c"},
		{`p@a\x.service`, `p@a\x.service`, `p@a\x`, "p", `a\x`, "p", "p", "!", "p", "!"},
		{"q@-.service", "q@-.service", "q@-", "q", "-", "q", "q", "/", "q", "/"},
		{"r@a-..-b.service", "r@a-..-b.service", "r@a-..-b", "r", "a-..-b", "r", "r", "a/../b", "r", "!"},
		{`s\x2dd@\x2fx.service`, `s\x2dd@\x2fx.service`, `s\x2dd@\x2fx`, `s\x2dd`, `\x2fx`, `s\x2dd`, "s-d", "/x", "s-d", "!"},
		{"u@.x.service", "u@.x.service", "u@.x", "u", ".x", "u", "u", ".x", "u", "/.x"},
		{"v@a--b.service", "v@a--b.service", "v@a--b", "v", "a--b", "v", "v", "a//b", "v", "!"},
		{"w@a@b.service", "w@a@b.service", "w@a@b", "w", "a@b", "w", "w", "a@b", "w", "/a@b"},
		{"y@-a.service", "y@-a.service", "y@-a", "y", "-a", "y", "y", "/a", "y", "!"},
		{"z@a-.service", "z@a-.service", "z@a-", "z", "a-", "z", "z", "a/", "z", "!"},
		{`cc@\x2e\x2e.service`, `cc@\x2e\x2e.service`, `cc@\x2e\x2e`, "cc", `\x2e\x2e`, "cc", "cc", "..", "cc", "!"},
		{"dd@..service", "dd@..service", "dd@.", "dd", ".", "dd", "dd", ".", "dd", "!"},
		{`ee-\x41-\x2d.service`, `ee-\x41-\x2d.service`, `ee-\x41-\x2d`, `ee-\x41-\x2d`, "", `\x2d`, "ee/A/-", "", "-", "/ee/A/-"},
		{"foo-.service", "foo-.service", "foo-", "foo-", "", "", "foo/", "", "", "!"}, // %J ends systemd 252 itself
	} {
		for letter, want := range map[string]string{
			"n": c.n, "N": c.N, "p": c.p, "i": c.i, "j": c.j, "P": c.P, "I": c.I, "J": c.J, "f": c.f,
		} {
			got, err := expandIn(c.name, "", "%"+letter)
			if (err != nil) != (want == "!") || err == nil && got != want {
				t.Errorf("%%%s of %s = %q, %v; want %q", letter, c.name, got, err, want)
			}
		}
	}
}

func TestExpandFacts(t *testing.T) {
	want := map[byte]string{
		'a': "x86-64", 'A': "", 'b': testHost.BootID, 'B': "", 'C': "/var/cache", 'd': "/run/credentials/e@1.service", 'D': "/usr/share",
		'E': "/etc", 'g': "root", 'G': "0", 'h': "/root", 'H': "box.example.org", 'l': "box", 'L': "/var/log", 'm': testHost.MachineID,
		'M': "", 'o': "debian", 'q': "box", 's': "/bin/sh", 'S': "/var/lib", 't': "/run", 'T': "/tmp", 'u': "root", 'U': "0", 'v': "6.1.0",
		'V': "/var/tmp", 'w': "12", 'W': "", 'y': "/etc/systemd/system/e@.service", 'Y': "/etc/systemd/system",
		'c': "/e@1.service", 'r': "", 'R': "", 'f': "/1", 'i': "1", 'I': "1", 'j': "e", 'J': "e", 'n': "e@1.service", 'N': "e@1", 'p': "e", 'P': "e", '%': "%",
	}
	for letter, v := range want {
		if got, err := expandIn("e@1.service", "/etc/systemd/system/e@.service", "<%"+string(letter)+">"); err != nil || got != "<"+v+">" {
			t.Errorf("%%%c = %q, %v; want %q", letter, got, err, v)
		}
	}
	for _, s := range Specifiers() {
		if _, ok := want[s.Letter]; !ok {
			t.Errorf("%%%c is not tested", s.Letter)
		}
		if variesByInstance("%"+string(s.Letter)) != s.Instance || variesByInstance("%%"+string(s.Letter)) {
			t.Errorf("variesByInstance is wrong about %%%c", s.Letter)
		}
		a, errA := expandIn("e@1.service", "/x", "%"+string(s.Letter))
		b, errB := expandIn("e@2.service", "/x", "%"+string(s.Letter))
		if (a != b || (errA == nil) != (errB == nil)) != s.Instance {
			t.Errorf("%%%c differs between instances, or the table says so wrongly", s.Letter)
		}
	}
}

func TestExpandErrors(t *testing.T) {
	unknown := &Context{Unit: &Unit{Name: "a.service"}, Host: &Host{}}
	for _, s := range []string{"%Q", "%0", "%y", "%Y", "%m", "%b", "%H", "%v"} {
		if got, err := unknown.Expand(s); err == nil {
			t.Errorf("%s = %q, want an error", s, got)
		} else if !strings.Contains(err.Error(), s[strings.Index(s, "%"):]) {
			t.Errorf("%s: %q does not name it", s, err)
		}
	}
	for s, want := range map[string]string{"%": "%", "a%": "a%", "%!": "%!", "% ": "% ", "%%%%": "%%", "%\xff": "%\xff", "%é": "%é", "": ""} {
		if got, err := unknown.Expand(s); err != nil || got != want {
			t.Errorf("%q = %q, %v; want %q", s, got, err, want)
		}
	}
	if _, err := expandIn(strings.Repeat("x", 240)+".service", "", strings.Repeat("%n", 5000)); err == nil {
		t.Error("an expansion of more than 1 MiB is accepted")
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"%n%%%i", "%", "%I%f%P%J", "%y%Y%d", "%Q", "a%!b"} {
		f.Add(s, "a-b@c.service")
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		n, err := ParseName(name)
		if err != nil {
			n = "a.service"
		}
		got, err := expandIn(string(n), "/x", s)
		if err == nil && !strings.Contains(s, "%") && got != s {
			t.Errorf("%q became %q", s, got)
		}
		if err == nil && len(got) > MaxLine+len(s) {
			t.Errorf("%d bytes", len(got))
		}
	})
}

func TestHostFacts(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	fsys := fstest.MapFS{
		"etc/machine-id":                  file("0123456789abcdef0123456789abcdef\n"),
		"proc/sys/kernel/random/boot_id":  file("01234567-89ab-cdef-0123-456789abcdef\n"),
		"proc/sys/kernel/hostname":        file("box.example.org\n"),
		"proc/sys/kernel/osrelease":       file("6.1.0-1\n"),
		"etc/machine-info":                file("# x\nPRETTY_HOSTNAME=\"Ada's \\\"box\\\"\"\n"),
		"usr/lib/os-release":              file("ID=debian\nVERSION_ID=\"12\"\n"),
		"etc/passwd":                      file("root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/zsh\n"),
		"etc/group":                       file("root:x:0:\nada:x:1000:\n"),
		"sys/class/net/lo/ifindex":        file("1\n"),
		"broken/not/read/because/nothing": file(""),
	}
	env := func(vars map[string]string) func(string) string { return func(k string) string { return vars[k] } }
	h := HostFacts(fsys, true, Host{UID: 1000, GID: 1000, Arch: Architecture("amd64")}, env(map[string]string{
		"XDG_RUNTIME_DIR": "/run/user/1000", "TMPDIR": "/scratch/",
	}))
	want := &Host{
		UserManager: true,
		Arch:        "x86-64", MachineID: "0123456789abcdef0123456789abcdef", BootID: "0123456789abcdef0123456789abcdef",
		Hostname: "box.example.org", PrettyHostname: `Ada's "box"`, KernelRelease: "6.1.0-1", OSID: "debian", OSVersion: "12",
		User: "ada", Group: "ada", UID: 1000, GID: 1000, Home: "/home/ada", Shell: "/bin/zsh", Runtime: "/run/user/1000",
		State: "/home/ada/.local/state", Cache: "/home/ada/.cache", Logs: "/home/ada/.local/state/log", Config: "/home/ada/.config",
		Share: "/home/ada/.local/share", Credentials: "/run/user/1000/credentials", Temp: "/scratch", VarTemp: "/scratch",
	}
	if *h != *want {
		t.Errorf("got  %+v\nwant %+v", *h, *want)
	}
	h = HostFacts(fstest.MapFS{"etc/machine-id": file("uninitialized\n")}, false, Host{}, env(nil))
	if h.MachineID != "" || h.Runtime != "/run" || h.Temp != "/tmp" || h.VarTemp != "/var/tmp" || h.User != "0" || h.Hostname != "localhost" || !h.NoDevices {
		t.Errorf("of an empty system: %+v", *h)
	}
}
