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
	Main    bool        // the service's main process, not a control command
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

// Exit ends the manager.
type Exit struct{ Code int }

func (Open) effect()         {}
func (Close) effect()        {}
func (Watch) effect()        {}
func (Unwatch) effect()      {}
func (Flush) effect()        {}
func (WatchPaths) effect()   {}
func (UnwatchPaths) effect() {}
func (*Spawn) effect()       {}
func (Signal) effect()       {}
func (ReadStamp) effect()    {}
func (WriteStamp) effect()   {}
func (Hangup) effect()       {}
func (Log) effect()          {}
func (Answer) effect()       {}
func (Forget) effect()       {}
func (Exit) effect()         {}
