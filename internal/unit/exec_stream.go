package unit

import (
	"slices"

	"wakesock/internal/value"
)

// A Stream is a value of StandardInput=, StandardOutput= or StandardError=.
type Stream struct {
	Kind string // null, tty, tty-force, tty-fail, inherit, journal, kmsg, journal+console, kmsg+console, data, file, append, truncate, socket, fd
	Path string // file, append, truncate
	Name string // fd: the descriptor's name; "" means stdin, stdout or stderr
}

// Output is the kind of StandardOutput=: where nothing or "inherit" is said,
// it inherits from an input that can be written to as well, and goes to the
// journal otherwise.
func (e *Exec) Output() string {
	kind := e.StandardOutput.Kind
	if kind != "" && kind != "inherit" {
		return kind
	}
	switch e.StandardInput.Kind {
	case "tty", "tty-force", "tty-fail", "socket", "fd":
		return "inherit"
	}
	return "journal"
}

// Logs tells whether LogLevelMax= keeps what is said about the unit with a
// priority as syslog(3) counts them.
func (e *Exec) Logs(priority int) bool {
	return e.LogLevelMax == "" || priority <= slices.Index(logLevels, e.LogLevelMax)
}

// noTerminals and consoles are the values that reach less than they name.
var (
	noTerminals = map[string]string{"tty": noTTY, "tty-force": noTTY, "tty-fail": noTTY}
	consoles    = map[string]string{
		"tty": noTTY, "kmsg": logOnly, "kmsg+console": logOnly, "journal+console": logOnly, "syslog+console": logOnly,
	}
)

const (
	noTTY   = "terminals are not opened yet"
	logOnly = "goes to the log alone"
)

func streamRows() []row[Exec] {
	return []row[Exec]{
		one("StandardInput", func(e *Exec) *Stream { return &e.StandardInput }, inputStream, "null", "socket",
			"Where the commands read from.", but(someInputs, noTerminals)),
		one("StandardOutput", func(e *Exec) *Stream { return &e.StandardOutput }, outputStream, "", "null",
			"Where the commands' output goes.", shown("inherit, or journal"), but(someOutputs, consoles)),
		one("StandardError", func(e *Exec) *Stream { return &e.StandardError }, outputStream, "", "null",
			"Where the commands' error messages go.", shown("inherit"), but(someOutputs, consoles)),
		one("LogLevelMax", func(e *Exec) *string { return &e.LogLevelMax }, logLevel, "", "info",
			"Drops log entries that are less important than this."),
		list("LogExtraFields", func(e *Exec) *[]string { return &e.LogExtraFields }, logFields, "SITE=one",
			"Fields that are added to all log entries of the unit.", notEnforced(noLogFields)),
		list("LogFilterPatterns", func(e *Exec) *[]string { return &e.LogFilterPatterns }, text1, "~debug",
			"Patterns that log entries have to match or, with '~', must not match.", notEnforced(noLogFilter), since(253)),
		one("LogNamespace", func(e *Exec) *string { return &e.LogNamespace }, logNamespace, "", "echo",
			"Keeps the log of the unit apart from the other logs.", notEnforced(noLogNamespace)),
		one("LogRateLimitIntervalSec", func(e *Exec) *value.Span { return &e.LogRateLimitIntervalSec }, span, "0", "10s",
			"The interval in which the unit may write LogRateLimitBurst= log entries.", property("LogRateLimitIntervalUSec"), shown("the log's")),
		one("LogRateLimitBurst", func(e *Exec) *uint32 { return &e.LogRateLimitBurst }, unsigned, "0", "100",
			"How many log entries the unit may write in LogRateLimitIntervalSec=.", shown("the log's")),
		one("SyslogIdentifier", func(e *Exec) *string { return &e.SyslogIdentifier }, text, "", "echo",
			"The name that the log entries of the unit bear."),
		one("SyslogFacility", func(e *Exec) *string { return &e.SyslogFacility }, logFacility, "daemon", "local0",
			"The facility of the log entries of the unit."),
		one("SyslogLevel", func(e *Exec) *string { return &e.SyslogLevel }, logLevel, "info", "warning",
			"The level of log entries that have none of their own."),
		one("SyslogLevelPrefix", func(e *Exec) *bool { return &e.SyslogLevelPrefix }, boolean, "yes", "no",
			"Lets lines say their level with a prefix such as <3>."),
	}
}

// inputRows are the two ways to write what StandardInput=data reads; they share
// one field and add to it in file order.
func inputRows() []row[Exec] {
	field := func(e *Exec) *string { return &e.StandardInputText }
	add := func(old, more string) string { return old + more }
	return []row[Exec]{
		gather("StandardInputText", field, inputText, add, "hello",
			"Text that the commands read with StandardInput=data.", property("")),
		gather("StandardInputData", field, inputData, add, "aGVsbG8K",
			"Bytes in base64 that the commands read with StandardInput=data."),
	}
}
