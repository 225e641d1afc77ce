package ctl

import (
	"os/exec"
	"testing"

	"wakesock/internal/unit"
)

// quotings are values with what systemctl show-environment of systemd 252 prints
// for them, and what its Environment property does.
var quotings = []struct{ value, shell, property string }{
	{"", "", "A="},
	{"plain", "plain", "A=plain"},
	{"äö", "äö", "A=äö"},
	{"a=b", "a=b", "A=a=b"},
	{"~x", "~x", "A=~x"},
	{"#x", "#x", "A=#x"},
	{"a{b", "a{b", "A=a{b"},
	{"%x^y,z@", "%x^y,z@", "A=%x^y,z@"},
	{"a b", "$'a b'", `"A=a b"`},
	{"it's", `$'it\'s'`, `"A=it's"`},
	{"x$y", "$'x$y'", `"A=x\$y"`},
	{"tab\tx", `$'tab\tx'`, `"A=tab\tx"`},
	{"a;b", "$'a;b'", `"A=a;b"`},
	{`a\b`, `$'a\\b'`, `"A=a\\b"`},
	{`a"b`, `$'a"b'`, `"A=a\"b"`},
	{"[x]", "$'[x]'", `"A=[x]"`},
	{"n\nl", `$'n\nl'`, `"A=n\nl"`},
	{"\x01\x7f", `$'\001\177'`, `"A=\001\177"`},
}

func TestQuoting(t *testing.T) {
	for _, q := range quotings {
		if got := shellQuoted(q.value); got != q.shell {
			t.Errorf("%q for a shell: %s, want %s", q.value, got, q.shell)
		}
		if got := unit.QuoteWord("A=" + q.value); got != q.property {
			t.Errorf("%q as a property: %s, want %s", q.value, got, q.property)
		}
	}
}

// TestShellReadsBack: a shell makes of it what it was.
func TestShellReadsBack(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash")
	}
	for _, q := range quotings {
		got, err := exec.Command(bash, "-c", "printf %s "+shellQuoted(q.value)).Output()
		if want := q.value; err != nil || string(got) != want && q.value != "~x" && q.value != "#x" {
			t.Errorf("%q came back as %q, %v", want, got, err)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain ä": "plain ä", "\x1b[31mred\x07": "?[31mred?", "a\nb": "a?b", "\xff\u0085": "??",
	} {
		if got := visible(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestUnitNames(t *testing.T) {
	for in, want := range map[string]string{
		"web": "web.service", "web.socket": "web.socket", "a.b": "a.b.service", "we*": "we*", "echo@a": "echo@a.service",
		"echo@1-127.0.0.1:4444-127.0.0.1:5.service": "echo@1-127.0.0.1:4444-127.0.0.1:5.service", "x?": "x?", "[ab]": "[ab]",
	} {
		if got := unitNames([]string{in})[0]; got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
