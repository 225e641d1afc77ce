package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// percentSigns are the suffixes of a share, each with the decimal places that
// may stand before it: all share the resolution of one permyriad.
var percentSigns = []struct {
	sign   string
	places int
}{{"%", 2}, {"‰", 1}, {"‱", 0}}

// ParsePermyriad reads a share as hundredths of a percent: "10.25%", "102.5‰"
// and "1025‱" are all 1025. Shares may exceed 100%; where that makes no sense
// the caller says so. The sign is required.
func ParsePermyriad(s string) (int, error) {
	for _, p := range percentSigns {
		number, ok := strings.CutSuffix(s, p.sign)
		if !ok {
			continue
		}
		whole, decimals, point := strings.Cut(number, ".")
		if point && (decimals == "" || len(decimals) > p.places) {
			return 0, fmt.Errorf("share %q: at most %d decimal places before %s", s, p.places, p.sign)
		}
		digits := whole + decimals + strings.Repeat("0", p.places-len(decimals))
		if a, b := splitDigits(digits); whole == "" || a == "" || b != "" {
			return 0, fmt.Errorf("share %q: expected a number before %s", s, p.sign)
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > math.MaxInt32 {
			return 0, outOfRange("share", s)
		}
		return int(n), nil
	}
	return 0, fmt.Errorf("share %q: expected a percentage such as 50%%", s)
}

// FormatPercent prints hundredths of a percent with as few decimals as will do:
// "10%", "10.5%", "10.25%".
func FormatPercent(permyriad int) string {
	s := fmt.Sprintf("%d.%02d", permyriad/100, permyriad%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}
