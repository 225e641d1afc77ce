package listen

// What went wrong, and what helps: hints for the errors of socket, bind and open.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A hinted error says after a semicolon what helps.
type hinted struct {
	error
	hint string
}

func (e hinted) Error() string { return e.error.Error() + "; " + e.hint }
func (e hinted) Unwrap() error { return e.error }

func hint(err error, hint string) error {
	if hint == "" {
		return err
	}
	return hinted{err, hint}
}

// explain adds to an error of the kernel what the person who reads it may not know.
func (o *opening) explain(err error, h *held) error {
	var has hinted
	if errors.As(err, &has) {
		return err
	}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return err
	}
	return hint(err, o.hintFor(errno, h))
}

func (o *opening) hintFor(errno unix.Errno, h *held) string {
	a := h.key.Address
	ip := h.kind&onIP != 0
	//exhaustive:ignore
	switch errno {
	case unix.EADDRINUSE:
		return o.holderHint(h)
	case unix.EACCES, unix.EPERM:
		switch {
		case ip && h.key.device != "":
			return "BindToDevice= needs root or CAP_NET_RAW"
		case ip && a.Port < privilegedPorts():
			return fmt.Sprintf("ports below %d need root or CAP_NET_BIND_SERVICE", privilegedPorts())
		case a.Kind == value.AddressPath:
			return fmt.Sprintf("uid %d may not create files in %q", os.Geteuid(), filepath.Dir(a.Path))
		case a.Kind == value.AddressNetlink:
			return "this netlink group needs root or CAP_NET_ADMIN"
		}
	case unix.EADDRNOTAVAIL:
		return "no interface has this address now; FreeBind=yes listens before one does"
	case unix.EROFS:
		return fmt.Sprintf("%q is on a read-only file system", filepath.Dir(a.Path))
	case unix.EAFNOSUPPORT:
		return "this kernel or container has no such address family"
	case unix.EPROTONOSUPPORT, unix.ESOCKTNOSUPPORT:
		if h.key.protocol != "" {
			return fmt.Sprintf("the kernel has no SocketProtocol=%s", h.key.protocol)
		}
		return fmt.Sprintf("the kernel has no Listen%s= sockets for this kind of address", h.key.Protocol)
	case unix.EMFILE:
		return "LimitNOFILE= of this process is used up"
	case unix.ENODEV:
		return "there is no such network interface now"
	case unix.ENOTDIR:
		return "a part of the path is not a directory"
	}
	return ""
}

// privilegedPorts returns the first port that everybody may use.
func privilegedPorts() uint32 {
	s, _ := readLine("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 1024
	}
	return uint32(n)
}

// holderHint says who has the address.
func (o *opening) holderHint(h *held) string {
	for i := range o.set.held {
		if other := &o.set.held[i]; other.kind == h.kind && other.key.Address == h.key.Address {
			return "the unit names it twice"
		}
	}
	who := ""
	switch a := h.key.Address; {
	case h.kind&onIP != 0:
		who = inetHolder(h)
	case a.Kind == value.AddressAbstract:
		who = unixHolder("@" + a.Path)
	}
	if who == "" {
		return ""
	}
	if h.key.Protocol == unit.ListenDatagram {
		return who + " has it"
	}
	return who + " listens there"
}
