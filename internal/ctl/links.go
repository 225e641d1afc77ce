package ctl

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"wakesock/internal/enable"
)

// carryOut makes and removes links as package enable wants it, and says so. A
// change that the system refuses ends it.
func (a *App) carryOut(p *enable.Paths, r *enable.Result, verb string) error {
	failed := false
	said := "" // the line before: what is disabled and enabled again fails twice
	for _, c := range r.Changes {
		if err := perform(p, c); err != nil {
			c.Kind, c.Err = enable.Failed, err
			r.Err = err
		}
		failed = failed || c.Kind == enable.Failed
		if c.Kind == enable.Failed || c.Kind == enable.Warned || !a.flags.quiet {
			line := c.Text(verb)
			if c.Kind != enable.Failed || line != said {
				a.printf(a.Err, "%s\n", line)
			}
			said = line
		}
		if c.Kind == enable.Failed && c.Err == r.Err && c.Real != "" {
			break
		}
	}
	if r.Err == nil {
		return nil
	}
	if !failed {
		a.printf(a.Err, "Failed to %s: %s.\n", verb, enable.Plain(r.Err))
		if r.Err == enable.NoFolder && p.Runtime == "" {
			a.printf(a.Err, "wakesock: hint: no folder of the unit path lies below /run, which --runtime needs\n")
		}
	}
	return exit(exitFailure)
}

// perform carries one change out; other kinds are only words.
func perform(p *enable.Paths, c enable.Change) error {
	switch c.Kind {
	case enable.Created:
		if err := os.MkdirAll(filepath.Dir(c.Real), 0o755); err != nil {
			return err
		}
		if !c.Replaces {
			return cause(os.Symlink(c.Source, c.Real))
		}
		return cause(replaceLink(c.Source, c.Real))
	case enable.Removed:
		if err := os.Remove(c.Real); err != nil && !os.IsNotExist(err) {
			return err
		}
		tidy(p, filepath.Dir(c.Real))
	case enable.RemovedFolder:
		return os.RemoveAll(c.Real)
	case enable.IsMasked, enable.IsDangling, enable.NoTarget, enable.NoAuxiliary, enable.Warned, enable.Failed:
	}
	return nil
}

// cause is what lies behind the error of a link, which names two files.
func cause(err error) error {
	if l, ok := err.(*os.LinkError); ok {
		return l.Err
	}
	return err
}

// replaceLink puts a link in the place of whatever is there, at once.
func replaceLink(target, file string) error {
	for n := 0; ; n++ {
		temporary := filepath.Join(filepath.Dir(file), ".#"+filepath.Base(file)+strconv.Itoa(os.Getpid())+"."+strconv.Itoa(n))
		err := os.Symlink(target, temporary)
		if os.IsExist(err) && n < 100 {
			continue
		}
		if err == nil {
			if err = os.Rename(temporary, file); err != nil {
				_ = os.Remove(temporary)
			}
		}
		return err
	}
}

// tidy removes folders that have become empty, up to those of unit files.
func tidy(p *enable.Paths, dir string) {
	for {
		for _, s := range p.Search {
			if dir == p.Root+s {
				return
			}
		}
		info, err := os.Lstat(dir)
		if err != nil || info.Mode()&fs.ModeSymlink != 0 || len(dir) <= len(p.Root)+1 || os.Remove(dir) != nil {
			return
		}
		dir = filepath.Dir(dir)
	}
}
