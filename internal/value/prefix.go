package value

import (
	"fmt"
	"net/netip"
)

// prefixNames are the names that stand for prefixes, systemd.resource-control(5).
var prefixNames = map[string][]netip.Prefix{
	"any":        {netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
	"localhost":  {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	"link-local": {netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/64")},
	"multicast":  {netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("ff00::/8")},
}

// ParsePrefix reads one word of IPAddressAllow= or IPAddressDeny=: an address,
// an address with a prefix length, or a name (any, localhost, link-local,
// multicast), which stands for two prefixes. Bits behind the length are cleared.
func ParsePrefix(s string) ([]netip.Prefix, error) {
	if named, ok := prefixNames[s]; ok {
		return append([]netip.Prefix(nil), named...), nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return []netip.Prefix{p.Masked()}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil
	}
	return nil, fmt.Errorf("%q is not an address prefix: expected 192.0.2.0/24, 2001:db8::/32, any, localhost, link-local or multicast", s)
}
