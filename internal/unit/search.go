package unit

import (
	"path"
	"slices"
	"strings"
)

// SearchPath returns the directories that units are looked for in, the first
// having the highest priority: those of Wakesock itself and then, unless
// systemd runs this machine or this user's session itself, those of systemd. A
// list that is given replaces them; if it ends in ':', they follow it.
func SearchPath(given string, user, systemdRuns bool, env func(string) string) []string {
	dirs := SplitPath(given)
	if given == "" || strings.HasSuffix(given, ":") {
		dirs = append(dirs, usualPath(user, systemdRuns, env)...)
	}
	return unique(dirs)
}

// SplitPath splits a list of absolute directories separated by colons and drops
// what is not absolute.
func SplitPath(list string) []string {
	var dirs []string
	for d := range strings.SplitSeq(list, ":") {
		if path.IsAbs(d) {
			dirs = append(dirs, path.Clean(d))
		}
	}
	return dirs
}

func usualPath(user, systemdRuns bool, env func(string) string) []string {
	if !user {
		dirs := []string{"/etc/wakesock/system", "/run/wakesock/system"}
		if !systemdRuns {
			dirs = append(dirs,
				"/etc/systemd/system", "/etc/systemd/system.attached",
				"/run/systemd/system", "/run/systemd/system.attached",
				"/usr/local/lib/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
		}
		return dirs
	}
	or := func(name, otherwise string) string {
		if v := env(name); path.IsAbs(v) {
			return v
		}
		return otherwise
	}
	home := env("HOME")
	config := or("XDG_CONFIG_HOME", home+"/.config")
	dirs := []string{config + "/wakesock/user"}
	if runtime := env("XDG_RUNTIME_DIR"); path.IsAbs(runtime) {
		dirs = append(dirs, runtime+"/wakesock/user")
	}
	dirs = append(dirs, "/etc/wakesock/user", "/run/wakesock/user")
	if systemdRuns {
		return dirs
	}
	dirs = append(dirs, config+"/systemd/user")
	for _, d := range SplitPath(or("XDG_CONFIG_DIRS", "/etc/xdg")) {
		dirs = append(dirs, d+"/systemd/user")
	}
	dirs = append(dirs, "/etc/systemd/user")
	if runtime := env("XDG_RUNTIME_DIR"); path.IsAbs(runtime) {
		dirs = append(dirs, runtime+"/systemd/user")
	}
	dirs = append(dirs, "/run/systemd/user", or("XDG_DATA_HOME", home+"/.local/share")+"/systemd/user")
	for _, d := range SplitPath(or("XDG_DATA_DIRS", "/usr/local/share:/usr/share")) {
		dirs = append(dirs, d+"/systemd/user")
	}
	return append(dirs, "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
}

// unique drops what is not absolute (a home directory that is not known) and
// all but the first of equal elements.
func unique(dirs []string) []string {
	var kept []string
	for _, d := range dirs {
		if path.IsAbs(d) && !slices.Contains(kept, d) {
			kept = append(kept, d)
		}
	}
	return kept
}
