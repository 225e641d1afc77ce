package unit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A CapabilitySet has bit n set for capability number n, capabilities(7).
type CapabilitySet uint64

// capabilityNames are the capabilities in the order of their numbers.
var capabilityNames = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap
	linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot
	sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write
	audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`)

var allCapabilities = CapabilitySet(1)<<len(capabilityNames) - 1

// String lists the capabilities as systemctl show does.
func (s CapabilitySet) String() string {
	var words []string
	for i, n := range capabilityNames {
		if s&(1<<i) != 0 {
			words = append(words, "cap_"+n)
		}
	}
	return strings.Join(words, " ")
}

// parseCapabilities returns the capabilities that s lists; a '~' in front of
// all, which inverts the list, is reported.
func parseCapabilities(c *Context, s string) (set CapabilitySet, inverted bool, err error) {
	s, inverted = strings.CutPrefix(s, "~")
	words, err := SplitWords(s, splitProtect)
	if err != nil {
		return 0, inverted, err
	}
	for _, w := range words {
		name, found := strings.CutPrefix(strings.ToLower(w), "cap_")
		i := slices.Index(capabilityNames, name)
		if !found || i < 0 {
			c.Warn("", "%q is not a capability, left out", w)
			continue
		}
		set |= 1 << i
	}
	return set, inverted, nil
}

// capabilityRow is the row of a set that is initial until something is said. The
// first list replaces the initial set, later ones add to what there is or, with
// '~', take from it. An empty assignment leaves no capability.
func capabilityRow(name string, field func(*Exec) *CapabilitySet, initial CapabilitySet, example, text string, options ...option) row[Exec] {
	r := row[Exec]{Directive: describe(name, "capabilities, inverted by '~'", "", example, text)}
	r.List, r.empty = true, true
	if initial != 0 {
		r.Default = "all"
	}
	r.apply(options)
	r.unset = func(e *Exec) { *field(e) = initial }
	r.set = func(e *Exec, c *Context, value string) error {
		set, inverted, err := parseCapabilities(c, value)
		if err != nil {
			return fmt.Errorf("list of capabilities: %w", err)
		}
		switch f := field(e); {
		case (*f == initial || *f == 0) && inverted:
			*f = allCapabilities &^ set
		case *f == initial || *f == 0:
			*f = set
		case inverted:
			*f &^= set
		default:
			*f |= set
		}
		return nil
	}
	r.reset = func(e, _ *Exec) { *field(e) = 0 }
	r.show = func(e *Exec) string { return field(e).String() }
	return r
}

// CapabilityNumber returns the number of a capability, by its name as in
// capabilities(7) or by a number.
func CapabilityNumber(s string) (n int, ok bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 0 && n < 64
	}
	n = slices.IndexFunc(capabilityNames, func(c string) bool { return strings.EqualFold("cap_"+c, s) })
	return n, n >= 0
}
