package listen

// Who has an address: found by the socket's inode in /proc/net and the processes
// that have it open. It is asked after a failure only, and answers "" where /proc
// does not tell (other users' processes, other PID namespaces).

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// inetHolder names the process with an IP socket in the way of that address.
func inetHolder(h *held) string {
	a := h.key.Address
	table := "tcp"
	if h.kind&onPacket != 0 {
		table = "udp"
	}
	if h.sock.number == unix.IPPROTO_UDPLITE {
		table = "udplite"
	}
	const tcpListen = "0A"
	for _, file := range [...]string{"/proc/net/" + table, "/proc/net/" + table + "6"} {
		inode := ""
		scan(file, func(f []string) bool {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
			if len(f) < 10 || table == "tcp" && f[3] != tcpListen {
				return true
			}
			ip, port, _ := strings.Cut(f[1], ":")
			if n, err := strconv.ParseUint(port, 16, 16); err != nil || uint32(n) != a.Port || !overlap(a.IP, tableIP(ip)) {
				return true
			}
			inode = f[9]
			return false
		})
		if who := inodeHolder(inode); who != "" {
			return who
		}
	}
	return ""
}

// overlap tells whether two sockets at these addresses are in each other's way. An
// invalid one stands for all of them.
func overlap(a, b netip.Addr) bool {
	return !a.IsValid() || !b.IsValid() || a.IsUnspecified() || b.IsUnspecified() || a.Unmap().WithZone("") == b.Unmap()
}

// tableIP reads an address of /proc/net/tcp: 32-bit words as the machine has them.
func tableIP(hex string) netip.Addr {
	var b []byte
	for ; len(hex) >= 8; hex = hex[8:] {
		n, err := strconv.ParseUint(hex[:8], 16, 32)
		if err != nil {
			return netip.Addr{}
		}
		b = binary.NativeEndian.AppendUint32(b, uint32(n))
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip
}

// unixHolder names the process that listens on a unix socket: "/path" or "@name".
func unixHolder(name string) string {
	const acceptsConnections = 1 << 16
	inode := ""
	scan("/proc/net/unix", func(f []string) bool {
		// Num RefCount Protocol Flags Type St Inode Path
		if len(f) < 8 || f[7] != name {
			return true
		}
		flags, err := strconv.ParseUint(f[3], 16, 32)
		if err != nil || flags&acceptsConnections == 0 && f[4] != "0002" {
			return true
		}
		inode = f[6]
		return false
	})
	return inodeHolder(inode)
}

// scan calls line with the fields of each line of a file until it returns false.
func scan(path string, line func([]string) bool) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if !line(strings.Fields(s.Text())) {
			return
		}
	}
}

// inodeHolder names a process that has the socket open.
func inodeHolder(inode string) string {
	if inode == "" || inode == "0" {
		return ""
	}
	want := "socket:[" + inode + "]"
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return ""
	}
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		dir := "/proc/" + p.Name()
		fds, err := os.ReadDir(dir + "/fd")
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if target, err := os.Readlink(dir + "/fd/" + fd.Name()); err != nil || target != want {
				continue
			}
			if pid == os.Getpid() {
				return "this process"
			}
			comm, _ := readLine(dir + "/comm")
			return fmt.Sprintf("process %d (%s)", pid, comm)
		}
	}
	return ""
}
