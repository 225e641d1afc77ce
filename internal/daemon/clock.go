package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"wakesock/internal/manager"
)

// A wallClock watches the wall clock and the time zone.
type wallClock struct {
	setFD  int    // a timerfd that tells when the clock is set; -1: none
	zoneFD int    // an inotify descriptor on the folder of localtime; -1: none
	link   string // the file that says which zone is the local one
	zone   *time.Location
}

// localtime is the local time zone, see localtime(5). TZ= in the environment of
// the manager is stronger.
const localtime = "/etc/localtime"

// openClock tells the manager the time, and has it told of every change.
func (d *Daemon) openClock() {
	d.clock = wallClock{setFD: -1, zoneFD: -1, link: localtime, zone: time.Local}
	c := &d.clock
	if fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err == nil {
		c.setFD = high(fd)
		d.armClock()
		d.watch(c.setFD, func(int) {
			var b [8]byte
			if _, err := unix.Read(c.setFD, b[:]); err == unix.ECANCELED {
				d.armClock()
				d.step(manager.Clock{Wall: time.Now().UnixMicro(), Set: true})
			}
		})
	}
	if _, fixed := os.LookupEnv("TZ"); !fixed {
		c.zone = readZone(c.link)
		d.watchZone()
	}
	d.step(manager.Clock{Wall: time.Now().UnixMicro(), Zone: c.zone})
}

// armClock has the timerfd tell of the next time that the clock is set: a time that
// never comes, and with TFD_TIMER_CANCEL_ON_SET a read that ends early,
// timerfd_create(2).
func (d *Daemon) armClock() {
	never := unix.ItimerSpec{Value: unix.NsecToTimespec(1<<62 - 1)}
	_ = unix.TimerfdSettime(d.clock.setFD, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &never, nil)
}

// watchZone watches the folder of localtime, for the file is replaced, not written.
func (d *Daemon) watchZone() {
	c := &d.clock
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return
	}
	mask := uint32(unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_DELETE | unix.IN_ONLYDIR)
	if _, err := unix.InotifyAddWatch(fd, filepath.Dir(c.link), mask); err != nil {
		_ = unix.Close(fd)
		return
	}
	c.zoneFD = high(fd)
	d.watch(c.zoneFD, func(int) { d.zoneNews() })
}

func (d *Daemon) zoneNews() {
	c := &d.clock
	var b [4096]byte
	found := false
	for {
		n, err := unix.Read(c.zoneFD, b[:])
		if n <= 0 || err != nil {
			break
		}
		found = found || strings.Contains(string(b[:n]), filepath.Base(c.link)+"\x00")
	}
	if found {
		c.zone = readZone(c.link)
		d.step(manager.Clock{Wall: time.Now().UnixMicro(), Zone: c.zone, Move: true})
	}
}

// readZone reads a local time zone; it is UTC where there is no such file.
func readZone(path string) *time.Location {
	data, err := os.ReadFile(path)
	if err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocationFromTZData("Local", data)
	if err != nil {
		return time.UTC
	}
	return zone
}

// watch has f called when a descriptor is ready.
func (d *Daemon) watch(fd int, f func(fd int)) {
	d.watched[fd] = f
	if err := d.poll.add(fd, unix.EPOLLIN); err != nil {
		d.log("", 3, "cannot wait for a descriptor: "+err.Error())
	}
}

func (d *Daemon) closeClock() {
	for _, fd := range []int{d.clock.setFD, d.clock.zoneFD} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// highDescriptor is from where on the manager keeps what lives as long as itself: the
// low numbers are for connections, see package process.
const highDescriptor = 512

// high moves a descriptor to a high number, where that can be done.
func high(fd int) int {
	if moved, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highDescriptor); err == nil {
		_ = unix.Close(fd)
		return moved
	}
	return fd
}

// bootTime is when the machine was booted, in the manager's time. In a container it
// is when the manager was started, as systemd.timer(5) has it.
func bootTime(monotonic int64) manager.Time {
	if inContainer() {
		return 1
	}
	return manager.Time(-monotonic)
}

// inContainer tells whether this is a container, by the marks that container managers
// leave for PID 1 and in files.
func inContainer() bool {
	if os.Getpid() == 1 && os.Getenv("container") != "" {
		return true
	}
	for _, mark := range []string{"/run/systemd/container", "/run/.containerenv", "/.dockerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}
