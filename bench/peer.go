package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names that other parts of the bench refer to.
const (
	floorOne      = "floor-1"
	floorTwo      = "floor-2"
	wakesockName  = "wakesock"
	systemdName   = "systemd"
	tcpserverName = "tcpserver"
)

// peer is one way to start a process per connection.
type peer struct {
	name  string
	what  string
	start func(b *bench, s service, port int, dir string) (*server, error)
}

// peers is the table, in the order of the report. Limits that would turn the
// load away are lifted in each; nothing else is tuned.
var peers = []peer{
	{floorOne, "C: accept4, vfork, execv, waitpid", floor(1)},
	{floorTwo, "the same in two processes: the floor of all ratios", floor(2)},
	{wakesockName, "this tree", startWakesock},
	{systemdName, "the real one, PID 1 of namespaces of its own", startOracle},
	{tcpserverName, "Debian ucspi-tcp", command{
		program: program{installed: "tcpserver", deb: "ucspi-tcp", path: "usr/bin/tcpserver"},
		// No name or ident look-ups: -H -R -l0.
		args: []string{"-HRl0", "-c", "10000", "-b", "4096", "127.0.0.1", "{port}", "{argv}"},
	}.start},
	{"tcpsvd", "Debian ipsvd", command{
		program: program{installed: "tcpsvd", deb: "ipsvd", path: "usr/bin/tcpsvd"},
		args:    []string{"-l0", "-c", "10000", "-b", "4096", "127.0.0.1", "{port}", "{argv}"},
	}.start},
	{"busybox-tcpsvd", "busybox tcpsvd", command{
		program: program{installed: "busybox", deb: "busybox", path: "bin/busybox"},
		applet:  "tcpsvd",
		args:    []string{"tcpsvd", "-c", "10000", "-b", "4096", "127.0.0.1", "{port}", "{argv}"},
	}.start},
	{"xinetd", "Debian xinetd", command{
		program: program{deb: "xinetd", path: "usr/sbin/xinetd", libs: []string{"libtirpc3", "libwrap0", "libnsl2", "libselinux1"}},
		config: `defaults
{
	log_type = FILE {dir}/log
}
service bench
{
	type = UNLISTED
	socket_type = stream
	protocol = tcp
	wait = no
	user = {user}
	bind = 127.0.0.1
	port = {port}
	server = {program}
{arguments}	instances = UNLIMITED
	per_source = UNLIMITED
	cps = 1000000 1
}
`,
		args: []string{"-dontfork", "-pidfile", "{dir}/pid", "-f", "{config}"},
	}.start},
	{"openbsd-inetd", "Debian openbsd-inetd", command{
		program: program{deb: "openbsd-inetd", path: "usr/sbin/inetd", libs: []string{"libbsd0", "libmd0", "libevent-2.1-7", "libtirpc3", "libwrap0", "libnsl2"}},
		config:  "127.0.0.1:{port} stream tcp nowait.100000000 {user} {program} {argv}\n",
		args:    []string{"-i", "-q", "4096", "-R", "100000000", "{config}"},
	}.start},
	{"systemd-socket-activate", "--accept --inetd, from Debian systemd", command{
		program: program{
			installed: "systemd-socket-activate", deb: "systemd", path: "usr/bin/systemd-socket-activate",
			libs: []string{"libsystemd-shared", "libseccomp2", "libcap2", "libip4tc2", "libkmod2"},
		},
		args: []string{"--accept", "--inetd", "-l", "127.0.0.1:{port}", "{argv}"},
	}.start},
	{"socat", "TCP-LISTEN with fork, EXEC with nofork", command{
		program: program{installed: "socat", deb: "socat", path: "usr/bin/socat", libs: []string{"libwrap0", "libssl3", "libnsl2"}},
		args:    []string{"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=4096", "EXEC:{line},nofork"},
	}.start},
}

// command is a peer that is one program with arguments and perhaps a file.
// In both, {port}, {dir}, {config}, {user}, {program} (of the service),
// {arguments} (of the service, as xinetd writes them), {argv} and {line} (both
// together) are filled in; {argv} alone is as many arguments as it has words.
type command struct {
	program program
	applet  string // what a program of many names must know; empty: nothing to ask
	config  string // text of its file; empty: it has none
	args    []string
}

func (c command) start(b *bench, s service, port int, dir string) (*server, error) {
	argv, err := b.tools.find(c.program)
	if err != nil {
		return nil, err
	}
	if c.applet != "" && !b.hasApplet(argv[0], c.applet) {
		return nil, fmt.Errorf("%s has no %s", argv[0], c.applet)
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "conf")
	fill := strings.NewReplacer(
		"{port}", strconv.Itoa(port),
		"{dir}", dir,
		"{config}", config,
		"{user}", me.Username,
		"{program}", s.argv[0],
		"{arguments}", serverArgs(s.argv[1:]),
		"{argv}", strings.Join(s.argv, " "),
		"{line}", strings.Join(s.argv, " "),
	)
	if c.config != "" {
		if err := os.WriteFile(config, []byte(fill.Replace(c.config)), 0o644); err != nil {
			return nil, err
		}
	}
	for _, arg := range c.args {
		if arg == "{argv}" {
			argv = append(argv, s.argv...)
		} else {
			argv = append(argv, fill.Replace(arg))
		}
	}
	return b.spawn(dir, nil, argv...)
}

// serverArgs is the line of an xinetd file; it may not be there when empty.
func serverArgs(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return "\tserver_args = " + strings.Join(args, " ") + "\n"
}

func floor(acceptors int) func(*bench, service, int, string) (*server, error) {
	return func(b *bench, s service, port int, dir string) (*server, error) {
		path, err := b.compile("floor")
		if err != nil {
			return nil, err
		}
		argv := []string{path, strconv.Itoa(acceptors), strconv.Itoa(port)}
		return b.spawn(dir, nil, append(argv, s.argv...)...)
	}
}

// skipError is a reason why a peer cannot be measured here that is no fault of it.
type skipError struct{ error }

func (e skipError) Unwrap() error { return e.error }

// isSkip reports whether the peer was never started.
func isSkip(err error) bool {
	_, ok := errors.AsType[skipError](err)
	return ok
}

// hasApplet reports whether a busybox was built with that applet.
func (b *bench) hasApplet(path, applet string) bool {
	out, err := b.output(path, "--list")
	return err == nil && slices.Contains(strings.Fields(out), applet)
}
