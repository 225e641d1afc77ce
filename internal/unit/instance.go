package unit

import "strings"

// Instantiate makes the instance called name of the template u, without I/O:
// files that belong to that instance alone are not seen, for which there is
// [Loader.Load]. The name must be one of u's instances. Where nothing in the
// template depends on the instance, only the Unit itself is copied; that is the
// road of every accepted connection.
func (u *Unit) Instantiate(name Name) *Unit {
	if u.plain || u.State != Loaded && u.items == nil {
		i := *u
		i.Name, i.items, i.host = name, nil, nil
		i.Aliases = u.instanceAliases(name)
		return &i
	}
	b := newBuilder(name, u.host)
	i := b.c.Unit
	i.Fragment, i.source, i.DropIns = u.Fragment, u.source, u.DropIns
	i.Aliases = u.instanceAliases(name)
	if u.State == LoadError || u.State == Masked || u.State == NotFound {
		i.State, i.Refused = u.State, u.Refused
	}
	for _, it := range u.items {
		b.apply(it, it.File != u.Fragment)
	}
	b.finish()
	return i
}

// instanceAliases names the instance through the template's aliases.
func (u *Unit) instanceAliases(name Name) []Name {
	if len(u.Aliases) == 0 {
		return nil
	}
	all := make([]Name, 0, len(u.Aliases))
	for _, a := range u.Aliases {
		if a.IsTemplate() {
			all = append(all, a.WithInstance(name.Instance()))
		}
	}
	return all
}

// varies reports whether the item means different things in different instances:
// by a specifier, or by naming a template, which stands for its instance then.
func varies(it Item) bool {
	return variesByInstance(it.Value) || (it.Section == "Unit" || it.Key == "Unit") && strings.Contains(it.Value, "@.")
}
