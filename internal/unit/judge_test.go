package unit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// odd are values that are good for some directives and bad for most.
var odd = []string{
	"no", "on", "maybe", "0", "1", "-1", "+5", "010", "0x10", "0b11", "7", "20", "99", "100", "256", "4294967296", "99999999999999999999",
	"10%", "0%", "101%", "150.25%", "infinity", "1s", "5min 20s", "1.5h", "1K", "1.5M", "0777", "9", "10000", "10001",
	"/a/path", "relative/path", "/a/../b", "-/a", "+/a", "~", "a", "a b", "a:b", "/a:/b", "/a:/b:rbind", "A=b", "1A=b", "a=b",
	"a.service", "a.socket", "a.slice", "a@.service", "x.unknown", "SIGHUP", "HUP", "SIGNOPE", "5:3", "3:5", "5:infinity",
	"socket", "journal", "fd:", "fd:a", "file:/a", "append:a", "tty", "syslog", "debug", "local0", "replace", "none", "reboot",
	"always", "all", "main", "kill", "strict", "private", "default", "idle", "inherit", "127.0.0.0/8", "::1", "localhost", "any", "tcp:80",
	"/dev/null rw", "/dev/null 5M", "/dev/null 50", "/dev/null x", "char-tty", "0-3", "3-0", "0,2", "cpu memory", "CAP_KILL", "cap_kill",
	"CAP_NOPE", "AF_INET", "AF_NOPE", "native", "x86-64", "@mount", "mount", "@nope", "EPERM", "ENOPE", "net", "noroot", "http://a", "man:a(1)",
	"lo", "cubic", "Mon *-*-* 10:00", "kobject-uevent 1", "/queue", "@abstract", "80", "[::1]:80", "vsock::5", "65536", "*", "../a", "%n", "%i", "%z",
	`"open`, `"a b"`, `\x41`, `\q`, "us", "mptcp", "patient", "isolated", "low-delay", "user", "a-b-c", "é", "yes no", "=", "'", "|/a", "!/a", "|!/a b",
}

// TestJudgementsAgree gives every directive every odd value and holds which of
// them are bad against what the installed systemd warns of.
func TestJudgementsAgree(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	directives := make(map[string]*Directive) // by file
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for _, n := range []Name{"judge.service", "judge.socket", "judge.timer", "judge.path"} {
		for _, d := range Directives() {
			if !slices.Contains(SectionsOf(n.Type()), d.Section) || d.Section == "Install" || d.Section == "X-Wakesock" ||
				d.Since != 0 || d.Fatal || goneRow(d) || n != "judge.service" && (d.Section == "Unit" || part(d) < 2) {
				continue
			}
			file := fmt.Sprintf("judge-%s.%s", d.Name, n.Type())
			directives[file] = d
			args = append(args, "./"+file)
			text := "[" + d.Section + "]\n"
			for _, v := range odd {
				text += d.Name + "=" + v + "\n"
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text+"Last=\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command("systemd-analyze", args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // it fails, of course
	warned := make(map[string]map[int]string)
	for l := range strings.Lines(string(out)) {
		if m := warning.FindStringSubmatch(strings.TrimSpace(l)); m != nil {
			if warned[m[1]] == nil {
				warned[m[1]] = make(map[int]string)
			}
			n, _ := strconv.Atoi(m[2])
			warned[m[1]][n] = m[3]
		}
	}
	total := 0
	for file, d := range directives {
		if warned[file][len(odd)+2] == "" {
			t.Logf("%s: systemd stopped reading", file)
			continue
		}
		for i, v := range odd {
			c := &Context{Unit: newUnit(Name(file)), Host: &Host{}}
			err := d.assign(c, v)
			ours := err != nil || slices.ContainsFunc(c.problems, func(p Problem) bool { return !p.Note })
			theirs := warned[file][i+2]
			total++
			if ours != (theirs != "") && judgedOtherwise[d.Name] == "" && judgedOtherwise[d.Name+"="+v] == "" {
				t.Errorf("%s=%s (systemd: %q, ours: %v %v)", d.Name, v, theirs, err, c.problems)
			}
		}
	}
	t.Logf("%d judgements compared", total)
}

var warning = regexp.MustCompile(`(judge-\w+\.\w+):(\d+): (.*)`)

// judgedOtherwise are the directives, or single assignments, of which we mean to
// think otherwise than systemd 252.
var judgedOtherwise = map[string]string{
	"SecureBits":                     silent,
	"CapabilityBoundingSet":          silent,
	"AmbientCapabilities":            silent,
	"PassEnvironment":                silent,
	"RestrictFileSystems":            "the groups are not known before they are enforced",
	"SystemCallFilter":               "the calls are not known before they are enforced",
	"SystemCallLog":                  "the calls are not known before they are enforced",
	"SystemCallErrorNumber":          "the errors are not known before they are enforced",
	"RestrictAddressFamilies":        "the families are not known before they are enforced",
	"CPUSchedulingPolicy":            "systemd takes any number",
	"IOSchedulingClass":              "systemd takes any number",
	"SyslogFacility":                 "systemd takes any number",
	"CoredumpFilter":                 "systemd takes masks of 64 bits and signs",
	"SocketProtocol=mptcp":           newer,
	"ProtectControlGroups=private":   newer,
	"ProtectControlGroups=strict":    newer,
	"ProtectHostname=private":        newer,
	"StandardOutput=syslog":          note,
	"StandardError=syslog":           note,
	"RequiresOverridable":            note,
	"RequisiteOverridable":           note,
	"Unit":                           "only the first one of a unit counts, and here each value is tried alone",
	"KillMode=none":                  "a warning of the choice, not of the value",
	"RestrictNetworkInterfaces=\\q":  silent,
	"TasksMax=0%":                    "systemd rounds it up to one",
	"RootHash=/a/../b":               "systemd does not look",
	"RootHashSignature=/a/../b":      "systemd does not look",
	"Documentation=%i":               nothing,
	"FileDescriptorName=%i":          nothing,
	"NUMAMask=%i":                    "systemd expands nothing here",
	"RestrictNamespaces=yes no":      "what does not make sense is not told before it is enforced",
	"BPFProgram":                     "the types are not known before they are enforced",
	"ExtensionImages=/a:/b:rbind":    "the options are not known before they are enforced",
	"MountImages":                    "the options are not known before they are enforced",
	"RootImageOptions":               silent,
	"CacheDirectory=::1":             silent,
	"ConfigurationDirectory=::1":     silent,
	"LogsDirectory=::1":              silent,
	"RuntimeDirectory=::1":           silent,
	"StateDirectory=::1":             silent,
	"ListenStream=/a/../b":           tooLate,
	"ListenDatagram=/a/../b":         tooLate,
	"ListenSequentialPacket=/a/../b": tooLate,
	"LoadCredential":                 "two slashes are one",
	"LoadCredentialEncrypted":        "two slashes are one",
	"IODeviceLatencyTargetSec":       "systemd looks at the path when the unit starts",
	"IODeviceWeight":                 "systemd looks at the path when the unit starts",
	"IOReadBandwidthMax":             "systemd looks at the path when the unit starts",
	"IOWriteBandwidthMax":            "systemd looks at the path when the unit starts",
	"IOReadIOPSMax":                  "systemd looks at the path when the unit starts",
	"IOWriteIOPSMax":                 "systemd looks at the path when the unit starts",
}

const (
	tooLate = "systemd says nothing of the line and refuses the unit once it has read it"
	silent  = "systemd is silent where we warn"
	newer   = "a later systemd knows it"
	nothing = "for us an expansion to nothing is no value"
	note    = "for us this is a note"
)
