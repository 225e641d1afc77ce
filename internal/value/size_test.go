package value

import (
	"errors"
	"strconv"
	"testing"
)

func TestSize(t *testing.T) {
	for in, want := range map[string]Size{
		"1": 1, "1K": 1024, "1.5M": 1572864, "0.3K": 307, "5B": 5, "1 K": 1024, "1K 5": 1029, "1K5B": 1029, "1 K 5 B": 1029, "5B5": 10,
		"010": 10, "1T": 1 << 40, "1.K": 1024, "1G1M": 1<<30 + 1<<20, "+5": 5, "1K+5": 1029, "1.5": 1, "14.5E": 16717361816799281152,
		"1.0000000000000000000001K": 1024, "0": 0, "infinity": SizeInfinity, "18446744073709551614": SizeInfinity - 1,
	} {
		if got, err := ParseSize(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, s := range []string{"", " ", "1k", "1KB", "max", "0x10", ".5K", "5%", "1M1G", "1M 1M", "5KiB", "1 5", "K", "1K infinity", "1\x00"} {
		if got, err := ParseSize(s); err == nil || errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"-1", "16E", "15.9999E", "18446744073709551615", "18446744073709551616", "15E 1024P"} {
		if got, err := ParseSize(s); !errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
	if got := SizeInfinity.String(); got != "infinity" {
		t.Error(got)
	}
}

func TestSizeDecimal(t *testing.T) {
	for in, want := range map[string]Size{"1K": 1000, "1.5M": 1500000, "1G": 1e9, "infinity": SizeInfinity} {
		if got, err := ParseSizeDecimal(in); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for in, want := range map[uint64]string{0: "0B", 1023: "1023B", 1024: "1.0K", 1536: "1.5K", 1572864: "1.5M", 1<<30 - 1: "1023.9M", 1<<64 - 1: "15.9E"} {
		if got := FormatBytes(in); got != want {
			t.Errorf("%d: got %q, want %q", in, got, want)
		}
	}
}

func FuzzSize(f *testing.F) {
	f.Add("1G 2.5M 3K 4")
	f.Add("infinity")
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = ParseSizeDecimal(s)
		z, err := ParseSize(s)
		if err != nil {
			return
		}
		if again, err := ParseSize(z.String()); err != nil || again != z {
			t.Fatalf("%q is %d, prints %q, which is %d, %v", s, z, z, again, err)
		}
	})
}
