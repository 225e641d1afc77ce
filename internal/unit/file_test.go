package unit

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseFileGolden(t *testing.T) {
	eachArchive(t, "testdata/syntax/*.txtar", func(_ *testing.T, a *archive) string {
		var b strings.Builder
		for _, n := range a.names {
			if n == "want" {
				continue
			}
			items, problems := ParseFile(n, []byte(a.files[n]))
			for _, it := range items {
				fmt.Fprintf(&b, "%s: [%s] %q=%q\n", it.Place, it.Section, it.Key, it.Value)
			}
			for _, p := range problems {
				fmt.Fprintf(&b, "%s (fatal %v)\n", p, p.Fatal)
			}
		}
		return b.String()
	})
}

// TestParseFileBytes holds what a text file cannot show.
func TestParseFileBytes(t *testing.T) {
	long := strings.Repeat("x", MaxLine-len("A="))
	for _, c := range []struct {
		name, data string
		values     []string // "line key=value"
		problems   []string // "line what", '!' in front if fatal
	}{
		{"crlf", "[U]\r\nA=1\r\nB=2\r\n", []string{"2 A=1", "3 B=2"}, nil},
		{"lone carriage returns", "[U]\rA=1\rB=2", []string{"2 A=1", "3 B=2"}, nil},
		{"line feed before carriage return", "[U]\n\rA=1\n\r\n\rB=2", []string{"2 A=1", "4 B=2"}, nil},
		{"crlf in a continuation", "[U]\r\nA=1 \\\r\n  2\r\n", []string{"2 A=1    2"}, nil},
		{"byte order mark", "\ufeff[U]\nA=1\n", []string{"2 A=1"}, nil},
		{"no newline at the end", "[U]\nA=1", []string{"2 A=1"}, nil},
		{"backslash at the end", "[U]\nA=1\\", []string{"2 A=1"}, nil},
		{"two backslashes continue nothing", "[U]\nA=1\\\\\nB=2", []string{`2 A=1\\`, "3 B=2"}, nil},
		{"three do", "[U]\nA=1\\\\\\\n2", []string{`2 A=1\\ 2`}, nil},
		{"empty", "", nil, nil},
		{"only a mark", "\ufeff", nil, nil},
		{"NUL", "[U]\nA=1\x002\nB=2\n", []string{"3 B=2"}, []string{"!2 NUL byte at byte 4 of the line"}},
		{"Latin-1", "[U]\nA=caf\xe9\nB=2\n", []string{"3 B=2"}, []string{"!2 byte 0xe9 at byte 6 of the line is not valid UTF-8"}},
		{"bad UTF-8 in a comment", "[U]\n# caf\xe9\nB=2\n", []string{"3 B=2"}, nil},
		{"replacement character is fine", "[U]\nA=\ufffd\n", []string{"2 A=\ufffd"}, nil},
		{"1 MiB", "[U]\nA=" + long + "\nB=2", []string{"2 A=" + long, "3 B=2"}, nil},
		{"more than 1 MiB", "[U]\nA=" + long + "x\nB=2", []string{"3 B=2"}, []string{"!2 line is longer than 1 MiB"}},
		{"more than 1 MiB in pieces", "[U]\nA=" + strings.Repeat("x\\\n", MaxLine/2) + "\nB=2", []string{"524291 B=2"}, []string{"!2 line is longer than 1 MiB"}},
	} {
		items, problems := ParseFile("f", []byte(c.data))
		var values, whats []string
		for _, it := range items {
			if it.Key != "" {
				values = append(values, fmt.Sprintf("%d %s=%s", it.Line, it.Key, it.Value))
			}
		}
		for _, p := range problems {
			s := fmt.Sprintf("%d %s", p.Line, p.What)
			if p.Fatal {
				s = "!" + s
			}
			whats = append(whats, s)
		}
		if d := diff(c.values, values); d != "" {
			t.Errorf("%s: items (-want +got)\n%.2000s", c.name, d)
		}
		if d := diff(c.problems, whats); d != "" {
			t.Errorf("%s: problems (-want +got)\n%.2000s", c.name, d)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	for _, s := range []string{
		"[Unit]\nDescription=a \\\n# b\n c\n", "\ufeff[A]\r\nB=\\\\\n", "[A\n=\nB\n[X-C]\nD==\n", "a=b\n[]\n\x00\xff=\\", "[\na=b\n[A]\nc=d", "\\\n\\\n[A]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		items, problems := ParseFile("f", data)
		lines := 1 + strings.Count(strings.ReplaceAll(string(data), "\r", "\n"), "\n")
		for _, it := range items {
			if it.Line < 1 || it.Line > lines {
				t.Errorf("line %d of %d", it.Line, lines)
			}
			if strings.ContainsAny(it.Key+it.Value, "\n\r\x00") || strings.Trim(it.Key, whitespace) != it.Key ||
				strings.Trim(it.Value, whitespace) != it.Value || strings.Contains(it.Key, "=") {
				t.Errorf("item %+v", it)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.What == "" {
				t.Errorf("problem %+v", p)
			}
		}
		// What was read, written plainly, reads the same.
		var b strings.Builder
		for _, it := range items {
			if it.Key == "" {
				fmt.Fprintf(&b, "[%s]\n", it.Section)
			} else {
				fmt.Fprintf(&b, "%s=%s\n", it.Key, it.Value)
			}
		}
		if strings.HasSuffix(b.String(), "\\\n") || strings.Contains(b.String(), "\\\n") {
			return // a value that ends in a backslash cannot be written plainly
		}
		again, _ := ParseFile("f", []byte(b.String()))
		if len(again) != len(items) {
			t.Fatalf("%d items, then %d\n%q", len(items), len(again), b.String())
		}
		for i := range again {
			again[i].Place = items[i].Place
		}
		if d := diff(items, again); d != "" {
			t.Error(d)
		}
	})
}

// TestPicture checks that a file of bytes is told shortly, and one that has just
// as many faults in full.
func TestPicture(t *testing.T) {
	for n, want := range map[int]int{mostFatals: mostFatals, 1000: mostFatals + 1} {
		_, problems := ParseFile("f", []byte("[U]\n"+strings.Repeat("\xff\n", n)))
		if len(problems) != want || !problems[want-1].Fatal {
			t.Errorf("%d bad lines: %d problems, the last is %v", n, len(problems), problems[len(problems)-1])
		}
	}
}
