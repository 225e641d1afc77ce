package unit

// Install is the [Install] section.
type Install struct {
	Alias, WantedBy, RequiredBy, UpheldBy, Also []string
	DefaultInstance                             string
}

func installRows() []row[Install] {
	return []row[Install]{
		list("Alias", func(i *Install) *[]string { return &i.Alias }, unitNames, "a.service",
			"Other names that the unit has once it is enabled.", property("")),
		list("WantedBy", func(i *Install) *[]string { return &i.WantedBy }, unitNames, "sockets.target",
			"Units that want this one once it is enabled.", property("")),
		list("RequiredBy", func(i *Install) *[]string { return &i.RequiredBy }, unitNames, "sockets.target",
			"Units that require this one once it is enabled.", property("")),
		list("UpheldBy", func(i *Install) *[]string { return &i.UpheldBy }, unitNames, "sockets.target",
			"Units that uphold this one once it is enabled.", property(""), since(254)),
		list("Also", func(i *Install) *[]string { return &i.Also }, unitNames, "a.service",
			"Units that are enabled and disabled with this one.", property("")),
		one("DefaultInstance", func(i *Install) *string { return &i.DefaultInstance }, instance, "", "one",
			"The instance that is enabled when a template is enabled without one.", property("")),
	}
}

// instance is the part of a unit name between '@' and the suffix.
var instance = kind[string]{name: "instance name", parse: raw.parse, format: same, empty: true}
