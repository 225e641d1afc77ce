package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tell sends one notification, with as many descriptors of an empty file; \n in the
// text is a line end.
func tell(text string, fds int) error {
	c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(c)
	var rights []byte
	if fds > 0 {
		list := make([]int, fds)
		for i := range list {
			list[i], err = unix.MemfdCreate(fmt.Sprint("kept", i), 0)
			check(err)
			defer unix.Close(list[i])
		}
		rights = unix.UnixRights(list...)
	}
	return unix.Sendmsg(c, []byte(strings.ReplaceAll(text, `\n`, "\n")), rights, &unix.SockaddrUnix{Name: os.Getenv("NOTIFY_SOCKET")}, 0)
}

// notify WORD…: send each as a notification; {pid} in it is the number of this
// process, {now} the monotonic time. fds=N before one sends descriptors with it, wait=SPAN waits, note=FILE
// notes the result of the last, kill=NAME ends, run=PROGRAM runs one and waits, self
// stays and holds, file=NAME writes this process's number, child starts the rest in a
// process of its own, answer=FILE does the rest at each SIGHUP and SIGUSR1 that comes,
// and notes it first.
func notify(args []string) {
	fds := 0
	result := "sent"
	for i, a := range args {
		key, v, _ := strings.Cut(a, "=")
		switch key {
		case "fds":
			fds, _ = strconv.Atoi(v)
		case "wait":
			span, err := time.ParseDuration(v)
			check(err)
			time.Sleep(span)
		case "note":
			note(v, "%s", result)
		case "pidfile":
			check(os.WriteFile(v, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644))
		case "hold":
			time.Sleep(time.Hour)
		case "exit":
			n, _ := strconv.Atoi(v)
			os.Exit(n)
		case "fork": // the rest is a daemon's; this process ends
			c := exec.Command(os.Args[0], append([]string{"notify"}, args[i+1:]...)...)
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: v != "keep"}
			check(c.Start())
			return
		case "child": // the rest is a child's, which is waited for
			c := exec.Command(os.Args[0], append([]string{"notify"}, args[i+1:]...)...)
			check(c.Run())
			return
		case "answer":
			c := make(chan os.Signal, 16)
			signal.Notify(c, unix.SIGHUP, unix.SIGUSR1)
			note(v, "listening")
			for sig := range c {
				note(v, "%s", unix.SignalName(sig.(syscall.Signal)))
				notify(args[i+1:])
			}
		case "long":
			n, _ := strconv.Atoi(v)
			result = outcome(tell("STATUS="+strings.Repeat("x", n), 0))
		default:
			var now unix.Timespec
			check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
			result = outcome(tell(strings.NewReplacer("{pid}", strconv.Itoa(os.Getpid()), "{now}", strconv.FormatInt(now.Nano()/1000, 10)).Replace(a), fds))
			fds = 0
		}
	}
}

func outcome(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "sent"
}
