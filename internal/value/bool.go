package value

import (
	"fmt"
	"strings"
)

var booleans = map[string]bool{
	"1": true, "yes": true, "y": true, "true": true, "t": true, "on": true,
	"0": false, "no": false, "n": false, "false": false, "f": false, "off": false,
}

// ParseBool reads a boolean as systemd.syntax(7) describes it, in any case.
func ParseBool(s string) (bool, error) {
	b, ok := booleans[strings.ToLower(s)]
	if !ok {
		return false, fmt.Errorf("%q is not a boolean: expected yes or no", s)
	}
	return b, nil
}

// FormatBool prints a boolean as systemctl show does: "yes" or "no".
func FormatBool(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
