package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// take FILE COUNT [IDLE]: report the descriptors that were passed, then serve them
// until COUNT messages have come or none for IDLE (10s): what comes goes to FILE,
// and back in capitals where there is a way back.
func take(args []string) {
	file := args[0]
	count, err := strconv.Atoi(args[1])
	check(err)
	idle := 10 * time.Second
	if len(args) > 2 {
		idle, err = time.ParseDuration(args[2])
		check(err)
	}
	n, first := 1, 0 // standard input, if nothing else
	names := []string{"stdin"}
	if v := os.Getenv("LISTEN_FDS"); v != "" {
		n, err = strconv.Atoi(v)
		check(err)
		first, names = 3, strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	}
	note(file, "LISTEN_FDS=%s names=%s mine=%v", os.Getenv("LISTEN_FDS"), strings.Join(names, ":"), os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()))
	var poll []unix.PollFd
	for i := range n {
		name := "?"
		if i < len(names) {
			name = names[i]
		}
		note(file, "%s: %s", name, describe(first+i))
		poll = append(poll, unix.PollFd{Fd: int32(first + i), Events: unix.POLLIN})
	}
	for count > 0 {
		ready, err := unix.Poll(poll, int(idle.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		check(err)
		if ready == 0 {
			note(file, "idle")
			return
		}
		for i := range poll {
			if poll[i].Revents != 0 && count > 0 {
				note(file, "%s got %q", names[i], message(first+i))
				count--
			}
		}
	}
}

// mqueueMagic is MQUEUE_MAGIC of statfs(2).
const mqueueMagic = 0x19800202

// describe says what a descriptor is.
func describe(fd int) string {
	var st unix.Stat_t
	check(unix.Fstat(fd, &st))
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	check(err)
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	check(err)
	what := "file"
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFSOCK:
		typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		check(err)
		listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		check(err)
		what = map[int]string{unix.SOCK_STREAM: "stream", unix.SOCK_DGRAM: "datagram", unix.SOCK_SEQPACKET: "seqpacket", unix.SOCK_RAW: "raw"}[typ]
		if listening == 1 {
			what += " listening"
		}
		link = "socket"
	case st.Mode&unix.S_IFMT == unix.S_IFIFO:
		what = "fifo"
	case st.Mode&unix.S_IFMT == unix.S_IFCHR:
		what = "device"
	}
	if flags&unix.O_NONBLOCK != 0 {
		what += " nonblocking"
	}
	return what + " " + link
}

// message takes what waits at a descriptor.
func message(fd int) string {
	buf := make([]byte, 64<<10)
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		var fs unix.Statfs_t
		check(unix.Fstatfs(fd, &fs))
		if fs.Type == mqueueMagic {
			r, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDRECEIVE, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
			if errno != 0 {
				check(errno)
			}
			return string(buf[:r])
		}
		n, err := unix.Read(fd, buf)
		check(err)
		return string(buf[:n])
	}
	if typ == unix.SOCK_DGRAM || typ == unix.SOCK_RAW {
		n, from, err := unix.Recvfrom(fd, buf, 0)
		check(err)
		if from != nil && typ == unix.SOCK_DGRAM {
			_ = unix.Sendto(fd, []byte(strings.ToUpper(string(buf[:n]))), 0, from)
		}
		return string(buf[:n])
	}
	if listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listening == 0 {
		n, err := unix.Read(fd, buf)
		check(err)
		_, err = unix.Write(fd, []byte(strings.ToUpper(string(buf[:n]))))
		check(err)
		return string(buf[:n])
	}
	c, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
	check(err)
	f := os.NewFile(uintptr(c), "connection")
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	fmt.Fprint(f, strings.ToUpper(line))
	return line
}
