package device

// What rules make of a device: each line in turn, with what the lines before it
// have set.

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A subject is a device that rules are applied to.
type subject struct {
	*Device
	sys    sys
	action string
	parent string // path of the device that met the last comparison of parents
	final  map[string]bool
}

// Apply lets the rules complete a device; action is why.
func (r *Rules) apply(s sys, d *Device, action string) {
	x := subject{Device: d, sys: s, action: action, final: make(map[string]bool)}
	for i := range r.files {
		f := &r.files[i]
		for j := 0; j < len(f.rules); j++ {
			rule := &f.rules[j]
			if rule.never || !x.meets(rule) {
				continue
			}
			for _, t := range rule.assigns {
				x.assign(t)
			}
			if rule.next != "" {
				j = f.find(rule.next, j) - 1 // the labelled line may do something, too
			}
		}
	}
}

func (x *subject) meets(r *rule) bool {
	x.parent = x.Path
	for _, t := range r.matches {
		if !x.compare(t) {
			return false
		}
	}
	if len(r.parents) == 0 {
		return true
	}
	for p := x.Path; p != ""; p = x.sys.parent(p) {
		if !slices.ContainsFunc(r.parents, func(t term) bool { return !x.compareParent(t, p) }) {
			x.parent = p
			return true
		}
	}
	return false
}

func (t *term) holds(s string) bool {
	return matches(t.value, s, t.fold) == (t.op == opEqual)
}

// any compares with several values: one must match, or none.
func (t *term) any(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return matches(t.value, s, t.fold) }) == (t.op == opEqual)
}

func (x *subject) compare(t term) bool {
	switch t.key {
	case "ACTION":
		return t.holds(x.action)
	case "DEVPATH":
		return t.holds(x.Path)
	case "KERNEL":
		return t.holds(x.Name())
	case "SUBSYSTEM":
		return t.holds(x.Subsystem)
	case "DRIVER":
		return t.holds(x.driver(x.Path))
	case "ATTR":
		return x.compareAttr(t, x.Path)
	case "ENV":
		return t.holds(x.Properties[t.attr])
	case "TAG":
		return t.any(x.Tags)
	case "SYMLINK":
		names := make([]string, len(x.Links))
		for i, l := range x.Links {
			names[i] = strings.TrimPrefix(l, "/dev/")
		}
		return t.any(names)
	case "TEST":
		file := x.expand(t.value)
		if !path.IsAbs(file) {
			file = string(x.sys) + x.Path + "/" + file
		}
		_, err := os.Stat(file)
		return (err == nil) == (t.op == opEqual)
	}
	return false
}

func (x *subject) driver(p string) string { return x.sys.base(p + "/driver") }

// compareAttr: an attribute that is not there is neither equal nor unequal.
func (x *subject) compareAttr(t term, p string) bool {
	v, ok := x.sys.attr(p, x.expand(t.attr))
	if !ok {
		return false
	}
	if strings.TrimRight(t.value, " \t") == t.value {
		v = strings.TrimRight(v, " \t\n")
	}
	return t.holds(v)
}

func (x *subject) compareParent(t term, p string) bool {
	switch t.key {
	case "KERNELS":
		return t.holds(kernelName(p))
	case "SUBSYSTEMS":
		return t.holds(x.sys.base(p + "/subsystem"))
	case "DRIVERS":
		return t.holds(x.driver(p))
	case "ATTRS":
		return x.compareAttr(t, p)
	}
	return false
}

func (x *subject) assign(t term) {
	final := t.key + t.attr
	if x.final[final] {
		return
	}
	x.final[final] = t.op == opFinal && t.key != "ENV"
	v := x.expand(t.value)
	switch t.key {
	case "ENV":
		if old := x.Properties[t.attr]; t.op == opAdd && old != "" {
			v = strings.TrimRight(old+" "+v, " ")
		}
		if v == "" {
			delete(x.Properties, t.attr)
			return
		}
		x.Properties[t.attr] = v
	case "TAG":
		x.Tags = assignList(x.Tags, t.op, []string{v})
	case "SYMLINK":
		if x.Node == "" {
			return
		}
		var links []string
		for l := range strings.FieldsSeq(v) {
			if l = linkPath(l); l != "" {
				links = append(links, l)
			}
		}
		x.Links = assignList(x.Links, t.op, links)
	}
}

// assignList adds values to a list, removes them, or replaces all.
func assignList(list []string, op operator, values []string) []string {
	if op != opAdd && op != opRemove {
		list = nil
	}
	for _, v := range values {
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == v })
		if op != opRemove && v != "" {
			list = append(list, v)
		}
	}
	return list
}

// linkPath is the path in /dev of a link's name, with '_' for what may not stand
// in one; "" if it would lie outside.
func linkPath(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("#+-.:=@_/", r), r > 127 && r != '\uFFFD':
			return r
		}
		return '_'
	}, name)
	p := devPath(name)
	if slices.Contains(strings.Split(name, "/"), "..") || p == "/dev/" {
		return ""
	}
	return p
}

// substitutions are what stands for $name and %c, udev(7); those with an argument
// take it in braces.
var substitutions = []struct {
	name  string
	short byte
	get   func(x *subject, arg string) string
}{
	{"kernel", 'k', func(x *subject, _ string) string { return x.Name() }},
	{"number", 'n', func(x *subject, _ string) string { return number(x.Name()) }},
	{"devpath", 'p', func(x *subject, _ string) string { return x.Path }},
	{"id", 'b', func(x *subject, _ string) string { return kernelName(x.parent) }},
	{"driver", 0, func(x *subject, _ string) string { return x.driver(x.parent) }},
	{"attr", 's', (*subject).attribute},
	{"env", 'E', func(x *subject, arg string) string { return x.Properties[arg] }},
	{"major", 'M', func(x *subject, _ string) string { return orZero(x.Properties["MAJOR"]) }},
	{"minor", 'm', func(x *subject, _ string) string { return orZero(x.Properties["MINOR"]) }},
	{"result", 'c', func(*subject, string) string { return "" }},
	{"parent", 'P', (*subject).parentNode},
	{"name", 0, func(x *subject, _ string) string { return x.Name() }},
	{"links", 0, func(x *subject, _ string) string {
		return strings.ReplaceAll(strings.Join(x.Links, " "), "/dev/", "")
	}},
	{"root", 'r', func(*subject, string) string { return "/dev" }},
	{"sys", 'S', func(*subject, string) string { return "/sys" }},
	{"devnode", 'N', func(x *subject, _ string) string { return x.Node }},
}

// attribute is $attr{…}: the device's own, or else that of the parent that met
// the comparison.
func (x *subject) attribute(name string) string {
	v, ok := x.sys.attr(x.Path, name)
	if !ok && x.parent != x.Path {
		v, _ = x.sys.attr(x.parent, name)
	}
	return strings.TrimRight(v, " \t\n")
}

// parentNode is the name in /dev of the node of the device above.
func (x *subject) parentNode(string) string {
	if p := x.sys.parent(x.Path); p != "" {
		if d, ok := x.sys.device(p); ok {
			return strings.TrimPrefix(d.Node, "/dev/")
		}
	}
	return ""
}

// number is what a kernel name ends in: "3" of "sda3".
func number(name string) string { return name[len(strings.TrimRight(name, "0123456789")):] }

func orZero(s string) string {
	if _, err := strconv.Atoi(s); err != nil {
		return "0"
	}
	return s
}

// maxValue is the longest text that substitutions may make.
const maxValue = 16 << 10

// expand replaces the substitutions in a value; what is none stays as it is.
func (x *subject) expand(s string) string {
	if !strings.ContainsAny(s, "$%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < maxValue; {
		if c := s[i]; c != '$' && c != '%' {
			b.WriteByte(c)
			i++
			continue
		}
		n, text := x.substitute(s[i:])
		b.WriteString(text)
		i += n
	}
	return b.String()
}

// substitute reads one substitution at the beginning of s: how long it is, and
// what it stands for.
func (x *subject) substitute(s string) (int, string) {
	if len(s) > 1 && s[1] == s[0] {
		return 2, s[:1]
	}
	for _, k := range substitutions {
		n := 0
		switch {
		case s[0] == '$' && strings.HasPrefix(s[1:], k.name):
			n = 1 + len(k.name)
		case s[0] == '%' && len(s) > 1 && k.short != 0 && s[1] == k.short:
			n = 2
		default:
			continue
		}
		arg := ""
		if strings.HasPrefix(s[n:], "{") {
			if end := strings.IndexByte(s[n:], '}'); end > 0 {
				arg, n = s[n+1:n+end], n+end+1
			}
		}
		return n, k.get(x, arg)
	}
	return 1, s[:1]
}
