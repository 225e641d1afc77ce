package unit

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// typeOf is a unit name of the type that has a section.
var nameFor = map[string]Name{"Unit": "a.target", "Install": "a.target", "Socket": "a.socket", "Service": "a.service",
	"Timer": "a.timer", "Path": "a.path", "Slice": "a.slice", "X-Wakesock": "a.socket"}

func TestRowsAreComplete(t *testing.T) {
	for _, d := range Directives() {
		id := "[" + d.Section + "] " + d.Name
		if d.Kind == "" {
			t.Errorf("%s: no kind", id)
		}
		if !strings.HasSuffix(d.Text, ".") || strings.Contains(strings.ReplaceAll(d.Text, "…", ""), ". ") || d.Text[:1] != strings.ToUpper(d.Text[:1]) {
			t.Errorf("%s: %q is not one sentence", id, d.Text)
		}
		if (d.Standing == Enforced) != (d.Reason == "") {
			t.Errorf("%s: %v because of %q", id, d.Standing, d.Reason)
		}
		if d.Since != 0 && d.Since < 253 {
			t.Errorf("%s: since %d", id, d.Since)
		}
		if d.Example == "" && !goneRow(d) {
			t.Errorf("%s: no example", id)
		}
	}
}

func goneRow(d *Directive) bool {
	return d.Example == "" && d.Kind == "text" && d.Property == "" && d.Standing == NotEnforced
}

// TestExampleChangesOneField assigns each example to a fresh unit and looks
// which fields differ afterwards from the defaults.
func TestExampleChangesOneField(t *testing.T) {
	reached := make(map[string]bool)
	for _, d := range Directives() {
		id := "[" + d.Section + "] " + d.Name
		u, fresh := newUnit(nameFor[d.Section]), newUnit(nameFor[d.Section])
		c := &Context{Unit: u, Host: &Host{}}
		if err := d.assign(c, d.Example); err != nil {
			t.Errorf("%s=%s: %v", id, d.Example, err)
			continue
		}
		for _, p := range c.problems {
			if !p.Note {
				t.Errorf("%s=%s: %s", id, d.Example, p)
			}
		}
		changed := differences("", reflect.ValueOf(*u), reflect.ValueOf(*fresh))
		for _, f := range changed {
			reached[f] = true
		}
		want := 1
		switch {
		case goneRow(d):
			want = 0
		case d.Name == "Nice", d.Name == "OOMScoreAdjust", d.Section == "Service" && d.Name == "TimeoutSec":
			want = 2
		}
		if len(changed) != want {
			t.Errorf("%s=%s: changed %v", id, d.Example, changed)
		}
		if d.Now == "" && want == 1 && len(changed) == 1 && d.Property != "" && d.Name != "StandardInputData" && !strings.HasPrefix(changed[0][strings.Index(changed[0], ".")+1:], d.Name) {
			t.Errorf("%s changes %s", id, changed[0])
		}
		if d.empty && d.List && d.Name != "CapabilityBoundingSet" { // an empty assignment takes it back, but for dependencies
			before := d.Show(u)
			if err := d.assign(c, ""); err != nil {
				t.Errorf("%s=: %v", id, err)
			}
			back := differences("", reflect.ValueOf(*u), reflect.ValueOf(*fresh))
			if after := d.Show(u); len(back) > 0 && before != after {
				t.Errorf("%s=: left %v", id, back)
			}
		}
		if again := newUnit(nameFor[d.Section]); len(differences("", reflect.ValueOf(*again), reflect.ValueOf(*fresh))) > 0 {
			t.Fatalf("%s=%s: changed the shared defaults", id, d.Example)
		}
	}
	for _, s := range []any{Common{}, Install{}, Socket{}, Service{}, Timer{}, Path{}, Slice{}, Exec{}, Kill{}, Resource{}, Wakesock{}} {
		v := reflect.TypeOf(s)
		for _, f := range fields(v) {
			if !reached[v.Name()+"."+f] {
				t.Errorf("no row reaches %s.%s", v.Name(), f)
			}
		}
	}
}

// fields lists a struct's fields, those of embedded structs as its own.
func fields(t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			all = append(all, fields(f.Type)...)
		} else {
			all = append(all, f.Name)
		}
	}
	return all
}

// differences names the fields of the sections, or of one, that differ.
func differences(prefix string, a, b reflect.Value) []string {
	var all []string
	for i := range a.NumField() {
		f := a.Type().Field(i)
		x, y := a.Field(i), b.Field(i)
		switch {
		case !f.IsExported():
		case f.Anonymous:
			all = append(all, differences(prefix, x, y)...)
		case prefix == "" && f.Type.Kind() == reflect.Pointer && !x.IsNil():
			all = append(all, differences(x.Type().Elem().Name()+".", x.Elem(), y.Elem())...)
		case prefix != "" && !reflect.DeepEqual(x.Interface(), y.Interface()):
			all = append(all, prefix+f.Name)
		}
	}
	return all
}

func TestEmptySectionsAreShared(t *testing.T) {
	a, b := newUnit("a.service"), newUnit("b.service")
	if a.Exec != b.Exec || a.Resource != b.Resource || a.Common != b.Common || a.Service != b.Service {
		t.Error("two units in which nothing is set do not share their sections")
	}
	if err := Lookup("Service", "User").assign(&Context{Unit: a, Host: &Host{}}, "nobody"); err != nil {
		t.Fatal(err)
	}
	if a.Exec == b.Exec || b.Exec.User != "" || a.Resource != b.Resource {
		t.Error("setting User= in one unit must copy that section, and that section only")
	}
}

func TestListsAreNotSharedAfterCopy(t *testing.T) {
	a := newUnit("a.service")
	d := Lookup("Service", "Environment")
	for _, v := range []string{"A=1", "B=2", "C=3"} {
		if err := d.assign(&Context{Unit: a, Host: &Host{}}, v); err != nil {
			t.Fatal(err)
		}
	}
	b, e := *a, *a.Exec
	b.Exec = &e
	for u, v := range map[*Unit]string{a: "D=a", &b: "D=b"} {
		if err := d.assign(&Context{Unit: u, Host: &Host{}}, v); err != nil {
			t.Fatal(err)
		}
	}
	if a.Exec.Environment[3] != "D=a" || b.Exec.Environment[3] != "D=b" {
		t.Errorf("%v and %v", a.Exec.Environment, b.Exec.Environment)
	}
}

func TestAccumulation(t *testing.T) {
	tests := []struct {
		name   string
		values []string
		want   string // as systemd 252 shows it
	}{
		{"Environment", []string{`A=1 "B=2 3"`, "A=4", "C="}, `A=4 "B=2 3" C=`},
		{"Environment", []string{"A=1", "", "B=2"}, "B=2"},
		{"Environment", []string{`A=1 'B=`}, "A=1"},
		{"CapabilityBoundingSet", []string{"CAP_CHOWN CAP_KILL", "~CAP_KILL", "CAP_SETUID"}, "cap_chown cap_setuid"},
		{"CapabilityBoundingSet", []string{""}, ""},
		{"AmbientCapabilities", []string{"CAP_KILL", "CAP_CHOWN"}, "cap_chown cap_kill"},
		{"CPUAffinity", []string{"0-1", "3"}, "0-1 3"},
		{"AllowedCPUs", []string{"0-1", "3"}, "0-1 3"},
		{"SuccessExitStatus", []string{"3 SIGUSR1", "TEMPFAIL"}, "3 75 USR1"},
		{"BindPaths", []string{"-/srv/a /b:/c:norbind"}, "-/srv/a:/srv/a:rbind /b:/c"},
		{"IPAddressAllow", []string{"localhost"}, "127.0.0.0/8 ::1/128"},
		{"CPUQuota", []string{"150%"}, "1.500000s"},
		{"StandardInputText", []string{`hello\x20there`}, "aGVsbG8gdGhlcmUK"},
		{"WorkingDirectory", []string{"-~"}, "!~"},
		{"DeviceAllow", []string{"/dev/null", "char-tty rw"}, "char-tty rw\n/dev/null rwm"},
		{"CoredumpFilter", []string{"all"}, "0xffffffff"},
		{"StandardError", []string{"append:/var/log/x"}, "append"},
		{"TimeoutSec", []string{"0"}, ""},
		{"Delegate", []string{"cpu memory"}, "yes"},
		{"Delegate", []string{"no", ""}, "yes"},
		{"Delegate", []string{"cpu", "no"}, "no"},
		{"OOMPolicy", nil, "stop"},
		{"TimeoutAbortSec", nil, "1min 30s"},
		{"TimeoutAbortSec", []string{"0"}, "0"},
		{"TimeoutAbortSec", []string{"5", ""}, "1min 30s"},
		{"StandardOutput", []string{"inherit"}, "journal"},
		{"LimitNOFILE", []string{"5:infinity"}, "infinity"},
		{"Environment", []string{`"A=a\tb" B=\x01`, `C=1 D=\e E=1`}, `"A=a\tb" "B=\001" C=1`},
		{"PassEnvironment", []string{`A\x41`}, "Ax41"},
		{"ReadOnlyPaths", []string{`/a\ b /c\x20d`}, `"/a b" /cx20d`},
		{"RuntimeDirectory", []string{`a\x20b c\q`}, `"a b"`},
		{"Sockets", []string{`dev-a\x2db.socket`}, `"dev-a\\x2db.socket"`},
		{"Sockets", []string{`"a.socket" b.socket "c.socket`}, "b.socket"},
		{"SuccessExitStatus", []string{`"3" 4 "5`}, "4"},
		{"IPAddressAllow", []string{`"::1" ::2`}, "::2/128"},
		{"ExecSearchPath", []string{`/a\b:/c`}, "/ab /c"},
		{"BindPaths", []string{`"/a b"`}, "/a b:/a b:rbind"},
		{"WantedBy", []string{`dev-a\x2db.device`}, `"dev-a\\x2db.device"`},
		{"LogExtraFields", []string{`"A=a b" B=2`}, "A=a b B=2"},
		{"StandardInput", []string{}, "null"},
		{"RestrictNamespaces", []string{"on"}, "yes"},
		{"CPUWeight", []string{"idle"}, "idle"},
		{"BindToDevice", []string{"lo", "*"}, ""},
	}
	for _, tt := range tests {
		u, d := newUnit("a.service"), cmp.Or(Lookup("Service", tt.name), Lookup("Install", tt.name))
		if d == nil {
			u, d = newUnit("a.socket"), Lookup("Socket", tt.name)
		}
		for _, v := range tt.values {
			if err := d.assign(&Context{Unit: u, Host: &Host{}}, v); err != nil {
				t.Errorf("%s=%s: %v", tt.name, v, err)
			}
		}
		if got := d.Show(u); got != tt.want {
			t.Errorf("%s=%s: got %q, want %q", tt.name, tt.values, got, tt.want)
		}
	}
}

func TestConditionsResetByFamily(t *testing.T) {
	u := newUnit("a.service")
	c := &Context{Unit: u, Host: &Host{}}
	for _, s := range [][2]string{{"ConditionPathExists", "|!/a"}, {"AssertHost", "b"}, {"ConditionUser", "!c"}, {"ConditionHost", ""}} {
		if err := Lookup("Unit", s[0]).assign(c, s[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := u.Common.Conditions; len(got) != 1 || got[0].Name != "AssertHost" {
		t.Errorf("left %v", got)
	}
	if err := Lookup("Unit", "ConditionPathExists").assign(c, "| ! /a//b/"); err != nil {
		t.Fatal(err)
	}
	if got := u.Common.Conditions[1]; !got.Trigger || !got.Negate || got.Param != "/a/b" || got.String() != "|!/a/b" {
		t.Errorf("got %+v", got)
	}
}

func TestBadValues(t *testing.T) {
	tests := []struct{ section, name, value, want string }{
		{"Socket", "BindIPv6Only", "maybe", `"maybe" is unknown, must be one of default, both, ipv6-only`},
		{"Socket", "Accept", "perhaps", "perhaps"},
		{"Socket", "MaxConnections", "-1", "out of range"},
		{"Socket", "MaxConnections", "4294967296", "out of range"},
		{"Socket", "Backlog", "", "an empty value is not allowed"},
		{"Service", "Service", "a.socket", ""},
		{"Socket", "Service", "a.socket", `"a.socket" is not the name of a service unit`},
		{"Socket", "ListenStream", "/a/../b", `must not contain ".."`},
		{"Socket", "ListenFIFO", "/" + strings.Repeat("x", 256), "too long"},
		{"Socket", "FileDescriptorName", "a:b", "is not the name of a file descriptor"},
		{"Socket", "BindToDevice", "%n", "is not the name of a network interface"},
		{"Socket", "BindToDevice", "averyveryverylongname", "is not the name of a network interface"},
		{"Service", "WorkingDirectory", "relative", `"relative" is not an absolute path`},
		{"Service", "WorkingDirectory", "/" + strings.Repeat("x", 5000), "too long"},
		{"Service", "WorkingDirectory", "/a/" + strings.Repeat("x", 256), "too long"},
		{"Service", "PIDFile", "../a", `must not contain ".."`},
		{"Service", "User", "65535", "stands for no user"},
		{"Service", "User", "a\x7f", "is not the name of a user"},
		{"Service", "User", "a:b", "is not the name of a user"},
		{"Service", "StandardInput", "append:/x", "must be one of null, tty"},
		{"Service", "StandardOutput", "file:x", `"x" is not an absolute path`},
		{"Service", "SyslogFacility", "local9", "must be one of kern"},
		{"Service", "Nice", "20", "must be from -20 to 19"},
		{"Service", "CPUQuota", "0%", "more than 0%"},
		{"Service", "CPUWeight", "0", "is not a weight"},
		{"Service", "IPAddressDeny", "300.0.0.0/8", ""},
		{"Unit", "FailureActionExitStatus", "256", "256"},
		{"Timer", "OnBootSec", "soon", "soon"},
		{"Path", "PathExists", "x", "not an absolute path"},
	}
	for _, tt := range tests {
		d := Lookup(tt.section, tt.name)
		if d == nil {
			continue
		}
		u := newUnit(nameFor[tt.section])
		c := &Context{Unit: u, Host: &Host{}}
		err := d.assign(c, tt.value)
		if tt.want == "" {
			if err != nil || len(c.problems) != 1 {
				t.Errorf("%s=%s: want one problem, got %v and %v", tt.name, tt.value, err, c.problems)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s=%.40s: got %v, want %s", tt.name, tt.value, err, tt.want)
		}
		if diff := differences("", reflect.ValueOf(*u), reflect.ValueOf(*newUnit(nameFor[tt.section]))); len(diff) > 0 {
			t.Errorf("%s=%.40s: changed %v", tt.name, tt.value, diff)
		}
	}
}

func TestNearest(t *testing.T) {
	tests := []struct{ section, name, want string }{
		{"Socket", "ListenStrem", "ListenStream"},
		{"Socket", "listenstream", "ListenStream"},
		{"Service", "ExecStrat", "ExecStart"},
		{"Service", "Enviroment", "Environment"},
		{"Unit", "Want", "Wants"},
		{"Unit", "Zzzzzzzzz", ""},
		{"Nothing", "Wants", ""},
		{"Unit", "", ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.section, tt.name); got != tt.want {
			t.Errorf("[%s] %s: got %q, want %q", tt.section, tt.name, got, tt.want)
		}
	}
}

func TestSections(t *testing.T) {
	want := []string{"Unit", "Install", "Socket", "Service", "Timer", "Path", "Slice", "X-Wakesock"}
	if got := Sections(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for s, n := range nameFor {
		if !slices.Contains(SectionsOf(n.Type()), s) {
			t.Errorf("%s has no section %s", n, s)
		}
	}
}

func FuzzAssign(f *testing.F) {
	for _, d := range Directives() {
		f.Add(d.Section, d.Name, d.Example)
	}
	f.Add("Service", "Environment", `"A=%`)
	f.Fuzz(func(t *testing.T, section, name, value string) {
		d := Lookup(section, name)
		if d == nil {
			Nearest(section, name)
			return
		}
		for _, n := range nameFor {
			u := newUnit(n)
			c := &Context{Unit: u, Host: &Host{}}
			if d.assign(c, value) == nil {
				u.settle()
				d.Show(u)
				Properties(u)
			}
		}
	})
}
