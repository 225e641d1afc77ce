package unit

import (
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for _, c := range []struct {
		name, prefix, instance, stem string
		typ                          Type
		template                     bool
	}{
		{"echo.socket", "echo", "", "echo", TypeSocket, false},
		{"echo@.service", "echo", "", "echo@", TypeService, true},
		{"echo@1.service", "echo", "1", "echo@1", TypeService, false},
		{"echo@a.b.service", "echo", "a.b", "echo@a.b", TypeService, false},
		{"a.b@c.d@e.timer", "a.b", "c.d@e", "a.b@c.d@e", TypeTimer, false},
		{"-.slice", "-", "", "-", TypeSlice, false},
		{`dev-disk-by\x2duuid.device`, `dev-disk-by\x2duuid`, "", `dev-disk-by\x2duuid`, TypeDevice, false},
		{"..service", ".", "", ".", TypeService, false},
		{"a.service.socket", "a.service", "", "a.service", TypeSocket, false},
		{strings.Repeat("x", MaxName-8) + ".service", strings.Repeat("x", MaxName-8), "", strings.Repeat("x", MaxName-8), TypeService, false},
	} {
		n, err := ParseName(c.name)
		if err != nil {
			t.Errorf("ParseName(%q): %v", c.name, err)
			continue
		}
		if n.Prefix() != c.prefix || n.Instance() != c.instance || n.Type() != c.typ || n.Stem() != c.stem ||
			n.IsTemplate() != c.template || n.IsInstance() != (c.instance != "") {
			t.Errorf("%q: prefix %q, instance %q, stem %q, type %q, template %v", n, n.Prefix(), n.Instance(), n.Stem(), n.Type(), n.IsTemplate())
		}
	}
	for _, s := range []string{
		"", "a", "a.", ".service", "a.bar", "a.Service", "a b.service", "a/b.service", "é.service", "@.service", "@a.service",
		"a.service\n", "a*.service", "a.service.", strings.Repeat("x", MaxName-7) + ".service", "a\x00.service",
	} {
		if n, err := ParseName(s); err == nil {
			t.Errorf("ParseName(%q) = %q, want an error", s, n)
		} else if strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("ParseName(%q): message holds raw bytes: %q", s, err)
		}
	}
}

func TestNameChanges(t *testing.T) {
	for _, c := range []struct{ got, want Name }{
		{Name("echo@1.service").Template(), "echo@.service"},
		{Name("echo@.service").Template(), "echo@.service"},
		{Name("echo.service").Template(), "echo.service"},
		{Name("echo@.service").WithInstance("2"), "echo@2.service"},
		{Name("echo@1.service").WithInstance("2"), "echo@2.service"},
		{Name("echo.service").WithInstance("2"), "echo@2.service"},
		{Name("echo@1.service").WithInstance(""), "echo@.service"},
		{Name("echo@1.socket").WithType(TypeService), "echo@1.service"},
		{Name("echo@1.socket").WithoutInstance(), "echo.socket"},
		{Name("echo.socket").WithoutInstance(), "echo.socket"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"echo@1.service", "a.b@c.d@e.timer", "-.slice", "@.service", "..", "a@.socket", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		raw := Name(s) // accessors must not fail on what is no name
		_, _, _ = raw.Instance(), raw.Template().WithInstance("x").WithType(TypeSocket), raw.WithoutInstance().Stem()
		if err != nil {
			return
		}
		joined := n.Prefix()
		if n.IsInstance() || n.IsTemplate() {
			joined += "@" + n.Instance()
		}
		if joined += "." + string(n.Type()); joined != s {
			t.Errorf("%q falls apart into %q", s, joined)
		}
		if n.IsInstance() && n.Template().WithInstance(n.Instance()) != n {
			t.Errorf("%q is not an instance of its template", n)
		}
		for _, f := range folderNames(n) {
			if len(f) > len(n)+1 {
				t.Errorf("folder name %q of %q", f, n)
			}
		}
	})
}

// FuzzEscape checks that escaping is reversible and always fit for a name.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a/b", ".a", "-", `\x2d`, "é\xff", "//a/../b/", "", "/", "\x01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := Escape(s)
		back, err := Unescape(e)
		if strings.Contains(s, "\x00") {
			if err == nil {
				t.Errorf("%q: NUL came back", s)
			}
			return
		}
		if err != nil || back != s {
			t.Errorf("Unescape(Escape(%q) = %q) = %q, %v", s, e, back, err)
		}
		if e != "" && len(e) < 200 {
			if _, err := ParseName(e + ".service"); err != nil {
				t.Error(err)
			}
		}
		if p, err := EscapePath(s); err == nil {
			back, err := UnescapePath(p)
			if want := "/" + strings.Trim(simplifyPath(s), "/"); err != nil || back != want {
				t.Errorf("UnescapePath(EscapePath(%q) = %q) = %q, %v", s, p, back, err)
			}
		}
		if u, err := Unescape(s); err == nil && strings.Contains(u, "\x00") {
			t.Errorf("Unescape(%q) = %q", s, u)
		}
		if n, err := Mangle(s, TypeService); err == nil {
			if _, err := ParseName(string(n)); err != nil {
				t.Error(err)
			}
		}
	})
}
