package enable

import (
	"path"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// A PresetMode says which half of the presets is carried out.
type PresetMode string

// The words of systemctl --preset-mode=.
const (
	PresetFull        PresetMode = "full"
	PresetEnableOnly  PresetMode = "enable-only"
	PresetDisableOnly PresetMode = "disable-only"
)

// PresetModes are all modes.
var PresetModes = []PresetMode{PresetFull, PresetEnableOnly, PresetDisableOnly}

// A rule is one line of a preset file, systemd.preset(5).
type rule struct {
	enable    bool
	pattern   string
	instances []string // of the template that pattern is then
}

// rules are the lines of all preset files, in the order of the files' names.
func (c *context) rules() []rule {
	if c.read {
		return c.presets
	}
	c.read = true
	found := map[string]string{}
	for _, dir := range c.Presets {
		for _, e := range c.tree.list(dir) {
			if strings.HasSuffix(e.name, ".preset") && !strings.HasPrefix(e.name, ".") && found[e.name] == "" && !e.mode.IsDir() {
				found[e.name] = path.Join(dir, e.name)
			}
		}
	}
	for _, name := range sortedKeys(found) {
		if m, err := c.isMask(found[name]); m || err != nil {
			continue
		}
		data, err := c.tree.read(found[name])
		if err != nil {
			continue
		}
		for n, line := range strings.Split(string(data), "\n") {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
			r, ok := parseRule(line)
			if !ok {
				c.warn(unit.Place{File: c.out(found[name]), Line: n + 1}.String(), "Couldn't parse line '%s'. Ignoring.", line)
				continue
			}
			c.presets = append(c.presets, r)
		}
	}
	return c.presets
}

func parseRule(line string) (rule, bool) {
	words := strings.Fields(line)
	switch {
	case len(words) < 2:
	case words[0] == "disable":
		// The rest of the line is one pattern.
		return rule{pattern: strings.TrimSpace(line[len("disable"):])}, true
	case words[0] == "enable" && len(words) == 2:
		return rule{enable: true, pattern: words[1]}, true
	case words[0] == "enable" && valid(words[1]) && unit.Name(words[1]).IsTemplate():
		return rule{enable: true, pattern: words[1], instances: words[2:]}, true
	}
	return rule{}, false
}

// policy is what the presets say about a unit; of a template, perhaps only some
// instances are to be enabled.
func (c *context) policy(name string) (enable bool, instances []string) {
	n := unit.Name(name)
	for _, r := range c.rules() {
		if len(r.instances) > 0 && r.pattern == string(n.Template()) {
			if n.IsTemplate() {
				for _, i := range r.instances {
					instances = append(instances, string(n.WithInstance(i)))
				}
				return true, instances
			}
			if slices.Contains(r.instances, n.Instance()) {
				return true, nil
			}
		}
		if glob(r.pattern, name) {
			return r.enable, nil
		}
	}
	return true, nil
}

// glob matches a shell pattern in which a backslash is an ordinary character.
func glob(pattern, name string) bool {
	ok, err := path.Match(strings.NewReplacer(`\`, `\\`, "[!", "[^").Replace(pattern), name)
	return ok && err == nil
}

// Preset says whether the presets enable a unit.
func (f *Files) Preset(name string) bool {
	enabled, _ := f.context(&f.said).policy(name)
	return enabled
}

// ApplyPresets enables or disables units as the presets say.
func (f *Files) ApplyPresets(o Options, names ...string) Result {
	return f.applyPresets(o, func(p *presetting) error {
		for _, n := range names {
			if err := p.prepare(n); err != nil {
				return err
			}
		}
		return nil
	})
}

// ApplyAllPresets enables or disables all units as the presets say.
func (f *Files) ApplyAllPresets(o Options) Result {
	return f.applyPresets(o, func(p *presetting) error {
		for _, dir := range f.Search {
			for _, e := range f.tree.list(dir) {
				if valid(e.name) && (e.mode.IsRegular() || isLink(e.mode)) {
					if err := p.prepare(e.name); err != nil && !ordinary(err) {
						return err
					}
				}
			}
		}
		return nil
	})
}

// ordinary are the failures that do not end preset-all.
func ordinary(err error) bool {
	r, ok := err.(Reason)
	return ok && (r == Exists || sentences[r] != "" || r == BadAlias)
}

// presetting is one run of presets: what to enable and what to disable.
type presetting struct {
	plus, minus *context
}

func (f *Files) applyPresets(o Options, prepare func(*presetting) error) Result {
	var r Result
	r.Rules = 1
	p := &presetting{f.context(&r), f.context(&r)}
	p.plus.rules()
	r.Err = func() error {
		dir := f.folder(o)
		if dir == "" {
			return NoFolder
		}
		if err := prepare(p); err != nil {
			return err
		}
		var err error
		if o.PresetMode != PresetEnableOnly {
			err = p.minus.sweep(p.minus.mark(), dir)
		}
		if o.PresetMode != PresetDisableOnly {
			if _, e := p.plus.apply(o, load, true); err == nil {
				err = e
			}
		}
		return err
	}()
	return r
}

// prepare puts a unit where the presets want it.
func (p *presetting) prepare(name string) error {
	if p.plus.met[name] != nil || p.minus.met[name] != nil {
		return nil
	}
	c := p.plus.Files.context(p.plus.result)
	i, err := c.discover(name, follow)
	if err != nil || i.name != name { // another name is none of the presets' business
		return err
	}
	enabled, instances := p.plus.policy(name)
	switch {
	case !enabled:
		_, err = p.minus.discover(name, follow)
	case instances == nil:
		_, err = p.plus.check(name, load|follow)
	default:
		for _, n := range instances {
			if _, err = p.plus.check(n, load|follow); err != nil {
				break
			}
		}
	}
	return err
}
