package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// A Tree is the group of one manager, which holds those of its services.
type Tree struct {
	path   string // as /proc/PID/cgroup shows it
	folder string
	dir    int // descriptor of folder; holds the lock that says the tree is in use
	watch  int // inotify
	groups map[unit.Name]*Group
	byWD   map[int]*Group // by watch descriptor
	buf    [4096]byte
}

// Open makes the group of the manager called name, or takes over the one that a
// manager of that name left, with the groups in it that still have processes;
// empty ones are removed. While another manager of that name lives, it is
// name-2, name-3 and so on. An error that is errors.ErrUnsupported says why there
// can be no groups here.
func Open(name string) (*Tree, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("look for control groups: %w", err)
	}
	cgroup, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("look for control groups: %w", err)
	}
	own, err := own(string(cgroup))
	if err != nil {
		return nil, err
	}
	dirs, err := folders(string(mountinfo), own)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if err = check(dir); err == nil {
			return open(own, dir, name)
		}
	}
	return nil, err
}

// check tells whether dir is our group and lets us move processes.
func check(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return unsupported(fmt.Sprintf("look at control group %q: %v", dir, err))
	}
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return unsupported(fmt.Sprintf("%q is hidden by another file system", dir))
	}
	procs := path.Join(dir, "cgroup.procs")
	members, err := readPIDs(unix.AT_FDCWD, procs)
	if err != nil {
		return unsupported(fmt.Sprintf("read %q: %v", procs, err))
	}
	if !slices.Contains(members, os.Getpid()) {
		return unsupported(fmt.Sprintf("%q is not our control group", dir))
	}
	// The kernel wants this one writable too: it is above both where a child
	// comes from and where it goes.
	if err := unix.Faccessat(unix.AT_FDCWD, procs, unix.W_OK, unix.AT_EACCESS); err != nil {
		return unsupported(fmt.Sprintf("our control group %q may not be written: %v", dir, err))
	}
	return nil
}

// tries bounds how often we look for a free name.
const tries = 1000

// open makes or takes over a tree in our group own, which is the folder dir.
func open(own, dir, name string) (*Tree, error) {
	base := "wakesock-" + name
	number := 1
	var err error
	for range tries {
		t := &Tree{
			path: path.Join(own, base), folder: path.Join(dir, base), dir: -1, watch: -1,
			groups: make(map[unit.Name]*Group), byWD: make(map[int]*Group),
		}
		if err = t.take(); err == nil {
			return t, nil
		}
		t.close()
		switch {
		case errors.Is(err, unix.EWOULDBLOCK): // another manager has it
			number++
			base = "wakesock-" + name + "-" + strconv.Itoa(number)
		case errors.Is(err, unix.ENOENT): // its manager has just removed it
		default:
			return nil, unsupported(err.Error())
		}
	}
	return nil, unsupported(err.Error())
}

// take makes the tree's folder and locks it, then looks at what is in it.
func (t *Tree) take() error {
	if err := unix.Mkdir(t.folder, 0o755); err != nil && err != unix.EEXIST {
		return fmt.Errorf("make control group %q: %w", t.folder, err)
	}
	fd, err := unix.Open(t.folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open control group %q: %w", t.folder, err)
	}
	t.dir = raise(fd)
	if err := unix.Flock(t.dir, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("lock control group %q: %w", t.folder, err)
	}
	// Without its files, its last owner has removed it between our two calls.
	kind, err := readFile(t.dir, "cgroup.type")
	switch {
	case err != nil:
		return fmt.Errorf("read control group %q: %w", t.folder, err)
	case string(kind) != "domain\n":
		_ = unix.Rmdir(t.folder)
		return fmt.Errorf("control group %q is of type %q, which holds no processes", t.folder, kind)
	}
	fd, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		_ = unix.Rmdir(t.folder)
		return fmt.Errorf("watch control groups: %w", err)
	}
	t.watch = raise(fd)
	return t.inherit()
}

// inherit finds the groups that an earlier manager left, and removes the empty ones.
func (t *Tree) inherit() error {
	names, err := subgroups(t.dir, ".")
	if err != nil {
		return fmt.Errorf("read control group %q: %w", t.folder, err)
	}
	for _, n := range names {
		g := t.group(unit.Name(unescape(n)))
		g.name = n
		if !g.Populated() && g.Remove() == nil {
			continue
		}
		if err := t.keep(g); err != nil {
			return err
		}
	}
	return nil
}

// Path is the tree's group as /proc/PID/cgroup shows it.
func (t *Tree) Path() string { return t.path }

// FD is readable when [Tree.Changed] has news. It stays the tree's.
func (t *Tree) FD() int { return t.watch }

// Groups are all groups, in no order.
func (t *Tree) Groups() []*Group {
	all := make([]*Group, 0, len(t.groups))
	for _, g := range t.groups {
		all = append(all, g)
	}
	return all
}

// Make returns the group of a unit. One that is there already stays as it is,
// processes and all.
func (t *Tree) Make(name unit.Name) (*Group, error) {
	g := t.groups[name]
	if g == nil {
		g = t.group(name)
	}
	err := unix.Mkdirat(t.dir, g.name, 0o755)
	if err == unix.EEXIST && t.groups[name] != nil {
		return g, nil
	}
	if err != nil && err != unix.EEXIST {
		return nil, fmt.Errorf("make control group %q: %w", path.Join(t.folder, g.name), err)
	}
	if err := t.keep(g); err != nil {
		_ = g.Remove()
		return nil, err
	}
	return g, nil
}

// keep watches a group and notes it.
func (t *Tree) keep(g *Group) error {
	if old := t.byWD[g.wd]; old == g {
		delete(t.byWD, g.wd) // removed behind our back and made again
	}
	file := path.Join(t.folder, g.name, "cgroup.events")
	wd, err := unix.InotifyAddWatch(t.watch, file, unix.IN_MODIFY)
	if err != nil {
		return fmt.Errorf("watch %q: %w", file, err)
	}
	g.wd = wd
	t.byWD[wd] = g
	t.groups[g.unit] = g
	delete(t.byWD, g.oom)
	if g.oom, err = unix.InotifyAddWatch(t.watch, path.Join(t.folder, g.name, "memory.events"), unix.IN_MODIFY); err == nil {
		t.byWD[g.oom] = g
	} else {
		g.oom = 0
	}
	return nil
}

// Changed returns the groups that have had news since the last call: they may
// have become empty, or have got their first process, or run out of memory. It does not wait.
func (t *Tree) Changed() []*Group {
	var changed []*Group
	for {
		n, err := unix.Read(t.watch, t.buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < unix.SizeofInotifyEvent {
			return changed
		}
		for b := t.buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			e := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
			if e.Mask&unix.IN_Q_OVERFLOW != 0 {
				changed = t.Groups()
			} else if g := t.byWD[int(e.Wd)]; g != nil && !slices.Contains(changed, g) {
				changed = append(changed, g)
			}
			b = b[min(unix.SizeofInotifyEvent+int(e.Len), len(b)):]
		}
	}
}

// Close removes the groups that are empty, and the tree if nothing is left in it.
func (t *Tree) Close() error {
	for _, g := range t.Groups() {
		_ = g.Remove() // one that has processes stays for the next manager
	}
	err := unix.Rmdir(t.folder) // before the lock goes, so that it is still ours
	t.close()
	if err != nil && err != unix.EBUSY && err != unix.ENOENT {
		return fmt.Errorf("remove control group %q: %w", t.folder, err)
	}
	return nil
}

func (t *Tree) close() {
	for _, fd := range [...]int{t.dir, t.watch} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	t.dir, t.watch = -1, -1
}
