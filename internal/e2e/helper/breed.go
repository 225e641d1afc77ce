package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// breed FILE: note that it lives, start itself anew in a session of its own and end;
// never more than two at a time, but without end.
func breed(args []string) {
	note(args[0], "%d", os.Getpid())
	c := exec.Command(os.Args[0], "breed", args[0])
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	check(c.Start())
}

// busname ADDRESS NAME [SPAN]: have a name on a bus, for that long.
func busname(args []string) {
	conn, err := dbus.Connect(args[0])
	check(err)
	reply, err := conn.RequestName(args[1], 0)
	check(err)
	if reply != dbus.RequestNameReplyPrimaryOwner {
		os.Exit(8)
	}
	if len(args) > 2 {
		span, err := time.ParseDuration(args[2])
		check(err)
		time.Sleep(span)
		_, err = conn.ReleaseName(args[1])
		check(err)
	}
	time.Sleep(time.Hour)
}
