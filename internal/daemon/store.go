package daemon

// Descriptors that services give us to keep until their next start, sd_notify(3)
// under FDSTORE=1.

import (
	"fmt"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
	"wakesock/internal/process"
	"wakesock/internal/unit"
)

// A keptFD is one descriptor that a service has given us.
type keptFD struct {
	fd   int
	name string
}

// keep takes the descriptors of the notification that is being dealt with.
func (d *Daemon) keep(e *manager.Keep) {
	news := manager.Stored{Unit: e.Unit}
	for _, fd := range d.notices.parcels[e.Parcel] {
		switch {
		case d.keeps(e.Unit, fd):
			_ = unix.Close(fd)
		case len(d.notices.kept[e.Unit]) >= e.Max:
			_ = unix.Close(fd)
			news.Refused++
		default:
			k := keptFD{process.Raise(fd), e.Name}
			d.notices.kept[e.Unit] = append(d.notices.kept[e.Unit], k)
			if e.Poll && d.poll.add(k.fd, 0) == nil { // plain files cannot hang up
				d.watched[k.fd] = func(fd int) {
					d.letGo(e.Unit, func(k keptFD) bool { return k.fd == fd })
				}
			}
		}
	}
	d.notices.parcels[e.Parcel] = nil
	news.Count = len(d.notices.kept[e.Unit])
	d.step(news)
}

// keeps tells whether we keep the same open file already.
func (d *Daemon) keeps(name unit.Name, fd int) bool {
	for _, k := range d.notices.kept[name] {
		if process.SameFile(k.fd, fd) {
			return true
		}
	}
	return false
}

// letGo closes kept descriptors of a unit and tells the manager.
func (d *Daemon) letGo(name unit.Name, which func(keptFD) bool) {
	d.closeKept(name, which)
	d.step(manager.Stored{Unit: name, Count: len(d.notices.kept[name])})
}

func (d *Daemon) closeKept(name unit.Name, which func(keptFD) bool) {
	var rest []keptFD
	for _, k := range d.notices.kept[name] {
		if !which(k) {
			rest = append(rest, k)
			continue
		}
		delete(d.watched, k.fd)
		d.poll.remove(k.fd) // others may have the same file, so closing is not enough
		_ = unix.Close(k.fd)
	}
	if d.notices.kept[name] = rest; len(rest) == 0 {
		delete(d.notices.kept, name)
	}
}

// handOver adds what is kept for a unit to what its process gets. It gets copies, for
// a kept one may be closed while the process is being started.
func (d *Daemon) handOver(e *manager.Spawn, l *launch) error {
	for _, k := range d.notices.kept[e.Def.Name] {
		fd, err := unix.FcntlInt(uintptr(k.fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return fmt.Errorf("hand over a descriptor that was kept: %w", err)
		}
		l.copies = append(l.copies, fd)
		l.start.Listen = append(l.start.Listen[:len(l.start.Listen):len(l.start.Listen)], fd)
		l.start.Names = append(l.start.Names[:len(l.start.Names):len(l.start.Names)], k.name)
	}
	return nil
}

// closeCopies closes what handOver made.
func (l *launch) closeCopies() {
	for _, fd := range l.copies {
		_ = unix.Close(fd)
	}
	l.copies = nil
}
