package manager

// What a service says of itself, sd_notify(3), and whether it is listened to.

import (
	"slices"
	"strconv"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// said is what a service has said of itself in this activation.
type said struct {
	last        value.NoticeState
	status      string
	errno       int
	busError    string
	access      string // NOTIFYACCESS=; "": as the unit says
	hasWatchdog bool
	watchdog    value.Span // WATCHDOG_USEC=
	alive       Time       // when it last showed that it is
	reloadBegin Time       // when it was last asked to reload
	refused     limiter    // of messages about what is not listened to
}

// speak is what the service has said, to add to it.
func (s *service) speak() *said {
	if s.said == nil {
		s.said = &said{}
	}
	return s.said
}

// saying is what the service says that it is doing.
func (s *service) saying() value.NoticeState {
	if s.said == nil {
		return value.NoticeNone
	}
	return s.said.last
}

// access is whose notifications are listened to.
func (s *service) access() string {
	if s.said != nil && s.said.access != "" {
		return s.said.access
	}
	return s.Def.Service.NotifyAccess
}

// deaf says why a process of the service is not listened to; "" if it is.
func (s *service) deaf(pid int) string {
	from := "Got notification message from PID " + strconv.Itoa(pid) + ", but reception "
	main := "only permitted for main PID " + strconv.Itoa(s.main.pid)
	if s.main.pid == 0 {
		main = "only permitted for main PID which is currently not known"
	}
	switch s.access() {
	case "all":
		return ""
	case "main":
		if pid == s.main.pid {
			return ""
		}
		return from + main
	case "exec":
		if pid == s.main.pid || pid == s.control.pid {
			return ""
		}
		if s.control.pid != 0 {
			main += " and control PID " + strconv.Itoa(s.control.pid)
		}
		return from + main
	}
	return from + "is disabled (NotifyAccess=none)."
}

// How many messages about refused notifications a service may cause.
const (
	refusedBurst    = 5
	refusedInterval = 10 * value.Second
)

func (e Notified) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.service == nil || u.active.down() {
		return
	}
	s := u.service
	if why := s.deaf(e.PID); why != "" {
		s.refuse(why)
		return
	}
	n := e.Notice
	if n.MainPID != 0 {
		s.mainTold(&e)
	}
	s.remark(n)
	if n.HasWatchdog {
		s.speak().hasWatchdog, s.said.watchdog = true, n.Watchdog
		if s.state.guarded() {
			s.alarm(alarmWatchdog, 0)
			s.guard()
		}
	}
	if n.Alive {
		s.speak().alive = m.now
		if s.state.guarded() {
			s.guard()
		}
	}
	if n.Extend > 0 {
		s.extend(n.Extend)
	}
	s.storeTold(&e)
	if n.Trigger && s.state.guarded() {
		text := "no status"
		if s.said != nil && s.said.status != "" {
			text = "last status: " + s.said.status
		}
		s.bark("Watchdog request (" + text + ")!")
		return
	}
	if n.Last != value.NoticeNone {
		s.speak().last = n.Last
		s.stateTold(&e)
	}
}

// refuse tells about a notification that is not listened to, but not about all.
func (s *service) refuse(why string) {
	if s.speak().refused.below(s.m.now, refusedInterval, refusedBurst) {
		s.log(4, why)
	}
}

// remark notes what is only shown.
func (s *service) remark(n *value.Notice) {
	if !n.HasStatus && n.Errno == 0 && n.BusError == "" && n.Access == "" {
		return
	}
	sd := s.speak()
	if n.HasStatus {
		sd.status = n.Status
	}
	if n.Errno != 0 {
		sd.errno = n.Errno
	}
	if n.BusError != "" {
		sd.busError = n.BusError
	}
	if n.Access != "" {
		sd.access = n.Access
	}
}

// mainStates are when MAINPID= is listened to.
var mainStates = []serviceState{
	serviceStart, serviceStartPost, serviceRunning, serviceReload, serviceReloadSignal, serviceReloadNotify, serviceReloadPost,
}

// mainTold follows MAINPID=. Only root may name a process that is not the service's.
func (s *service) mainTold(e *Notified) {
	c := e.Main
	if c.PID == s.main.pid && s.main.run != 0 || !slices.Contains(mainStates, s.state) {
		return
	}
	if why := s.unsuitable(c); why != "" {
		s.refuse(why)
		return
	}
	if !c.Ours {
		if e.UID != 0 {
			s.refuse("New main PID " + strconv.Itoa(c.PID) + " does not belong to service, refusing.")
			return
		}
		s.log(7, "New main PID "+strconv.Itoa(c.PID)+" does not belong to service, but root says so.")
	}
	s.cancel()
	s.adopt(c.PID)
}

// stateTold follows READY=1, RELOADING=1 and STOPPING=1, of which the last counts.
func (s *service) stateTold(e *Notified) {
	d := s.Def.Service
	notifies := d.Type == unit.ServiceNotify || d.Type == unit.ServiceNotifyReload
	fresh := e.Notice.Reloading && e.Monotonic != 0 && s.said.reloadBegin != 0 && e.Monotonic >= s.said.reloadBegin
	switch e.Notice.Last {
	case value.NoticeReady:
		switch {
		case s.state == serviceStart && notifies:
			s.past(serviceStart)
		case s.state == serviceReloadNotify, s.state == serviceReloadSignal && fresh:
			s.reloaded(Success)
		}
	case value.NoticeReloading:
		switch {
		case s.state == serviceRunning, s.state == serviceReloadSignal && fresh:
			s.set(serviceReloadNotify, s.timeout(serviceReloadNotify))
		}
	case value.NoticeStopping:
		switch s.state {
		case serviceRunning, serviceReloadSignal, serviceReloadNotify:
			s.stopping()
		case serviceDead, serviceCondition, serviceStartPre, serviceStart, serviceStartPost, serviceExited, serviceReload,
			serviceReloadPost, serviceStop, serviceStopWatchdog, serviceStopSigterm, serviceStopSigkill, serviceStopPost,
			serviceFinalWatchdog, serviceFinalSigterm, serviceFinalSigkill, serviceFailed, servicePinned, serviceAutoRestart:
		}
	case value.NoticeNone:
	}
}

// storedName is the name of descriptors that were given none.
const storedName = "stored"

// storeTold follows FDSTORE=1 and FDSTOREREMOVE=1.
func (s *service) storeTold(e *Notified) {
	n, most := e.Notice, s.Def.Service.FileDescriptorStoreMax
	switch {
	case n.Unstore && n.FDName == "":
		s.refuse("FDSTOREREMOVE=1 without FDNAME= removes nothing.")
	case n.Unstore:
		if s.stored > 0 {
			s.m.do(Release{Unit: s.Name, Name: n.FDName})
		}
	case !n.Store || e.Parcel == 0:
	case most == 0:
		s.refuse("Descriptors to keep were closed: FileDescriptorStoreMax= is 0.")
	default:
		name := n.FDName
		if name == "" {
			name = storedName
		}
		s.m.do(Keep{Unit: s.Name, Parcel: e.Parcel, Name: name, Poll: !n.NoPoll, Max: int(most)})
	}
}

// discard has all descriptors closed that were kept.
func (s *service) discard() {
	if s.stored > 0 {
		s.stored = 0
		s.m.do(Release{Unit: s.Name})
	}
}

func (e Stored) apply(m *Manager) {
	u := m.units[e.Unit]
	if u == nil || u.service == nil {
		return
	}
	s := u.service
	s.stored = e.Count
	if e.Refused > 0 {
		s.refuse(strconv.Itoa(e.Refused) + " descriptors were closed, for there is room for FileDescriptorStoreMax=" +
			strconv.FormatUint(uint64(s.Def.Service.FileDescriptorStoreMax), 10) + " only.")
	}
	if s.stored == 0 && s.state == servicePinned {
		s.set(serviceDead, 0)
		m.collect(u)
	}
}
