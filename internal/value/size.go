package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a number of bytes; SizeInfinity means no limit.
type Size uint64

// SizeInfinity is the size that "infinity" denotes.
const SizeInfinity Size = math.MaxUint64

// A sizeUnit is a suffix of sizes. Several terms may follow each other, but only
// from the largest unit down: "1G 512M". The order of the tables is that order.
type sizeUnit struct {
	suffix string
	bytes  uint64
}

var (
	binaryUnits  = []sizeUnit{{"E", 1 << 60}, {"P", 1 << 50}, {"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"B", 1}, {"", 1}}
	decimalUnits = []sizeUnit{{"E", 1e18}, {"P", 1e15}, {"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"K", 1e3}, {"B", 1}, {"", 1}}
)

// ParseSize reads a number of bytes with the suffixes B K M G T P E to the base
// 1024, or "infinity". A size that does not fit matches [strconv.ErrRange].
func ParseSize(s string) (Size, error) { return parseSize(s, binaryUnits) }

// ParseSizeDecimal is [ParseSize] to the base 1000, as the bandwidth directives
// of systemd.resource-control(5) use it.
func ParseSizeDecimal(s string) (Size, error) { return parseSize(s, decimalUnits) }

func parseSize(s string, units []sizeUnit) (Size, error) {
	rest := strings.TrimLeft(s, whitespace)
	if rest == "infinity" {
		return SizeInfinity, nil
	}
	if rest == "" {
		return 0, fmt.Errorf("size %q is empty", s)
	}
	var total uint64
	for rest != "" {
		if strings.HasPrefix(rest, "-") {
			return 0, fmt.Errorf("size %q is negative: %w", s, strconv.ErrRange)
		}
		number, after := splitDigits(strings.TrimPrefix(rest, "+"))
		if number == "" {
			return 0, fmt.Errorf("size %q: expected a number at %q", s, rest)
		}
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return 0, outOfRange("size", s)
		}
		fraction := 0.0
		if decimals, point := strings.CutPrefix(after, "."); point {
			var digits string
			digits, after = splitDigits(decimals)
			d, err := strconv.ParseUint("0"+digits, 10, 64)
			if err != nil {
				return 0, outOfRange("size", s)
			}
			fraction = float64(d)
			for range digits {
				fraction /= 10
			}
		}
		after = strings.TrimLeft(after, whitespace)
		u := unitOf(after, units)
		if u < 0 {
			return 0, fmt.Errorf("size %q: expected one of the units K M G T P E, largest first, at %q", s, after)
		}
		rest = strings.TrimLeft(after[len(units[u].suffix):], whitespace)
		factor := units[u].bytes
		units = units[u+1:]

		whole := n
		if fraction > 0 {
			whole++
		}
		if whole > math.MaxUint64/factor {
			return 0, outOfRange("size", s)
		}
		n = n*factor + uint64(fraction*float64(factor))
		if total > math.MaxUint64-n {
			return 0, outOfRange("size", s)
		}
		total += n
	}
	if total == math.MaxUint64 { // it would read as infinity
		return 0, outOfRange("size", s)
	}
	return Size(total), nil
}

// unitOf returns the index of the unit that s starts with, -1 if there is none.
func unitOf(s string, units []sizeUnit) int {
	for i, u := range units {
		if u.suffix == "" && s != "" && (s[0] < '0' || s[0] > '9') && s[0] != '+' {
			continue
		}
		if strings.HasPrefix(s, u.suffix) {
			return i
		}
	}
	return -1
}

// String prints the number of bytes, or "infinity", as systemctl show does.
func (z Size) String() string {
	if z == SizeInfinity {
		return "infinity"
	}
	return strconv.FormatUint(uint64(z), 10)
}

// FormatBytes prints a number of bytes for people, to the base 1024, rounded
// down, as systemctl status does: "512B", "1.5M".
func FormatBytes(n uint64) string {
	for _, u := range binaryUnits {
		if u.bytes > 1 && n >= u.bytes {
			return fmt.Sprintf("%d.%d%s", n/u.bytes, n%u.bytes*10/u.bytes, u.suffix)
		}
	}
	return fmt.Sprintf("%dB", n)
}
