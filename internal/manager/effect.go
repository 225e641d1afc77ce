package manager

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// An Effect is something for an edge to do. The set is closed.
type Effect interface{ effect() }

// Open asks to open a socket unit's addresses; those that are open already and
// still wanted stay as they are. The answer is Listened.
type Open struct{ Def *unit.Unit }

// Close asks to close what a socket unit holds open.
type Close struct {
	Def    *unit.Unit
	Remove bool // remove the socket's files
}

// Watch asks for news of a socket unit: Accepted with Accept=yes, one Readable
// otherwise. It stays watched until Unwatch (Accept=yes) or the news came.
type Watch struct{ Unit unit.Name }

// Unwatch asks for silence: connections wait in the kernel's backlog.
type Unwatch struct{ Unit unit.Name }

// WatchPaths asks for the next news of what a path unit waits for: PathTriggered.
// What has changed since the last news, or while there was no request, counts.
type WatchPaths struct {
	Def    *unit.Unit
	Watch  PathWatch
	Begin  bool   // only what happens from here on counts; folders are made; PathsWatched tells when
	Forget bool   // only what happens from here on counts
	Missed string // a path whose change was told and could not be served: to be told again; "" for none
}

// UnwatchPaths asks for silence about a path unit, and to forget what it has missed.
type UnwatchPaths struct{ Unit unit.Name }

// Flush asks to throw away what waits in a socket unit's descriptors.
type Flush struct{ Unit unit.Name }

// Spawn asks to start a process. The answer is Spawned or Unspawned.
type Spawn struct {
	Run     Run
	Def     *unit.Unit
	Command *unit.Command
	Vars    []string    // variables of the manager's own, as NAME=VALUE
	Sockets []unit.Name // hand over the descriptors of these socket units
	Conn    Conn        // or this connection
	Listen  bool        // with LISTEN_FDS, unless they are standard streams; otherwise only as those
	Main    bool        // a command of ExecStart=, not a control command
	Stored  bool        // hand over what Keep has kept, after the sockets
	Socket  bool        // an instance that a connection made: short-lived, many of them
}

// Signal asks to send a signal to the processes of a unit.
type Signal struct {
	Unit   unit.Name
	Signal value.Signal
	Runs   []Run // to these processes
	Rest   bool  // and to every other process of the unit
	Hangup bool  // SIGHUP after it
	Last   bool  // also to what is found of the unit from now on, until it runs something again
}

// Adopt asks to take a process that is there already as the process of a run. Its
// end is told by Exited, or by Emptied where nothing else of the unit is left.
// The process of Instead becomes one of those that are not known by number.
type Adopt struct {
	Run     Run
	Def     *unit.Unit
	PID     int
	Instead Run // 0: none
}

// Seek asks which process of a forking service is the main one. The answer is Sought.
type Seek struct {
	Unit unit.Name
	File string // of which the number is to be read; "": guess
}

// RemoveFile asks to remove a PID file that its service has left.
type RemoveFile struct{ Path string }

// Keep asks to keep the descriptors of a notification for the next start. The
// answer is Stored.
type Keep struct {
	Unit   unit.Name
	Parcel Parcel
	Name   string // for LISTEN_FDNAMES
	Poll   bool   // drop them when the other side hangs up
	Max    int    // as many may be kept for the unit
}

// Release asks to close descriptors that were kept. The answer is Stored.
type Release struct {
	Unit unit.Name
	Name string // those of this name; "": all
}

// WatchName asks for NameChanged now and whenever it changes.
type WatchName struct {
	Unit unit.Name
	Name string
}

// UnwatchName ends WatchName.
type UnwatchName struct{ Unit unit.Name }

// ReadStamp asks when a timer elapsed last; the answer is Stamped.
type ReadStamp struct{ Unit unit.Name }

// WriteStamp asks to keep when a timer elapsed: Wall is in microseconds since the epoch.
type WriteStamp struct {
	Unit unit.Name
	Wall int64
}

// Hangup asks to close the manager's own descriptor of a connection.
type Hangup struct{ Conn Conn }

// Log asks to write a line to the journal.
type Log struct {
	Unit       unit.Name
	Invocation Invocation
	Priority   int // syslog: 3 error, 4 warning, 5 notice, 6 info, 7 debug
	Text       string
}

// Answer ends a request.
type Answer struct {
	Request Request
	Result  JobResult
	Text    string // why, where the result is not done
}

// Forget tells that a unit is gone; edges drop what they keep for it.
type Forget struct{ Unit unit.Name }

// Check asks whether a unit's conditions and assertions hold and whether the
// mounts are there that it needs. The answer is Checked.
type Check struct {
	Unit   unit.Name
	Number uint64
	Def    *unit.Unit
}

// Exit ends the manager. Machine is what becomes of the machine: "" for nothing,
// reboot, poweroff, halt, kexec, soft-reboot.
type Exit struct {
	Code    int
	Machine string
}

func (Open) effect()         {}
func (Close) effect()        {}
func (Watch) effect()        {}
func (Unwatch) effect()      {}
func (Flush) effect()        {}
func (*Spawn) effect()       {}
func (Signal) effect()       {}
func (Adopt) effect()        {}
func (Seek) effect()         {}
func (RemoveFile) effect()   {}
func (Keep) effect()         {}
func (Release) effect()      {}
func (WatchName) effect()    {}
func (UnwatchName) effect()  {}
func (Hangup) effect()       {}
func (Log) effect()          {}
func (Answer) effect()       {}
func (Forget) effect()       {}
func (Check) effect()        {}
func (Exit) effect()         {}
func (ReadStamp) effect()    {}
func (WriteStamp) effect()   {}
func (WatchPaths) effect()   {}
func (UnwatchPaths) effect() {}
