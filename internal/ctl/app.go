package ctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"wakesock/internal/control"
	"wakesock/internal/unit"
)

// Exit statuses, as systemctl of systemd 252 gives them (systemctl(1) has the
// table of the LSB). A bad command line is a failure like any other. is-active
// says 3 for a unit that does not exist, too.
const (
	exitOK        = 0
	exitFailure   = 1
	exitInactive  = 3 // is-active, status: not active
	exitNoUnit    = 4 // status: no such unit
	exitNotByHand = 4 // start and its like: RefuseManualStart=, RefuseManualStop=, AllowIsolate=, jobs that may not be replaced
	exitNotLoaded = 5 // start and its like: unit not found or not loaded
)

// An App is one call of the command line: its streams, its settings and where
// its manager is. Commands are made and run by Main.
type App struct {
	Out, Err io.Writer
	In       io.Reader
	Env      func(name string) string
	Now      func() time.Time
	Version  string
	Manager  func(ctx context.Context, o RunOptions) (int, error) // wakesock run

	Host func(user bool) *unit.Host

	flags flags
	code  int
}

// RunOptions are what `wakesock run` passes on; paths are complete.
type RunOptions struct {
	Units             []string
	UnitPath          []string
	Control, StateDir string
	User, Quiet       bool
	Strict, Must      bool // Must: end if a unit cannot be started
	Ready             func()
}

// flags are the options that many verbs share.
type flags struct {
	user, system             bool
	control, state, unitPath string
	all, failed, quiet       bool
	noLegend, noPager        bool
	full, value, noBlock     bool
	jobMode                  string
	plain                    bool
	output                   string
	types, states            []string
	properties               []string
	propertyValues           []string
	showTypes                bool
	lines                    int
}

// An exit ends the program with a status and without a message.
type exit int

func (e exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// Main runs one command line and returns its exit status.
func (a *App) Main(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(withLines(verbFirst(root, args)))
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	var e exit
	switch {
	case err == nil:
		return a.code
	case errors.As(err, &e):
		return int(e)
	case errors.Is(err, context.Canceled):
		return 130
	}
	return a.complain(err)
}

// complain prints an error and its hint and returns the exit status for it.
func (a *App) complain(err error) int {
	a.printf(a.Err, "wakesock: error: %v\n", err)
	var e *control.Error
	if !errors.As(err, &e) {
		return exitFailure
	}
	if e.Hint != "" {
		a.printf(a.Err, "wakesock: hint: %s\n", e.Hint)
	}
	switch e.Code {
	case control.CodeNotFound:
		return exitNotLoaded
	case control.CodeInvalid:
		return exitFailure
	}
	return exitFailure
}

// verbFirst moves the verb before the options that stand before it, for systemctl
// takes options anywhere; a word that is no verb becomes one that is unknown.
// Options without a verb are those of list-units, as in --failed.
func verbFirst(root *cobra.Command, args []string) []string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") || args[0] == "--" {
		return args
	}
	unknown := -1
	value := false // the word may be the value of the verb's own option before it
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		f := root.PersistentFlags().Lookup(name)
		if short, ok := strings.CutPrefix(args[i], "-"); ok && len(short) == 1 {
			f, isFlag = root.PersistentFlags().ShorthandLookup(short), true
		}
		switch {
		case args[i] == "--":
			return args
		case args[i] == "--help", args[i] == "-h", args[i] == "--version", args[i] == "-v":
			return args
		case isFlag && f != nil && f.NoOptDefVal == "":
			i++ // its value
		case strings.HasPrefix(args[i], "-"):
			value = f == nil && !strings.Contains(args[i], "=")
		case slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == args[i] }):
			return slices.Concat(args[i:i+1], args[:i], args[i+1:])
		default:
			if unknown < 0 && !value {
				unknown = i
			}
			value = false
		}
	}
	if unknown >= 0 {
		return slices.Concat(args[unknown:unknown+1], args[:unknown], args[unknown+1:])
	}
	return append([]string{"list-units"}, args...)
}

func (a *App) printf(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

// fail notes that the program shall end with a status but go on for now.
func (a *App) fail(code int) {
	if a.code == exitOK {
		a.code = code
	}
}

// userMode tells whether a user's manager is meant: by --user, or for whoever
// is not root.
func (a *App) userMode() bool {
	return a.flags.user || !a.flags.system && os.Geteuid() != 0
}

// runtimeDir is where a user's manager keeps its socket.
func (a *App) runtimeDir() string {
	if dir := a.Env("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "wakesock")
	}
	return "/tmp/wakesock-" + strconv.Itoa(os.Getuid())
}

// controlPath is where the manager answers.
func (a *App) controlPath() string {
	switch {
	case a.flags.control != "":
		return absolute(a.flags.control)
	case a.Env("WAKESOCK_CONTROL") != "":
		return absolute(a.Env("WAKESOCK_CONTROL"))
	case a.userMode():
		return filepath.Join(a.runtimeDir(), "control.sock")
	}
	return "/run/wakesock/control.sock"
}

// stateDir is where the manager keeps what outlives it.
func (a *App) stateDir() string {
	switch {
	case a.flags.state != "":
		return absolute(a.flags.state)
	case a.Env("WAKESOCK_STATE_DIR") != "":
		return absolute(a.Env("WAKESOCK_STATE_DIR"))
	case a.userMode():
		if dir := a.Env("XDG_STATE_HOME"); dir != "" {
			return filepath.Join(dir, "wakesock")
		}
		return filepath.Join(a.home(), ".local/state/wakesock")
	}
	return "/var/lib/wakesock"
}

func (a *App) home() string {
	if h := a.Env("HOME"); h != "" {
		return h
	}
	return "/"
}

// unitPath is where unit files are looked for, first found wins.
func (a *App) unitPath() []string {
	booted := exists("/run/systemd/system")
	if a.userMode() {
		booted = exists(filepath.Join(a.Env("XDG_RUNTIME_DIR"), "systemd/private"))
	}
	return unit.SearchPath(a.givenPath(), a.userMode(), booted, a.Env)
}

// givenPath is the list of folders that replaces the usual ones, or "". It may
// name them from the folder in which we are.
func (a *App) givenPath() string {
	given := cmp.Or(a.flags.unitPath, a.Env("WAKESOCK_UNIT_PATH"), a.Env("SYSTEMD_UNIT_PATH"))
	dirs := strings.Split(given, ":")
	for i, d := range dirs {
		if d != "" { // at the end it stands for the usual ones
			dirs[i] = absolute(d)
		}
	}
	return strings.Join(dirs, ":")
}

// absolute completes a path, for the manager changes to the root directory.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// dial connects to the manager.
func (a *App) dial() (*control.Client, error) { return control.Dial(a.controlPath()) }

// terminal tells whether output goes to a terminal, and how wide it is.
func (a *App) terminal() (width int, ok bool) {
	f, isFile := a.Out.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		if n, err := strconv.Atoi(a.Env("COLUMNS")); err == nil && n > 0 {
			return n, false
		}
		return 0, false
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		w = 80
	}
	return w, true
}

// color tells whether to use colours.
func (a *App) color() bool {
	_, ok := a.terminal()
	return ok && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
}

// paint wraps text in a colour; states decides by the words of systemctl.
func (a *App) paint(text, state string) string {
	if !a.color() {
		return text
	}
	switch state {
	case "active", "running", "listening":
		return "\x1b[1;32m" + text + "\x1b[0m"
	case "failed", "not-found", "bad-setting", "error":
		return "\x1b[1;31m" + text + "\x1b[0m"
	}
	return text
}

// unitNames completes names as systemctl does: without a suffix, .service is
// meant, and what no name can hold is escaped. Patterns stay as they are.
func unitNames(args []string) []string {
	out := make([]string, len(args))
	for i, n := range args {
		out[i] = n
		if isPattern(n) {
			continue
		}
		if name, err := unit.Mangle(n, unit.TypeService); err == nil {
			out[i] = string(name)
		}
	}
	return out
}

var suffixes = []string{"service", "socket", "target", "timer", "path", "slice", "device", "mount", "automount", "swap", "scope"}

func hasSuffix(n string) bool {
	i := strings.LastIndexByte(n, '.')
	if i < 0 {
		return false
	}
	return slices.Contains(suffixes, n[i+1:])
}

// isPattern tells whether a name is one for many.
func isPattern(n string) bool { return strings.ContainsAny(n, "*?[") }
