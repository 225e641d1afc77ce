package cgroup

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// rounds is how often a signal is sent again to processes that were born
// meanwhile.
const rounds = 100

// A Group is the control group of one unit.
type Group struct {
	tree *Tree
	unit unit.Name
	name string // of its folder, within the tree's
	wd   int    // watch descriptor of its cgroup.events; 0: not watched
	oom  int    // the same of its memory.events, where the memory controller is there
}

func (t *Tree) group(name unit.Name) *Group {
	return &Group{tree: t, unit: name, name: escape(string(name))}
}

// Unit is whose group it is.
func (g *Group) Unit() unit.Name { return g.unit }

// Path is the group as /proc/PID/cgroup shows it.
func (g *Group) Path() string { return path.Join(g.tree.path, g.name) }

// Open opens a descriptor for starting a process in the group, which the caller
// closes: it keeps nothing alive, a group may be removed under it.
func (g *Group) Open() (fd int, err error) {
	fd, err = unix.Openat(g.tree.dir, g.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open control group %q: %w", g.Path(), err)
	}
	return fd, nil
}

// Populated tells whether a process lives in the group or below. Zombies do not live.
func (g *Group) Populated() bool {
	b, err := readFile(g.tree.dir, g.name+"/cgroup.events")
	return err == nil && bytes.Contains(b, []byte("populated 1"))
}

// Processes are those in the group and, where the service has divided it, in
// groups below. Processes of foreign pid namespaces have no number and are left
// out, as are zombies.
func (g *Group) Processes() ([]int, error) {
	var pids []int
	err := g.tree.walk(g.name, func(dir string) error {
		list, err := readPIDs(g.tree.dir, dir+"/cgroup.procs")
		if err == unix.EOPNOTSUPP && dir != g.name {
			return nil // threaded: its processes are listed above
		}
		pids = append(pids, list...)
		return err
	})
	if err != nil {
		return pids, fmt.Errorf("list processes of %q: %w", g.Path(), err)
	}
	return pids, nil
}

// Signal sends a signal to all processes of the group, those born meanwhile too,
// but not to those in sent, which have had it, nor to ourselves. Who makes children
// faster than they are found does not escape SIGKILL: the kernel sends that to the
// whole group in one go (cgroup.kill, since Linux 5.14). It is the last resort:
// on some kernels (seen: 6.18) what is started into the group later is killed as well.
func (g *Group) Signal(sig value.Signal, sent ...int) error {
	all, err := g.each(sig, sent)
	if all || syscall.Signal(sig) != unix.SIGKILL {
		return err
	}
	switch failed := writeFile(g.tree.dir, g.name+"/cgroup.kill", "1"); failed {
	case nil:
		return nil
	case unix.ENOENT: // the kernel does not have it
		return err
	default:
		return fmt.Errorf("kill control group %q: %w", g.Path(), failed)
	}
}

// each sends a signal to one process after the other until a round finds no new
// one; all tells whether it came to that.
func (g *Group) each(sig value.Signal, sent []int) (all bool, failed error) {
	done := map[int]bool{os.Getpid(): true}
	for _, pid := range sent {
		done[pid] = true
	}
	for range rounds {
		pids, err := g.Processes()
		if failed == nil {
			failed = err // those that were found get the signal all the same
		}
		fresh := false
		for _, pid := range pids {
			if done[pid] {
				continue
			}
			done[pid], fresh = true, true
			if err := unix.Kill(pid, syscall.Signal(sig)); err != nil && err != unix.ESRCH && failed == nil {
				failed = fmt.Errorf("signal process %d of %q: %w", pid, g.Path(), err)
			}
		}
		if !fresh {
			return failed == nil, failed
		}
	}
	return false, failed
}

// OOMKills is how many processes of the group the kernel has killed for want of
// memory. It is known where the group has the memory controller.
func (g *Group) OOMKills() (n int, known bool) {
	b, err := readFile(g.tree.dir, g.name+"/memory.events")
	if err != nil {
		return 0, false
	}
	return oomKills(string(b))
}

// KillTogether has the kernel kill all processes of the group when it kills one of
// them for want of memory, where it can.
func (g *Group) KillTogether(together bool) {
	text := "0"
	if together {
		text = "1"
	}
	_ = writeFile(g.tree.dir, g.name+"/memory.oom.group", text)
}

// CPU is the processor time that the group has used, in microseconds. The kernel
// counts it without any controller.
func (g *Group) CPU() (micros int64, known bool) {
	b, err := readFile(g.tree.dir, g.name+"/cpu.stat")
	if err != nil {
		return 0, false
	}
	_, rest, ok := bytes.Cut(b, []byte("usage_usec "))
	if !ok {
		return 0, false
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		micros = micros*10 + int64(c-'0')
	}
	return micros, true
}

// Remove removes the group and the empty groups below it. One in which processes
// live is the error EBUSY. A group that is gone is no error.
func (g *Group) Remove() error {
	var dirs []string
	if err := g.tree.walk(g.name, func(dir string) error { dirs = append(dirs, dir); return nil }); err != nil {
		return fmt.Errorf("remove control group %q: %w", g.Path(), err)
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		err := unix.Unlinkat(g.tree.dir, dirs[i], unix.AT_REMOVEDIR)
		if err != nil && err != unix.ENOENT {
			return fmt.Errorf("remove control group %q: %w", path.Join(g.tree.path, dirs[i]), err)
		}
	}
	g.forget()
	return nil
}

// forget drops the watch of a group that is gone.
func (g *Group) forget() {
	t := g.tree
	if t.byWD[g.wd] == g {
		delete(t.byWD, g.wd)
		_, _ = unix.InotifyRmWatch(t.watch, uint32(g.wd)) // the kernel may have done it
	}
	if t.byWD[g.oom] == g {
		delete(t.byWD, g.oom)
		_, _ = unix.InotifyRmWatch(t.watch, uint32(g.oom))
	}
	if t.groups[g.unit] == g {
		delete(t.groups, g.unit)
	}
	g.wd, g.oom = 0, 0
}
