package value

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	ip := netip.MustParseAddr
	long := strings.Repeat("x", 106)
	for _, c := range []struct {
		in   string
		want Address
		text string
	}{
		{"4444", Address{Kind: AddressPort, Port: 4444}, "[::]:4444"},
		{"070", Address{Kind: AddressPort, Port: 56}, "[::]:56"}, // octal, as systemd reads it
		{"0x50", Address{Kind: AddressPort, Port: 80}, "[::]:80"},
		{"127.0.0.1:80", Address{Kind: AddressInet, IP: ip("127.0.0.1"), Port: 80}, "127.0.0.1:80"},
		{"1.2.3.4:0x50", Address{Kind: AddressInet, IP: ip("1.2.3.4"), Port: 80}, "1.2.3.4:80"},
		{"1.2.3.4:80%lo", Address{Kind: AddressInet, IP: ip("1.2.3.4"), Port: 80}, "1.2.3.4:80"},
		{"[::1]:81", Address{Kind: AddressInet, IP: ip("::1"), Port: 81}, "[::1]:81"},
		{"[FE80::A]:6", Address{Kind: AddressInet, IP: ip("fe80::a"), Port: 6}, "[fe80::a]:6"},
		{"[0:0:0:0:0:0:0:1]:86", Address{Kind: AddressInet, IP: ip("::1"), Port: 86}, "[::1]:86"},
		{"[fe80::1]:82%eth0", Address{Kind: AddressInet, IP: ip("fe80::1"), Zone: "eth0", Port: 82}, "[fe80::1]:82%eth0"},
		{"[fe80::1]:83%1", Address{Kind: AddressInet, IP: ip("fe80::1"), Zone: "1", Port: 83}, "[fe80::1]:83%1"},
		{"[::ffff:1.2.3.4]:85", Address{Kind: AddressInet, IP: ip("::ffff:1.2.3.4"), Port: 85}, "[::ffff:1.2.3.4]:85"},
		{"[1:2::ffff:1.2.3.4]:5", Address{Kind: AddressInet, IP: ip("1:2::ffff:102:304"), Port: 5}, "[1:2::ffff:102:304]:5"},
		{"/run/x", Address{Kind: AddressPath, Path: "/run/x"}, "/run/x"},
		{"/run//y/../z/", Address{Kind: AddressPath, Path: "/run//y/../z/"}, "/run//y/../z/"},
		{"@abs name", Address{Kind: AddressAbstract, Path: "abs name"}, "@abs name"},
		{"/" + long, Address{Kind: AddressPath, Path: "/" + long}, "/" + long},
		{"@" + long, Address{Kind: AddressAbstract, Path: long}, "@" + long},
		{"vsock::1234", Address{Kind: AddressVsock, CID: CIDAny, Port: 1234}, "vsock::1234"},
		{"vsock:2:1234", Address{Kind: AddressVsock, CID: 2, Port: 1234}, "vsock:2:1234"},
		{"vsock:4294967295:5", Address{Kind: AddressVsock, CID: CIDAny, Port: 5}, "vsock::5"},
		{"vsock:5:4294967295", Address{Kind: AddressVsock, CID: 5, Port: CIDAny}, "vsock:5:4294967295"},
		{"vsock-stream:2:1236", Address{Kind: AddressVsock, CID: 2, Port: 1236, Type: "stream"}, "vsock-stream:2:1236"},
		{"vsock-dgram:2:1", Address{Kind: AddressVsock, CID: 2, Port: 1, Type: "dgram"}, "vsock-dgram:2:1"},
		{"vsock-seqpacket::1", Address{Kind: AddressVsock, CID: CIDAny, Port: 1, Type: "seqpacket"}, "vsock-seqpacket::1"},
	} {
		got, err := ParseAddress(c.in)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("%q: got %+v %q, %v; want %+v %q", c.in, got, got, err, c.want, c.text)
		}
	}
	for _, s := range []string{
		"", "0", "65536", "-1", "0.0.0.0:0", "[::]:0", ":80", "localhost:80", "[::1]", "::1:80", "1.2.3.4", "1.2.3.4:080", "[::1]:", "[fe80::1%lo]:80",
		"[fe80::1]:80%", "[fe80::1]:80%a/b", "[fe80::1]:80%0", "[fe80::1]:80%4294967295", "[::1]:5 %lo", "@", "/", "vsock:", "vsock:5", "vsock:a:5", "vsock:-1:5",
		"vsock:3:08", "relative/path", "001.2.3.4:5", "127.1:80", "1:2", "[1.2.3.4]:5", "[::1:80", "::1]:80", "/" + long + "x", "@" + long + "x", "/a\x00b", `"/run/q"`,
	} {
		if got, err := ParseAddress(s); err == nil {
			t.Errorf("%q: got %+v", s, got)
		}
	}
	if got := (Address{}).String(); got != "" {
		t.Errorf("no address prints %q", got)
	}
}

func TestNetlink(t *testing.T) {
	for in, want := range map[string]string{
		"kobject-uevent 1": "kobject-uevent 1", "route": "route 0", "audit  3": "audit 3", "15 1": "kobject-uevent 1", "route 4294967295": "route 4294967295",
		"route 0x10": "route 16", "2 1": "2 1", "99 1": "99 1", "017 1": "kobject-uevent 1",
	} {
		got, err := ParseNetlink(in)
		if err != nil || got.Kind != AddressNetlink || got.String() != want {
			t.Errorf("%q: got %v, %v; want %s", in, got, err, want)
		}
		if _, ok := NetlinkFamily(got.Family); !ok {
			t.Errorf("%q: family %q has no number", in, got.Family)
		}
	}
	for _, s := range []string{"", " ", "kobject-uevent 1 2", "kobject-uevent x", "nosuch 1", "ROUTE 1", "usersock 1", "route -1", "-1 1"} {
		if got, err := ParseNetlink(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
	}
	for name, want := range map[string]int{"route": 0, "kobject-uevent": 15, "2": 2} {
		if got, ok := NetlinkFamily(name); !ok || got != want {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
}

func TestPathAddress(t *testing.T) {
	for in, want := range map[string]string{"/run/f//g": "/run/f/g", "/dev/null": "/dev/null", "/a/./b/": "/a/b", "/a/../b": "/a/../b", "//": "/"} {
		if got, err := ParsePathAddress(in); err != nil || got != (Address{Kind: AddressPath, Path: want}) {
			t.Errorf("%q: got %v, %v; want %s", in, got, err, want)
		}
	}
	for _, s := range []string{"", "rel", "@x", "/a\x00"} {
		if got, err := ParsePathAddress(s); err == nil {
			t.Errorf("%q: got %v", s, got)
		}
		if got, err := ParseQueue(s); err == nil {
			t.Errorf("queue %q: got %v", s, got)
		}
	}
	if got, err := ParseQueue("/mq"); err != nil || got != (Address{Kind: AddressQueue, Path: "/mq"}) || got.String() != "/mq" {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"80", "1.2.3.4:5", "[fe80::1]:80%eth0", "/run//x", "@x", "vsock-stream::1", "route 5", "99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, parse := range map[string]func(string) (Address, error){"socket": ParseAddress, "netlink": ParseNetlink, "queue": ParseQueue, "path": ParsePathAddress} {
			a, err := parse(s)
			if err != nil {
				continue
			}
			again, err := parse(a.String())
			if a.Kind == AddressPort { // prints as the wildcard that it is
				a = Address{Kind: AddressInet, IP: netip.IPv6Unspecified(), Port: a.Port}
			}
			if err != nil || again != a {
				t.Fatalf("%s %q is %+v, prints %q, which is %+v, %v", name, s, a, a, again, err)
			}
		}
	})
}
