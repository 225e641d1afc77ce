package enable

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wakesock/internal/unit"
)

// parse reads the [Install] section of a file into i.
func (c *context) parse(i *info, p string) error {
	data, err := c.tree.read(p)
	if err != nil {
		return err
	}
	items, problems := unit.ParseFile(c.out(p), data)
	for _, problem := range problems {
		c.warn(problem.Place.String(), "%s", strings.TrimPrefix(problem.String(), problem.Place.String()+": "))
		if problem.Fatal {
			return BadFile
		}
	}
	for _, it := range items {
		if it.Section != "Install" {
			continue
		}
		read := settings[it.Key]
		switch {
		case read != nil:
			if err := read(c, i, it); err != nil {
				return err
			}
		case it.Key != "" && !strings.HasPrefix(it.Key, "X-"):
			c.warn(it.Place.String(), "[Install] %s=: unknown directive, ignored", it.Key)
		}
	}
	return nil
}

// settings are the directives of the [Install] section.
var settings = map[string]func(*context, *info, unit.Item) error{
	"Alias":           (*context).alias,
	"WantedBy":        (*context).list,
	"RequiredBy":      (*context).list,
	"UpheldBy":        (*context).list,
	"Also":            (*context).also,
	"DefaultInstance": (*context).defaultInstance,
}

func (c *context) list(i *info, it unit.Item) error {
	if it.Value == "" {
		delete(i.lists, it.Key)
		return nil
	}
	words, err := unit.SplitWords(it.Value, 0)
	i.lists[it.Key] = append(i.lists[it.Key], words...)
	if err != nil {
		c.warn(it.Place.String(), "Invalid syntax, ignoring: %s", it.Value)
	}
	return nil
}

func (c *context) alias(i *info, it unit.Item) error {
	if t := unit.Name(i.name).Type(); !slices.Contains(mayBeAlias, t) {
		c.warn(it.Place.String(), "Alias= is not allowed for %s units, ignoring.", t)
		return nil
	}
	return c.list(i, it)
}

func (c *context) also(i *info, it unit.Item) error {
	words, _ := unit.SplitWords(it.Value, 0)
	for _, w := range words {
		name, err := c.expand(i, w)
		if err != nil {
			c.warn(it.Place.String(), "Failed to resolve unit name in Also=\"%s\": %s", w, Plain(err))
			return err
		}
		if _, err := c.add(name, true); err != nil {
			return err
		}
		i.also = append(i.also, name)
	}
	return nil
}

func (c *context) defaultInstance(i *info, it unit.Item) error {
	n := unit.Name(i.name)
	if n.IsInstance() { // it has one
		return nil
	}
	if !n.IsTemplate() {
		c.warn(it.Place.String(), "DefaultInstance= only makes sense for template units, ignoring.")
		return nil
	}
	instance, err := c.expand(i, it.Value)
	switch {
	case err != nil:
		c.warn(it.Place.String(), "Failed to resolve instance name in DefaultInstance=\"%s\": %s", it.Value, Plain(err))
		return err
	case instance != "" && !valid(string(n.WithInstance(instance))):
		c.warn(it.Place.String(), "Invalid DefaultInstance= value \"%s\".", instance)
		return Invalid
	}
	i.instance = instance
	return nil
}

func (c *context) warn(where, format string, args ...any) {
	w := Change{Kind: Warned, Path: where, Source: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.result.Changes, w) {
		c.result.add(w)
	}
}

// specifiers are those that the [Install] section has, systemd.unit(5).
const specifiers = "aAbBgGHijlmMnNopquUvwW"

// expand replaces specifiers. A template is taken for its default instance.
func (c *context) expand(i *info, s string) (string, error) {
	for rest := s; ; {
		at := strings.IndexByte(rest, '%')
		if at < 0 || at+1 == len(rest) {
			break
		}
		letter := rest[at+1]
		if isLetter(letter) && !strings.ContainsRune(specifiers, rune(letter)) {
			return "", BadSpecifier
		}
		rest = rest[at+2:]
	}
	n := unit.Name(i.name)
	if n.IsTemplate() && i.instance != "" {
		n = n.WithInstance(i.instance)
	}
	out, err := (&unit.Context{Unit: &unit.Unit{Name: n}, Host: c.host}).Expand(s)
	if err != nil {
		return "", NoSpecifier
	}
	return out, nil
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
