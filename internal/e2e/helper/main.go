// Command helper is what the services of the end-to-end tests run: it looks at
// what it was given, notes it in a file, and behaves well or badly as told. It is
// no part of Wakesock.
//
// The unit files of package e2e call it by name; its tests build it. It keeps no
// state but the files that its arguments name. Start reading at verbs, the table of
// what it can do; take.go is the largest of them.
package main

import (
	"bufio"
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

// verbs are what it can do; args are those after the verb.
var verbs = map[string]func(args []string){
	"take":      take,
	"hold":      hold,
	"daemonise": daemonise,
	"signals":   signals,
	"flood":     flood,
	"orphan":    orphan,
	"notify":    notify,
	"breed":     breed,
	"busname":   busname,
}

func main() {
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: helper VERB [ARG...]")
		os.Exit(2)
	}
	verbs[os.Args[1]](os.Args[2:])
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		os.Exit(9)
	}
}

// note adds a line to a file, whole.
func note(file, format string, args ...any) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	check(err)
	_, err = fmt.Fprintf(f, format+"\n", args...)
	check(err)
	check(f.Close())
}

// hold [FILE]: wait for a signal that ends it; its pid goes to FILE first.
func hold(args []string) {
	if len(args) > 0 {
		note(args[0], "%d", os.Getpid())
	}
	time.Sleep(time.Hour)
}

// signals FILE [IGNORE…]: note the signals that come; end on the first that is
// not ignored.
func signals(args []string) {
	c := make(chan os.Signal, 16)
	signal.Notify(c)
	ignored := map[string]bool{unix.SignalName(unix.SIGURG): true}
	for _, s := range args[1:] {
		ignored[s] = true
	}
	note(args[0], "ready %d", os.Getpid())
	for s := range c {
		name := unix.SignalName(s.(syscall.Signal))
		if name == "SIGURG" {
			continue // the Go runtime's own
		}
		note(args[0], "%s", name)
		if !ignored[name] {
			os.Exit(0)
		}
	}
}

// daemonise FILE [clear]: become a daemon the old way, twice removed in sessions of
// its own, without an environment if told so; its pid goes to FILE.
func daemonise(args []string) {
	depth := 2
	if n, err := strconv.Atoi(args[len(args)-1]); err == nil {
		depth = n
		args = args[:len(args)-1]
	}
	if depth == 0 {
		hold(args[:1])
		return
	}
	cmd := exec.Command(os.Args[0], append(append([]string{"daemonise"}, args...), strconv.Itoa(depth-1))...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if len(args) > 1 {
		cmd.Env = []string{}
	}
	check(cmd.Start())
}

// orphan FILE MS: leave a process behind that ends after MS milliseconds with
// status 7; its pid goes to FILE.
func orphan(args []string) {
	cmd := exec.Command("/bin/sh", "-c", "sleep $(($1 / 1000)).$(($1 % 1000)); exit 7", "sh", args[1])
	check(cmd.Start())
	note(args[0], "%d", cmd.Process.Pid)
}

// flood BYTES: write that much to standard output, in lines, as fast as it goes.
func flood(args []string) {
	n, err := strconv.Atoi(args[0])
	check(err)
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	line := strings.Repeat("x", 99) + "\n"
	for ; n > 0; n -= len(line) {
		_, err := out.WriteString(line)
		check(err)
	}
	check(out.Flush())
}
