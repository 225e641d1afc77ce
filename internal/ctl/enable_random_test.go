package ctl

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestRandomLikeSystemctl runs random verbs over random unit files by the
// installed systemctl and by us, and compares as TestLikeSystemctl does.
func TestRandomLikeSystemctl(t *testing.T) {
	systemctl := oracle(t)
	seeds := uint64(25)
	if testing.Short() {
		seeds = 10
	}
	if n, err := strconv.ParseUint(os.Getenv("WAKESOCK_SEEDS"), 10, 64); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			archive := randomArchive(r)
			theirs, ours := t.TempDir(), t.TempDir()
			lay(t, archive, theirs)
			lay(t, archive, ours)
			said := ""
			for range 12 {
				line := randomCommand(r)
				args := strings.Fields(line)
				said += line + "\n"
				want, got := bySystemctl(t, systemctl, theirs, args), byWakesock(t, ours, args)
				switch {
				case strings.Contains(want, "Failed to look up unit file state"):
					return // the search for a SysV script, which we do not have
				case line == "get-default" && strings.Contains(got, "is masked"):
					continue // it is masked, which only a manager tells systemctl
				}
				if strings.Contains(want, "Failed to ") && strings.Contains(want, "enable ") && strings.HasSuffix(got, "exit 1") {
					// 252 forgets a failure if one kind of links before it went well.
					want = strings.TrimSuffix(want, "exit 0") + strings.Repeat("exit 1", min(1, strings.Count(want, "exit 0")))
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s(-systemctl +wakesock)\n%s\n%s", said, d, txtar.Format(archive))
				}
				if d := cmp.Diff(links(t, theirs), links(t, ours)); d != "" {
					t.Errorf("%slinks (-systemctl +wakesock)\n%s\n%s", said, d, txtar.Format(archive))
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

var randomUnits = []string{"a.service", "b.service", "c.socket", "x@.service", "x@own.service", "y@.service", "t.target", "s.slice"}

// randomArchive makes unit files, links and presets.
func randomArchive(r *rand.Rand) *txtar.Archive {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	const vendor = "usr/lib/systemd/system/"
	a := &txtar.Archive{Files: []txtar.File{
		{Name: "folders", Data: []byte("etc/systemd/system\nrun/systemd/system\n")},
		{Name: vendor + "m.target", Data: []byte("[Unit]\nDescription=m\n")},
		{Name: vendor + "default.target", Data: []byte("[Unit]\nDescription=one that we bring along\n")},
	}}
	taken := map[string]bool{}
	for _, u := range randomUnits {
		text := "[Unit]\nDescription=" + u + "\n[Install]\n"
		for range r.IntN(4) {
			key := pick("WantedBy", "WantedBy", "RequiredBy", "Alias", "Also")
			value := pick("m.target", "t.target", "t@.target", "no.target", "a.service", "al.service", "al@.service", "x@.service", "c.socket",
				"%p-al.service", "%i.target", "%Z", "", "m.target.wants/"+u, "x y", "b.service")
			text += key + "=" + value + "\n"
		}
		if strings.Contains(u, "@.") && r.IntN(2) == 0 {
			text += "DefaultInstance=" + pick("std", "%j", "") + "\n"
		}
		dir := pick(vendor, vendor, "opt/", "etc/systemd/system/")
		taken[dir+u] = true
		a.Files = append(a.Files, txtar.File{Name: dir + u, Data: []byte(text)})
		if r.IntN(6) == 0 && u != "y@.service" && u != "t.target" {
			a.Files = append(a.Files, txtar.File{Name: "etc/systemd/system/" + u + ".d/o.conf", Data: []byte("[Install]\nWantedBy=m.target\n")})
		}
	}
	list := ""
	for range r.IntN(5) {
		from := pick("al.service", "a.service", "al@.service", "x@q.service", "m.target.wants/a.service", "m.target.wants/x@z.service", "default.target", "c.socket", "loop.service")
		to := pick("/dev/null", "/usr/lib/systemd/system/a.service", "a.service", "/opt/a.service", "/usr/lib/systemd/system/x@.service", "loop.service", "/usr/lib/systemd/system/m.target")
		p := pick("etc/systemd/system/", "run/systemd/system/") + from
		if from == to || strings.HasPrefix(from, "loop") && to == "/dev/null" {
			continue // the order of a folder's entries decides, or whether there is a /dev below the root
		}
		if !taken[p] {
			taken[p] = true
			list += p + " " + to + "\n"
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "links", Data: []byte(list)})
	if r.IntN(2) == 0 {
		a.Files = append(a.Files, txtar.File{Name: "etc/systemd/system-preset/1.preset",
			Data: []byte(pick("disable *\n", "enable x@.service one two\ndisable x@q*\ndisable y*\n", "enable a.service\ndisable *.service\n"))})
	}
	return a
}

func randomCommand(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	name := pick(append(randomUnits[:len(randomUnits):len(randomUnits)], "al.service", "x@q.service", "x@one", "y@z.service", "nosuch", "default.target", "m.target", "loop")...)
	plain := pick("y@.service", "t.target", "al.service", "default.target")
	options := pick("", "", "", " --runtime", " --force")
	switch verb := pick("enable", "enable", "disable", "reenable", "is-enabled", "is-enabled", "mask", "unmask", "preset", "revert", "link", "add-wants", "list-unit-files", "set-default", "get-default"); verb {
	case "reenable": // 252 enables the default instance in place of another one, and forgets drop-ins
		return verb + options + " " + plain
	case "link":
		return "link" + options + " /opt/" + name
	case "add-wants":
		return "add-wants" + options + " m.target " + name
	case "set-default":
		return "set-default " + pick("m.target", "t.target")
	case "get-default", "list-unit-files":
		return verb
	case "is-enabled", "revert":
		return verb + " " + name
	default:
		return verb + options + " " + name
	}
}
