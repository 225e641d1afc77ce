package process

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wakesock/internal/unit"
)

// What systemd 252 made of these, asked of a booted one.
func TestParseEnvironmentFile(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"A=1\n B = two words  \n", []string{"A=1", "B=two words"}},
		{"# comment \\\nC=still comment?\nD=1", []string{"D=1"}},
		{"; comment\r\nD=1\r\n", []string{"D=1"}},
		{`D='single "q" \n' tail`, []string{`D=single "q" \ntail`}},
		{"E=\"dq \\\"x\\\" \\n \\$Z\nnext line\" more \"again\"", []string{"E=dq \"x\" \\n $Z\nnext linemore \"again\""}},
		{`F=a'b'c "d"`, []string{`F=a'b'c "d"`}},
		{"G=back\\ slash\\\ncontinued\n", []string{"G=back slashcontinued"}},
		{"export H=1\nI\nJ=\n9K=1\n", []string{"J="}},
		{"L = 'a' 'b'\n", []string{"L=ab"}},
		{"M=trail\\  \n", []string{"M=trail "}},
		{"N='open\n", []string{"N=open\n"}},
		{"O=\"open\n", []string{"O=open\n"}},
		{"P=\"a\\\nb\"\n", []string{"P=ab"}},
		{"Q=\\", []string{"Q="}},
		{"R='", []string{"R="}},
		{"\uFEFFS=1", []string{"S=1"}},
		{"T=\xff\nU=\x00\nV=1", []string{"V=1"}},
		{"", nil},
		{"=x\n=", nil},
		{"=1=\"a\nB=2\"\nC=3", []string{"C=3"}},
		{"W=a \\\n\n", []string{"W=a "}},
	} {
		if d := cmp.Diff(c.want, parseEnvironmentFile(c.in)); d != "" {
			t.Errorf("%q: %s", c.in, d)
		}
	}
}

func FuzzParseEnvironmentFile(f *testing.F) {
	f.Add("A='b' \"c\\\nd\"\n#x\\\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range parseEnvironmentFile(s) {
			if name, value, ok := strings.Cut(v, "="); !ok || !validName(name) || !validValue(value) {
				t.Errorf("%q: %q", s, v)
			}
		}
	})
}

// What systemd 252 made of these, asked of a booted one.
func TestExpand(t *testing.T) {
	env := []string{"X1=one", "X2=two words", "X3='q w' e", "X4=", `X5=a\ b "c\"d" ''`}
	args := []string{"$X2", "${X2}", "$X3", "a$X1", "a${X1}b", "$$", "$", "$$X1", "${NOPE}", "$NOPE", "${X1", "$X2 y", "$X4", "${X4}", "$X5", "x$"}
	want := []string{"two", "words", "two words", "q w", "e", "a$X1", "aoneb", "$", "$X1", "", "${X1", "", "a b", `c"d`, "", "x$"}
	if d := cmp.Diff(want, (&unit.Command{Args: args}).Expand(func(name string) (string, bool) { return lookup(env, name) })); d != "" {
		t.Error(d)
	}
}

func TestMerge(t *testing.T) {
	got := merge([]string{"A=1", "B=1", "AB=1"}, []string{"B=2"}, []string{"A=3", "C=", "A=4"})
	if d := cmp.Diff([]string{"A=4", "B=2", "AB=1", "C="}, got); d != "" {
		t.Error(d)
	}
	got = without(got, []string{"A", "B=1", "AB=1"})
	if d := cmp.Diff([]string{"B=2", "C="}, got); d != "" {
		t.Error(d)
	}
}

func TestStreams(t *testing.T) {
	kind := func(r Resolved) string {
		s := r.Kind + r.Path + r.Name
		if r.Kind == kindDup {
			s += string(rune('0' + r.Of))
		}
		if r.Both {
			s += "+"
		}
		return s
	}
	st := func(s string) unit.Stream {
		k, rest, _ := strings.Cut(s, ":")
		if k == "fd" {
			return unit.Stream{Kind: k, Name: rest}
		}
		return unit.Stream{Kind: k, Path: rest}
	}
	for _, c := range []struct{ in, out, err, text, want string }{
		{"", "", "", "", "null journal dup1"},
		{"", "", "", "x", "data journal dup1"},
		{"socket", "", "", "", "socket dup0 dup1"},
		{"socket", "journal", "", "", "socket journal dup1"},
		{"socket", "", "journal", "", "socket dup0 journal"},
		{"socket", "socket", "socket", "", "socket socket dup1"},
		{"fd", "", "", "", "fdstdin dup0 dup1"},
		{"fd:x", "fd", "fd", "", "fdx fdstdout fdstderr"},
		{"null", "inherit", "inherit", "", "null journal dup1"},
		{"data", "inherit", "", "x", "data journal dup1"},
		{"data", "inherit", "", "", "null journal dup1"},
		{"file:/a", "inherit", "", "", "file/a journal dup1"},
		{"socket", "inherit", "inherit", "", "socket dup0 dup1"},
		{"tty", "", "", "", "tty dup0 dup1"},
		{"file:/a", "", "", "", "file/a journal dup1"},
		{"file:/a", "file:/a", "", "", "file/a+ dup0 dup1"},
		{"file:/a", "file:/b", "file:/a", "", "file/a+ file/b dup0"},
		{"", "file:/a", "file:/a", "", "null file/a dup1"},
		{"", "file:/a", "append:/a", "", "null file/a append/a"},
		{"", "truncate:/a", "truncate:/a", "", "null truncate/a dup1"},
		{"", "null", "journal", "", "null null journal"},
		{"", "kmsg", "", "", "null kmsg dup1"},
	} {
		u := &unit.Unit{Exec: &unit.Exec{StandardInput: st(c.in), StandardOutput: st(c.out), StandardError: st(c.err), StandardInputText: c.text}}
		in, out, err := Streams(u)
		if got := kind(in) + " " + kind(out) + " " + kind(err); got != c.want {
			t.Errorf("%q %q %q: got %q, want %q", c.in, c.out, c.err, got, c.want)
		}
	}
}

func TestExitString(t *testing.T) {
	for _, c := range []struct {
		exit Exit
		want string
	}{
		{Exit{1, Exited, 203}, "203/EXEC"}, {Exit{1, Exited, 0}, "0/SUCCESS"}, {Exit{1, Exited, 42}, "42"},
		{Exit{1, Killed, 9}, "9/KILL"}, {Exit{1, Dumped, 11}, "11/SEGV"},
	} {
		if got := c.exit.String(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.exit, got, c.want)
		}
	}
}
