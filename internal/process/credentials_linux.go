package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

// Users and groups are those of /etc/passwd and /etc/group. Other sources (LDAP,
// systemd-homed) need the C library's name service, which a static binary has not.

// An identity is who a process runs as.
type identity struct {
	name, home, shell string // of User=; empty without it
	uid, gid          int    // -1: unchanged
	groups            []int  // supplementary groups, set if change
	change            bool
	problem           *about // why it cannot be had, and
	status            int    // what the child exits with then
}

// identify looks up User=, Group= and SupplementaryGroups=.
func identify(c *Config, x *unit.Exec) identity {
	id := identity{uid: -1, gid: -1}
	fail := func(status int, directive, format string, args ...any) identity {
		id.status = status
		id.problem = &about{what: fmt.Sprintf(format, args...), directive: directive}
		return id
	}
	if x.User != "" {
		u, err := findUser(x.User)
		if err != nil {
			return fail(StatusUser, "User=", "look up user %q: %v", x.User, err)
		}
		id.name, id.uid, id.gid, id.home, id.shell = u.Name, u.Uid, u.Gid, u.Home, u.Shell
	}
	if x.Group != "" {
		gid, err := findGroup(x.Group)
		if err != nil {
			return fail(StatusGroup, "Group=", "look up group %q: %v", x.Group, err)
		}
		id.gid = gid
	}
	if x.User != "" && id.gid != 0 {
		id.groups = memberships(id.name, id.gid)
	}
	for _, g := range x.SupplementaryGroups {
		gid, err := findGroup(g)
		if err != nil {
			return fail(StatusGroup, "SupplementaryGroups=", "look up group %q: %v", g, err)
		}
		id.groups = append(id.groups, gid)
	}
	id.change = x.User != "" || x.Group != "" || len(id.groups) > 0
	if !id.change || !c.User && os.Geteuid() == 0 {
		return id
	}

	// A manager without privileges can only be who it is.
	if id.uid >= 0 && id.uid != os.Geteuid() {
		return fail(StatusUser, "User=", "become user %q: only a manager that runs as root can change the user", x.User)
	}
	if x.Group != "" && id.gid != os.Getegid() {
		return fail(StatusGroup, "Group=", "become group %q: only a manager that runs as root can change the group", x.Group)
	}
	id.change = false
	return id
}

// Identity looks up who the processes of a unit run as; -1 for who the manager is.
func Identity(c *Config, x *unit.Exec) (uid, gid int) {
	id := identify(c, x)
	return id.uid, id.gid
}

// findUser looks up a user by name or number; a number must be known too.
func findUser(name string) (user.User, error) {
	u, err := user.LookupUser(name)
	if err != nil {
		if uid, e := strconv.ParseUint(name, 10, 31); e == nil {
			u, err = user.LookupUid(int(uid))
		}
	}
	if errors.Is(err, user.ErrNoPasswdEntries) {
		err = errors.New("not in /etc/passwd")
	}
	return u, err
}

// findGroup looks up a group by name or number.
func findGroup(name string) (int, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		if gid, e := strconv.ParseUint(name, 10, 31); e == nil {
			g, err = user.LookupGid(int(gid))
		}
	}
	if errors.Is(err, user.ErrNoGroupEntries) {
		err = errors.New("not in /etc/group")
	}
	return g.Gid, err
}

// memberships are the groups that initgroups(3) gives a user.
func memberships(name string, gid int) []int {
	ids := []int{gid}
	groups, err := user.ParseGroupFileFilter("/etc/group", func(g user.Group) bool {
		for _, member := range g.List {
			if member == name {
				return g.Gid != gid
			}
		}
		return false
	})
	if err != nil {
		return ids
	}
	for _, g := range groups {
		ids = append(ids, g.Gid)
	}
	return ids
}

// ownHome is the home directory of the manager's user.
func ownHome() string {
	if home := os.Getenv("HOME"); home != "" {
		return home
	}
	u, err := user.CurrentUser()
	if err != nil {
		return ""
	}
	return u.Home
}

// variables are what systemd tells a process about its user. A home of "/" and a
// shell that lets nobody in are no news and are left out.
func (id *identity) variables() []string {
	if id.name == "" {
		return nil
	}
	vars := []string{"LOGNAME=" + id.name, "USER=" + id.name}
	if id.home != "" && id.home != "/" {
		vars = append(vars, "HOME="+id.home)
	}
	base := id.shell[strings.LastIndexByte(id.shell, '/')+1:]
	if base != "" && base != "nologin" && base != "false" && base != "true" {
		vars = append(vars, "SHELL="+id.shell)
	}
	return vars
}

// credentials adds the steps that change groups, group and user, in this order:
// each needs the privileges that the last one gives up.
func (p *Plan) credentials(id *identity) {
	if id.problem != nil {
		p.fail(*id.problem, id.status, syscall.EPERM)
		return
	}
	if !id.change {
		return
	}
	groups := make([]byte, 0, 4*len(id.groups)+4)
	for _, g := range id.groups {
		groups = nativeEndian.AppendUint32(groups, uint32(g))
	}
	s := p.after.add(about{fmt.Sprintf("setgroups(%d)", id.groups), "set supplementary groups", "SupplementaryGroups="},
		StatusGroup, unix.SYS_SETGROUPS, uintptr(len(id.groups)), p.hold(append(groups, 0, 0, 0, 0)))
	if b, err := os.ReadFile("/proc/self/setgroups"); err == nil && strings.HasPrefix(string(b), "deny") {
		s.forgive = unix.EPERM // a user namespace made without privileges
	}
	if id.gid >= 0 {
		g := uintptr(id.gid)
		p.after.add(about{"setresgid($0, $1, $2)", fmt.Sprintf("become group %d", id.gid), "Group="},
			StatusGroup, unix.SYS_SETRESGID, g, g, g)
	}
	if id.uid >= 0 {
		u := uintptr(id.uid)
		p.after.add(about{"setresuid($0, $1, $2)", fmt.Sprintf("become user %q", id.name), "User="},
			StatusUser, unix.SYS_SETRESUID, u, u, u)
	}
}
