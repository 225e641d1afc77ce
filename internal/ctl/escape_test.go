package ctl

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// escapeStrings are strings that are hard to escape, unescape or mangle.
var escapeStrings = []string{
	"a", "", "-", "a b", "a/b", "/", "//", "/a", "//a//b/", "/a/./b", "/a/../b", "../a", ".", "..", "./a", "a/.", "a/..", ".a", "a.b", "a..b",
	"a:b_c", "\n", `\`, `\x2d`, `a\x2db-c`, `a\x2`, `a\xzz`, `a\x41`, `\xe9`, "é", "中文", "\xff", "a-b", "a--b", "-a", "a-", "a-..-b", "a-.-b",
	"/dev", "/dev/", "/dev/sda", "/dev//sda1/", "/dev/../x", "/sys/devices/x", "/home", "/home/a b", "a.service", "a.socket", "a b.timer",
	"a@b c.service", "a@", "@a", "a@b", "a@.service", "a@x-y.service", "b@x-y.service", "a@-.service", "a@x@y.service", "a.service.socket",
	"a*", "[a]", "a?b", "a b/c", ".service", "..service", "a.bar", "a.", ".a.b", "a,b;c", `"q"`, "'", "~", "%i", "$x", "a\tb", "(", "a.mount/x",
	"/dev/disk/by-uuid/1-2", "-.mount", "a\\b.service", "/a.service", "/sys/", "/sys", "x/y.service", strings.Repeat("x", 100),
	strings.Repeat("x", 247), strings.Repeat("x", 248), strings.Repeat("/", 60) + "a",
}

// TestEscapeAgainstSystemd compares with the installed systemd-escape.
func TestEscapeAgainstSystemd(t *testing.T) {
	tool, err := exec.LookPath("systemd-escape")
	if err != nil {
		t.Skip("systemd-escape is not installed")
	}
	p := func(s string) *string { return &s }
	cases := []struct {
		flags []string
		opts  EscapeOptions
	}{
		{nil, EscapeOptions{}},
		{[]string{"--path"}, EscapeOptions{Path: true}},
		{[]string{"--suffix=service"}, EscapeOptions{Suffix: p("service")}},
		{[]string{"--path", "--suffix=mount"}, EscapeOptions{Path: true, Suffix: p("mount")}},
		{[]string{"--template=a@.service"}, EscapeOptions{Template: p("a@.service")}},
		{[]string{"--path", "--template=a@.service"}, EscapeOptions{Path: true, Template: p("a@.service")}},
		{[]string{"--mangle"}, EscapeOptions{Mangle: true}},
		{[]string{"--unescape"}, EscapeOptions{Unescape: true}},
		{[]string{"--unescape", "--path"}, EscapeOptions{Unescape: true, Path: true}},
		{[]string{"--unescape", "--instance"}, EscapeOptions{Unescape: true, Instance: true}},
		{[]string{"--unescape", "--path", "--instance"}, EscapeOptions{Unescape: true, Path: true, Instance: true}},
		{[]string{"--unescape", "--template=a@.service"}, EscapeOptions{Unescape: true, Template: p("a@.service")}},
	}
	compared := 0
	for _, c := range cases {
		for _, s := range escapeStrings {
			compare(t, tool, c.flags, c.opts, []string{s})
			compared++
		}
		compare(t, tool, c.flags, c.opts, []string{"a", "b c", "/d"})
	}
	for _, c := range []struct {
		flags []string
		opts  EscapeOptions
	}{
		{[]string{"--suffix=foo"}, EscapeOptions{Suffix: p("foo")}},
		{[]string{"--suffix="}, EscapeOptions{Suffix: p("")}},
		{[]string{"--template="}, EscapeOptions{Template: p("")}},
		{[]string{"--template=a.service"}, EscapeOptions{Template: p("a.service")}},
		{[]string{"--template=a@b.service"}, EscapeOptions{Template: p("a@b.service")}},
		{[]string{"--mangle", "--path"}, EscapeOptions{Mangle: true, Path: true}},
		{[]string{"--mangle", "--suffix=service"}, EscapeOptions{Mangle: true, Suffix: p("service")}},
		{[]string{"--mangle", "--template=a@.service"}, EscapeOptions{Mangle: true, Template: p("a@.service")}},
		{[]string{"--suffix=service", "--template=a@.service"}, EscapeOptions{Suffix: p("service"), Template: p("a@.service")}},
		{[]string{"--unescape", "--suffix=service"}, EscapeOptions{Unescape: true, Suffix: p("service")}},
		{[]string{"--instance"}, EscapeOptions{Instance: true}},
		{[]string{"--unescape", "--instance", "--template=a@.service"}, EscapeOptions{Unescape: true, Instance: true, Template: p("a@.service")}},
	} {
		compare(t, tool, c.flags, c.opts, []string{"a"})
	}
	compare(t, tool, nil, EscapeOptions{}, nil)
	t.Logf("%d strings compared", compared)
}

func compare(t *testing.T, tool string, flags []string, opts EscapeOptions, args []string) {
	t.Helper()
	var theirs, ours bytes.Buffer
	cmd := exec.Command(tool, slices.Concat(flags, []string{"--"}, args)...)
	cmd.Stdout = &theirs
	theirErr := cmd.Run()
	ourErr := Escape(&ours, opts, args)
	if theirs.String() != ours.String() || (theirErr != nil) != (ourErr != nil) {
		t.Errorf("systemd-escape %q %.300q:\nsystemd prints %q, %v\n we    print  %q, %v", flags, args, &theirs, theirErr, &ours, ourErr)
	}
}

// TestEscapeWarns checks that a relative path is told to be one.
func TestEscapeWarns(t *testing.T) {
	var warnings []string
	opts := EscapeOptions{Path: true, Warn: func(s string) { warnings = append(warnings, s) }}
	var out bytes.Buffer
	if err := Escape(&out, opts, []string{"a", "/b"}); err != nil || out.String() != "a b\n" {
		t.Errorf("got %q, %v", &out, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], `"a"`) {
		t.Errorf("warnings: %q", warnings)
	}
}

func ExampleEscape() {
	var out bytes.Buffer
	_ = Escape(&out, EscapeOptions{}, []string{"Hallöchen, Meister"})
	fmt.Print(&out)
	// Output: Hall\xc3\xb6chen\x2c\x20Meister
}
