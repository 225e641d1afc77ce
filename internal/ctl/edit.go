package ctl

// Edit: each unit's drop-in (or, with --full, its file) is written to a temporary
// file beside the real one, the editor is run once for all of them, and what it
// leaves takes the real one's place at once. Below a drop-in the editor shows the
// unit as it is; that part is cut off again at a marker.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"wakesock/internal/control"
	"wakesock/internal/enable"
	"wakesock/internal/unit"
)

const (
	editHead = "### What stands between here and the next comment like this becomes the file."
	editFoot = "### What stands below is shown only, and not kept."
)

// editors are tried in this order where the environment names none.
var editors = []string{"editor", "nano", "vim", "vi"}

// A draft is one file that is being edited.
type draft struct {
	name      unit.Name
	inside    string // what it becomes, as from within the root
	file      string // the same from outside
	temporary string
	before    string
}

// addEdit is `wakesock edit`.
func (a *App) addEdit(c *cobra.Command, o *install) {
	f := c.Flags()
	f.BoolVar(&o.entire, "full", false, "a copy of the unit file in place of a drop-in")
	f.StringVar(&o.dropIn, "drop-in", "override.conf", "name of the drop-in")
	f.BoolVar(&o.stdin, "stdin", false, "take the new contents from standard input, without an editor")
	c.RunE = func(cmd *cobra.Command, args []string) error { return a.edit(cmd, o, args) }
}

func (a *App) edit(cmd *cobra.Command, o *install, args []string) error {
	if !o.stdin && !isTerminal(a.In) {
		return &control.Error{Code: control.CodeInvalid, Text: "Cannot edit units if not on a tty.", Hint: "--stdin takes the new contents from standard input"}
	}
	files, err := a.unitFiles(o)
	if err != nil {
		return err
	}
	if args = matching(files, args); len(args) == 0 {
		return &control.Error{Code: control.CodeInvalid, Text: "No units matched the specified patterns."}
	}
	v := &fileVerb{name: "edit"}
	names, err := a.unitArguments(v, args)
	if err != nil {
		return err
	}
	var drafts []draft
	defer func() {
		for _, d := range drafts { // those that took their place are gone by then
			_ = os.Remove(d.temporary)
			tidy(&files.Paths, filepath.Dir(d.file))
		}
	}()
	loader := &unit.Loader{FS: rootFS(files.Root), Path: files.Search, Host: a.Host(files.User)}
	for _, n := range names {
		d, err := a.draft(files, loader, o, n)
		if err != nil {
			return err
		}
		if err := a.writeDraft(&d, loader, o, files); err != nil {
			return err
		}
		drafts = append(drafts, d)
	}
	if o.stdin {
		err = a.fillDrafts(drafts)
	} else {
		err = a.runEditor(cmd, drafts)
	}
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if err := a.finishDraft(d, o); err != nil {
			return err
		}
	}
	loader.Refresh()
	for _, d := range drafts {
		for _, p := range loader.Load(d.name).Problems {
			if p.File == d.inside && !p.Note {
				a.printf(a.Err, "%s\n", p)
			}
		}
	}
	return a.afterwards(cmd, v, o, names)
}

// matching puts the names of unit files in the place of patterns.
func matching(files *enable.Files, args []string) []string {
	var names []string
	for _, n := range args {
		if !isPattern(n) {
			names = append(names, n)
			continue
		}
		for _, u := range files.List([]string{n}, nil, nil) {
			names = append(names, u.Name)
		}
	}
	return names
}

// draft decides which file of a unit is edited.
func (a *App) draft(files *enable.Files, l *unit.Loader, o *install, name string) (draft, error) {
	u := l.Load(unit.Name(name))
	invalid := func(hint, format string, args ...any) (draft, error) {
		return draft{}, &control.Error{Code: control.CodeInvalid, Text: fmt.Sprintf(format, args...), Hint: hint}
	}
	switch {
	case u.State == unit.Masked:
		return invalid("wakesock unmask "+name, "Cannot edit %s: unit is masked.", name)
	case u.Fragment == "" && !o.force:
		return invalid("wakesock edit --force --full "+name+" makes a new unit", "No files found for %s.", name)
	case o.dropIn == "" || strings.Contains(o.dropIn, "/") || strings.HasPrefix(o.dropIn, "."):
		return invalid("a file name, such as override.conf", "--drop-in: %q is not the name of a drop-in", o.dropIn)
	}
	dir := files.Config
	if o.runtime {
		dir = files.Runtime
	}
	if dir == "" {
		return invalid("a folder below /run on the unit path", "--runtime: the unit path has no folder for it")
	}
	name = string(u.Name) // which counts whatever other name is used
	inside := filepath.Join(dir, name+".d", strings.TrimSuffix(o.dropIn, ".conf")+".conf")
	lasting := filepath.Join(files.Config, name+".d", filepath.Base(inside))
	if o.entire {
		inside, lasting = filepath.Join(dir, name), filepath.Join(files.Config, name)
	}
	if o.runtime && exists(files.Root+lasting) {
		return invalid("edit without --runtime", "Refusing to create %q because it would be overridden by %q anyway.", files.Root+inside, files.Root+lasting)
	}
	return draft{name: u.Name, inside: inside, file: files.Real(inside)}, nil
}

// writeDraft makes the temporary file with what the file has now and, below a
// marker, what the unit consists of.
func (a *App) writeDraft(d *draft, l *unit.Loader, o *install, files *enable.Files) error {
	u := l.Load(d.name)
	text, err := files.Read(d.inside)
	whole := !strings.HasSuffix(d.inside, ".conf")
	if err == nil && text == nil && whole && u.Fragment != "" {
		text, err = files.Read(u.Fragment)
	}
	if err != nil {
		return err
	}
	d.before = string(text)
	if !whole && !o.stdin {
		var b strings.Builder
		fmt.Fprintf(&b, "### Editing %s\n%s\n\n%s\n\n%s\n", d.file, editHead, text, editFoot)
		for _, p := range append([]string{u.Fragment}, u.DropIns...) {
			shown, err := files.Read(p)
			if err != nil || p == d.inside {
				continue
			}
			fmt.Fprintf(&b, "\n### %s\n", p)
			for line := range strings.Lines(string(shown)) {
				b.WriteString("# " + strings.TrimSuffix(line, "\n") + "\n")
			}
		}
		text = []byte(b.String())
	}
	if err := os.MkdirAll(filepath.Dir(d.file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(d.file), ".#"+filepath.Base(d.file)+"*")
	if err != nil {
		return err
	}
	d.temporary = f.Name()
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(0o644), f.Close())
}

// fillDrafts puts standard input into all drafts.
func (a *App) fillDrafts(drafts []draft) error {
	text, err := io.ReadAll(io.LimitReader(a.In, unit.MaxFile+1))
	if err == nil && len(text) > unit.MaxFile {
		err = fmt.Errorf("standard input is larger than %d MiB, the most that is read", unit.MaxFile>>20)
	}
	for _, d := range drafts {
		if err == nil {
			err = os.WriteFile(d.temporary, text, 0o644)
		}
	}
	return err
}

// runEditor lets the user's editor change all drafts.
func (a *App) runEditor(cmd *cobra.Command, drafts []draft) error {
	var candidates [][]string
	for _, name := range []string{"SYSTEMD_EDITOR", "EDITOR", "VISUAL"} {
		if words, err := unit.SplitWords(a.Env(name), 0); err == nil && len(words) > 0 {
			candidates = [][]string{words}
			break
		}
	}
	for _, e := range editors {
		candidates = append(candidates, []string{e})
	}
	for _, words := range candidates {
		program, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		args := words[1:]
		for _, d := range drafts {
			args = append(args, d.temporary)
		}
		c := exec.CommandContext(cmd.Context(), program, args...)
		c.Stdin, c.Stdout, c.Stderr = a.In, a.Out, a.Err
		if err := c.Run(); err != nil {
			return fmt.Errorf("editor %s: %w; nothing is changed", words[0], err)
		}
		return nil
	}
	return &control.Error{Code: control.CodeInvalid, Text: "Cannot edit units, no editor available.", Hint: "set $SYSTEMD_EDITOR, $EDITOR or $VISUAL, or use --stdin"}
}

// finishDraft puts what was written in the file's place.
func (a *App) finishDraft(d draft, o *install) error {
	data, err := os.ReadFile(d.temporary)
	if err != nil {
		return err
	}
	text := string(data)
	if !o.stdin {
		text = cutMarkers(text)
	}
	if strings.TrimSpace(text) == "" {
		a.printf(a.Err, "Editing \"%s\" canceled: temporary file is empty.\n", d.file)
		return nil
	}
	if text == d.before {
		return nil
	}
	if err := os.WriteFile(d.temporary, []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.Rename(d.temporary, d.file); err != nil {
		return cause(err)
	}
	if !a.flags.quiet {
		a.printf(a.Err, "Successfully installed edited file '%s'.\n", d.file)
	}
	return nil
}

// cutMarkers returns what stands between the markers, with one newline at its end.
func cutMarkers(text string) string {
	if _, rest, ok := strings.Cut(text, editHead+"\n"); ok {
		text = rest
	}
	text, _, _ = strings.Cut(text, editFoot)
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return text + "\n"
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
