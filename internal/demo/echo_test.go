package demo

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

var echoes = []struct{ in, want string }{
	{"hello computer\n", "HELLO COMPUTER\r\n"},
	{"  hello computer  \n", "HELLO COMPUTER\r\n"},
	{"", "\r\n"},
	{"\n", "\r\n"},
	{"no line end", "NO LINE END\r\n"},
	{"one\ntwo\n", "ONE\r\n"},
	{"dos\r\n", "DOS\r\n"},
	{"mac\rtwo\n", "MAC\rTWO\r\n"},
	{"café\n", "CAFÉ\r\n"},
	{"straße\n", "STRASSE\r\n"},
	{"\x1c\u00a0wide\u3000\n", "WIDE\r\n"},
	{"bad \xff\xfe bytes\n", "BAD \xff\xfe BYTES\r\n"},
	{"tab\tinside\n", "TAB\tINSIDE\r\n"},
	{"%s ${HOME} \x00nul\n", "%S ${HOME} \x00NUL\r\n"},
}

func TestEcho(t *testing.T) {
	for _, c := range echoes {
		var out bytes.Buffer
		if err := Echo(iotest.OneByteReader(strings.NewReader(c.in)), &out); err != nil || out.String() != c.want {
			t.Errorf("Echo(%q) = %q, %v; want %q", c.in, out.String(), err, c.want)
		}
	}
}

// The judge is the tutorial's way in Python itself.
func TestEchoAsPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	for _, c := range echoes {
		cmd := exec.Command(python, "-c", `import sys; sys.stdout.write(sys.stdin.readline().strip().upper() + "\r\n")`)
		cmd.Env = append(cmd.Environ(), "LC_ALL=C", "PYTHONIOENCODING=utf-8:surrogateescape")
		cmd.Stdin = strings.NewReader(c.in)
		got, err := cmd.Output()
		if err != nil || string(got) != c.want {
			t.Errorf("python answers %q with %q, %v; the table says %q", c.in, got, err, c.want)
		}
	}
}

func TestEchoOfAnEndlessLine(t *testing.T) {
	var out bytes.Buffer
	err := Echo(endless{}, &out)
	if want := lineLimit + 2; err != nil || out.Len() != want {
		t.Errorf("an endless line gave %d bytes, %v; want %d", out.Len(), err, want)
	}
}

// endless is a sender that never stops.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzEcho(f *testing.F) {
	for _, c := range echoes {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var out bytes.Buffer
		if err := Echo(bytes.NewReader(line), &out); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Errorf("Echo(%q) = %q, not one line", line, out.Bytes())
		}
	})
}
