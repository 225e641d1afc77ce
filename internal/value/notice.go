package value

// A Notice is what a service tells its manager over $NOTIFY_SOCKET, sd_notify(3).
// Fields that were not sent are zero.
type Notice struct {
	Ready, Reloading, Stopping bool
	Last                       NoticeState // which of the three came last, and counts

	Monotonic uint64 // MONOTONIC_USEC=, microseconds of CLOCK_MONOTONIC; 0: not sent

	HasStatus bool
	Status    string // STATUS=, valid UTF-8
	Errno     int    // ERRNO=; 0: not sent
	BusError  string // BUSERROR=, such as org.freedesktop.DBus.Error.TimedOut

	MainPID     int    // MAINPID=; 0: not sent
	MainPIDFDID uint64 // MAINPIDFDID=: inode of a pidfd of the same process; 0: not sent

	Access string // NOTIFYACCESS=: none, main, exec or all; "": not sent

	Alive       bool // WATCHDOG=1
	Trigger     bool // WATCHDOG=trigger
	HasWatchdog bool
	Watchdog    Span // WATCHDOG_USEC=
	Extend      Span // EXTEND_TIMEOUT_USEC=; 0: not sent

	Store   bool   // FDSTORE=1
	Unstore bool   // FDSTOREREMOVE=1
	FDName  string // FDNAME=
	NoPoll  bool   // FDPOLL=0

	Barrier bool // BARRIER=1
}

// A NoticeState is what a service says it is doing.
type NoticeState int

// The states; none is nothing.
const (
	NoticeNone NoticeState = iota
	NoticeReady
	NoticeReloading
	NoticeStopping
)
