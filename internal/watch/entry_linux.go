package watch

// A unit's entry: what it waits for, and when its news are told.
//
// An entry that is armed tells news once and is deaf from then on. While it is
// deaf, a change makes it stale, and it is not watched any more: the next request
// tells of the change whatever comes in between, so nothing can be lost by not
// looking, and a busy file costs nothing.
//
// A change is told a moment after it was seen, so that what belongs together (the
// touch of a file is three events) is one piece of news.

import (
	"fmt"
	"hash/maphash"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
)

const (
	settle    = 5 * time.Millisecond // from a change to the news of it
	lookEvery = 2 * time.Second      // where there is no watch
)

// A kind is what a directive waits for.
type kind struct {
	change bool   // for a change, rather than for a condition to hold
	self   uint32 // what is asked of the file that the path leads to; 0: nothing
}

var kinds = map[string]kind{
	"PathExists":        {},
	"PathExistsGlob":    {},
	"PathChanged":       {change: true, self: selfMask | nameMask | unix.IN_CLOSE_WRITE},
	"PathModified":      {change: true, self: selfMask | nameMask | unix.IN_CLOSE_WRITE | unix.IN_MODIFY},
	"DirectoryNotEmpty": {self: selfMask | unix.IN_CREATE | unix.IN_MOVED_TO},
}

type entry struct {
	unit    unit.Name
	number  uint64
	specs   []*spec
	armed   bool
	begins  bool      // the first look is still to come
	changed string    // what has changed since the last news; "" for nothing
	missed  bool      // before the request
	due     time.Time // when armed and changed: when that is told
	dark    bool      // deaf and stale: not watched
}

// A spec is one line of a unit.
type spec struct {
	unit.Watch
	kind
	entry *entry
	marks []int32
	turn  int   // counts the looks
	near  bool  // the file that the path leads to is watched
	known bool  // at is what was there at the last look
	at    place // where the path leads
	print uint64
	found string // what matches the pattern
	blind bool   // not all is watched that should be

	// since the last look
	stale    bool // to be looked at
	touched  bool // the file has changed
	replaced bool // a name on the way has come or gone
	marked   bool // an attribute of something on the way has changed

	trouble, told string // of this look, and what was told last
}

func (s *spec) complain(text string) {
	if s.trouble == "" {
		s.trouble = s.Name + "=" + s.Path + ": " + text
	}
}

// happened takes note of an event that a spec is interested in.
func (s *spec) happened(i *interest, mask uint32, name string) {
	switch {
	case i.self:
		if mask&goneMask != 0 {
			s.stale = true
		}
		counts := s.self
		if !s.entry.armed && s.Name == "PathModified" {
			counts &^= unix.IN_CLOSE_WRITE // each write was an event already
		}
		if mask&counts != 0 {
			s.touched, s.stale = true, true
		}
	case mask&goneMask != 0, name == "" && mask&unix.IN_ATTRIB != 0:
		s.stale = true
	case i.name != "" && i.name != name:
	case mask&nameMask != 0:
		s.stale, s.replaced = true, true
	case mask&unix.IN_ATTRIB != 0:
		s.stale, s.marked = true, true
	}
}

// look follows the path of a spec anew and tells whether something has changed
// since the last look.
func (w *Watcher) look(s *spec) (changed bool) {
	old, before, print := s.marks, s.at, s.print
	near := s.near
	s.marks, s.near, s.blind, s.trouble = nil, false, false, ""
	s.turn++
	if s.Name == "PathExistsGlob" {
		s.found = w.find(s)
	} else {
		s.at = w.follow(s, s.Path)
		if s.self != 0 && s.at.exists() {
			w.watch(s, s.at.path, s.self, interest{spec: s, self: true})
		}
		if s.Name == "DirectoryNotEmpty" && s.at.exists() && !s.at.folder() {
			s.complain("it is no folder; waiting for it to become one")
		}
	}
	for _, wd := range old {
		w.in.drop(wd, s)
	}
	if s.change && s.blind {
		s.print = fingerprint(&s.at)
	}
	changed = s.known && s.change && (!s.at.same(&before) || s.touched ||
		s.at.exists() && (s.replaced || s.marked && !near) ||
		s.blind && print != 0 && s.print != print)
	s.known, s.stale, s.touched, s.replaced, s.marked = true, false, false, false, false
	return changed
}

// holds tells which path fulfils the condition of a spec, "" for none.
func (s *spec) holds() string {
	switch {
	case s.change:
	case s.Name == "PathExistsGlob":
		return s.found
	case !s.at.exists():
	case s.Name == "PathExists", !empty(s.at.path):
		return s.Path
	}
	return ""
}

// empty tells whether a folder has nothing in it but what systemd ignores. What is
// no folder, or cannot be read, counts as empty.
func empty(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return true
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(256)
		if slices.ContainsFunc(names, func(n string) bool { return !ignored(n) }) {
			return false
		}
		if err != nil {
			return true
		}
	}
}

// The files that do not count for DirectoryNotEmpty=: hidden ones, backups, and
// what tools leave for a moment.
var (
	ignoredNames    = []string{"lost+found", "aquota.user", "aquota.group"}
	ignoredSuffixes = []string{"rpmnew", "rpmsave", "rpmorig", "dpkg-old", "dpkg-new", "dpkg-tmp", "dpkg-dist", "dpkg-bak", "dpkg-backup",
		"dpkg-remove", "ucf-new", "ucf-old", "ucf-dist", "swp", "bak", "old", "new"}
)

func ignored(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	return dot == 0 || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || slices.Contains(ignoredNames, name) ||
		dot > 0 && slices.Contains(ignoredSuffixes, name[dot+1:])
}

var seed = maphash.MakeSeed()

// mostPrinted is how many files of a folder are looked at one by one.
const mostPrinted = 10_000

// fingerprint stands for the state of a file, or of a folder and what is in it,
// where there is no watch to tell of a change. It is never 0.
func fingerprint(p *place) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	add := func(name string, st *unix.Stat_t) {
		fmt.Fprintln(&h, name, st.Dev, st.Ino, st.Size, st.Mode, st.Uid, st.Gid, st.Nlink, st.Mtim, st.Ctim)
	}
	if p.exists() {
		add("", &p.status)
	}
	if p.exists() && p.folder() {
		if f, err := os.Open(p.path); err == nil {
			names, _ := f.Readdirnames(mostPrinted)
			_ = f.Close()
			slices.Sort(names)
			for _, n := range names {
				var st unix.Stat_t
				_ = unix.Lstat(path.Join(p.path, n), &st)
				add(n, &st)
			}
		}
	}
	return h.Sum64() | 1
}
