package enable

import (
	"path"
	"slices"
	"strings"
)

// Layout sorts the folders of a search path by what they are for. Links are made
// in the first one that is nobody else's, and until the next start of the machine
// in the first below /run or below the user's runtime folder, which may be "".
func Layout(search []string, user bool, runtimeDir string) Paths {
	p := Paths{Search: search, User: user, Vendor: []string{"/usr", "/lib"}}
	runtime := func(dir string) bool {
		return below(dir, "/run") || runtimeDir != "" && below(dir, runtimeDir)
	}
	for _, dir := range search {
		base := path.Base(dir)
		switch {
		case strings.HasPrefix(base, "generator"):
			p.Generated = append(p.Generated, dir)
		case base == "transient":
			p.Transient = append(p.Transient, dir)
		case strings.HasSuffix(base, ".control"):
			p.Control = append(p.Control, dir)
		case slices.ContainsFunc(p.Vendor, func(v string) bool { return below(dir, v) }):
		case runtime(dir) && p.Runtime == "":
			p.Runtime = dir
		case !runtime(dir) && p.Config == "":
			p.Config = dir
		default:
			p.Others = append(p.Others, dir)
		}
	}
	if p.Config == "" && len(search) > 0 {
		p.Config = search[0] // somebody wants it so
	}
	kind, bases := "system-preset", []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"}
	if user {
		kind, bases = "user-preset", bases[:4]
	}
	for _, base := range bases {
		if !strings.HasSuffix(base, "lib") {
			p.Presets = append(p.Presets, path.Join(base, "wakesock", kind))
		}
		p.Presets = append(p.Presets, path.Join(base, "systemd", kind))
	}
	return p
}
