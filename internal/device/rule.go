package device

// Rules are files in the language of udev(7): lines of KEY{attribute}OP"value",
// separated by commas. A line whose comparisons all hold carries out its
// assignments. What is not understood is told as a Problem: an assignment is
// then without effect, and a line with such a comparison never holds.

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An operator stands between a key and its value.
type operator string

const (
	opEqual   operator = "=="
	opUnequal operator = "!="
	opAdd     operator = "+="
	opRemove  operator = "-="
	opFinal   operator = ":="
	opAssign  operator = "="
)

// operators, the longer first.
var operators = []operator{opEqual, opUnequal, opAdd, opRemove, opFinal, opAssign}

func (o operator) compares() bool { return o == opEqual || o == opUnequal }

// A term is one comparison or assignment of a rule.
type term struct {
	key, attr string
	op        operator
	value     string
	fold      bool // i"…": upper and lower case are the same
}

// A rule is one line.
type rule struct {
	line    int
	matches []term // of the device
	parents []term // which one device must meet, it or one above it
	assigns []term
	label   string
	next    string // GOTO=
	never   bool   // a comparison is not understood
}

// A ruleFile is one file, whose labels are its own.
type ruleFile struct {
	path  string
	rules []rule
}

// A Problem is something in a file of rules that has no effect.
type Problem struct {
	File string
	Line int
	Text string
	Own  bool // in a file that was written for Wakesock
	Unit bool // the line would have said something of units, and never applies
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Rules are all files that hold.
type Rules struct {
	files    []ruleFile
	Problems []Problem
}

//go:embed builtin.rules
var builtin string

// builtinName is the file that ours stands for if nobody else has it.
const builtinName = "99-systemd.rules"

// maxRules is the size of a file that is read.
const maxRules = 1 << 20

// LoadRules reads the files NAME.rules of folders in the order of their names. A
// file hides those of the same name in later folders; Wakesock's own come first.
// Without udev's folders the rules add to what udev says of a device, and those
// that stand for its own are left out.
func LoadRules(own, udev []string) *Rules {
	type found struct {
		path string
		own  bool
	}
	files := make(map[string]found)
	if udev != nil {
		files[builtinName] = found{}
	}
	for i, dir := range slices.Backward(slices.Concat(own, udev)) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if isRules(e) {
				files[e.Name()] = found{filepath.Join(dir, e.Name()), i < len(own)}
			}
		}
	}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	r := &Rules{}
	for _, n := range names {
		f := files[n]
		if f.path == "" {
			r.parse(ruleFile{path: builtinName}, builtin, true)
			continue
		}
		i, err := os.Stat(f.path)
		switch {
		case err == nil && !i.Mode().IsRegular():
			continue // a link to /dev/null hides a file
		case err == nil && i.Size() > maxRules:
			err = fmt.Errorf("is larger than %d bytes", maxRules)
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(f.path)
		}
		if err != nil {
			r.Problems = append(r.Problems, Problem{File: f.path, Text: "cannot be read: " + err.Error(), Own: f.own})
			continue
		}
		r.parse(ruleFile{path: f.path}, string(data), f.own)
	}
	return r
}

// ParseRules reads one file.
func ParseRules(path, text string) *Rules {
	r := &Rules{}
	r.parse(ruleFile{path: path}, text, true)
	return r
}

func (r *Rules) parse(f ruleFile, text string, own bool) {
	problem := func(line int, format string, args ...any) {
		r.Problems = append(r.Problems, Problem{File: f.path, Line: line, Text: fmt.Sprintf(format, args...), Own: own})
	}
	number, begin, joined := 0, 0, ""
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if joined == "" {
			begin = number
		}
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "#") || t == "" && joined == "" {
			continue // also between the parts of a continued line
		}
		if rest, ok := strings.CutSuffix(line, `\`); ok {
			joined += rest + " "
			continue
		}
		line, joined = joined+line, ""
		f.add(line, begin, problem)
	}
	if joined != "" {
		f.add(joined, begin, problem)
	}
	for i := range r.Problems {
		p := &r.Problems[i]
		p.Unit = p.Unit || p.File == f.path && slices.ContainsFunc(f.rules, func(x rule) bool { return x.line == p.Line && x.misses() })
	}
	for i, x := range f.rules {
		if x.next != "" && f.find(x.next, i) < 0 {
			problem(x.line, "GOTO=%q: no such LABEL= below", x.next)
			f.rules[i].next = ""
		}
	}
	r.files = append(r.files, f)
}

// misses tells whether the rule would say something of units, but never applies.
func (x *rule) misses() bool {
	return x.never && slices.ContainsFunc(x.assigns, func(t term) bool { return t.key == "ENV" && strings.HasPrefix(t.attr, "SYSTEMD_") })
}

// find returns the rule with a label below rule i, or -1.
func (f *ruleFile) find(label string, i int) int {
	for j := i + 1; j < len(f.rules); j++ {
		if f.rules[j].label == label {
			return j
		}
	}
	return -1
}

// add reads one line.
func (f *ruleFile) add(line string, number int, problem func(int, string, ...any)) {
	x := rule{line: number}
	for rest := strings.TrimLeft(line, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		t, after, err := parseTerm(rest)
		if err != nil {
			problem(number, "%v; the line is ignored", err)
			return
		}
		rest = after
		if text := x.take(t); text != "" {
			problem(number, "%s", text)
		}
	}
	f.rules = append(f.rules, x)
}

// parseTerm reads KEY{attribute}OP"value" at the beginning of s.
func parseTerm(s string) (t term, rest string, err error) {
	n := 0
	for n < len(s) && (s[n] >= 'A' && s[n] <= 'Z' || s[n] == '_') {
		n++
	}
	if t.key, rest = s[:n], s[n:]; n == 0 {
		return t, "", fmt.Errorf("%.20q is no key", s)
	}
	if strings.HasPrefix(rest, "{") {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return t, "", fmt.Errorf("%s{ has no }", t.key)
		}
		t.attr, rest = rest[1:end], rest[end+1:]
	}
	rest = strings.TrimLeft(rest, " \t")
	i := slices.IndexFunc(operators, func(o operator) bool { return strings.HasPrefix(rest, string(o)) })
	if i < 0 {
		return t, "", fmt.Errorf("%s: an operator must follow, one of == != = += -= :=", t.key)
	}
	t.op = operators[i]
	rest = strings.TrimLeft(rest[len(t.op):], " \t")
	escaped := strings.HasPrefix(rest, `e"`)
	t.fold = strings.HasPrefix(rest, `i"`)
	if escaped || t.fold {
		rest = rest[1:]
	}
	if !strings.HasPrefix(rest, `"`) {
		return t, "", fmt.Errorf("%s%s: the value must stand in quotation marks", t.key, t.op)
	}
	var b strings.Builder
	for j := 1; j < len(rest); j++ {
		switch c := rest[j]; {
		case c == '"':
			t.value = b.String()
			return t, rest[j+1:], nil
		case c == '\\' && j+1 < len(rest) && rest[j+1] == '"':
			j++
			b.WriteByte('"')
		case c == '\\' && escaped && j+1 < len(rest):
			j++
			b.WriteByte(unescape(rest[j]))
		default:
			b.WriteByte(c)
		}
	}
	return t, "", fmt.Errorf("%s%s: the value does not end", t.key, t.op)
}

// unescape is the character that a backslash and c stand for in e"…".
func unescape(c byte) byte {
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		return "\a\b\f\n\r\t\v"[i]
	}
	return c
}

// A place says where a term of a key belongs in a rule.
type place int

const (
	ofDevice place = iota + 1
	ofParents
	isAssign
	isLabel
	isGoto
)

// comparable and assignable are the keys that have an effect; true: with an attribute.
var (
	comparable = map[string]place{
		"ACTION": ofDevice, "DEVPATH": ofDevice, "KERNEL": ofDevice, "SUBSYSTEM": ofDevice, "DRIVER": ofDevice,
		"ATTR": ofDevice, "ENV": ofDevice, "TAG": ofDevice, "TEST": ofDevice, "SYMLINK": ofDevice,
		"KERNELS": ofParents, "SUBSYSTEMS": ofParents, "DRIVERS": ofParents, "ATTRS": ofParents,
	}
	assignable = map[string]place{"ENV": isAssign, "TAG": isAssign, "SYMLINK": isAssign, "LABEL": isLabel, "GOTO": isGoto}
	withAttr   = []string{"ATTR", "ATTRS", "ENV"}
)

// take adds a term to the rule; the text says what it is without.
func (x *rule) take(t term) string {
	name := t.key
	if t.attr != "" {
		name += "{" + t.attr + "}"
	}
	table := assignable
	if t.op.compares() {
		table = comparable
	}
	at := table[t.key]
	if slices.Contains(withAttr, t.key) && t.attr == "" {
		x.never = true
		return name + ": the name in {} is missing; the line is ignored"
	}
	switch {
	case at == 0 && comparable[t.key] != 0 && t.key != "ATTR":
		x.never = true // rather than for every device
		return name + string(t.op) + " must be == or !=; the line is ignored"
	case at == 0 && t.op.compares() && t.key != "IMPORT":
		x.never = true
		return name + string(t.op) + " is not enforced: it cannot be judged, so the line never applies"
	case at == 0:
		return name + string(t.op) + " is not enforced: it has no effect"
	case at == isAssign && t.op == opRemove && t.key == "ENV":
		return name + string(t.op) + " is not enforced: variables take = and +="
	case at == ofDevice:
		x.matches = append(x.matches, t)
	case at == ofParents:
		x.parents = append(x.parents, t)
	case at == isAssign:
		x.assigns = append(x.assigns, t)
	case at == isLabel:
		x.label = t.value
	case at == isGoto:
		x.next = t.value
	}
	return ""
}
