package unit

import (
	"fmt"
	"slices"
	"strings"
)

// A Name is a valid unit name: "echo.socket", "echo@.service", "echo@1.service".
// It is a prefix, then for templates and instances '@' and the instance, then a
// dot and the type.
type Name string

// MaxName is the longest unit name, in bytes.
const MaxName = 255

// A Type is a unit type, which is a name's suffix without the dot.
type Type string

// The unit types of systemd.unit(5).
const (
	TypeService   Type = "service"
	TypeSocket    Type = "socket"
	TypeTarget    Type = "target"
	TypeTimer     Type = "timer"
	TypePath      Type = "path"
	TypeSlice     Type = "slice"
	TypeDevice    Type = "device"
	TypeMount     Type = "mount"
	TypeAutomount Type = "automount"
	TypeSwap      Type = "swap"
	TypeScope     Type = "scope"
)

var types = []Type{
	TypeService, TypeSocket, TypeTarget, TypeTimer, TypePath, TypeSlice,
	TypeDevice, TypeMount, TypeAutomount, TypeSwap, TypeScope,
}

// Valid reports whether t is one of the unit types.
func (t Type) Valid() bool { return slices.Contains(types, t) }

// ParseName checks that s is a valid name of a unit, a template or an instance,
// systemd.unit(5).
func ParseName(s string) (Name, error) {
	if s == "" {
		return "", fmt.Errorf("unit name is empty")
	}
	if len(s) > MaxName {
		return "", fmt.Errorf("unit name %q is longer than %d bytes", clip(s), MaxName)
	}
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return "", fmt.Errorf("unit name %q has no type; append .service, .socket, …", s)
	}
	if t := Type(s[dot+1:]); !t.Valid() {
		return "", fmt.Errorf("unit name %q ends in %q, which is no unit type", s, s[dot:])
	}
	for i := range dot {
		if !isNameByte(s[i]) && s[i] != '@' {
			return "", fmt.Errorf("unit name %q holds %q; escape it with wakesock escape", s, s[i:i+1])
		}
	}
	if dot == 0 || s[0] == '@' {
		return "", fmt.Errorf("unit name %q has nothing before its %q", s, s[:1])
	}
	return Name(s), nil
}

// isNameByte reports whether c may stand in a unit name; '@' is special.
func isNameByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte(`:-_.\`, c) >= 0
}

// cut returns where the '@' and the dot of the type are; at is -1 if there is none.
func (n Name) cut() (at, dot int) {
	dot = max(strings.LastIndexByte(string(n), '.'), 0)
	return strings.IndexByte(string(n[:dot]), '@'), dot
}

// Type returns the unit type: "service" of "echo@1.service".
func (n Name) Type() Type { return Type(n[strings.LastIndexByte(string(n), '.')+1:]) }

// Prefix returns what stands before '@' or, in a plain name, before the type:
// "echo" of "echo@1.service".
func (n Name) Prefix() string {
	at, dot := n.cut()
	if at >= 0 {
		dot = at
	}
	return string(n[:dot])
}

// Instance returns what stands between '@' and the type: "1" of "echo@1.service".
func (n Name) Instance() string {
	at, dot := n.cut()
	if at < 0 {
		return ""
	}
	return string(n[at+1 : dot])
}

// Stem returns the name without its type: "echo@1" of "echo@1.service".
func (n Name) Stem() string {
	_, dot := n.cut()
	return string(n[:dot])
}

// IsTemplate reports whether the name is that of a template: "echo@.service".
func (n Name) IsTemplate() bool {
	at, dot := n.cut()
	return at >= 0 && at+1 == dot
}

// IsInstance reports whether the name has an instance: "echo@1.service".
func (n Name) IsInstance() bool {
	at, dot := n.cut()
	return at >= 0 && at+1 < dot
}

// Template returns the name of the instance's template; a plain name is returned
// as it is.
func (n Name) Template() Name {
	at, dot := n.cut()
	if at < 0 {
		return n
	}
	return n[:at+1] + n[dot:]
}

// WithInstance returns the name with instance i in place of its own, if any:
// "echo@2.service" for "echo.service", "echo@.service" and "echo@1.service".
// The caller answers for i being escaped and short enough.
func (n Name) WithInstance(i string) Name {
	at, dot := n.cut()
	if at < 0 {
		at = dot
	}
	return n[:at] + "@" + Name(i) + n[dot:]
}

// WithType returns the name with another type: "echo@1.socket".
func (n Name) WithType(t Type) Name {
	_, dot := n.cut()
	return n[:dot] + "." + Name(t)
}

// WithoutInstance returns the plain name: "echo.service" of "echo@1.service".
func (n Name) WithoutInstance() Name {
	at, dot := n.cut()
	if at < 0 {
		return n
	}
	return n[:at] + n[dot:]
}
