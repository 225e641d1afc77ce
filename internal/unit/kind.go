package unit

// Simple kinds of value: truth, numbers, lengths of time, words. Kinds of text
// and paths are in kind_text.go, those made for one directive beside its rows.

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/value"
)

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func same(s string) string { return s }

// plain ignores the context, which values without specifiers do not need.
func plain[T any](parse func(string) (T, error)) func(*Context, string) (T, error) {
	return func(_ *Context, s string) (T, error) { return parse(s) }
}

var boolean = kind[bool]{name: "boolean", parse: plain(value.ParseBool), format: yesNo, words: []string{"yes", "no"}}

// triState is a boolean that may also be left open, "", which the row's text
// or the manual decides.
var triState = kind[string]{
	name: "boolean", words: []string{"yes", "no"}, empty: true,
	parse: func(_ *Context, s string) (string, error) {
		b, err := value.ParseBool(s)
		return yesNo(b), err
	},
	format: func(s string) string {
		if s == "" {
			return "no"
		}
		return s
	},
}

// number makes a kind of whole numbers between two bounds.
func number[T ~int | ~int64 | ~uint32 | ~uint64](name string, low, high int64) kind[T] {
	return kind[T]{
		name: name,
		parse: func(_ *Context, s string) (T, error) {
			n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 0, 64)
			if err != nil {
				return 0, fmt.Errorf("%q is not a whole number", s)
			}
			if n < low || n > high {
				return 0, fmt.Errorf("%d is out of range, must be from %d to %d", n, low, high)
			}
			return T(n), nil
		},
		format: func(n T) string { return fmt.Sprint(n) },
	}
}

var (
	unsigned = number[uint32]("unsigned integer", 0, math.MaxUint32)
	// burst is a limit that depends on others where nothing is said, until settle.
	burst   = kind[uint32]{name: unsigned.name, parse: unsigned.parse, format: unsigned.format, unset: unsetBurst}
	integer = number[int]("integer", math.MinInt32, math.MaxInt32)
	long    = number[int64]("integer", math.MinInt64, math.MaxInt64)
)

func integerIn(low, high int64) kind[int] {
	return number[int](fmt.Sprintf("integer from %d to %d", low, high), low, high)
}

// formatUnset prints a number of which unset means that there is none.
func formatUnset[T comparable](unset T) func(T) string {
	return func(n T) string {
		if n == unset {
			return "[not set]"
		}
		return fmt.Sprint(n)
	}
}

var size = kind[value.Size]{
	name: "size",
	parse: func(_ *Context, s string) (value.Size, error) {
		n, err := value.ParseSize(s)
		if err == nil && n == value.SizeInfinity {
			err = fmt.Errorf("%q is too much", s)
		}
		return n, err
	},
	format: func(s value.Size) string { return strconv.FormatUint(uint64(s), 10) },
}

var mode = kind[value.Mode]{name: "file mode", parse: plain(value.ParseMode), format: value.Mode.String}

var (
	span = kind[value.Span]{name: "time span", parse: plain(value.ParseSpan), format: value.Span.String}
	// optionalSpan allows the empty value.
	optionalSpan = kind[value.Span]{name: "time span", parse: span.parse, format: span.format, empty: true}
	// spanFixZero takes 0 for no limit.
	spanFixZero = kind[value.Span]{
		name: "time span, 0 for no limit", format: span.format,
		parse: func(_ *Context, s string) (value.Span, error) {
			v, err := value.ParseSpan(s)
			if v == 0 {
				v = value.Infinity
			}
			return v, err
		},
	}
)

// signalNumber prints signals as systemctl show does, as numbers.
func signalNumber(s value.Signal) string { return strconv.Itoa(int(s)) }

var signal = kind[value.Signal]{name: "signal", parse: plain(value.ParseSignal), format: signalNumber}

// oneOf says what was expected, in the words of the error that follows a bad word.
func oneOf(words []string) error {
	list := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	return errors.New("must be one of " + strings.Join(list, ", "))
}

// choice makes a kind of few words. The word "" stands for none of them: it is
// what an empty assignment restores.
func choice[T ~string](words ...T) kind[T] {
	k := kind[T]{name: "word", format: func(w T) string { return string(w) }}
	for _, w := range words {
		if w == "" {
			k.empty = true
		} else {
			k.words = append(k.words, string(w))
		}
	}
	k.parse = func(_ *Context, s string) (T, error) {
		if !slices.Contains(k.words, s) {
			return "", fmt.Errorf("%q is unknown, %w", s, oneOf(k.words))
		}
		return T(s), nil
	}
	return k
}

// boolOr makes a kind of yes, no and some further words.
func boolOr(words ...string) kind[string] {
	return kind[string]{
		name: "boolean or word", words: append([]string{"yes", "no"}, words...), format: same,
		parse: func(_ *Context, s string) (string, error) {
			if slices.Contains(words, s) {
				return s, nil
			}
			b, err := value.ParseBool(s)
			if err != nil {
				return "", fmt.Errorf("%q is unknown, %w", s, oneOf(append([]string{"yes", "no"}, words...)))
			}
			return yesNo(b), nil
		},
	}
}
