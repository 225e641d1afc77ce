package unit

import (
	"slices"
	"strings"
	"testing"
)

// commandEnv is the environment of TestCommandsAgainstSystemd.
var commandEnv = map[string]string{
	"ONE": "one", "TWO": "two two", "EMPTY": "", "QUOTED": `a 'b c' "d e"`, "UNBAL": "a 'b c", "BS": `a\\nb\\ c`, "_x": "1",
}

// TestCommandsAgainstSystemd holds what a program printed that systemd 252
// started with these command lines: its arguments, the program being /args.
func TestCommandsAgainstSystemd(t *testing.T) {
	for _, c := range []struct {
		line string
		want [][]string // nil: refused
	}{
		{`/args e\ f`, [][]string{{"/args", `e\ f`}}},
		{`/args \400 \x4 \u00`, [][]string{{"/args", `\400`, `\x4`, `\u00`}}},
		{`/args "\d" \d 'a\'b'`, [][]string{{"/args", `\d`, `\d`, "a'b"}}},
		{`/args "a `, nil},
		{`"/args a `, [][]string{}},
		{`/args ; "a`, [][]string{{"/args"}}},
		{`/args a\\`, [][]string{{"/args", `a\`}}},
		{`/args 'a\\'`, [][]string{{"/args", `a\`}}},
		{`/args x "" '' y`, [][]string{{"/args", "x", "", "", "y"}}},
		{`/args a"b c"d`, [][]string{{"/args", "ab cd"}}},
		{`/args $ONE $TWO ${TWO}`, [][]string{{"/args", "one", "two", "two", "two two"}}},
		{`/args ${ONE}x$ONE ${ONE}${TWO} $ONE-x`, [][]string{{"/args", "onex$ONE", "onetwo two"}}},
		{`/args $$ONE $$ $$$ONE x$ $ ${ ${} ${A ${NOPE}|$NOPE|`, [][]string{{"/args", "$ONE", "$", "$$ONE", "x$", "${", "", "${A", "|$NOPE|"}}},
		{`/args $NOPE ${NOPE} $EMPTY ${EMPTY}`, [][]string{{"/args", "", ""}}},
		{`/args "$TWO" '$TWO' "${TWO}"`, [][]string{{"/args", "two", "two", "two", "two", "two two"}}},
		{`/args $QUOTED ${QUOTED} $UNBAL`, [][]string{{"/args", "a", "b c", "d e", `a 'b c' "d e"`, "a", "b c"}}},
		{`/args $BS ${BS}`, [][]string{{"/args", `a\nb\`, "c", `a\\nb\\ c`}}},
		{`/args $ONE$TWO $ONE: ${ONE $1 $ONE,`, [][]string{{"/args", "${ONE"}}},
		{`/args ${ONE:-x} ${ONE:-${TWO}}y${ONE} ${ONE:$$} ${ONE-x} "${ONE:-x y}" $${ONE:}`, [][]string{{"/args", "${ONE:-x}", "${ONE:-two two}yone", "${ONE:$}", "", "${ONE:-x y}", "${ONE:}"}}},
		{`/args %%i $%%ONE`, [][]string{{"/args", "%i"}}},
		{`/args \x24ONE \x7bx\x25i`, [][]string{{"/args", "one", `{xc-d\x2de`}}},
		{`/args "a" 'b'c"d"`, [][]string{{"/args", "a", "bcd"}}},
		{`/args \u4e2d\U0001F600 \xff \303\251`, [][]string{{"/args", "中😀", "\xff", "é"}}},
		{`/args \000 \x00 \u0000`, [][]string{{"/args", `\000`, `\x00`, `\u0000`}}},
		{`/args #x ;y  y; "x ; y"`, [][]string{{"/args", "#x", ";y", "y;", "x ; y"}}},
		{`/args \;`, [][]string{{"/args", ";"}}},
		{`/args \; ; @/args zero one`, [][]string{{"/args", ";"}, {"zero", "one"}}},
		{`:/args $ONE ${TWO} $$`, [][]string{{"/args", "$ONE", "${TWO}", "$$"}}},
		{"/args \"a\tb\"\tc", [][]string{{"/args", "a\tb", "c"}}},
		{`/args \ud800 \U00110000`, [][]string{{"/args", "\xed\xa0\x80", `\U00110000`}}},
		{`/args '' ; @/args ''`, [][]string{{"/args", ""}, {""}}},
		{`/args "a"'b' 'it'"'"'s'`, [][]string{{"/args", "ab", "it's"}}},
		{`/args "" "`, nil},
		{`/args ;`, [][]string{{"/args"}}},
		{`/args ; ;`, [][]string{{"/args"}}},
		{`/args ; ; /args 2`, [][]string{{"/args"}, {"/args", "2"}}},
		{`; /args`, [][]string{{"/args"}}},
		{`/args ;; x`, [][]string{{"/args", ";;", "x"}}},
		{`/args ;a b ; /args`, [][]string{{"/args", ";a", "b"}, {"/args"}}},
		{`/args \\; "\;" ';' a; x\;y`, [][]string{{"/args", `\;`, `\;`, ";", "a;", `x\;y`}}},
		{`/args \;; \;x "a;"`, [][]string{{"/args", `\;;`, `\;x`, "a;"}}},
		{`/args ${TWO TWO} ${ONE}} $${ONE} ${${ONE}}`, [][]string{{"/args", "${TWO", "TWO}", "one}", "${ONE}", "}"}}},
		{`/args $_x ${_x} $9 ${9}`, [][]string{{"/args", "1", "1", ""}}},
		{`/args %`, [][]string{{"/args", "%"}}},
		{`/args %! %-`, [][]string{{"/args", "%!", "%-"}}},
		{`/args %Q`, nil},
		{`/bin//./true/../x y`, [][]string{{"/bin//./true/../x", "y"}}},
		{`"/bin/my prog" x`, [][]string{{"/bin/my prog", "x"}}},
		{`true %p`, [][]string{{"true", "a-b"}}},
		{`/args %n %N %p %P %j %i %I`, [][]string{{"/args", `a-b@c-d\x2de.service`, `a-b@c-d\x2de`, "a-b", "a/b", "b", `c-d\x2de`, "c/d-e"}}},
		{`/args %f %y %Y %d`, [][]string{{"/args", "/c/d-e", "/etc/x.service", "/etc", `/run/credentials/a-b@c-d\x2de.service`}}},
		{`@/args`, nil},
		{`- /args x`, [][]string{}},
		{`"" a`, nil},
		{`+!/args`, nil},
		{`!!!/args`, nil},
		{`|/args`, nil},
		{`--/args`, [][]string{}}, // excused by its '-', but not run
		{`-@`, [][]string{}},
		{`-true/x`, [][]string{}},
		{`true/x`, nil},
		{`/args/`, nil},
		{`/ar\tgs a`, nil},
	} {
		c2 := commandContext()
		commands, err := ParseCommand(c2, c.line)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: got %+v, want an error", c.line, commands)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		var got [][]string
		for _, cmd := range commands {
			got = append(got, cmd.Expand(func(k string) (string, bool) { v, ok := commandEnv[k]; return v, ok }))
		}
		if !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s:\n got %q\nwant %q", c.line, got, c.want)
		}
		if len(c.want) == 0 && len(c2.problems) == 0 {
			t.Errorf("%s: no warning", c.line)
		}
	}
}

func commandContext() *Context {
	return &Context{
		Unit:      &Unit{Name: `a-b@c-d\x2de.service`, source: "/etc/x.service"},
		Directive: &Directive{Section: "Service", Name: "ExecStart"},
		Host:      testHost,
		Place:     Place{"/etc/x.service", 3},
	}
}

func TestCommandPrefixes(t *testing.T) {
	for line, want := range map[string]Command{
		"-@+:/bin/true zero": {Path: "/bin/true", Args: []string{"zero"}, Ignore: true, Verbatim: true, Privilege: PrivilegeFull},
		":!!-/bin/true":      {Path: "/bin/true", Args: []string{"/bin/true"}, Ignore: true, Verbatim: true, Privilege: PrivilegeAmbient},
		"!/bin/true":         {Path: "/bin/true", Args: []string{"/bin/true"}, Privilege: PrivilegeNoSetuid},
		"!-!/bin/true":       {Path: "/bin/true", Args: []string{"/bin/true"}, Privilege: PrivilegeAmbient, Ignore: true},
		`"-/bin/true" x`:     {Path: "/bin/true", Args: []string{"/bin/true", "x"}, Ignore: true},
		"/bin//true/../x":    {Path: "/bin/true/../x", Args: []string{"/bin//true/../x"}},
	} {
		c := commandContext()
		got, err := ParseCommand(c, line)
		want.Raw, want.Place = line, c.Place
		if err != nil || len(got) != 1 || diff(want, got[0]) != "" {
			t.Errorf("%s: %v\n%s", line, err, diff(want, got))
		}
	}
	c := commandContext()
	got, err := ParseCommand(c, " /bin/a  b ;  -/bin/c d  ")
	if err != nil || len(got) != 2 || got[0].Raw != "/bin/a  b" || got[1].Raw != "-/bin/c d" {
		t.Errorf("raw texts: %+v, %v", got, err)
	}
}

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		s     string
		flags SplitFlags
		want  []string // nil: error
	}{
		{"a b\tc", 0, []string{"a", "b", "c"}},
		{`dev-a\x2db.device 'x y'`, 0, []string{`dev-a\x2db.device`, "x y"}},
		{`"a\tb"`, 0, []string{`a\tb`}},
		{`"a\tb"`, SplitUnescape, []string{"a\tb"}},
		{`a\\`, 0, []string{`a\\`}},
		{`a\`, SplitUnescape, []string{`a\`}},
		{`"a`, 0, nil},
		{`"a\"`, SplitUnescape, nil},
		{`"a\"`, 0, []string{`a\`}},
		{"", 0, []string{}},
		{"  ", 0, []string{}},
		{`""`, 0, []string{""}},
		{`a\sb\e`, SplitUnescape, []string{`a b\e`}},
		{`a\sb`, SplitUnescape | splitStrict, []string{"a b"}},
		{`a\e`, SplitUnescape | splitStrict, nil},
		{`a\ b c\x41`, splitProtect, []string{"a b", "cx41"}},
		{`"a\"b"`, splitProtect, []string{`a"b`}},
		{`"a`, splitProtect, nil},
	} {
		got, err := SplitWords(c.s, c.flags)
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("SplitWords(%q, %d) = %q, %v; want %q", c.s, c.flags, got, err, c.want)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{`a "b c" 'd'`, `\x41\101\u00e9\U0001F600`, `"`, `\`, `a\ b`, "\xff\\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, flags := range []SplitFlags{0, SplitUnescape, splitLoose} {
			words, err := SplitWords(s, flags)
			if flags == splitLoose && err != nil {
				t.Errorf("loose splitting failed: %v", err)
			}
			n := 0
			for _, w := range words {
				n += len(w)
				if flags == SplitUnescape && !strings.Contains(s, "\x00") && strings.Contains(w, "\x00") {
					t.Errorf("NUL came out of %q", s)
				}
			}
			if n > len(s) {
				t.Errorf("%d bytes of words from %d", n, len(s))
			}
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{`/bin/a b ; c`, `-@:!!/bin/a $X ${Y}z $$ %n`, `; ;`, `\; ;`, `-"`, `@/a`, `/a %`, `/a ${`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		commands, err := ParseCommand(commandContext(), s)
		if err != nil && len(commands) > 0 {
			t.Error("both commands and an error")
		}
		for _, c := range commands {
			if c.Path == "" || len(c.Args) == 0 || c.Raw == "" {
				t.Errorf("%q: %+v", s, c)
			}
			c.Expand(func(string) (string, bool) { return "a 'b", true })
		}
	})
}
