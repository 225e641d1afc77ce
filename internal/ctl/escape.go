package ctl

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"wakesock/internal/unit"
)

// EscapeOptions are the options of wakesock escape, which are those of
// systemd-escape(1).
type EscapeOptions struct {
	Suffix   *string // --suffix=TYPE: append the type; nil if not given
	Template *string // --template=NAME: insert into, or with Unescape extract from, instances of it
	Path     bool    // --path: strings are file system paths
	Unescape bool    // --unescape
	Mangle   bool    // --mangle: escape only what cannot be in a unit name, and append .service
	Instance bool    // --instance: with Unescape, print only the instance of a unit name
	Warn     func(string)
}

// Escape prints each argument escaped as the options say, separated by spaces
// and ended by a newline. An argument that cannot be converted ends it with an
// error, after what came before has been printed.
func Escape(w io.Writer, opts EscapeOptions, args []string) error {
	convert, err := opts.converter()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return errors.New("nothing to escape; give at least one string")
	}
	for i, a := range args {
		s, err := convert(a)
		if err != nil {
			return err
		}
		if i > 0 {
			s = " " + s
		}
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// converter checks that the options go together and returns what they do.
func (o EscapeOptions) converter() (func(string) (string, error), error) {
	switch {
	case o.Template != nil && o.Suffix != nil:
		return nil, errors.New("--suffix and --template cannot be combined")
	case o.Mangle && (o.Template != nil || o.Suffix != nil):
		return nil, errors.New("--mangle cannot be combined with --suffix or --template")
	case o.Mangle && o.Path:
		return nil, errors.New("--mangle cannot be combined with --path")
	case o.Unescape && o.Suffix != nil:
		return nil, errors.New("--unescape cannot be combined with --suffix")
	case o.Unescape && o.Mangle:
		return nil, errors.New("--unescape cannot be combined with --mangle")
	case o.Instance && !o.Unescape:
		return nil, errors.New("--instance needs --unescape")
	case o.Instance && o.Template != nil:
		return nil, errors.New("--instance cannot be combined with --template")
	case o.Suffix != nil && !unit.Type(*o.Suffix).Valid():
		return nil, fmt.Errorf("--suffix=%s: no such unit type; write service, socket, …", *o.Suffix)
	}
	if o.Template != nil {
		if n, err := unit.ParseName(*o.Template); err != nil || !n.IsTemplate() {
			return nil, fmt.Errorf("--template=%s: not the name of a template, such as echo@.service", *o.Template)
		}
	}
	switch {
	case o.Unescape:
		return o.unescape, nil
	case o.Mangle:
		return func(s string) (string, error) {
			n, err := unit.Mangle(s, unit.TypeService)
			return string(n), err
		}, nil
	}
	return o.escape, nil
}

func (o EscapeOptions) escape(s string) (string, error) {
	e := unit.Escape(s)
	if o.Path {
		var err error
		if e, err = unit.EscapePath(s); err != nil {
			return "", err
		}
		if !strings.HasPrefix(s, "/") && o.Warn != nil {
			o.Warn(fmt.Sprintf("%q is not an absolute path; unescaping will not give it back", s))
		}
	}
	switch {
	case o.Template != nil:
		if e == "" {
			return "", fmt.Errorf("an empty string cannot be an instance of %q", *o.Template)
		}
		n, err := unit.ParseName(string(unit.Name(*o.Template).WithInstance(e)))
		return string(n), err
	case o.Suffix != nil:
		return e + "." + *o.Suffix, nil
	}
	return e, nil
}

func (o EscapeOptions) unescape(s string) (string, error) {
	if o.Instance || o.Template != nil {
		n, err := unit.ParseName(s)
		switch {
		case err != nil:
			return "", err
		case !n.IsInstance():
			return "", fmt.Errorf("unit name %q has no instance", s)
		case o.Template != nil && string(n.Template()) != *o.Template:
			return "", fmt.Errorf("unit %q is not an instance of %q, but of %q", s, *o.Template, n.Template())
		}
		s = n.Instance()
	}
	if o.Path {
		return unit.UnescapePath(s)
	}
	return unit.Unescape(s)
}
