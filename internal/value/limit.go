package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Limit is a resource limit, soft and hard (setrlimit(2)), in the kernel's
// unit: bytes, seconds (LimitCPU), microseconds (LimitRTTIME), 20 minus the nice
// level (LimitNICE) or a count. LimitInfinity is RLIM_INFINITY. Set tells a
// limit of 0 from none.
type Limit struct {
	Set        bool
	Soft, Hard uint64
}

// LimitInfinity is RLIM_INFINITY.
const LimitInfinity uint64 = math.MaxUint64

// limitKinds says how each directive of setrlimit's family is written,
// systemd.exec(5).
var limitKinds = map[string]func(s string) (uint64, error){
	"LimitCPU": limitSeconds, "LimitRTTIME": limitMicroseconds, "LimitNICE": limitNice,
	"LimitFSIZE": limitBytes, "LimitDATA": limitBytes, "LimitSTACK": limitBytes, "LimitCORE": limitBytes,
	"LimitRSS": limitBytes, "LimitAS": limitBytes, "LimitMEMLOCK": limitBytes, "LimitMSGQUEUE": limitBytes,
	"LimitNOFILE": limitCount, "LimitNPROC": limitCount, "LimitLOCKS": limitCount,
	"LimitSIGPENDING": limitCount, "LimitRTPRIO": limitCount,
}

// ParseLimit reads the value of a directive such as "LimitNOFILE": one value for
// both, or soft:hard; "infinity" for none.
func ParseLimit(directive, s string) (Limit, error) {
	parse, ok := limitKinds[directive]
	if !ok {
		return Limit{}, fmt.Errorf("%s is not a resource limit", directive)
	}
	soft, hard, two := strings.Cut(s, ":")
	if !two {
		hard = soft
	}
	l := Limit{Set: true}
	for _, v := range []struct {
		text  string
		value *uint64
	}{{soft, &l.Soft}, {hard, &l.Hard}} {
		if v.text == "infinity" && directive != "LimitNICE" {
			*v.value = LimitInfinity
			continue
		}
		n, err := parse(v.text)
		if err == nil && n == LimitInfinity {
			err = outOfRange("limit", v.text)
		}
		if err != nil {
			return Limit{}, err
		}
		*v.value = n
	}
	if l.Soft > l.Hard {
		return Limit{}, fmt.Errorf("soft limit %q is above hard limit %q", soft, hard)
	}
	return l, nil
}

func limitCount(s string) (uint64, error) { return ParseUint(s, 64) }

func limitBytes(s string) (uint64, error) {
	n, err := ParseSize(s)
	return uint64(n), err
}

// limitSeconds rounds up: a limit below a second would otherwise be none.
func limitSeconds(s string) (uint64, error) {
	d, err := ParseSpan(s)
	if d == Infinity {
		return LimitInfinity, err
	}
	seconds := d / Second
	if d%Second > 0 {
		seconds++
	}
	return uint64(seconds), err
}

func limitMicroseconds(s string) (uint64, error) {
	d, err := ParseSpanUnit(s, Microsecond)
	if d == Infinity {
		return LimitInfinity, err
	}
	return uint64(d), err
}

// limitNice reads a nice level, which must have a sign (+19 to -20), or the
// kernel's raw value, which has none (0 to 40).
func limitNice(s string) (uint64, error) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		n, err := ParseInt(s, 32)
		if err != nil {
			return 0, err
		}
		if n < -20 || n > 19 {
			return 0, fmt.Errorf("nice level %q is not within +19 and -20: %w", s, strconv.ErrRange)
		}
		return uint64(20 - n), nil
	}
	n, err := ParseUint(s, 32)
	if err != nil {
		return 0, err
	}
	if n > 40 {
		return 0, fmt.Errorf("nice limit %q is not within 0 and 40: %w", s, strconv.ErrRange)
	}
	return n, nil
}

// SoftString prints the soft limit as systemctl show prints LimitNOFILESoft.
func (l Limit) SoftString() string { return Size(l.Soft).String() }

// HardString prints the hard limit as systemctl show prints LimitNOFILE.
func (l Limit) HardString() string { return Size(l.Hard).String() }

// String prints the limit as a unit file would write it: "10", "10:20".
func (l Limit) String() string {
	switch {
	case !l.Set:
		return ""
	case l.Soft == l.Hard:
		return l.HardString()
	}
	return l.SoftString() + ":" + l.HardString()
}
