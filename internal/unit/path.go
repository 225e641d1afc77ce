package unit

import "wakesock/internal/value"

// A Watch is one line of a path unit that says what it waits for.
type Watch struct {
	Name string // directive: "PathExists", "PathChanged"
	Path string // absolute; for PathExistsGlob a pattern
}

// Path is the [Path] section, systemd.path(5). A field has its directive's name;
// all that say what is waited for share Watches, in file order.
type Path struct {
	Watches                 []Watch
	Unit                    Name // load sets the implied one
	MakeDirectory           bool
	DirectoryMode           value.Mode
	TriggerLimitIntervalSec value.Span
	TriggerLimitBurst       uint32
}

func pathRows() []row[Path] {
	return []row[Path]{
		triggerRow(func(p *Path) *Name { return &p.Unit }),
		one("MakeDirectory", func(p *Path) *bool { return &p.MakeDirectory }, boolean, "no", "yes",
			"Makes the watched folders before they are watched."),
		one("DirectoryMode", func(p *Path) *value.Mode { return &p.DirectoryMode }, mode, "0755", "0700",
			"The access mode of the folders that MakeDirectory= makes."),
		one("TriggerLimitIntervalSec", func(p *Path) *value.Span { return &p.TriggerLimitIntervalSec }, span, "2s", "10s",
			"The interval in which the unit may be triggered TriggerLimitBurst= times.", property("TriggerLimitIntervalUSec")),
		one("TriggerLimitBurst", func(p *Path) *uint32 { return &p.TriggerLimitBurst }, unsigned, "200", "10",
			"How often the unit may be triggered in TriggerLimitIntervalSec=."),
	}
}

func allPathRows() []row[Path] {
	rows := []row[Path]{
		watchRow("PathExists", "Triggers while this path exists."),
		watchRow("PathExistsGlob", "Triggers while a path exists that matches this pattern."),
		watchRow("PathChanged", "Triggers when this path has changed and its writer has closed it."),
		watchRow("PathModified", "Triggers with every write to this path."),
		watchRow("DirectoryNotEmpty", "Triggers while this folder holds something."),
	}
	return append(rows, pathRows()...)
}

// watchRow is the row of one directive that adds to Watches. An empty value
// resets them all.
func watchRow(name, text string) row[Path] {
	k := single("absolute path", func(c *Context, s string) (Watch, error) {
		p, err := absolute(c, s)
		return Watch{Name: name, Path: p}, err
	}, FormatWatches)
	return list(name, func(p *Path) *[]Watch { return &p.Watches }, k, "/srv/in", text, property(""))
}

// FormatWatches prints Paths= as systemctl show does, a line each and the last first.
func FormatWatches(all []Watch) string {
	var lines []string
	for _, w := range all {
		lines = append(lines, w.Path+" ("+w.Name+")")
	}
	return lastFirst(lines)
}
