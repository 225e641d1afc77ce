package device

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"strings"
)

// A Uevent is one message about a device, of the kernel or of udev.
type Uevent struct {
	Action string            // add, remove, change, move, online, offline, bind, unbind
	Path   string            // in /sys, without it: "/devices/virtual/net/lo"
	Vars   map[string]string // ACTION and DEVPATH among them
}

// maxUevent is the size of a message that is read; the kernel's have 2 KiB of
// variables at most, udev's are longer.
const maxUevent = 64 << 10

var (
	errShort  = errors.New("the message is cut off")
	errPath   = errors.New("DEVPATH= is no path in /sys")
	errAction = errors.New("ACTION= is missing")
)

// ParseKernel reads a message of the kernel: ACTION@DEVPATH, then NAME=VALUE, each
// ended by a zero byte.
func ParseKernel(b []byte) (Uevent, error) {
	head, rest, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return Uevent{}, errShort
	}
	action, devpath, ok := strings.Cut(string(head), "@")
	if !ok {
		return Uevent{}, fmt.Errorf("the message begins with %.40q instead of ACTION@DEVPATH", head)
	}
	e, err := parseVars(rest)
	if err == nil && (e.Action != action || e.Path != devpath) {
		err = errors.New("the head of the message is not what its variables say")
	}
	return e, err
}

// ParseUdev reads a message of udev: a header that says where the variables are,
// then NAME=VALUE as in the kernel's. The header is "libudev", a zero byte, the
// number 0xfeedcafe in network order, and in the machine's order the header's
// size, and the offset and length of the variables.
func ParseUdev(b []byte) (Uevent, error) {
	const header = 24
	switch {
	case len(b) < header:
		return Uevent{}, errShort
	case !isUdev(b) || binary.BigEndian.Uint32(b[8:]) != 0xfeedcafe:
		return Uevent{}, errors.New("the message is not udev's")
	}
	offset, length := uint64(binary.NativeEndian.Uint32(b[16:])), uint64(binary.NativeEndian.Uint32(b[20:]))
	if offset < header || offset+length > uint64(len(b)) {
		return Uevent{}, errShort
	}
	return parseVars(b[offset : offset+length])
}

func isUdev(b []byte) bool { return bytes.HasPrefix(b, []byte("libudev\x00")) }

func parseVars(b []byte) (Uevent, error) {
	e := Uevent{Vars: make(map[string]string)}
	for line := range bytes.SplitSeq(b, []byte{0}) {
		if name, value, ok := strings.Cut(string(line), "="); ok && name != "" {
			e.Vars[name] = value
		}
	}
	e.Action, e.Path = e.Vars["ACTION"], e.Vars["DEVPATH"]
	switch {
	case e.Action == "":
		return e, errAction
	case !isDevpath(e.Path):
		return e, errPath
	}
	if old, ok := e.Vars["DEVPATH_OLD"]; ok && !isDevpath(old) {
		return e, errPath
	}
	return e, nil
}

// isDevpath tells whether p may be put behind /sys.
func isDevpath(p string) bool {
	return len(p) > 1 && len(p) < 4096 && p[0] == '/' && path.Clean(p) == p
}
