package device

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes files below a folder; what begins with -> is a link.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(text, "->"); ok {
			err = os.Symlink(to, file)
		} else {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// camera is a folder like /sys with a camera at a USB port and two interfaces.
func camera(t testing.TB) (sys, string) {
	t.Helper()
	dir := t.TempDir()
	const usb, video = "devices/pci0/usb1/1-2/", "devices/pci0/usb1/1-2/1-2:1.0/video4linux/video3/"
	write(t, dir, map[string]string{
		"devices/pci0/uevent":               "DRIVER=xhci_hcd\n",
		"devices/pci0/subsystem":            "->../../bus/pci",
		usb + "uevent":                      "MAJOR=189\nMINOR=3\nDEVNAME=bus/usb/001/004\n",
		usb + "subsystem":                   "->../../../../bus/usb",
		usb + "driver":                      "->../../../../bus/usb/drivers/usb",
		usb + "idVendor":                    "046d\n",
		usb + "serial":                      "A B/C\n",
		usb + "1-2:1.0/uevent":              "DRIVER=uvcvideo\n",
		usb + "1-2:1.0/subsystem":           "->../../../../../bus/usb",
		usb + "1-2:1.0/driver":              "->../../../../../bus/usb/drivers/uvcvideo",
		video + "uevent":                    "MAJOR=81\nMINOR=3\nDEVNAME=video3\n",
		video + "subsystem":                 "->../../../../../../../class/video4linux",
		video + "name":                      "Webcam C270  \n",
		video + "index":                     "0\n",
		"devices/virtual/net/lo/uevent":     "INTERFACE=lo\nIFINDEX=1\n",
		"devices/virtual/net/lo/subsystem":  "->../../../../class/net",
		"devices/virtual/net/br7/uevent":    "INTERFACE=br7\nIFINDEX=2\n",
		"devices/virtual/net/br7/ifindex":   "2\n",
		"devices/virtual/net/br7/subsystem": "->../../../../class/net",
		"class/net/lo":                      "->../../devices/virtual/net/lo",
		"class/net/br7":                     "->../../devices/virtual/net/br7",
		"class/video4linux/video3":          "->../../" + strings.TrimSuffix(video, "/"),
		"bus/usb/devices/1-2":               "->../../../" + strings.TrimSuffix(usb, "/"),
		"dev/char/81:3":                     "->../../" + strings.TrimSuffix(video, "/"),
	})
	return sys(dir), "/" + strings.TrimSuffix(video, "/")
}

func TestScan(t *testing.T) {
	s, video := camera(t)
	want := []string{"/devices/pci0/usb1/1-2", video, "/devices/virtual/net/br7", "/devices/virtual/net/lo"}
	if diff := cmp.Diff(want, s.scan()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p := s.parent(video); p != "/devices/pci0/usb1/1-2/1-2:1.0" {
		t.Errorf("parent %s", p)
	}
}

func TestRules(t *testing.T) {
	s, video := camera(t)
	for _, x := range []struct{ rules, want string }{
		// comparisons
		{`KERNEL=="video3", TAG+="hit"`, "hit"},
		{`KERNEL=="video[0-9]", TAG+="hit"`, "hit"},
		{`KERNEL=="video[!0-9]", TAG+="hit"`, ""},
		{`KERNEL=="audio*|vid?o*", TAG+="hit"`, "hit"},
		{`KERNEL!="video*", TAG+="hit"`, ""},
		{`KERNEL=="vide\o3", TAG+="hit"`, ""}, // no wildcard
		{`KERNEL=="vide\o?", TAG+="hit"`, "hit"},
		{`KERNEL="video3", TAG+="miss"`, ""}, // meant to compare
		{`ATTRS{idVendor}+="046d", TAG+="miss"`, ""},
		{`ATTR{index}="1", TAG+="hit"`, "hit"},
		{`KERNEL==i"VIDEO3", TAG+="hit"`, "hit"},
		{`SUBSYSTEM=="video4linux", ACTION=="add", TAG+="hit"`, "hit"},
		{`ACTION!="add|change", TAG+="hit"`, ""},
		{`SUBSYSTEM=="usb", TAG+="hit"`, ""},
		{`SUBSYSTEMS=="usb", TAG+="hit"`, "hit"},
		{`SUBSYSTEMS=="usb", ATTRS{idVendor}=="046d", TAG+="hit"`, "hit"},
		{`DRIVERS=="uvcvideo", ATTRS{idVendor}=="046d", TAG+="hit"`, ""}, // not of one device
		{`DRIVERS=="usb", ATTRS{idVendor}=="046d", TAG+="hit"`, "hit"},
		{`DRIVER=="uvcvideo", TAG+="hit"`, ""},
		{`ATTR{name}=="Webcam C270", TAG+="hit"`, "hit"}, // space at the end is left out
		{`ATTR{name}=="Webcam C270  ", TAG+="hit"`, "hit"},
		{`ATTR{name}!="Webcam*", TAG+="hit"`, ""},
		{`ATTR{none}!="x", TAG+="hit"`, ""}, // what is not there is not unequal
		{`ATTR{../../../1-2/idVendor}=="*", TAG+="hit"`, ""},
		{`ENV{MINOR}=="3", TAG+="hit"`, "hit"},
		{`ENV{NONE}!="x", TAG+="hit"`, "hit"},
		{`ENV{NONE}=="?*", TAG+="hit"`, ""},
		{`ENV{NONE}=="", TAG+="hit"`, "hit"},
		{"TAG+=\"a\"\nTAG==\"a\", TAG+=\"hit\"\nTAG!=\"a\", TAG+=\"miss\"", "a hit"},
		{`TEST=="index", TAG+="hit"`, "hit"},
		{`TEST!="none", TAG+="hit"`, "hit"},
		{`DEVPATH=="/devices/*/video3", TAG+="hit"`, "hit"},
		// lines
		{"# a comment\n\nKERNEL==\"video3\", \\\n  # within\n  TAG+=\"hit\"", "hit"},
		{"KERNEL==\"video3\"\\\n,TAG+=\"hit\"", "hit"},
		{"GOTO=\"end\"\nTAG+=\"miss\"\nLABEL=\"end\", TAG+=\"hit\"", "hit"},
		{"KERNEL==\"x\", GOTO=\"end\"\nTAG+=\"hit\"\nLABEL=\"end\"", "hit"},
		{`KERNEL == "video3" , TAG += "hit"`, "hit"},
		// tags
		{`TAG+="a", TAG+="b", TAG+="a"`, "b a"},
		{"TAG+=\"a\"\nTAG=\"b\"", "b"},
		{"TAG+=\"a\"\nTAG+=\"b\"\nTAG-=\"a\"", "b"},
		{"TAG:=\"a\"\nTAG+=\"b\"", "a"},
		// variables
		{`ENV{A}="1", ENV{A}+="2", TAG+="$env{A}"`, "1 2"},
		{`ENV{A}="1", ENV{A}="", TAG+="x$env{A}"`, "x"},
		{`ENV{A}="say \"x\"", TAG+="$env{A}"`, `say "x"`},
		{`ENV{A}=e"a\tb", TAG+="$env{A}"`, "a\tb"},
		{`ENV{A}="a\tb", TAG+="$env{A}"`, `a\tb`},
		// substitutions
		{`TAG+="%k $kernel %n $number %b %M:%m $major:$minor"`, "video3 video3 3 3 video3 81:3 81:3"},
		{`TAG+="%p"`, video},
		{`TAG+="$attr{index} %s{name} $attr{none}."`, "0 Webcam C270 ."},
		{`ATTRS{idVendor}=="046d", TAG+="%b $driver $attr{idVendor}"`, "1-2 usb 046d"},
		{`TAG+="%E{MAJOR} %% $$ %N $devnode %r $root %S $sys"`, "81 % $ /dev/video3 /dev/video3 /dev /dev /sys /sys"},
		{`TAG+="%q $nothing 100% $"`, "%q $nothing 100% $"},
		{`TAG+="$result%c."`, "."},
		// what is not understood
		{`PROGRAM=="/bin/true", TAG+="miss"`, ""},
		{`RUN+="/bin/true", TAG+="hit"`, "hit"},
		{`IMPORT{builtin}="usb_id", TAG+="hit"`, "hit"},
		{`TAG+="a`, ""}, {`TAG+"a"`, ""}, {`tag+="a"`, ""}, {`ENV{A="a"`, ""}, {`ENV="a", TAG+="miss"`, ""},
	} {
		d, ok := s.device(video)
		if !ok {
			t.Fatal("no device")
		}
		ParseRules("x.rules", x.rules).apply(s, d, "add")
		if got := strings.Join(d.Tags, " "); got != x.want {
			t.Errorf("%s\n\tgot %q, want %q", x.rules, got, x.want)
		}
	}
}

func TestRuleLinks(t *testing.T) {
	s, video := camera(t)
	for _, x := range []struct{ rules, want string }{
		{`SYMLINK+="cam-%n v4l/by-name/$attr{name}"`, "/dev/cam-3 /dev/v4l/by-name/Webcam /dev/C270"},
		{"SYMLINK+=\"a\"\nSYMLINK+=\"b\"\nSYMLINK=\"c\"", "/dev/c"},
		{"SYMLINK+=\"a b\"\nSYMLINK-=\"a\"", "/dev/b"},
		{"SYMLINK:=\"a\"\nSYMLINK+=\"b\"", "/dev/a"},
		{`SYMLINK+="/dev/x ../etc/passwd a/../../b c;d"`, "/dev/x /dev/c_d"},
		{`ATTRS{serial}=="*", SYMLINK+="by-serial/$attr{serial}"`, "/dev/by-serial/A /dev/B/C"},
		{"SYMLINK+=\"a\"\nSYMLINK==\"a\", SYMLINK+=\"hit\"", "/dev/a /dev/hit"},
	} {
		d, _ := s.device(video)
		ParseRules("x.rules", x.rules).apply(s, d, "add")
		if got := strings.Join(d.Links, " "); got != x.want {
			t.Errorf("%s\n\tgot %q, want %q", x.rules, got, x.want)
		}
	}
	d, _ := s.device("/devices/virtual/net/br7")
	if ParseRules("x.rules", `SYMLINK+="x"`).apply(s, d, "add"); len(d.Links) > 0 {
		t.Errorf("a device without a node has links %v", d.Links)
	}
}

// TestSurveillanceRule: the rule of examples/surveillance names its camera at every
// event but the last, and not the camera's second node.
func TestSurveillanceRule(t *testing.T) {
	text, err := os.ReadFile("../../examples/surveillance/camera/device/90-surveillance.rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ vendor, product, index, action, want string }{
		{"03f0", "e207", "0", "add", "systemd /dev/surveillance surveillance-delay.timer"},
		{"03f0", "e207", "0", "change", "systemd /dev/surveillance surveillance-delay.timer"},
		{"03f0", "e207", "0", "remove", "  "},
		{"03f0", "e207", "1", "add", "  "},
		{"03f0", "0001", "0", "add", "  "},
		{"0001", "e207", "0", "add", "  "},
	} {
		s, video := camera(t)
		write(t, string(s), map[string]string{
			video[1:] + "/index": x.index + "\n", "devices/pci0/usb1/1-2/idVendor": x.vendor + "\n", "devices/pci0/usb1/1-2/idProduct": x.product + "\n",
		})
		d, _ := s.device(video)
		ParseRules("x.rules", string(text)).apply(s, d, x.action)
		if got := strings.Join([]string{strings.Join(d.Tags, " "), strings.Join(d.Links, " "), d.Properties["SYSTEMD_WANTS"]}, " "); got != x.want {
			t.Errorf("%+v: got %q", x, got)
		}
	}
}

func TestRuleProblems(t *testing.T) {
	r := ParseRules("/r/10-x.rules", strings.Join([]string{
		`KERNEL=="x", RUN+="/bin/true", TAG+="a"`,
		`PROGRAM=="/bin/true", \`, `  OWNER="root"`,
		`TAG+="a`,
		`GOTO="nowhere"`,
		`ENV{A}-="x"`,
		`ATTR=="x"`,
		`what is this`,
		`KERNEL="x", TAG+="a"`,
	}, "\n"))
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.String())
	}
	want := []string{
		`/r/10-x.rules:1: RUN+= is not enforced: it has no effect`,
		`/r/10-x.rules:2: PROGRAM== is not enforced: it cannot be judged, so the line never applies`,
		`/r/10-x.rules:2: OWNER= is not enforced: it has no effect`,
		`/r/10-x.rules:4: TAG+=: the value does not end; the line is ignored`,
		`/r/10-x.rules:6: ENV{A}-= is not enforced: variables take = and +=`,
		`/r/10-x.rules:7: ATTR: the name in {} is missing; the line is ignored`,
		`/r/10-x.rules:8: "what is this" is no key; the line is ignored`,
		`/r/10-x.rules:9: KERNEL= must be == or !=; the line is ignored`,
		`/r/10-x.rules:5: GOTO="nowhere": no such LABEL= below`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRuleFolders: files of all folders in the order of their names, those of the
// first folder hide others, and ours stands in for udev's own.
func TestRuleFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"own/50-b.rules": `TAG+="b-own"`, "own/10-x.rules": `TAG+="x-own"`, "own/readme": `TAG+="no"`,
		"etc/20-a.rules": `TAG+="a-etc"`, "etc/50-b.rules": `TAG+="b-etc"`, "etc/70-off.rules": "->/dev/null",
		"lib/20-a.rules": `TAG+="a-lib"`, "lib/70-off.rules": `TAG+="off"`, "lib/30-run.rules": `RUN+="x"`,
	})
	folders := func(names ...string) (list []string) {
		for _, n := range names {
			list = append(list, filepath.Join(dir, n))
		}
		return list
	}
	s, _ := camera(t)
	tags := func(r *Rules) string {
		d, _ := s.device("/devices/virtual/net/br7")
		r.apply(s, d, "add")
		return strings.Join(d.Tags, " ")
	}
	r := LoadRules(folders("own"), folders("etc", "lib", "missing"))
	if got := tags(r); got != "x-own a-etc b-own systemd" {
		t.Errorf("tags %s", got)
	}
	if len(r.Problems) != 1 || r.Problems[0].Own {
		t.Errorf("problems %v", r.Problems)
	}
	if got := tags(LoadRules(folders("own"), nil)); got != "x-own b-own" {
		t.Errorf("beside udev: tags %s", got)
	}
	for _, x := range []struct {
		folder string
		want   bool
	}{{"own", true}, {"etc", false}, {"wants", true}, {"shipped", false}} {
		write(t, dir, map[string]string{
			"wants/1" + x.folder + ".rules": `ENV{SYSTEMD_WANTS}="x.service"`,
			"shipped/99-systemd.rules" + "": `ENV{SYSTEMD_WANTS}="x.service"`,
		})
		c := Config{Others: folders(x.folder)}
		if x.folder == "own" {
			c = Config{Own: folders("own")}
		}
		if c.Wishes() != x.want {
			t.Errorf("%s: wishes %v", x.folder, !x.want)
		}
	}
}

// TestBuiltinRules: the built-in rules are understood, and do what they say.
func TestBuiltinRules(t *testing.T) {
	r := LoadRules(nil, []string{"/nonexistent"})
	if len(r.Problems) > 0 {
		t.Error(r.Problems)
	}
	s, video := camera(t)
	for p, want := range map[string][]string{
		video:                      {"/sys" + video, "/dev/video3"},
		"/devices/virtual/net/br7": {"/sys/devices/virtual/net/br7", "/sys/subsystem/net/devices/br7"},
		"/devices/virtual/net/lo":  nil,
		"/devices/pci0/usb1/1-2":   nil,
	} {
		d, _ := s.device(p)
		if r.apply(s, d, "add"); d.ready() != (want != nil) || want != nil && !slices.Equal(d.Paths(), want) {
			t.Errorf("%s: ready %v, %v", p, d.ready(), d.Paths())
		}
	}
}

// TestGlobTime: no pattern takes long.
func TestGlobTime(t *testing.T) {
	if glob(strings.Repeat("*a", 500)+"b", strings.Repeat("a", 4000)) {
		t.Error("matched")
	}
}

func FuzzRules(f *testing.F) {
	f.Add("KERNEL==\"video[0-9]*\", ATTRS{idVendor}==\"046d\", TAG+=\"systemd\", \\\n ENV{SYSTEMD_WANTS}+=\"cam@%k.service\", SYMLINK+=\"cam%n\"")
	f.Add("GOTO=\"end\"\nTAG:=e\"\\tx\"\nLABEL=\"end\"")
	f.Add(builtin)
	s, video := camera(f)
	f.Fuzz(func(t *testing.T, text string) {
		r := ParseRules("x.rules", text)
		for _, p := range r.Problems {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 {
				t.Errorf("line %d of %d", p.Line, strings.Count(text, "\n")+1)
			}
		}
		if strings.Contains(text, "TEST") || strings.Contains(text, "ATTR") {
			return // files of the machine that runs the test
		}
		d, _ := s.device(video)
		r.apply(s, d, "add")
		for _, l := range d.Links {
			if !strings.HasPrefix(l, "/dev/") || filepath.Clean(l) != l {
				t.Errorf("link %q", l)
			}
		}
	})
}

func BenchmarkRules(b *testing.B) {
	s, video := camera(b)
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "SUBSYSTEM==\"video4linux\", KERNEL==\"audio%d*\", TAG+=\"x\"\n", i)
	}
	r := ParseRules("x.rules", text.String())
	for b.Loop() {
		d, _ := s.device(video)
		r.apply(s, d, "add")
	}
}
