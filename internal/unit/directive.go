package unit

// The table of directives. A directive is a field of a section's struct and a
// row beside it, in the file of the section. Everything that must know the
// directives reads the rows: the parser, verify, show, explain, the generated
// reference page and the fuzz dictionary.
//
// A row is made by one (a single value), list or gather (values accumulate),
// old (an earlier name of another row) or gone (known to systemd, never to be
// acted on). The default is written as a unit file would write it and parsed by
// the row's own kind, so that the table cannot disagree with itself.
//
// An empty assignment resets a list; a single value goes back to its default
// where its kind allows that, and otherwise an empty value is a bad value.
// Which is which was asked of systemd 252, directive by directive.

import (
	"errors"
	"fmt"
	"slices"
)

// A Standing says what Wakesock does about a directive.
type Standing int

// The standings, from best to none.
const (
	Enforced    Standing = iota // acts as systemd's manual says
	Emulated                    // reaches the same end by other means, or not for every value; Reason says which
	NotEnforced                 // read and checked, but without effect; Reason says why
)

func (s Standing) String() string {
	return [...]string{"enforced", "emulated", "not enforced"}[s]
}

// A Directive is one row of the table.
type Directive struct {
	Section  string   // "Socket", without brackets; shared rows appear once per section
	Name     string   // "MaxConnections", without '='
	Kind     string   // name of the kind of value
	Words    []string // the words that the value may be, where there are few
	List     bool     // repeated assignments accumulate and an empty one resets
	Default  string   // as a unit file would say it, or what it follows from
	Example  string   // a value that changes the field
	Text     string   // one sentence
	Since    int      // the systemd version that introduced it, 0 for older than 252
	Standing Standing
	Reason   string            // why not enforced, or how emulated
	Of       map[string]string // the values that are emulated, with the reason of each; every other is enforced. None: all values are
	Security bool              // leaving it unenforced weakens protection: a warning, an error under --strict
	Property string            // the name that show prints; empty if the directive has no property
	Fatal    bool              // a bad value makes the unit unusable (bad-setting)
	Now      string            // of an earlier name: the present one; of a removed directive: what to write instead, if anything

	set   func(c *Context, value string) error
	reset func(c *Context) error
	show  func(u *Unit) string
	def   string // Default as it is parsed
	empty bool   // an empty value is not an error
}

// Show returns the directive's value in u as systemctl show prints it. Where
// systemctl prints the property on several lines, so does the value have lines.
func (d *Directive) Show(u *Unit) string {
	if !slices.Contains(SectionsOf(u.Name.Type()), d.Section) {
		return ""
	}
	return d.show(u)
}

// StandingOf returns what Wakesock does about one value of the directive, and why.
func (d *Directive) StandingOf(value string) (Standing, string) {
	if len(d.Of) == 0 {
		return d.Standing, d.Reason
	}
	if why, odd := d.Of[value]; odd {
		return d.Standing, why
	}
	return Enforced, ""
}

// assign gives the directive a value in c.Unit, as one line of a unit file does.
func (d *Directive) assign(c *Context, value string) error {
	c.Directive = d
	if value == "" {
		return d.reset(c)
	}
	return d.set(c, value)
}

// A Context is what a value is parsed in: the unit under construction, the
// place of the assignment and what specifiers expand to.
type Context struct {
	Unit      *Unit
	Place     Place
	Directive *Directive
	Host      *Host // what specifiers tell about the machine and the user
	problems  []Problem
}

// Warn collects a problem at the current place; loading goes on.
func (c *Context) Warn(hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{
		Place: c.Place, Section: c.Directive.Section, Name: c.Directive.Name,
		What: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// note collects something worth telling that is not wrong.
func (c *Context) note(hint, format string, args ...any) {
	c.Warn(hint, format, args...)
	c.problems[len(c.problems)-1].Note = true
}

// A kind is a kind of value: its name in the reference page, its parser and the
// formatter that prints what systemctl show prints.
type kind[T any] struct {
	name   string
	parse  func(c *Context, s string) (T, error)
	format func(T) string
	words  []string // the words that it allows, where there are few
	empty  bool     // an empty value restores the default
	unset  T        // what a field is whose row has no default
}

// A row is a directive of the section struct S before it is bound to a section.
type row[S any] struct {
	Directive
	set   func(s *S, c *Context, value string) error
	unset func(s *S) // makes the field what it is without a default
	reset func(s, defaults *S)
	show  func(s *S) string
}

// An option sets what few rows need.
type option func(*Directive)

func since(version int) option    { return func(d *Directive) { d.Since = version } }
func property(name string) option { return func(d *Directive) { d.Property = name } }
func notEnforced(reason string) option {
	return func(d *Directive) { d.Standing, d.Reason = NotEnforced, reason }
}

// emulated marks a directive as not quite what the manual says.
func emulated(reason string) option {
	return func(d *Directive) { d.Standing, d.Reason = Emulated, reason }
}

// but marks some of its values so, each with the reason.
func but(reason string, values map[string]string) option {
	return func(d *Directive) { d.Standing, d.Reason, d.Of = Emulated, reason, values }
}

func security() option { return func(d *Directive) { d.Security = true } }

// fatal marks a directive whose bad value refuses the unit.
func fatal() option { return func(d *Directive) { d.Fatal = true } }

// shown tells readers the default where it follows from something else.
func shown(text string) option { return func(d *Directive) { d.Default = text } }

// emptyResets and emptyRefused correct what the kind says about empty values.
func emptyResets() option  { return func(d *Directive) { d.empty = true } }
func emptyRefused() option { return func(d *Directive) { d.empty = false } }

// lasting marks a list that an empty assignment leaves as it is: dependencies
// can only be added.
func lasting() option { return func(d *Directive) { d.List = false } }

// one is a row with a single value.
func one[S, T any](name string, field func(*S) *T, k kind[T], def, example, text string, options ...option) row[S] {
	r := row[S]{Directive: describe(name, k.name, def, example, text)}
	r.Words, r.empty = k.words, k.empty
	r.apply(options)
	r.set = func(s *S, c *Context, value string) error {
		v, err := k.parse(c, value)
		if err == nil {
			*field(s) = v
		}
		return err
	}
	r.unset = func(s *S) { *field(s) = k.unset }
	r.reset = func(s, defaults *S) { *field(s) = *field(defaults) }
	r.show = func(s *S) string { return k.format(*field(s)) }
	return r
}

// gather is a row whose assignments accumulate: k parses one assignment, join
// adds it to what was there and must not change either.
func gather[S, T any](name string, field func(*S) *T, k kind[T], join func(old, more T) T, example, text string, options ...option) row[S] {
	r := row[S]{Directive: describe(name, k.name, "", example, text)}
	r.List, r.Words, r.empty = true, k.words, true
	r.apply(options)
	lasting := !r.List
	r.List = true
	r.set = func(s *S, c *Context, value string) error {
		v, err := k.parse(c, value)
		if err == nil {
			*field(s) = join(*field(s), v)
		}
		return err
	}
	r.reset = func(s, defaults *S) {
		if !lasting {
			*field(s) = *field(defaults)
		}
	}
	r.show = func(s *S) string { return k.format(*field(s)) }
	return r
}

// list is a row whose assignments accumulate elements; k parses one assignment
// into those that it adds.
func list[S, E any](name string, field func(*S) *[]E, k kind[[]E], example, text string, options ...option) row[S] {
	return gather(name, field, k, join[E], example, text, options...)
}

// join appends to a copy: a section's defaults are shared and units immutable.
func join[E any](old, more []E) []E { return append(old[:len(old):len(old)], more...) }

// marked lets a row also set a flag that tells a set value from a default.
func marked[S any](r row[S], flag func(*S) *bool) row[S] {
	set, reset := r.set, r.reset
	r.set = func(s *S, c *Context, value string) error {
		err := set(s, c, value)
		if err == nil && value != r.def {
			*flag(s) = true
		}
		return err
	}
	r.reset = func(s, defaults *S) {
		reset(s, defaults)
		*flag(s) = *flag(defaults)
	}
	return r
}

// old is a row under an earlier name, which still works.
func old[S any](name string, rows []row[S], now string) row[S] {
	for _, r := range rows {
		if r.Name != now {
			continue
		}
		set := r.set
		r.Name, r.Now, r.Property = name, now+"=", ""
		r.Text = "The earlier name of " + now + "=."
		r.set = func(s *S, c *Context, value string) error {
			c.note("write "+c.Directive.Now, "earlier name of %s", c.Directive.Now)
			return set(s, c, value)
		}
		return r
	}
	panic("BUG: no row " + now)
}

// gone is a row that systemd still reads, or read once, and that is never to
// be acted on; instead says what to write, if there is something.
func gone[S any](name, text, reason, instead string) row[S] {
	r := row[S]{Directive: describe(name, "text", "", "", text)}
	r.Standing, r.Reason, r.Now, r.Property, r.empty = NotEnforced, reason, instead, "", true
	r.set = func(_ *S, c *Context, _ string) error {
		hint := ""
		if instead != "" {
			hint = "write " + instead
		}
		c.note(hint, "no longer has an effect")
		return nil
	}
	r.reset = func(_, _ *S) {}
	r.show = func(*S) string { return "" }
	return r
}

func describe(name, kind, def, example, text string) Directive {
	return Directive{Name: name, Kind: kind, Default: def, Example: example, Text: text, Property: name, def: def}
}

func (d *Directive) apply(options []option) {
	for _, o := range options {
		o(d)
	}
}

// bind makes rows of S the directives of a section: place finds the section's
// pointer in a unit, which points to defaults, or a variant of them, until the first
// assignment. A unit whose type has no such section is left alone.
func bind[S any](section string, place func(*Unit) **S, defaults *S, rows []row[S], variants ...*S) []*Directive {
	shared := append(variants, defaults)
	all := make([]*Directive, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		d := r.Directive
		d.Section = section
		own := func(u *Unit) *S {
			p := place(u)
			if *p == nil {
				return new(S)
			}
			return owned(p, shared...)
		}
		d.set = func(c *Context, value string) error { return r.set(own(c.Unit), c, value) }
		d.reset = func(c *Context) error {
			if !r.empty {
				return errors.New("an empty value is not allowed")
			}
			r.reset(own(c.Unit), defaults)
			return nil
		}
		d.show = func(u *Unit) string {
			if s := *place(u); s != nil {
				return r.show(s)
			}
			return ""
		}
		all = append(all, &d)
	}
	return all
}

// owned returns a section that may be changed: a copy takes the place of one that
// units share.
func owned[S any](place **S, shared ...*S) *S {
	if slices.Contains(shared, *place) {
		own := **place
		*place = &own
	}
	return *place
}

// defaultsOf fills a section struct from its rows' defaults.
func defaultsOf[S any](rows []row[S]) *S {
	s := new(S)
	c := &Context{Unit: &Unit{}, Host: &Host{}}
	for i := range rows {
		r := &rows[i]
		if r.unset == nil || r.Now != "" {
			continue
		}
		if r.def == "" {
			r.unset(s)
			continue
		}
		c.Directive = &r.Directive
		if err := r.set(s, c, r.def); err != nil {
			panic("BUG: default of " + r.Name + ": " + err.Error())
		}
	}
	return s
}
