package unit

// Kinds of value of the [Socket] section, and the rows that share Listen.

import (
	"fmt"
	"slices"
	"strings"

	"wakesock/internal/value"
)

// listens are the directives that add to Socket.Listen.
var listens = []struct {
	protocol      Protocol
	parse         func(string) (value.Address, error)
	example, text string
}{
	{ListenStream, value.ParseAddress, "4444", "Listens for connections: TCP, a unix stream socket or vsock."},
	{ListenDatagram, value.ParseAddress, "4444", "Receives datagrams: UDP or a unix datagram socket."},
	{ListenSequentialPacket, value.ParseAddress, "/run/echo", "Listens for connections of a unix socket that keeps the bounds of messages."},
	{ListenFIFO, value.ParsePathAddress, "/run/echo", "Reads from a FIFO."},
	{ListenSpecial, value.ParsePathAddress, "/proc/kmsg", "Reads from a device or another special file."},
	{ListenNetlink, value.ParseNetlink, "kobject-uevent 1", "Receives netlink messages of a family and perhaps a group."},
	{ListenMessageQueue, value.ParseQueue, "/echo", "Receives messages of a POSIX message queue."},
	{ListenUSBFunction, value.ParsePathAddress, "/dev/ffs", "Serves a USB function."},
}

func allSocketRows() []row[Socket] {
	var rows []row[Socket]
	for _, l := range listens {
		var options []option
		if l.protocol == ListenUSBFunction {
			options = []option{notEnforced(noUSB)}
		}
		k := single("listening address", func(c *Context, s string) (Listen, error) {
			s, err := c.Expand(s)
			if err != nil {
				return Listen{}, err
			}
			a, err := l.protocol.parseListen(s, l.parse)
			return Listen{Protocol: l.protocol, Address: a}, err
		}, func([]Listen) string { return "" })
		rows = append(rows, list("Listen"+string(l.protocol), func(s *Socket) *[]Listen { return &s.Listen }, k, l.example, l.text,
			append(options, property(""))...))
	}
	return append(rows, socketRows()...)
}

// formatListens prints the property Listen.
func formatListens(all []Listen) string {
	lines := make([]string, len(all))
	for i, l := range all {
		lines[i] = fmt.Sprintf("%s (%s)", l.Address, l.Protocol)
	}
	return formatLines(lines)
}

// timestamping knows the units by several names.
var timestamping = kind[string]{
	name: "word", words: []string{"off", "us", "ns"}, format: same,
	parse: func(_ *Context, s string) (string, error) {
		if b, err := value.ParseBool(s); err == nil {
			s = map[bool]string{false: "off", true: "ns"}[b]
		}
		words := map[string]string{"off": "off", "us": "us", "usec": "us", "μs": "us", "µs": "us", "ns": "ns", "nsec": "ns"}
		if words[s] == "" {
			return "", fmt.Errorf("%q is unknown, %w", s, oneOf([]string{"off", "us", "ns"}))
		}
		return words[s], nil
	},
}

// typeOfService is a number or one of the names of ip(7).
var typeOfService = kind[int]{
	name: "integer, or low-delay, throughput, reliability, low-cost", words: []string{"low-delay", "throughput", "reliability", "low-cost"},
	empty: true, unset: -1, format: integer.format,
	parse: func(c *Context, s string) (int, error) {
		if n, ok := map[string]int{"low-delay": 16, "throughput": 8, "reliability": 4, "low-cost": 2}[s]; ok {
			return n, nil
		}
		return integerIn(0, 255).parse(c, strings.TrimSpace(s))
	},
}

// protocolNumbers are those of IPPROTO_UDPLITE and its like, which show prints.
var protocolNumbers = map[string]string{"": "0", "udplite": "136", "sctp": "132", "mptcp": "262"}

var socketProtocol = shownBy(choice("", "udplite", "sctp", "mptcp"), func(s string) string { return protocolNumbers[s] })

// bindIPv6Only was once a boolean.
var bindIPv6Only = kind[string]{
	name: "word", words: []string{"default", "both", "ipv6-only"}, format: same,
	parse: func(c *Context, s string) (string, error) {
		if b, err := value.ParseBool(s); err == nil {
			return map[bool]string{false: "both", true: "ipv6-only"}[b], nil
		}
		return choice("default", "both", "ipv6-only").parse(c, s)
	},
}

// parseListen reads the address of one of the protocols.
func (p Protocol) parseListen(s string, parse func(string) (value.Address, error)) (value.Address, error) {
	a, err := parse(s)
	if err != nil {
		return a, err
	}
	parts := strings.Split(a.Path, "/")
	switch {
	case p == ListenSequentialPacket && a.Kind != value.AddressPath && a.Kind != value.AddressAbstract:
		err = fmt.Errorf("%q is not the address of a unix socket, and others cannot keep the bounds of messages", s)
	case a.Kind == value.AddressAbstract: // its name is no path
	case slices.Contains(parts, ".."):
		err = fmt.Errorf("%q must not contain \"..\"", s)
	case slices.ContainsFunc(parts, func(part string) bool { return len(part) > nameMax }):
		err = fmt.Errorf("path %q has a part that is too long, at most %d bytes are possible", clip(s), nameMax)
	}
	return a, err
}
