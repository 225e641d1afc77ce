package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// table is lines of cells; the first column is aligned left, the others right.
type table [][]string

func (t *table) add(cells ...string) { *t = append(*t, cells) }

func (t table) write(w io.Writer) {
	var widths []int
	for _, line := range t {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range t {
		var s strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				s.WriteString(cell + pad)
			} else {
				s.WriteString("  " + pad + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(s.String(), " "))
	}
}

const none = "–"

// whole writes a figure without fraction, thousands apart.
func whole(v float64, ok bool) string {
	if !ok {
		return none
	}
	digits := fmt.Sprintf("%.0f", math.Abs(v))
	var s strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			s.WriteByte(',')
		}
		s.WriteRune(d)
	}
	if v <= -0.5 {
		return "-" + s.String()
	}
	return s.String()
}

// times writes a ratio.
func times(v float64, ok bool) string {
	switch {
	case !ok:
		return none
	case v >= 99.95:
		return fmt.Sprintf("%.0f×", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f×", v)
	default:
		return fmt.Sprintf("%.2f×", v)
	}
}
