package value

import (
	"fmt"
	"strconv"
)

// A Mode is a file access mode, written in octal, at most 07777.
type Mode uint32

// ParseMode reads an octal access mode such as 0644.
func ParseMode(s string) (Mode, error) {
	if digits, rest := splitDigits(s); digits == "" || rest != "" {
		return 0, fmt.Errorf("%q is not an access mode: expected octal digits such as 0644", s)
	}
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not an access mode: expected octal digits such as 0644", s)
	}
	if n > 0o7777 {
		return 0, outOfRange("access mode", s)
	}
	return Mode(n), nil
}

// String prints the mode as systemctl show does: "0644".
func (m Mode) String() string { return fmt.Sprintf("%04o", uint32(m)) }
