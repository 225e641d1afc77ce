package value

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A CPUSet is a sorted list of distinct CPU (or memory node) indices.
type CPUSet []int

// maxCPU is the largest index that a set may contain, systemd's own bound.
const maxCPU = 8191

// ParseCPUSet reads indices and ranges ("0-3 5", "0,2,4") separated by commas
// or white space. An empty text is an empty set.
func ParseCPUSet(s string) (CPUSet, error) {
	var set CPUSet
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(whitespace+",", r) }) {
		low, high, isRange := strings.Cut(word, "-")
		if !isRange {
			high = low
		}
		first, err := ParseUint(low, 32)
		if err != nil {
			return nil, fmt.Errorf("CPU set %q: %w", s, err)
		}
		last, err := ParseUint(high, 32)
		if err != nil {
			return nil, fmt.Errorf("CPU set %q: %w", s, err)
		}
		if first > last {
			return nil, fmt.Errorf("CPU set %q: range %q runs backwards", s, word)
		}
		if last > maxCPU {
			return nil, fmt.Errorf("CPU set %q: largest index is %d: %w", s, maxCPU, strconv.ErrRange)
		}
		for i := first; i <= last; i++ {
			set = append(set, int(i))
		}
	}
	slices.Sort(set)
	return slices.Compact(set), nil
}

// String prints the set as systemctl show does: "0-3 5".
func (c CPUSet) String() string {
	var words []string
	for i := 0; i < len(c); {
		j := i
		for j+1 < len(c) && c[j+1] == c[j]+1 {
			j++
		}
		word := strconv.Itoa(c[i])
		if j > i {
			word += "-" + strconv.Itoa(c[j])
		}
		words = append(words, word)
		i = j + 1
	}
	return strings.Join(words, " ")
}
