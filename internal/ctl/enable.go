package ctl

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/builtin"
	"wakesock/internal/control"
	"wakesock/internal/enable"
	"wakesock/internal/unit"
)

// install are the options of the verbs that change which units are enabled.
type install struct {
	root, presetMode             string
	runtime, force, global       bool
	now, noReload, stdin, entire bool
	dropIn                       string
}

// A fileVerb is a verb that changes links.
type fileVerb struct {
	name, use, short string
	names            int                                                         // how many arguments before the units are targets
	files            bool                                                        // arguments are paths of unit files
	verb             string                                                      // in "Failed to …", if not name
	now              string                                                      // what --now does with the units
	unseen           bool                                                        // units that do not exist will do
	hint             bool                                                        // tells when there was nothing to enable
	extra            func(c *cobra.Command, o *install)                          // options of its own
	decide           func(*enable.Files, enable.Options, []string) enable.Result // what to do
}

// fileVerbs are the verbs that change links, in the order of systemctl(1).
var fileVerbs = []fileVerb{
	{name: "enable", use: "UNIT|FILE...", short: "make the links that units' [Install] sections ask for", now: "start", hint: true,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Enable(o, n...) }},
	{name: "disable", use: "UNIT...", short: "remove all links to units", now: "stop",
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Disable(o, n...) }},
	{name: "reenable", use: "UNIT...", short: "disable and enable again", now: "start", hint: true,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Reenable(o, n...) }},
	{name: "preset", use: "UNIT...", short: "enable or disable units as the preset files say", extra: presetMode,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.ApplyPresets(o, n...) }},
	{name: "mask", use: "UNIT...", short: "make units impossible to start", now: "stop", unseen: true,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Mask(o, n...) }},
	{name: "unmask", use: "UNIT...", short: "undo mask", unseen: true,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Unmask(o, n...) }},
	{name: "link", use: "FILE...", short: "make unit files known that lie elsewhere", files: true,
		decide: func(f *enable.Files, o enable.Options, n []string) enable.Result { return f.Link(o, n...) }},
	{name: "revert", use: "UNIT...", short: "remove drop-ins and files that override the vendor's",
		decide: func(f *enable.Files, _ enable.Options, n []string) enable.Result { return f.Revert(n...) }},
	{name: "add-wants", use: "TARGET UNIT...", short: "make a target want units", names: 1, verb: "add dependency on",
		decide: dependency("WantedBy")},
	{name: "add-requires", use: "TARGET UNIT...", short: "make a target require units", names: 1, verb: "add dependency on",
		decide: dependency("RequiredBy")},
}

func dependency(directive string) func(*enable.Files, enable.Options, []string) enable.Result {
	return func(f *enable.Files, o enable.Options, n []string) enable.Result {
		return f.AddDependency(o, directive, n[0], n[1:]...)
	}
}

func presetMode(c *cobra.Command, o *install) {
	c.Flags().StringVar(&o.presetMode, "preset-mode", "full", "full, enable-only or disable-only")
}

// addFileVerbs adds the verbs about unit files and their links.
func (a *App) addFileVerbs(add func(use, short string, args cobra.PositionalArgs, run func(*cobra.Command, []string) error) *cobra.Command) {
	o := new(install)
	common := func(c *cobra.Command) *cobra.Command {
		c.Flags().StringVar(&o.root, "root", "", "work on the unit files below this folder")
		c.Flags().BoolVar(&o.global, "global", false, "for the managers of all users")
		return c
	}
	writes := func(c *cobra.Command) *cobra.Command {
		c.Flags().BoolVar(&o.runtime, "runtime", false, "until the next start of the machine")
		c.Flags().BoolVarP(&o.force, "force", "f", false, "replace links that lead elsewhere")
		c.Flags().BoolVar(&o.noReload, "no-reload", false, "do not ask the manager to read its files again")
		return common(c)
	}
	for _, v := range fileVerbs {
		c := writes(add(v.name+" "+v.use, v.short, arguments(1+v.names, -1), nil))
		if v.now != "" {
			c.Flags().BoolVar(&o.now, "now", false, v.now+" the units as well")
		}
		if v.extra != nil {
			v.extra(c, o)
		}
		c.RunE = func(cmd *cobra.Command, args []string) error { return a.fileVerb(cmd, &v, o, args) }
	}
	a.addEdit(writes(add("edit UNIT...", "change units by drop-ins of one's own", arguments(1, -1), nil)), o)
	none := arguments(0, 0)
	c := writes(add("preset-all", "enable or disable all units as the preset files say", none, nil))
	presetMode(c, o)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		v := &fileVerb{name: "preset-all", verb: "preset",
			decide: func(f *enable.Files, o enable.Options, _ []string) enable.Result { return f.ApplyAllPresets(o) }}
		return a.fileVerb(cmd, v, o, nil)
	}
	c = writes(add("set-default TARGET", "choose what default.target stands for", arguments(1, 1), nil))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		v := &fileVerb{name: "set-default", names: 1, verb: "set default",
			decide: func(f *enable.Files, o enable.Options, n []string) enable.Result {
				o.Force = true
				return f.SetDefault(o, n[0])
			}}
		return a.fileVerb(cmd, v, o, args)
	}
	common(add("get-default", "what default.target stands for", none, func(*cobra.Command, []string) error { return a.getDefault(o) }))
	common(add("is-enabled UNIT...", "succeed if a unit is enabled", arguments(1, -1), func(_ *cobra.Command, args []string) error { return a.isEnabled(o, args) }))
	c = common(add("list-unit-files [PATTERN...]", "unit files, their states and what the presets want", arguments(0, -1), nil))
	a.addList(c)
	c.RunE = func(_ *cobra.Command, args []string) error { return a.listUnitFiles(o, args) }
}

// rootFS is what lies below a root, with what the program brings along.
func rootFS(root string) fs.FS { return builtin.On(os.DirFS(root+"/"), false) }

// unitFiles opens the folders of unit files that the options mean.
func (a *App) unitFiles(o *install) (*enable.Files, error) {
	root := ""
	if o.root != "" && filepath.Clean(o.root) != "/" {
		root = absolute(o.root)
		if info, err := os.Stat(root); err != nil || !info.IsDir() {
			return nil, &control.Error{Code: control.CodeInvalid, Text: "--root: no folder " + root, Hint: "the root of a system, which has folders such as etc and usr"}
		}
	}
	user := a.userMode()
	if (root != "" || o.global) && !a.flags.user {
		user = o.global
	}
	search := a.unitPath()
	switch {
	case a.givenPath() != "":
	case o.global:
		search = []string{"/etc/wakesock/user", "/run/wakesock/user", "/etc/systemd/user", "/run/systemd/user",
			"/usr/local/share/systemd/user", "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"}
	case root != "":
		search = unit.SearchPath("", user, false, a.Env)
	}
	paths := enable.Layout(search, user, a.Env("XDG_RUNTIME_DIR"))
	if root == "" && !o.global { // what a manager has made, see daemon/transient.go
		state := a.stateDir()
		paths.Control = append(paths.Control, filepath.Join(state, "runtime/control"), filepath.Join(state, "control"))
		paths.Transient = append(paths.Transient, filepath.Join(state, "runtime/transient"))
		paths.Search = slices.Concat(paths.Control, paths.Transient, paths.Search)
	}
	paths.Root, paths.Hidden = root, builtin.Dir
	paths.Search = append(slices.Clip(paths.Search), builtin.Dir)
	host := a.Host(user)
	if root != "" {
		host = below(os.DirFS(root), host, user, a.Env)
	}
	return enable.Open(rootFS(root), paths, host), nil
}

// unitArguments completes names of units; paths become absolute, except for
// disable, which goes by names. The first names of add-wants and its like are
// targets.
func (a *App) unitArguments(v *fileVerb, args []string) ([]string, error) {
	names := make([]string, len(args))
	for i, s := range args {
		kind := unit.TypeService
		if i < v.names {
			kind = unit.TypeTarget
		}
		switch {
		case v.files || kind == unit.TypeService && strings.Contains(s, "/") && v.name != "disable":
			names[i] = absolute(s)
			continue
		case kind == unit.TypeService && strings.Contains(s, "/"):
			if !a.flags.quiet {
				a.printf(a.Err, "Warning: Can't execute %s on the unit file path. Proceeding with the unit name.\n", v.name)
			}
			s = filepath.Base(s)
		}
		n, err := unit.Mangle(s, kind)
		if err != nil {
			return nil, err
		}
		names[i] = string(n)
		if escaped := strings.TrimSuffix(names[i], "."+string(kind)); names[i] != s && escaped != s && !a.flags.quiet {
			hint := " (maybe you should use wakesock escape?)"
			if isPattern(s) {
				a.printf(a.Err, "Glob pattern passed to %s, but globs are not supported for this.\n", v.name)
				hint = ""
			}
			a.printf(a.Err, "Invalid unit name \"%s\" escaped as \"%s\"%s.\n", s, escaped, hint)
		}
	}
	return names, nil
}

// fileVerb decides, carries out, tells the manager and, with --now, starts or stops.
func (a *App) fileVerb(cmd *cobra.Command, v *fileVerb, o *install, args []string) error {
	names, err := a.unitArguments(v, args)
	if err != nil {
		return err
	}
	mode := enable.PresetMode(o.presetMode)
	if mode != "" && !slices.Contains(enable.PresetModes, mode) {
		return &control.Error{Code: control.CodeInvalid, Text: "Failed to parse preset mode: " + o.presetMode + ".", Hint: "full, enable-only or disable-only"}
	}
	f, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	verb := v.verb
	if verb == "" {
		verb = v.name
	}
	if v.unseen && o.root == "" && !a.flags.quiet { // as systemctl says where it asks a manager
		for _, n := range names {
			if _, err := f.State(n); err == enable.NoUnit {
				a.printf(a.Err, "Unit %s does not exist, proceeding anyway.\n", n)
			}
		}
	}
	r := v.decide(f, enable.Options{Runtime: o.runtime, Force: o.force, PresetMode: mode}, names)
	if err := a.carryOut(&f.Paths, &r, verb); err != nil {
		return err
	}
	if o.root == "" && r.Vain() {
		return exit(exitFailure) // as systemctl ends where it asks a manager
	}
	if v.name == "disable" || v.name == "unmask" {
		a.tellOthers(f, o, names)
	}
	if v.hint && r.Rules == 0 && !a.flags.quiet {
		a.printf(a.Err, "%s", nothingToInstall)
	}
	return a.afterwards(cmd, v, o, names)
}

// afterwards has a running manager read its files again and, with --now, start
// or stop the units. Without a manager there is nobody to tell.
func (a *App) afterwards(cmd *cobra.Command, v *fileVerb, o *install, names []string) error {
	if o.root != "" || o.global {
		return nil
	}
	c, err := a.dial()
	switch {
	case err != nil && o.now:
		return err
	case err != nil:
		return nil
	}
	if !o.noReload {
		if _, err := c.Reload(cmd.Context(), control.Nothing{}); err != nil {
			return err
		}
	}
	if !o.now {
		return nil
	}
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	return a.job(v.now)(cmd, names)
}

const nothingToInstall = `The unit files have no installation config (WantedBy=, RequiredBy=, Also=,
Alias= settings in the [Install] section, and DefaultInstance= for template
units). This means they are not meant to be enabled using wakesock.
 
Possible reasons for having this kind of units are:
• A unit may be statically enabled by being symlinked from another unit's
  .wants/ or .requires/ directory.
• A unit's purpose may be to act as a helper for some other unit which has
  a requirement dependency on it.
• A unit may be started when needed via activation (socket, path, timer,
  D-Bus, udev, scripted systemctl call, ...).
• In case of template units, the unit is meant to be enabled with some
  instance name specified.
`
