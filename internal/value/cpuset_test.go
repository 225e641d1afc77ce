package value

import (
	"fmt"
	"testing"
)

func TestCPUSet(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "0-3 5": "0-3 5", "0,1,2": "0-2", "3 1": "1 3", "0-0": "0", "1-3,2": "1-3", "8191": "8191", "0x3": "3", "1,,2": "1-2", ",1": "1", "010": "8", "1\t2\n": "1-2",
	} {
		if got, err := ParseCPUSet(in); got.String() != want || err != nil {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, s := range []string{"5-3", "8192", "0-99999999999", "1-", "-1", "a", "1 - 3", "1-2-3", `"1 2"`} {
		if got, err := ParseCPUSet(s); err == nil {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

func TestPrefix(t *testing.T) {
	for in, want := range map[string]string{
		"any": "[0.0.0.0/0 ::/0]", "localhost": "[127.0.0.0/8 ::1/128]", "link-local": "[169.254.0.0/16 fe80::/64]", "multicast": "[224.0.0.0/4 ff00::/8]",
		"1.2.3.4": "[1.2.3.4/32]", "1.2.3.4/8": "[1.0.0.0/8]", "::1": "[::1/128]", "fe80::1/10": "[fe80::/10]", "1.2.3.4/0": "[0.0.0.0/0]", "::ffff:1.2.3.4": "[::ffff:1.2.3.4/128]",
	} {
		if got, err := ParsePrefix(in); fmt.Sprint(got) != want || err != nil {
			t.Errorf("%q: got %v, %v; want %s", in, got, err, want)
		}
	}
	for _, s := range []string{"", "ANY", "1.2.3.4/33", "10.0.0.0/08", "1.2.3.4/24x", "fe80::1%eth0", "1.2.3", "any localhost"} {
		if got, err := ParsePrefix(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
	}
}
