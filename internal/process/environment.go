package process

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// The environment of a process is put together from two halves, because what
// changes with each start stands in the middle of systemd's order: low (the
// manager's settings), then the variables of the start, then high (the unit's).
// A later one wins; UnsetEnvironment= removes from the result.

// varName is the part of a variable before its '='.
func varName(v string) string {
	name, _, _ := strings.Cut(v, "=")
	return name
}

// merge joins lists of "K=V"; of equal names the last wins, in the first's place.
func merge(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		for _, v := range list {
			if i := find(all, varName(v)); i >= 0 {
				all[i] = v
			} else {
				all = append(all, v)
			}
		}
	}
	return all
}

// find is the index of the variable called name, or -1.
func find(env []string, name string) int {
	for i, v := range env {
		if len(v) > len(name) && v[len(name)] == '=' && v[:len(name)] == name {
			return i
		}
	}
	return -1
}

// lookup is the value of a variable.
func lookup(env []string, name string) (string, bool) {
	if i := find(env, name); i >= 0 {
		return env[i][len(name)+1:], true
	}
	return "", false
}

// unset says whether UnsetEnvironment= removes v: by its name, or name and value.
func unset(v string, list []string) bool {
	for _, u := range list {
		if u == v || len(v) > len(u) && v[len(u)] == '=' && v[:len(u)] == u {
			return true
		}
	}
	return false
}

// without is env without what lists in the manner of UnsetEnvironment= name.
func without(env []string, lists ...[]string) []string {
	var kept []string
next:
	for _, v := range env {
		for _, list := range lists {
			if unset(v, list) {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// names are the variables' names.
func names(env []string) []string {
	all := make([]string, len(env))
	for i, v := range env {
		all[i] = varName(v)
	}
	return all
}

// high is what the unit itself sets, but for EnvironmentFile=: PATH from
// ExecSearchPath=, PassEnvironment=, Environment=.
func high(c *Config, x *unit.Exec) []string {
	var path, pass []string
	if len(x.ExecSearchPath) > 0 {
		path = []string{"PATH=" + strings.Join(x.ExecSearchPath, ":")}
	}
	own := c.Environ
	if own == nil {
		own = os.Environ()
	}
	for _, name := range x.PassEnvironment {
		if v, ok := lookup(own, name); ok {
			pass = append(pass, name+"="+v)
		}
	}
	return merge(path, pass, x.Environment)
}

// fromFiles reads the EnvironmentFile= lines of a unit, each a path or a glob.
func fromFiles(files []unit.EnvironmentFile) ([]string, error) {
	var all []string
	for _, f := range files {
		paths, err := filepath.Glob(f.Path)
		if err != nil {
			return nil, fmt.Errorf("EnvironmentFile=%s: %w", f.Path, err)
		}
		if len(paths) == 0 && !f.Ignore {
			return nil, fmt.Errorf("EnvironmentFile=%s: %w; with %q in front it need not exist", f.Path, os.ErrNotExist, "-")
		}
		slices.Sort(paths)
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil {
				if f.Ignore {
					continue
				}
				return nil, fmt.Errorf("EnvironmentFile=%s: %w", f.Path, err)
			}
			all = append(all, parseEnvironmentFile(string(b))...)
		}
	}
	return all, nil
}
