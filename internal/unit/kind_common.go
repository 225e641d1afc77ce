package unit

// Kinds of value of the [Unit] section.

import (
	"fmt"
	"net/url"
	"strings"

	"wakesock/internal/value"
)

var documentation = eachSplit(0, "addresses", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	for _, scheme := range []string{"http://", "https://", "file:/", "info:", "man:"} {
		if rest, ok := strings.CutPrefix(w, scheme); ok && rest != "" {
			if _, err := url.Parse(w); err == nil {
				return w, nil
			}
		}
	}
	return "", fmt.Errorf("%q is not an address: http://, https://, file:, info: and man: are known", w)
}, FormatWords)

var jobMode = choice("fail", "replace", "replace-irreversibly", "isolate", "flush", "ignore-dependencies", "ignore-requirements",
	"triggering", "restart-dependencies", "lenient")

var emergencyAction = choice("none", "reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force", "poweroff-immediate",
	"exit", "exit-force", "soft-reboot", "soft-reboot-force", "kexec", "kexec-force", "halt", "halt-force", "halt-immediate")

// exitStatus is 0 to 255, or -1 for none.
var exitStatus = kind[int]{
	name: "exit status", format: formatUnset(-1), empty: true, unset: -1,
	parse: func(_ *Context, s string) (int, error) { return value.ParseExitStatus(s) },
}

// isolate is a boolean that stands for a job mode.
var isolate = kind[string]{
	name: "boolean", words: boolean.words, format: same,
	parse: func(c *Context, s string) (string, error) {
		b, err := boolean.parse(c, s)
		if b {
			return "isolate", err
		}
		return "replace", err
	},
}

// allCommonRows is the [Unit] section with conditions and earlier names.
func allCommonRows() []row[Common] {
	rows := append(commonRows(), conditionRows()...)
	onFailureIsolate := one("OnFailureIsolate", func(c *Common) *string { return &c.OnFailureJobMode }, isolate, "", "yes",
		"Starts the units of OnFailure= in the job mode isolate.", property(""))
	onFailureIsolate.Now = "OnFailureJobMode="
	return append(rows,
		onFailureIsolate,
		old("BindTo", rows, "BindsTo"),
		old("PropagateReloadTo", rows, "PropagatesReloadTo"),
		old("PropagateReloadFrom", rows, "ReloadPropagatedFrom"),
		old("RequiresOverridable", rows, "Requires"),
		old("RequisiteOverridable", rows, "Requisite"),
		old("StartLimitInterval", rows, "StartLimitIntervalSec"),
		gone[Common]("IgnoreOnSnapshot", "Kept a unit out of snapshots.", noLonger, ""),
	)
}
