package manager

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Time is a point in time in microseconds on a clock that never jumps.
type Time int64

// A Run numbers one process that the manager asked for; numbers are never
// used again, so late news about an old process is told apart.
type Run uint64

// A Conn numbers one accepted connection; 0 is none.
type Conn uint64

// A Request numbers a question whose answer is awaited; 0 is none.
type Request uint64

// An Event is something that happened. The set is closed.
type Event interface{ apply(m *Manager) }

// Loaded brings definitions: of units that somebody is about to name, with
// everything that they refer to.
type Loaded struct{ Defs []*unit.Unit }

// Reloaded replaces the definitions of all units by what the files say now.
type Reloaded struct{ Defs []*unit.Unit }

// Wanted asks for a job; Answer is sent once it has ended.
type Wanted struct {
	Verb    Verb
	Mode    Mode // "" is replace
	Unit    unit.Name
	Request Request
}

// Killed asks for a signal to be sent to processes of a unit.
type Killed struct {
	Unit   unit.Name
	Who    string // main, control, all
	Signal value.Signal
}

// Reset forgets the failed state of a unit; an empty name means all units.
type Reset struct{ Unit unit.Name }

// Canceled asks to cancel a job; 0 means all jobs.
type Canceled struct{ ID uint32 }

// Checked answers Check. Result has an element for each of the unit's conditions.
// Mount says which required mount is missing; "" for none.
type Checked struct {
	Unit     unit.Name
	Number   uint64
	Result   []bool
	Mount    string
	Warnings []string
}

// Quit asks to stop everything and exit.
type Quit struct{ Code int }

// Listened tells how opening a socket unit's addresses went. Listeners is how
// many descriptors it holds.
type Listened struct {
	Unit      unit.Name
	Listeners int
	Err       string
	Place     string // file and line of what failed, if it is known
	Hint      string
}

// Readable tells that there is something to read on a socket unit with Accept=no.
type Readable struct{ Unit unit.Name }

// PathsWatched tells that the paths of a WatchPaths with Begin are watched from now on.
type PathsWatched struct {
	Unit  unit.Name
	Watch PathWatch
}

// PathTriggered tells that what a path unit waits for has happened. It is told once
// for each WatchPaths.
type PathTriggered struct {
	Unit   unit.Name
	Watch  PathWatch
	Path   string // as written; with PathExistsGlob= the path that matches
	Change bool   // something has changed, rather than that it is so
	Missed bool   // it happened before the request
}

// Accepted tells that a socket unit with Accept=yes accepted a connection.
type Accepted struct {
	Unit unit.Name
	Conn Conn
	Peer value.Peer
}

// Spawned tells that a process was started. If it failed before the program
// ran, Failure says so; its exit is still to come.
type Spawned struct {
	Run     Run
	PID     int
	Failure string
}

// Unspawned tells that no process could be made at all.
type Unspawned struct {
	Run    Run
	Status int // as an exit status: 203 and its sisters; 0 for a lack of resources
	Err    string
}

// Exited tells that the process of a run has ended. Left says that other
// processes of the same unit are still there. Failure says why it did not become
// the program, if Spawned came too early to say so.
type Exited struct {
	Run     Run
	Code    ExitCode
	Status  int // exit status or signal number
	Left    bool
	Failure string
}

// Emptied tells that the last process of a unit has gone.
type Emptied struct{ Unit unit.Name }

// Notified brings what a process of a unit said over the notification socket.
type Notified struct {
	Unit      unit.Name
	PID       int    // of the sender
	UID       uint32 // of the sender
	Notice    *value.Notice
	Monotonic Time      // Notice.Monotonic on our clock; 0: not sent
	Main      Candidate // the process that MAINPID= names
	Parcel    Parcel    // the descriptors that came with it; 0 for none
}

// A Parcel numbers the descriptors of one notification; 0 is none. They are closed
// when the event has been dealt with, unless Keep took them.
type Parcel uint64

// A Candidate is a process that may be a main process.
type Candidate struct {
	PID   int
	Alive bool // there is such a process, and it is no zombie
	Ours  bool // it belongs to the unit
}

// Sought brings the main process that Seek asked for.
type Sought struct {
	Unit    unit.Name
	Main    Candidate // PID 0: none was found, or more than one
	Trusted bool      // the PID file is root's, and no link on the way to it is somebody else's
	Err     string    // why the PID file says nothing
}

// Stored tells how many descriptors are kept for a unit now. Refused is how many
// of the last ones there was no room for.
type Stored struct {
	Unit           unit.Name
	Count, Refused int
}

// NameChanged tells whether somebody has the bus name of a unit, as WatchName asked.
// Err says that the bus cannot be asked.
type NameChanged struct {
	Unit  unit.Name
	Owned bool
	Err   string
}

// OutOfMemory tells that the kernel killed a process of a unit for want of memory.
type OutOfMemory struct{ Unit unit.Name }

// Elapsed says nothing but the time: deadlines that have come are served.
type Elapsed struct{}

// Pinned keeps a unit from being forgotten while somebody wants to know how it ended,
// or no longer.
type Pinned struct {
	Unit unit.Name
	Hold bool
}

// Unloaded takes definitions away whose files are gone.
type Unloaded struct{ Units []unit.Name }

// Stamped answers ReadStamp: when a timer elapsed last, in microseconds since the
// epoch; 0 if that is not known.
type Stamped struct {
	Unit unit.Name
	Wall int64
}

// An ExitCode says how a process ended, in the words of $EXIT_CODE.
type ExitCode string

// The ways to end.
const (
	CodeNone   ExitCode = ""
	CodeExited ExitCode = "exited"
	CodeKilled ExitCode = "killed"
	CodeDumped ExitCode = "dumped"
)
