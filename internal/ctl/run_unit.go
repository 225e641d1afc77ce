package ctl

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A transient is what the options of run-unit say, systemd-run(1).
type transient struct {
	name, description                 string
	properties                        []string // of the service
	triggers                          map[unit.Type][]string
	environment                       []string
	sameDir, pipe, wait, collect, hup bool
	remain, expand                    bool
	unsupported                       struct{ scope, pty, shell bool }
}

// shortcuts are options that stand for one property of the service.
var shortcuts = []struct{ option, property, help string }{
	{"service-type", "Type", "type of the service"},
	{"uid", "User", "user to run as"},
	{"gid", "Group", "group to run as"},
	{"nice", "Nice", "nice level"},
	{"working-directory", "WorkingDirectory", "folder to run in"},
	{"slice", "Slice", "slice to run in"},
}

// triggerShortcuts are options that stand for one property of the timer.
var triggerShortcuts = []struct{ option, property, help string }{
	{"on-active", "OnActiveSec", "run after this time"},
	{"on-boot", "OnBootSec", "run this long after the machine was booted"},
	{"on-startup", "OnStartupSec", "run this long after the manager was started"},
	{"on-unit-active", "OnUnitActiveSec", "run this long after the last start"},
	{"on-unit-inactive", "OnUnitInactiveSec", "run this long after the last end"},
	{"on-calendar", "OnCalendar", "run at these times"},
}

// addRunUnit is `wakesock run-unit`, what systemd-run is to systemd.
func (a *App) addRunUnit(c *cobra.Command) {
	t := &transient{triggers: make(map[unit.Type][]string)}
	f := c.Flags()
	f.SetInterspersed(false)
	f.StringVarP(&t.name, "unit", "u", "", "name of the unit")
	f.StringVar(&t.description, "description", "", "description of the unit (default: the command)")
	f.StringArrayVarP(&t.properties, "property", "p", nil, "a setting of the service, NAME=VALUE")
	f.StringArrayVarP(&t.environment, "setenv", "E", nil, "a variable for the command, NAME=VALUE, or NAME for our own value")
	f.BoolVarP(&t.sameDir, "same-dir", "d", false, "run in the present folder")
	f.BoolVarP(&t.pipe, "pipe", "P", false, "give our standard streams to the command, and wait")
	f.BoolVar(&t.wait, "wait", false, "wait until the command has ended, and end with its status")
	f.BoolVarP(&t.collect, "collect", "G", false, "forget the unit when it is down, though it has failed")
	f.BoolVarP(&t.remain, "remain-after-exit", "r", false, "keep the unit active when the command has ended")
	f.BoolVar(&t.expand, "expand-environment", false, "put variables of the unit's environment in the place of $NAME and ${NAME}")
	f.BoolVar(&t.hup, "send-sighup", false, "send SIGHUP after SIGTERM")
	f.BoolVar(&a.flags.noBlock, "no-block", false, "do not wait for the start")
	values := make(map[string]*string)
	for _, s := range shortcuts {
		values[s.property] = f.String(s.option, "", s.help)
	}
	timers := make(map[string]*[]string)
	for _, s := range triggerShortcuts {
		timers[s.property] = f.StringArray(s.option, nil, s.help)
	}
	clock := f.Bool("on-clock-change", false, "run when the clock is set")
	zone := f.Bool("on-timezone-change", false, "run when the time zone changes")
	sets := map[unit.Type]*[]string{
		unit.TypeTimer:  f.StringArray("timer-property", nil, "a setting of a timer for the command, NAME=VALUE"),
		unit.TypePath:   f.StringArray("path-property", nil, "a setting of a path unit for the command, NAME=VALUE"),
		unit.TypeSocket: f.StringArray("socket-property", nil, "a setting of a socket for the command, NAME=VALUE"),
	}
	for option, to := range map[string]*bool{"scope": &t.unsupported.scope, "pty": &t.unsupported.pty, "shell": &t.unsupported.shell} {
		f.BoolVar(to, option, false, "")
		_ = f.MarkHidden(option)
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		for _, s := range shortcuts {
			if f.Changed(s.option) {
				v, err := shortcut(s.property, *values[s.property])
				if err != nil {
					return err
				}
				t.properties = append(t.properties, s.property+"="+v)
			}
		}
		for _, s := range triggerShortcuts {
			for _, v := range *timers[s.property] {
				t.triggers[unit.TypeTimer] = append(t.triggers[unit.TypeTimer], s.property+"="+v)
			}
		}
		for property, set := range map[string]bool{"OnClockChange": *clock, "OnTimezoneChange": *zone} {
			if set {
				t.triggers[unit.TypeTimer] = append(t.triggers[unit.TypeTimer], property+"=yes")
			}
		}
		for k, list := range sets {
			if len(*list) > 0 {
				t.triggers[k] = append(t.triggers[k], *list...)
			}
		}
		return a.runUnit(cmd, t, args)
	}
}

// shortcut completes the value of an option that stands for a property.
func shortcut(property, v string) (string, error) {
	switch {
	case property == "Slice":
		n, err := unit.Mangle(v, unit.TypeSlice)
		return string(n), err
	case property == "WorkingDirectory" && v != "" && v[0] != '~':
		return quoted(absolute(v)), nil
	}
	return v, nil
}

// check says what options do not go together.
func (t *transient) check(args []string, noBlock bool) error {
	invalid := func(text, hint string) error {
		return &control.Error{Code: control.CodeInvalid, Text: "run-unit: " + text, Hint: hint}
	}
	switch u := t.unsupported; {
	case u.scope:
		return invalid("there are no scopes here", "without --scope the command runs as a service")
	case u.pty, u.shell:
		return invalid("there are no terminals for services here", "--pipe gives the command our standard streams")
	case len(t.triggers) > 1:
		return invalid("options of more than one of timers, paths and sockets", "make one unit at a time")
	case len(t.triggers) > 0 && (t.wait || t.pipe):
		return invalid("a unit that is started by another cannot be waited for", "leave out --wait and --pipe")
	case t.wait && noBlock:
		return invalid("--wait and --no-block contradict each other", "")
	case len(args) == 0 && (len(t.triggers) == 0 || t.name == ""):
		return invalid("which command?", "write it after the options: wakesock run-unit [OPTIONS] -- COMMAND [ARG...]")
	}
	return nil
}

func (a *App) runUnit(cmd *cobra.Command, t *transient, args []string) error {
	t.wait = t.wait || t.pipe
	if err := t.check(args, a.flags.noBlock); err != nil {
		return err
	}
	if t.name != "" {
		name, err := unit.Mangle(t.name, unit.TypeService)
		if err != nil {
			return err
		}
		if base := strings.TrimSuffix(string(name), ".service"); !strings.HasPrefix(t.name, base) && !a.flags.quiet {
			a.printf(a.Err, "Invalid unit name \"%s\" escaped as \"%s\" (maybe you should use wakesock escape?).\n", t.name, base)
		}
		t.name = string(name)
	}
	r, names, err := t.request(args)
	if err != nil {
		return err
	}
	r.NoBlock, r.Keep = a.flags.noBlock, t.wait
	if t.pipe {
		r.Streams = []*os.File{os.Stdin, os.Stdout, os.Stderr}
	}
	c, err := a.dial()
	if err != nil {
		return err
	}
	reply, err := c.Transient(cmd.Context(), r)
	if err != nil {
		return a.plainFailure(err)
	}
	if reply.Result != "done" && !t.wait {
		a.jobFailed("start", reply)
		return nil
	}
	a.announceUnit(names)
	if !t.wait {
		return nil
	}
	ended, err := c.Wait(cmd.Context(), control.NamesRequest{Names: names[:1]})
	if err != nil {
		return err
	}
	return a.unitEnded(&ended[0])
}

// announceUnit says what runs, in systemd-run's words.
func (a *App) announceUnit(names []string) {
	if a.flags.quiet {
		return
	}
	first := unit.Name(names[0])
	if first.Type() == unit.TypeService {
		a.printf(a.Err, "Running as unit: %s\n", first)
		return
	}
	a.printf(a.Err, "Running %s as unit: %s\n", first.Type(), first)
	if len(names) > 1 {
		a.printf(a.Err, "Will run service as unit: %s\n", names[1])
	}
}

// unitEnded tells how a unit ended and takes over its status: that of the command,
// 255 for a signal, 1 for any other failure.
func (a *App) unitEnded(e *control.Ended) error {
	if !a.flags.quiet {
		a.printf(a.Err, "Finished with result: %s\n", e.Result)
		if e.ExitCode != "" {
			a.printf(a.Err, "Main processes terminated with: code=%s, status=%s\n", e.ExitCode, e.ExitText)
		}
		if e.Runtime > 0 {
			a.printf(a.Err, "Service runtime: %s\n", milliseconds(e.Runtime))
		}
		if e.CPU >= 0 {
			a.printf(a.Err, "CPU time consumed: %s\n", milliseconds(e.CPU))
		}
	}
	switch {
	case e.Result == "success":
		return nil
	case e.Result == "exit-code" && e.ExitStatus > 0:
		return exit(e.ExitStatus)
	case e.Result == "signal", e.Result == "core-dump":
		return exit(255)
	}
	return exit(exitFailure)
}

// milliseconds prints microseconds, rounded.
func milliseconds(micro int64) string {
	return (value.Span(micro+500) / value.Millisecond * value.Millisecond).String()
}

// request describes the units: what triggers comes first.
func (t *transient) request(args []string) (r control.TransientRequest, names []string, err error) {
	base := strings.TrimSuffix(t.name, ".service")
	for k := range t.triggers {
		base = strings.TrimSuffix(base, "."+string(k))
	}
	if base == "" {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails
		base = "run-r" + hex.EncodeToString(id[:])
	}
	if len(args) > 0 {
		program, err := findProgram(args[0])
		if err != nil {
			return r, nil, err
		}
		args = append([]string{program}, args[1:]...)
	}
	for k, sets := range t.triggers {
		text, err := t.text(k, sets, strings.Join(args, " "))
		if err != nil {
			return r, nil, err
		}
		if k == unit.TypeTimer {
			text += "RemainAfterElapse=no\n"
		}
		names = append(names, base+"."+string(k))
		r.Units = append(r.Units, control.File{Path: names[0], Text: text})
	}
	if len(args) == 0 {
		return r, names, nil
	}
	text, err := t.service(args)
	if err != nil {
		return r, nil, err
	}
	if slices.ContainsFunc(t.triggers[unit.TypeSocket], accepts) {
		return r, nil, &control.Error{Code: control.CodeInvalid, Text: "run-unit: a template cannot be transient, which Accept=yes needs", Hint: "wakesock serve ADDRESS --accept -- COMMAND"}
	}
	names = append(names, base+".service")
	r.Units = append(r.Units, control.File{Path: base + ".service", Text: text})
	return r, names, nil
}

// accepts tells whether a setting of a socket asks for a service per connection.
func accepts(set string) bool {
	v, ok := strings.CutPrefix(set, "Accept=")
	yes, err := value.ParseBool(v)
	return ok && yes && err == nil
}

// findProgram completes the path of a program.
func findProgram(program string) (string, error) {
	if !strings.Contains(program, "/") {
		path, err := exec.LookPath(program)
		if err != nil {
			return "", &control.Error{Code: control.CodeInvalid, Text: "run-unit: failed to find executable " + program}
		}
		program = path
	}
	program = absolute(program)
	if fi, err := os.Stat(program); err != nil || fi.IsDir() {
		return "", &control.Error{Code: control.CodeInvalid, Text: "run-unit: failed to find executable " + program}
	}
	return program, nil
}

// service is the text of the service.
func (t *transient) service(args []string) (string, error) {
	sets := slices.Clone(t.properties)
	for _, e := range t.environment {
		name, v, ok := strings.Cut(e, "=")
		if !ok {
			v = os.Getenv(name)
		}
		sets = append(sets, "Environment="+unit.QuoteWord(quoted(name+"="+v)))
	}
	for _, x := range []struct {
		on  bool
		set string
	}{{t.remain, "RemainAfterExit=yes"}, {t.collect, "CollectMode=inactive-or-failed"}, {t.hup, "SendSIGHUP=yes"}} {
		if x.on {
			sets = append(sets, x.set)
		}
	}
	if t.sameDir {
		dir, err := os.Getwd()
		if err != nil {
			return "", fmt.Errorf("run-unit: %w", err)
		}
		sets = append(sets, "WorkingDirectory="+quoted(dir))
	}
	if t.pipe {
		sets = append(sets, "StandardInput=fd:stdin", "StandardOutput=fd:stdout", "StandardError=fd:stderr")
	}
	text, err := t.text(unit.TypeService, sets, strings.Join(args, " "))
	if err != nil {
		return "", err
	}
	return text + "ExecStart=" + commandText(args, t.expand) + "\n", nil
}

// text is that of a unit of type k with some settings, each in its section.
func (t *transient) text(k unit.Type, sets []string, description string) (string, error) {
	if t.description != "" {
		description = t.description
	}
	own := strings.ToUpper(string(k[:1])) + string(k[1:])
	common := "[Unit]\n"
	if description != "" {
		common += "Description=" + quoted(strings.ReplaceAll(description, "\n", " ")) + "\n"
	}
	special := "[" + own + "]\n"
	for _, s := range sets {
		name, _, ok := strings.Cut(s, "=")
		switch {
		case !ok || strings.ContainsAny(s, "\n\x00"):
			return "", &control.Error{Code: control.CodeInvalid, Text: "run-unit: not an assignment: " + s, Hint: "write NAME=VALUE"}
		case unit.Lookup(own, name) != nil:
			special += s + "\n"
		case unit.Lookup("Unit", name) != nil:
			common += s + "\n"
		default:
			e := &control.Error{Code: control.CodeInvalid, Text: "run-unit: unknown assignment: " + s}
			if n := unit.Nearest(own, name); n != "" {
				e.Hint = "did you mean " + n + "?"
			}
			return "", e
		}
	}
	return common + special, nil
}

// addSetProperty is `wakesock set-property`.
func (a *App) addSetProperty(c *cobra.Command) {
	runtime := false
	c.Flags().BoolVar(&runtime, "runtime", false, "only until the machine is started anew")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.dial()
		if err != nil {
			return err
		}
		_, err = client.Properties(cmd.Context(), control.PropertiesRequest{Unit: unitNames(args)[0], Set: args[1:], Runtime: runtime})
		return a.plainFailure(err)
	}
}
