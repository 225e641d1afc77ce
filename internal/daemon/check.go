package daemon

import (
	"strings"

	"wakesock/internal/condition"
	"wakesock/internal/manager"
)

// check looks whether a unit's conditions hold, and tells the manager. It runs
// in a goroutine of its own, for a file system may let it wait.
func (d *Daemon) check(e manager.Check, env []string) {
	p := condition.Prober{Env: env, Host: d.options.Host}
	answer := manager.Checked{Unit: e.Unit, Number: e.Number, Result: p.Hold(e.Def.Common.Conditions)}
	answer.Mount = p.Missing(e.Def.Common.RequiresMountsFor)
	if w := p.Missing(e.Def.Common.WantsMountsFor); w != "" {
		answer.Warnings = []string{w}
	}
	d.do(func() { d.step(answer) })
}

// unmet lists the conditions and assertions that kept a unit from its last start,
// as status prints them.
func unmet(s *manager.Snapshot) []string {
	var lines []string
	for _, prefix := range []string{"Condition", "Assert"} {
		ok, failed := s.Checks.Verdict(s.Def, prefix)
		if ok {
			continue
		}
		for _, c := range failed {
			lines = append(lines, c.Name+"="+c.String()+" was not met")
		}
	}
	if s.Checks.Mount != "" {
		lines = append(lines, s.Checks.Mount)
	}
	return lines
}

// verdict is the property that says how the last checks went; no before the first,
// and for assertions while the conditions do not hold, for then nobody asks.
func verdict(s *manager.Snapshot, prefix string) string {
	ok, _ := s.Checks.Verdict(s.Def, prefix)
	if prefix == "Assert" && ok {
		ok, _ = s.Checks.Verdict(s.Def, "Condition")
	}
	return yes(ok && s.Checks.Time != 0)
}

// tieOrder is the order in which systemctl shows what a unit has to do with.
var tieOrder = strings.Fields(`Requires Requisite Wants BindsTo PartOf Upholds RequiredBy RequisiteOf WantedBy BoundBy UpheldBy ConsistsOf
	Conflicts ConflictedBy Before After OnFailure OnFailureOf OnSuccess OnSuccessOf Triggers TriggeredBy PropagatesReloadTo
	ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf`)
