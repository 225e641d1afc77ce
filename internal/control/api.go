package control

import (
	"context"
	"os"
)

// A Manager is what can be asked of a running manager. Every call returns an
// *Error where the request cannot be served.
type Manager interface {
	// Jobs starts, stops or restarts units and waits for the jobs to end.
	Jobs(ctx context.Context, r JobsRequest) ([]JobReply, error)
	// Queue lists the jobs that wait or run.
	Queue(ctx context.Context, r Nothing) ([]Job, error)
	// Cancel cancels jobs.
	Cancel(ctx context.Context, r CancelRequest) (Nothing, error)
	// Dependencies lists what a unit has to do with.
	Dependencies(ctx context.Context, r NamesRequest) ([]Dependency, error)
	// Units lists loaded units.
	Units(ctx context.Context, r UnitsRequest) ([]Unit, error)
	// Sockets lists what socket units listen on, a row for each address.
	Sockets(ctx context.Context, r UnitsRequest) ([]Socket, error)
	// Paths lists what path units wait for, a row for each line of theirs.
	Paths(ctx context.Context, r UnitsRequest) ([]Path, error)
	// Timers lists timer units and when they elapse.
	Timers(ctx context.Context, r UnitsRequest) ([]Timer, error)
	// Transient makes units that live until nobody needs them and starts the first.
	Transient(ctx context.Context, r TransientRequest) (JobReply, error)
	// Properties changes settings of a unit, now and for later.
	Properties(ctx context.Context, r PropertiesRequest) (Nothing, error)
	// Wait waits until transient units are down and tells how they ended.
	Wait(ctx context.Context, r NamesRequest) ([]Ended, error)
	// Show returns the properties of units, in systemctl show's names and formats.
	Show(ctx context.Context, r NamesRequest) ([]Properties, error)
	// Status returns what systemctl status tells about units.
	Status(ctx context.Context, r NamesRequest) ([]Status, error)
	// Files returns the texts of units' files, main file first.
	Files(ctx context.Context, r NamesRequest) ([]Files, error)
	// Explain returns units' effective settings and what becomes of them here.
	Explain(ctx context.Context, r ExplainRequest) ([]Explanation, error)
	// Environment changes the environment block that services inherit and returns it.
	Environment(ctx context.Context, r EnvironmentRequest) (EnvironmentReply, error)
	// Reload reads all unit files again.
	Reload(ctx context.Context, r Nothing) (ReloadReply, error)
	// Reset forgets failed states.
	Reset(ctx context.Context, r NamesRequest) (Nothing, error)
	// Kill sends a signal to units' processes.
	Kill(ctx context.Context, r KillRequest) (Nothing, error)
	// Quit stops all units and ends the manager.
	Quit(ctx context.Context, r QuitRequest) (Nothing, error)
	// Info tells about the manager itself.
	Info(ctx context.Context, r Nothing) (Info, error)
}

// Nothing is the request or reply that says nothing.
type Nothing struct{}

// A JobsRequest names a verb and the units it is for.
type JobsRequest struct {
	Verb    string   // start, stop, restart, try-restart, reload, reload-or-restart, try-reload-or-restart
	Mode    string   // job mode; "" is replace
	Names   []string // complete names; patterns match loaded units
	NoBlock bool     // do not wait
}

// A JobReply is how one job ended.
type JobReply struct {
	Unit   string
	Result string // done, failed, dependency, timeout, canceled, skipped, assert, not-found, refused, not-by-hand, masked, conflict, cyclic, destructive, not-applicable, no-isolation
	Text   string // why, where it is not done
}

// A Job is a row of list-jobs.
type Job struct {
	ID    uint32   `json:"job"`
	Unit  string   `json:"unit"`
	Type  string   `json:"type"`
	State string   `json:"state"`           // waiting, running
	After []uint32 `json:"after,omitempty"` // jobs that must end before it begins
}

// A CancelRequest names jobs by number; none means all.
type CancelRequest struct{ IDs []uint32 }

// A Dependency is what one unit has to do with another, under the name of the
// property that lists it.
type Dependency struct {
	Unit     string
	Property string
	To       string
	Active   string // the other unit's state
}

// A UnitsRequest selects units.
type UnitsRequest struct {
	Patterns []string // shell patterns of names; none means all
	Types    []string // unit types; none means all
	States   []string // load, active or sub states; none means all
	All      bool     // also inactive units
}

// A Unit is a row of list-units.
type Unit struct {
	Unit        string `json:"unit"`
	Load        string `json:"load"`
	Active      string `json:"active"`
	Sub         string `json:"sub"`
	Description string `json:"description"`
	Job         string `json:"job,omitempty"`
	Following   string `json:"-"`
}

// A Socket is a row of list-sockets.
type Socket struct {
	Listen    string `json:"listen"`
	Unit      string `json:"unit"`
	Activates string `json:"activates"`
	Type      string `json:"type"`
	Accepted  uint64 `json:"accepted"`
	Active    int    `json:"active"`
	Refused   uint64 `json:"refused"`
	Paused    bool   `json:"paused,omitempty"`
}

// A Path is a row of list-paths.
type Path struct {
	Path      string `json:"path"`
	Condition string `json:"condition"` // the directive: PathExists, PathChanged
	Unit      string `json:"unit"`
	Activates string `json:"activates"`
	Paused    bool   `json:"paused,omitempty"`
}

// A Timer is a row of list-timers. Times are microseconds since the epoch; 0 means never.
type Timer struct {
	Next, Last      int64
	Waiting         bool // for Next, or if that is 0 for something else to happen
	Unit, Activates string
}

// A TransientRequest describes transient units.
type TransientRequest struct {
	Units   []File // Path is a unit name, Text what its file would say
	NoBlock bool   // do not wait until the first one has started
	Keep    bool   // keep the first one, though it is down, until Wait has told how it ended

	// Streams are stdin, stdout and stderr for the first unit's
	// StandardInput=fd:stdin and its sisters; nil: none. They travel beside the text.
	Streams []*os.File `json:"-"`
}

func (r *TransientRequest) take(files []*os.File) { r.Streams = files }

// A PropertiesRequest sets settings of a unit, each NAME=VALUE; no value is the default.
type PropertiesRequest struct {
	Unit    string
	Set     []string
	Runtime bool // until the machine is started anew
}

// An Ended tells how a unit ended. Times are microseconds.
type Ended struct {
	Unit       string
	Result     string
	ExitCode   string // exited, killed, dumped; "" if no main process ran
	ExitStatus int
	ExitText   string // "status=3", "status=9/KILL" in systemd's words
	Runtime    int64
	CPU        int64 // -1: not known
}

// A NamesRequest names units: complete names or patterns.
type NamesRequest struct {
	Names []string // for Status also numbers of processes
	All   bool     // patterns match inactive units too
	Lines int      // log lines wanted by Status; 0: as many as usual, -1: none
	Brief bool     // Status: neither log lines nor what the unit files say

	Format string // of those lines, in the words of wakesock logs -o; "" is short
}

// A Property is one line of show.
type Property struct{ Name, Value string }

// Properties are a unit's, in the order in which show prints them.
type Properties struct {
	Unit       string
	Properties []Property
}

// A Process is a line of the process list of a status.
type Process struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
}

// A Command is one that has run and ended.
type Command struct {
	PID        int    `json:"pid"`
	Command    string `json:"command"` // with its directive: "ExecStartPre=/bin/true"
	ExitCode   string `json:"exitCode"`
	ExitStatus string `json:"exitStatus"`
}

// A Status is what status prints about one unit. Times are microseconds since
// the epoch; 0 means never.
type Status struct {
	Unit          string    `json:"unit"`
	Description   string    `json:"description,omitempty"`
	Load          string    `json:"load"`
	Active        string    `json:"active"`
	Sub           string    `json:"sub"`
	Result        string    `json:"result,omitempty"`
	Fragment      string    `json:"fragment,omitempty"`
	DropIns       []string  `json:"dropIns,omitempty"`
	UnitFile      string    `json:"unitFileState,omitempty"`  // enabled, static, …
	Preset        string    `json:"unitFilePreset,omitempty"` // enabled or disabled; "" where it is of no use
	Documentation []string  `json:"documentation,omitempty"`
	LoadError     string    `json:"loadError,omitempty"` // why it was not loaded
	Since         int64     `json:"since,omitempty"`
	Lasted        int64     `json:"lasted,omitempty"` // µs that it was up, once it is down
	Started       int64     `json:"started,omitempty"`
	Exited        int64     `json:"exited,omitempty"` // of the main process
	Invocation    string    `json:"invocation,omitempty"`
	TriggeredBy   []string  `json:"triggeredBy,omitempty"`
	Triggers      []string  `json:"triggers,omitempty"`
	Listen        []Socket  `json:"listen,omitempty"`
	Device        string    `json:"device,omitempty"` // path of a device in /sys
	Peer          string    `json:"peer,omitempty"`   // of the connection that an instance serves
	MainPID       int       `json:"mainPID,omitempty"`
	LastPID       int       `json:"lastPID,omitempty"` // of the main process that was last, alive or not
	MainCommand   string    `json:"mainCommand,omitempty"`
	ExitCode      string    `json:"exitCode,omitempty"`
	ExitStatus    string    `json:"exitStatus,omitempty"` // of the last main process
	Control       []Process `json:"control,omitempty"`
	StatusText    string    `json:"statusText,omitempty"`  // what the service says of itself
	StatusErrno   int       `json:"statusErrno,omitempty"` // and which error it reports
	Stored        int       `json:"stored,omitempty"`      // descriptors that are kept for it
	StoredMax     int       `json:"storedMax,omitempty"`
	Ended         []Command `json:"ended,omitempty"` // commands that have run and ended
	Processes     []Process `json:"processes,omitempty"`
	CGroup        string    `json:"controlGroup,omitempty"` // their control group; "": they have none of their own
	Tasks         int       `json:"tasks,omitempty"`
	Memory        int64     `json:"memory"` // bytes; -1: not known
	CPU           int64     `json:"cpu"`    // microseconds; -1: not known
	Accepted      uint64    `json:"accepted,omitempty"`
	Refused       uint64    `json:"refused,omitempty"`
	Connections   int       `json:"connections,omitempty"`
	Paused        bool      `json:"paused,omitempty"`
	Timer         bool      `json:"timer,omitempty"`
	Next          int64     `json:"next,omitempty"` // when a timer elapses
	Problems      []string  `json:"problems,omitempty"`
	Job           string    `json:"job,omitempty"`
	Checked       int64     `json:"checked,omitempty"`    // when the conditions were looked at
	Conditions    []string  `json:"conditions,omitempty"` // those that did not hold
	Log           []string  `json:"log,omitempty"`
}

// A File is a unit file's text.
type File struct{ Path, Text string }

// Files are the files of one unit; Load says why there are none.
type Files struct {
	Unit, Load string
	Files      []File
}

// An ExplainRequest names units to explain.
type ExplainRequest struct {
	Names []string
	Plan  bool // also the system calls that start the program
	All   bool // also settings that are at their default
}

// A Setting is one effective setting.
type Setting struct {
	Section  string `json:"section"`
	Name     string `json:"name"`
	Value    string `json:"value"`
	Place    string `json:"place"`    // file:line, or "default"
	Standing string `json:"standing"` // enforced, emulated, not enforced
	Reason   string `json:"reason,omitempty"`
}

// An Explanation is a unit's effective settings.
type Explanation struct {
	Unit     string    `json:"unit"`
	Load     string    `json:"load"`
	Settings []Setting `json:"settings"`
	Problems []string  `json:"problems,omitempty"`
	Plan     string    `json:"plan,omitempty"`
}

// An EnvironmentRequest sets (NAME=VALUE) and unsets (NAME or NAME=VALUE) variables.
type EnvironmentRequest struct{ Set, Unset []string }

// An EnvironmentReply is the environment block, sorted.
type EnvironmentReply struct{ Variables []string }

// A ReloadReply tells what a reload found.
type ReloadReply struct {
	Units    int
	Problems []string
}

// A KillRequest asks for a signal.
type KillRequest struct {
	Names  []string
	Who    string // main, control, all
	Signal string
}

// A QuitRequest ends the manager with an exit code.
type QuitRequest struct{ Code int }

// Info is about the manager itself.
type Info struct {
	Version  string   `json:"version"`
	PID      int      `json:"pid"`
	Mode     string   `json:"mode"` // system or user
	UnitPath []string `json:"unitPath"`
	StateDir string   `json:"stateDir"`
	Started  int64    `json:"started"` // µs since the epoch
	Jobs     int      `json:"jobs"`
	Failed   int      `json:"failed"`
	Units    int      `json:"units"`
	State    string   `json:"state"` // starting (the first units are on their way), running, degraded, stopping
}

// An Error is a request that was not served. Code is one of the constants below.
type Error struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// The codes of errors; package ctl maps them to exit statuses.
const (
	CodeNotFound   = "not-found"
	CodeInvalid    = "invalid"
	CodePermission = "permission"
	CodeRefused    = "refused"
	CodeInternal   = "internal"
	CodeNoManager  = "no-manager"
)

func (e *Error) Error() string { return e.Text }
