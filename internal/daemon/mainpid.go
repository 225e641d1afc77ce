package daemon

// The main processes of services that fork, or that say which process it is: found
// by a PID file or by looking, and watched though we did not start them.

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// seek looks for the main process of a forking service.
func (d *Daemon) seek(e manager.Seek) {
	if e.File == "" {
		d.step(manager.Sought{Unit: e.Unit, Main: d.guess(e.Unit), Trusted: true})
		return
	}
	go func() { // ends when the file has been read
		pid, trusted, err := readPIDFile(e.File)
		d.do(func() {
			news := manager.Sought{Unit: e.Unit, Trusted: trusted}
			if err != nil {
				news.Err = err.Error()
			} else {
				news.Main = d.candidate(pid, e.Unit)
			}
			d.step(news)
		})
	}()
}

// guess finds the one process of a unit that has become our child, if there is
// just one.
func (d *Daemon) guess(name unit.Name) manager.Candidate {
	d.adopt(nil)
	found := 0
	for _, pid := range d.processes(name, nil) {
		if d.runs.byPID[pid] != nil {
			continue
		}
		p, ok := process.Look(pid)
		if !ok || p.State == 'Z' || p.PPID != d.runs.pid {
			continue
		}
		if found != 0 {
			return manager.Candidate{}
		}
		found = pid
	}
	if found == 0 {
		return manager.Candidate{}
	}
	return manager.Candidate{PID: found, Alive: true, Ours: true}
}

// readPIDFile reads the number in a PID file. It is trusted if root wrote it and no
// link on the way is somebody else's.
func readPIDFile(path string) (pid int, trusted bool, err error) {
	real, trusted, err := follow(path)
	if err != nil {
		return 0, false, err
	}
	f, err := os.OpenFile(real, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	if !st.Mode().IsRegular() {
		return 0, false, fmt.Errorf("%s is no plain file", path)
	}
	trusted = trusted && owner(st) == 0
	var text [32]byte
	n, _ := f.Read(text[:])
	word := strings.TrimSpace(string(text[:n]))
	if n == len(text) {
		word = "?"
	}
	pid, err = strconv.Atoi(word)
	if err != nil || pid <= 0 || pid > 1<<22 {
		return 0, false, fmt.Errorf("%s does not hold the number of a process: %q", path, strings.ToValidUTF8(string(text[:n]), "?"))
	}
	return pid, trusted, nil
}

// maxLinks is how many links are followed, as the kernel does.
const maxLinks = 40

// follow resolves the links of a path, and tells whether all of them are root's.
func follow(path string) (real string, trusted bool, err error) {
	rest := strings.Split(strings.TrimPrefix(filepath.Clean(path), "/"), "/")
	real, trusted = "/", true
	for links := 0; len(rest) > 0; {
		next := filepath.Join(real, rest[0])
		rest = rest[1:]
		st, err := os.Lstat(next)
		if err != nil {
			return "", false, err
		}
		if st.Mode()&os.ModeSymlink == 0 {
			real = next
			continue
		}
		if links++; links > maxLinks {
			return "", false, fmt.Errorf("%s: %w", path, unix.ELOOP)
		}
		trusted = trusted && owner(st) == 0
		to, err := os.Readlink(next)
		if err != nil {
			return "", false, err
		}
		if filepath.IsAbs(to) {
			real = "/"
		}
		rest = append(strings.Split(strings.Trim(filepath.Clean(to), "/"), "/"), rest...)
	}
	return real, trusted, nil
}

// owner is the user that a file belongs to.
func owner(st os.FileInfo) int {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// adoptMain takes a process that is there already as a run.
func (d *Daemon) adoptMain(e *manager.Adopt) {
	name := e.Def.Name
	if x := d.runs.byRun[e.Instead]; x != nil {
		delete(d.runs.byRun, e.Instead)
		delete(d.runs.byPID, x.pid)
		if !x.watched {
			d.runs.young--
		}
		d.unwatchRun(x)
		d.foster(x.pid, name)
	}
	if was, known := d.runs.owner[e.PID]; known {
		d.unfoster(e.PID, was)
	}
	x := &run{number: e.Run, pid: e.PID, unit: name, pidfd: -1, adopted: true}
	if s, ok := d.manager.Snapshot(name); ok {
		x.invocation = string(s.Invocation)
	}
	d.runs.byPID[e.PID], d.runs.byRun[e.Run] = x, x
	d.runs.fresh = append(d.runs.fresh, x)
	d.runs.young++
	if g := d.groups.of[name]; g != nil && d.leftInGroup(g) || g == nil && len(d.runs.left[name]) > 0 {
		return
	}
	d.step(manager.Emptied{Unit: name})
}

// watchAdopted follows the end of a process that may be somebody else's child: then
// nobody tells us how it ended, and it counts as having ended well.
func (d *Daemon) watchAdopted(x *run) {
	d.runs.sweep = true
	if p, ok := process.Look(x.pid); ok && p.PPID == d.runs.pid {
		return // the sweep finds it
	}
	if d.runs.byPID[x.pid] == x {
		d.exited(process.Exit{PID: x.pid, Code: process.Exited})
	}
}
