package manager

import (
	"strings"

	"wakesock/internal/unit"
)

// check prints what is asked about a unit before it starts.
func (c *conversation) check(f Check) {
	c.checks[f.Unit] = f.Number
	var what []string
	for _, x := range f.Def.Common.Conditions {
		what = append(what, x.Name+"="+x.String())
	}
	what = append(append(what, f.Def.Common.RequiresMountsFor...), f.Def.Common.WantsMountsFor...)
	c.say("check %s: %s", f.Unit, strings.Join(what, " "))
}

func (c *conversation) checked(w []string) {
	e := Checked{Unit: unit.Name(w[0]), Number: c.checks[unit.Name(w[0])]}
	for _, x := range w[1:] {
		if x == "mount" {
			e.Mount = "/srv is in fstab(5), but not mounted"
			continue
		}
		e.Result = append(e.Result, x == "yes")
	}
	c.step(e)
}
