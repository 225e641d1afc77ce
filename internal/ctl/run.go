package ctl

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wakesock/internal/control"
)

// addRun is `wakesock run`.
func (a *App) addRun(c *cobra.Command) {
	strict := false
	c.Flags().BoolVar(&strict, "strict", false, "refuse units whose security directives cannot be enforced")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		o := a.runOptions(unitNames(args))
		o.Strict = strict
		return a.runManager(cmd, o)
	}
}

func (a *App) runOptions(units []string) RunOptions {
	return RunOptions{
		Units: units, UnitPath: a.unitPath(), Control: a.controlPath(), StateDir: a.stateDir(),
		User: a.userMode(), Quiet: a.flags.quiet,
	}
}

func (a *App) runManager(cmd *cobra.Command, o RunOptions) error {
	if a.userMode() && a.flags.control == "" && a.Env("WAKESOCK_CONTROL") == "" {
		if err := privateDir(filepath.Dir(o.Control)); err != nil {
			return err
		}
	}
	code, err := a.Manager(cmd.Context(), o)
	if err != nil {
		return err
	}
	if code != 0 {
		return exit(code)
	}
	return nil
}

// privateDir makes a folder for the user alone. One that is there already must
// be the user's own: in /tmp somebody else may have made it first.
func privateDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("folder of the control socket: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err == nil || !os.IsExist(err) {
		return err
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("folder of the control socket: %w", err)
	}
	if !fi.IsDir() || fi.Mode().Perm()&0o077 != 0 || owner(fi) != os.Geteuid() {
		return &control.Error{
			Code: control.CodePermission,
			Text: fmt.Sprintf("folder of the control socket %q is not this user's alone", dir),
			Hint: "remove it, or name another socket with --control",
		}
	}
	return nil
}

func (a *App) exit(cmd *cobra.Command, args []string) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	var r control.QuitRequest
	if len(args) > 0 {
		if r.Code, err = strconv.Atoi(args[0]); err != nil || r.Code < 0 || r.Code > 255 {
			return &control.Error{Code: control.CodeInvalid, Text: "invalid exit status " + args[0], Hint: "a number from 0 to 255"}
		}
	}
	_, err = c.Quit(cmd.Context(), r)
	return err
}

// addServe is `wakesock serve`: it writes the two units that the command line
// describes into a folder of its own and runs a manager for them.
func (a *App) addServe(c *cobra.Command) {
	accept := true
	name, kind := "serve", "Stream"
	var sets, socketSets []string
	c.Flags().BoolVar(&accept, "accept", false, "one process per connection, which is its standard input and output")
	c.Flags().StringVar(&name, "unit", name, "name of the units")
	c.Flags().StringVar(&kind, "listen", kind, "Stream, Datagram, SequentialPacket, FIFO, ...")
	c.Flags().StringArrayVarP(&sets, "property", "p", nil, "a line for the [Service] section, NAME=VALUE")
	c.Flags().StringArrayVar(&socketSets, "socket-property", nil, "a line for the [Socket] section, NAME=VALUE")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := os.MkdirTemp("", "wakesock-serve-")
		if err != nil {
			return fmt.Errorf("make a folder for the units: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		service := name + ".service"
		socket := []string{"[Unit]", "Description=wakesock serve " + quoted(args[0]), "[Socket]", "Listen" + kind + "=" + quoted(args[0])}
		serve := []string{"[Service]", "ExecStart=" + commandText(args[1:], false)}
		if accept {
			service = name + "@.service"
			socket = append(socket, "Accept=yes")
			serve = append(serve, "StandardInput=socket", "StandardError=journal")
		}
		for path, lines := range map[string][]string{
			name + ".socket": append(socket, socketSets...),
			service:          append(serve, sets...),
		} {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
				return fmt.Errorf("write a unit: %w", err)
			}
		}
		o := a.runOptions([]string{name + ".socket"})
		o.UnitPath, o.Must = []string{dir}, true
		if a.flags.control == "" && a.Env("WAKESOCK_CONTROL") == "" {
			o.Control = filepath.Join(dir, "control.sock")
		}
		if a.flags.state == "" && a.Env("WAKESOCK_STATE_DIR") == "" {
			o.StateDir = filepath.Join(dir, "state")
		}
		o.Ready = func() {
			a.printf(a.Err, "wakesock: control it with: wakesock --control %s list-sockets\n", o.Control)
		}
		return a.runManager(cmd, o)
	}
}

// quoted keeps specifiers out of a text.
func quoted(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// commandText writes a command line so that reading it gives the same words, with
// expand those that their variables make of them.
func commandText(args []string, expand bool) string {
	words := make([]string, len(args))
	for i, w := range args {
		w = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "%", "%%").Replace(w)
		if i > 0 && !expand { // there are no variables in the name of the program
			w = strings.ReplaceAll(w, "$", "$$")
		}
		words[i] = `"` + w + `"`
	}
	return strings.Join(words, " ")
}
