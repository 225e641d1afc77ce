package process

import (
	"strconv"
	"strings"
)

// A variable is one "K=V" in memory for execve.
type variable struct {
	name    string
	address uintptr
	text    string
}

type variables []variable

// variables lays out an environment that stays the same for all starts.
func (p *Plan) variables(env []string) variables {
	vs := make(variables, 0, len(env))
	for _, v := range env {
		vs = append(vs, variable{varName(v), p.hold(cstring(v)), v})
	}
	return vs
}

// has says whether a variable of vs has the name of v.
func (vs variables) has(v string) bool {
	for i := range vs {
		if n := vs[i].name; len(v) > len(n) && v[len(n)] == '=' && v[:len(n)] == n {
			return true
		}
	}
	return false
}

func (vs variables) texts() []string {
	all := make([]string, 0, len(vs))
	for i := range vs {
		all = append(all, vs[i].text)
	}
	return all
}

// Variables whose value is the child's own pid. It is not known before the
// child exists, so an empty value is filled in by the child.
var pidVariables = []string{"SYSTEMD_EXEC_PID=", "LISTEN_PID=", "WATCHDOG_PID="}

// pidRoom is the length of the longest pid and its NUL.
const pidRoom = 11

func isPIDVariable(v string) bool {
	if v[len(v)-1] != '=' {
		return false
	}
	for _, p := range pidVariables {
		if v == p {
			return true
		}
	}
	return false
}

// startVars collects the manager's variables of a start in p.vars.
func (p *Plan) startVars(s *Start) {
	p.vars = append(p.vars[:0], pidVariables[0])
	if s.Listen != nil {
		names := make([]string, len(s.Listen))
		for i := range names {
			names[i] = "unknown"
			if i < len(s.Names) && s.Names[i] != "" {
				names[i] = s.Names[i]
			}
		}
		p.vars = append(p.vars, pidVariables[1],
			"LISTEN_FDS="+strconv.Itoa(len(s.Listen)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	}
	p.vars = append(p.vars, s.Vars...)
}

// environ lays out the environment of a start in p.envp, and in argv the
// arguments. It fails if an EnvironmentFile= cannot be read.
func (p *Plan) environ(s *Start) (argv []uintptr, err error) {
	p.startVars(s)
	p.envp, p.pids = p.envp[:0], p.pids[:0]
	if p.slow {
		return p.environSlow()
	}

	size := 0
	for _, v := range p.vars {
		size += len(v) + pidRoom
	}
	p.room(size)
	for i := range p.low {
		if find(p.vars, p.low[i].name) < 0 {
			p.envp = append(p.envp, p.low[i].address)
		}
	}
	for i, v := range p.vars {
		if p.high.has(v) || len(p.unit.Exec.UnsetEnvironment) > 0 && unset(v, p.unit.Exec.UnsetEnvironment) ||
			find(p.vars[i+1:], varName(v)) >= 0 {
			continue
		}
		p.put(v)
	}
	for i := range p.high {
		p.envp = append(p.envp, p.high[i].address)
	}
	p.envp = append(p.envp, 0)
	return p.argv, nil
}

// environSlow is environ where files are read or arguments hold variables.
func (p *Plan) environSlow() (argv []uintptr, err error) {
	x := p.unit.Exec
	files, err := fromFiles(x.EnvironmentFile)
	if err != nil {
		return nil, err
	}
	env := without(merge(p.low.texts(), p.vars, p.high.texts(), files), x.UnsetEnvironment)
	args := p.command.Expand(func(name string) (string, bool) { return lookup(env, name) })
	if len(args) == 0 {
		args = []string{p.path}
	}
	size := 0
	for _, v := range env {
		size += len(v) + pidRoom
	}
	for _, a := range args {
		size += len(a) + 1
	}
	p.room(size)
	for _, v := range env {
		p.put(v)
	}
	p.envp = append(p.envp, 0)
	n := len(p.envp)
	for _, a := range args {
		p.arena = append(append(p.arena, a...), 0)
		p.envp = append(p.envp, address(&p.arena[len(p.arena)-len(a)-1]))
	}
	p.envp = append(p.envp, 0)
	return p.envp[n:], nil
}

// room empties the arena and makes it large enough not to move.
func (p *Plan) room(size int) {
	if cap(p.arena) < size {
		p.arena = make([]byte, 0, 2*size)
	}
	p.arena = p.arena[:0]
}

// put lays out a variable of the start.
func (p *Plan) put(v string) {
	if v == "" || strings.IndexByte(v, 0) >= 0 {
		return
	}
	at := len(p.arena)
	p.arena = append(append(p.arena, v...), 0)
	if isPIDVariable(v) {
		p.arena = append(p.arena, "          "...)
		p.pids = append(p.pids, address(&p.arena[at+len(v)]))
	}
	p.envp = append(p.envp, address(&p.arena[at]))
}

// arguments lays out arguments that stay the same for all starts.
func (p *Plan) arguments(args []string) []uintptr {
	argv := make([]uintptr, 0, len(args)+1)
	for _, a := range args {
		argv = append(argv, p.hold(cstring(a)))
	}
	return append(argv, 0)
}
