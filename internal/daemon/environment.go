package daemon

import (
	"context"
	"os"
	"slices"
	"strings"

	"wakesock/internal/control"
)

// defaultPath is the PATH of services where the manager has none of its own.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// baseEnvironment is what services inherit before anything is set: all of the
// manager's in user mode; otherwise a PATH, the language, and as PID 1 what the
// container was given.
func (d *Daemon) baseEnvironment() []string {
	if d.options.User || os.Getpid() == 1 {
		return without(os.Environ(), "INVOCATION_ID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET")
	}
	env := []string{"PATH=" + defaultPath}
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "LANG=") || strings.HasPrefix(v, "LC_") {
			env = append(env, v)
		}
	}
	return env
}

// without drops variables by name, or by name and value where NAME=VALUE is given.
func without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(names, name) || slices.Contains(names, v)
	})
}

// Environment implements control.Manager.
func (d *Daemon) Environment(_ context.Context, r control.EnvironmentRequest) (reply control.EnvironmentReply, err error) {
	for _, v := range r.Set {
		if name, _, ok := strings.Cut(v, "="); !ok || !validVariable(name) {
			return reply, &control.Error{Code: control.CodeInvalid, Text: "invalid environment assignment: " + v, Hint: "write NAME=VALUE"}
		}
	}
	for _, v := range r.Unset {
		if name, _, _ := strings.Cut(v, "="); !validVariable(name) {
			return reply, &control.Error{Code: control.CodeInvalid, Text: "invalid environment variable: " + v, Hint: "write NAME or NAME=VALUE"}
		}
	}
	d.ask(func() {
		env := without(d.process.Env, r.Unset...)
		for _, v := range r.Set {
			name, _, _ := strings.Cut(v, "=")
			env = append(without(env, name), v)
		}
		if len(r.Set)+len(r.Unset) > 0 {
			d.process.Env = env
			d.forgetPlans()
		}
		reply.Variables = slices.Sorted(slices.Values(env))
	})
	return reply, nil
}

// validVariable tells whether a name may be that of an environment variable.
func validVariable(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
