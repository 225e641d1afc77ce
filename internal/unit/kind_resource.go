package unit

// Kinds of value of systemd.resource-control(5).

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/value"
)

// An Amount is a number of bytes or tasks, or a share of what the machine has.
type Amount struct {
	Count uint64 // AmountInfinity: no limit, AmountUnset: nothing said
	Share uint32 // in ten-thousandths; if not 0, Count does not count
}

// Amounts that are no number.
const (
	AmountInfinity = math.MaxUint64
	AmountUnset    = math.MaxUint64 - 1
)

func (a Amount) String() string {
	switch {
	case a.Share != 0:
		return value.FormatPercent(int(a.Share))
	case a.Count == AmountInfinity:
		return "infinity"
	case a.Count == AmountUnset:
		return ""
	}
	return strconv.FormatUint(a.Count, 10)
}

// amount makes a kind of amounts; parse reads those that are no share, of which
// least is the least.
func amount(name string, parse func(string) (uint64, error), least uint64) kind[Amount] {
	return kind[Amount]{
		name: name, format: Amount.String, empty: true,
		parse: func(_ *Context, s string) (a Amount, err error) {
			switch {
			case s == "infinity":
				a.Count = AmountInfinity
				return a, nil
			case strings.ContainsAny(s, "%‰‱"):
				a.Share, err = share(s)
			default:
				a.Count, err = parse(s)
			}
			if err == nil && a.Share == 0 && a.Count < least {
				err = fmt.Errorf("%q is too little", s)
			}
			return a, err
		},
	}
}

// share reads a part of the whole.
func share(s string) (uint32, error) {
	n, err := value.ParsePermyriad(s)
	if err == nil && n > 10000 {
		err = fmt.Errorf("%q is more than all", s)
	}
	return uint32(n), err
}

func parseBytes(s string) (uint64, error) {
	n, err := value.ParseSize(s)
	return uint64(n), err
}

func parseCount(s string) (uint64, error) { return value.ParseUint(s, 64) }

var (
	memoryFloor = amount("size, percentage or infinity", parseBytes, 0)
	memorySwap  = memoryFloor
	memoryLimit = amount("size, percentage or infinity", parseBytes, 1)
	tasksMax    = func() kind[Amount] {
		k := amount("number, percentage or infinity", parseCount, 1)
		k.unset.Count = AmountUnset
		return k
	}()
)

// bpfProgram is a kind of attachment and the path of a program.
var bpfProgram = single("type:path", func(c *Context, s string) (string, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	_, p, found := strings.Cut(s, ":")
	if !found {
		return "", fmt.Errorf("%q is not type:path", s)
	}
	_, err = cleanPath(p)
	return s, err
}, FormatWords)

var permyriad = kind[uint32]{
	name: "percentage", empty: true, parse: plain(share),
	// systemd prints these in units of 2^32 for the whole.
	format: func(n uint32) string { return strconv.FormatUint((uint64(n)*math.MaxUint32+5000)/10000, 10) },
}

var cpuSet = kind[value.CPUSet]{
	name: "CPU set", format: value.CPUSet.String, empty: true,
	parse: func(c *Context, s string) (value.CPUSet, error) {
		s, err := c.Expand(s)
		if err != nil {
			return nil, err
		}
		return value.ParseCPUSet(s)
	},
}

// WeightIdle is the weight of what runs only when nothing else does. Of weights,
// 0 means unset.
const WeightIdle = math.MaxUint64

func parseWeight(_ *Context, s string) (uint64, error) {
	n, err := value.ParseUint(s, 64)
	if err != nil || n < 1 || n > 10000 {
		return 0, fmt.Errorf("%q is not a weight, which is a number from 1 to 10000", s)
	}
	return n, nil
}

var weight = kind[uint64]{name: "weight", parse: parseWeight, format: formatUnset[uint64](0), empty: true}

var cpuWeight = kind[uint64]{
	name: "weight, or idle", empty: true,
	parse: func(c *Context, s string) (uint64, error) {
		if s == "idle" {
			return WeightIdle, nil
		}
		return parseWeight(c, s)
	},
	format: func(n uint64) string {
		if n == WeightIdle {
			return "idle"
		}
		return weight.format(n)
	},
}

// cpuQuota is processor time in each second.
var cpuQuota = kind[value.Span]{
	name: "percentage, may be above 100%", unset: value.Infinity, format: value.Span.String, empty: true,
	parse: func(_ *Context, s string) (value.Span, error) {
		n, err := value.ParsePermyriad(s)
		if err == nil && n == 0 {
			err = errors.New("the quota must be more than 0%")
		}
		return value.Span(n) * value.Second / 10000, err
	},
}

// A DeviceValue is a value that holds for one device.
type DeviceValue struct {
	Path  string // a device node, or a file on the device
	Value uint64
}

// device makes a kind of a path and a value, which unit prints in show.
func device(name string, parse func(s string) (uint64, error), format func(uint64) string) kind[[]DeviceValue] {
	return single("path and "+name, func(c *Context, s string) (DeviceValue, error) {
		f := strings.Fields(s)
		if len(f) != 2 {
			return DeviceValue{}, fmt.Errorf("%q is not a path and a %s", s, name)
		}
		p, err := absolute(c, f[0])
		if err != nil {
			return DeviceValue{}, err
		}
		v, err := parse(f[1])
		return DeviceValue{p, v}, err
	}, func(all []DeviceValue) string {
		lines := make([]string, len(all))
		for i, d := range all {
			lines[i] = d.Path + " " + format(d.Value)
		}
		return formatLines(lines)
	})
}

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

// parseRate counts in thousands, as disks do.
func parseRate(s string) (uint64, error) {
	n, err := value.ParseSizeDecimal(s)
	if err == nil && n == 0 {
		err = errors.New("a rate of 0 is not possible")
	}
	return uint64(n), err
}

var (
	deviceWeight  = device("weight", func(s string) (uint64, error) { return parseWeight(nil, s) }, formatUint)
	deviceRate    = device("rate", parseRate, formatUint)
	deviceLatency = device("time span", func(s string) (uint64, error) {
		v, err := value.ParseSpan(s)
		return uint64(v), err
	}, func(n uint64) string { return value.Span(n).String() })
)

// deviceAllow is a device and what may be done with it.
var deviceAllow = single("device and any of r, w, m", func(c *Context, s string) (string, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	f := strings.Fields(s)
	if len(f) == 1 {
		f = append(f, "rwm")
	}
	if len(f) != 2 || strings.Trim(f[1], "rwm") != "" ||
		!strings.HasPrefix(f[0], "/dev/") && !strings.HasPrefix(f[0], "char-") && !strings.HasPrefix(f[0], "block-") {
		return "", fmt.Errorf("%q is not a device and what may be done with it, such as /dev/null rw", s)
	}
	return f[0] + " " + f[1], nil
}, lastFirst)

// lastFirst prints the lines of properties that systemd keeps in reverse.
func lastFirst(lines []string) string {
	lines = slices.Clone(lines)
	slices.Reverse(lines)
	return formatLines(lines)
}

var controllerNames = []string{"cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices",
	"bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces", "bpf-bind-network-interface"}

var controllers = wordsOf(controllerNames...)

// delegate is "yes", "no" or a list of controllers, which may be empty.
var delegate = kind[string]{
	name: "boolean or controllers", empty: true,
	parse: func(c *Context, s string) (string, error) {
		if b, err := value.ParseBool(s); err == nil {
			return yesNo(b), nil
		}
		words, err := controllers.parse(c, s)
		return strings.Join(words, " "), err
	},
	format: func(s string) string { return yesNo(s != "no") },
}

// delegateRow adds what an assignment means beside others: lists of controllers
// add up, and an empty one takes the controllers back, yet still delegates.
func delegateRow(r row[Resource]) row[Resource] {
	r.set = func(s *Resource, c *Context, v string) error {
		more, err := delegate.parse(c, v)
		switch old := s.Delegate; {
		case err != nil:
			return err
		case more == "yes" || more == "no" || old == "no" || old == "":
			s.Delegate = more
		case old != "yes":
			s.Delegate = strings.Join(joinUnique(strings.Fields(old), strings.Fields(more)), " ")
		}
		return nil
	}
	r.reset = func(s, _ *Resource) { s.Delegate = "" }
	return r
}

// prefixes are networks; some words stand for several.
var prefixes = kind[[]netip.Prefix]{
	name: "networks, or any, localhost, link-local, multicast", empty: true,
	words: []string{"any", "localhost", "link-local", "multicast"},
	parse: func(c *Context, s string) ([]netip.Prefix, error) {
		parts, err := eachSplit(splitPlain, "", func(c *Context, w string) ([]netip.Prefix, error) {
			w, err := c.Expand(w)
			if err != nil {
				return nil, err
			}
			return value.ParsePrefix(w)
		}, nil).parse(c, s)
		return slices.Concat(parts...), err
	},
	format: func(all []netip.Prefix) string {
		words := make([]string, len(all))
		for i, p := range all {
			words[i] = p.String()
		}
		return strings.Join(words, " ")
	},
}

// socketBind is [FAMILY:][PROTOCOL:]PORTS or any.
var socketBind = single("family:protocol:ports, or any", func(c *Context, s string) (string, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	parts := strings.Split(s, ":")
	next := func(words ...string) {
		if len(parts) > 0 && slices.Contains(words, parts[0]) {
			parts = parts[1:]
		}
	}
	next("ipv4", "ipv6")
	next("tcp", "udp")
	next("any")
	if len(parts) == 1 && len(s) > 0 {
		low, high, found := strings.Cut(parts[0], "-")
		if !found {
			high = low
		}
		l, err1 := value.ParseUint(low, 16)
		h, err2 := value.ParseUint(high, 16)
		if err1 == nil && err2 == nil && l > 0 && l <= h {
			parts = nil
		}
	}
	if len(parts) > 0 || s == "" {
		return "", fmt.Errorf("%q does not say which ports", s)
	}
	return s, nil
}, FormatWords)

var concurrency = kind[uint32]{
	name: "number, or infinity", empty: true,
	parse: func(c *Context, s string) (uint32, error) {
		if s == "infinity" {
			return math.MaxUint32, nil
		}
		return unsigned.parse(c, s)
	},
	format: func(n uint32) string {
		if n == math.MaxUint32 {
			return "infinity"
		}
		return strconv.FormatUint(uint64(n), 10)
	},
}
