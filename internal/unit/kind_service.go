package unit

// Kinds of value of the [Service] section.

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"wakesock/internal/value"
)

var (
	serviceTypes = choice(ServiceSimple, ServiceExec, ServiceForking, ServiceOneshot, ServiceDBus, ServiceNotify, ServiceNotifyReload, ServiceIdle)
	restarts     = choice(RestartNo, RestartOnSuccess, RestartOnFailure, RestartOnAbnormal, RestartOnWatchdog, RestartOnAbort, RestartAlways)
	timeoutMode  = choice("terminate", "abort", "kill")
)

// command is one line of an Exec directive, which may hold several commands.
var command = kind[[]Command]{
	name: "command lines", empty: true, format: formatCommands,
	parse: ParseCommand,
}

// abortTimeout allows the empty value, which leaves it to TimeoutStopSec=; 0 is
// no time at all.
var abortTimeout = kind[value.Span]{name: span.name, parse: span.parse, format: span.format, empty: true, unset: noAbortTimeout}

const noAbortTimeout value.Span = -1

// AbortTimeout is how long processes may take to die of WatchdogSignal=.
func (s *Service) AbortTimeout() value.Span {
	if s.TimeoutAbortSec == noAbortTimeout {
		return s.TimeoutStopSec
	}
	return s.TimeoutAbortSec
}

// OOMPolicy is the OOMPolicy= of a service, which lets those go on that look
// after control groups of their own unless it says otherwise.
func (u *Unit) OOMPolicy() string {
	if u.Service.OOMPolicy == "" && u.Resource.Delegate != "no" {
		return "continue"
	}
	return cmp.Or(u.Service.OOMPolicy, "stop")
}

// bothTimeouts sets two directives at once.
func bothTimeouts() row[Service] {
	r := one("TimeoutSec", func(s *Service) *value.Span { return &s.TimeoutStartSec }, spanFixZero, "", "5s",
		"Sets both TimeoutStartSec= and TimeoutStopSec=.", property(""))
	r.unset = nil
	r.show = func(*Service) string { return "" }
	r.unset = nil // the default is that of the two
	set := r.set
	r.set = func(s *Service, c *Context, value string) error {
		err := set(s, c, value)
		if err == nil {
			s.TimeoutStopSec = s.TimeoutStartSec
		}
		return err
	}
	return r
}

// pidFile is a path below /run if it is not absolute.
var pidFile = kind[string]{
	name: "path", format: same, empty: true,
	parse: func(c *Context, s string) (string, error) {
		s, err := c.Expand(s)
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(s, "/") {
			s = "/run/" + s
		}
		return cleanPath(s)
	},
}

var busName = kind[string]{
	name: "bus name", format: same,
	parse: func(c *Context, s string) (string, error) {
		s, err := c.Expand(s)
		if err != nil {
			return "", err
		}
		parts := strings.Split(s, ".")
		bad := len(parts) < 2 || len(s) > 255
		for _, p := range parts {
			p = strings.ReplaceAll(p, "-", "_")
			bad = bad || !letters(p, "") || p[0] >= '0' && p[0] <= '9'
		}
		if bad {
			return "", fmt.Errorf("%q is not a bus name, such as org.example.Echo", s)
		}
		return s, nil
	},
}

var exitSet = kind[ExitSet]{
	name: "exit statuses and signals", empty: true, format: ExitSet.String,
	parse: func(c *Context, s string) (set ExitSet, err error) {
		words, err := SplitWords(s, splitPlain)
		if err != nil {
			return set, err
		}
		for _, w := range words {
			if n, err := value.ParseExitStatus(w); err == nil {
				set.Statuses = append(set.Statuses, n)
			} else if g, err := value.ParseSignal(w); err == nil {
				set.Signals = append(set.Signals, g)
			} else {
				c.Warn("", "%q is neither an exit status nor a signal, left out", w)
			}
		}
		return set, nil
	},
}

// join returns the union; neither set is changed.
func (x ExitSet) join(more ExitSet) ExitSet {
	return ExitSet{join(x.Statuses, more.Statuses), join(x.Signals, more.Signals)}
}

// String prints the statuses, then the signals without SIG.
func (x ExitSet) String() string {
	words := make([]string, 0, len(x.Statuses)+len(x.Signals))
	for _, n := range x.Statuses {
		words = append(words, strconv.Itoa(n))
	}
	for _, g := range x.Signals {
		words = append(words, g.Name())
	}
	return strings.Join(words, " ")
}

// openFile is PATH, PATH:NAME or PATH:NAME:OPTIONS.
var openFile = single("path:name:options", func(c *Context, s string) (string, error) {
	parts := strings.Split(s, ":")
	p, err := absolute(c, parts[0])
	if err != nil {
		return "", err
	}
	parts[0] = p
	if len(parts) > 1 && parts[1] != "" {
		err = checkDescriptorName(parts[1])
	}
	if err == nil && len(parts) > 2 {
		for o := range strings.SplitSeq(parts[2], ",") {
			if _, e := choice("read-only", "append", "truncate", "graceful").parse(c, o); e != nil {
				err = e
			}
		}
	}
	if err == nil && len(parts) > 3 {
		err = fmt.Errorf("%q has too many colons", s)
	}
	return strings.Join(parts, ":"), err
}, formatLines)

var refresh = vocabulary("boolean, extensions or credentials", func(w string) bool {
	_, err := value.ParseBool(w)
	return err == nil || w == "extensions" || w == "credentials"
})

func allServiceRows() []row[Service] {
	return append(serviceRows(),
		bothTimeouts(),
		gone[Service]("PermissionsStartOnly", "Applied users and groups to ExecStart= only.", "superseded by prefixes of commands", "'!' or '+' in front of the commands that need it"),
		gone[Service]("SysVStartPriority", "Ordered services by the priority of their init scripts.", noLonger, ""),
		gone[Service]("BusPolicy", "Set the policy of a bus in the kernel.", noLonger, ""),
	)
}

// oldServiceRows are directives of [Unit] that were once in [Service].
func oldServiceRows(common []row[Common]) []row[Common] {
	rows := []row[Common]{
		old("StartLimitInterval", common, "StartLimitIntervalSec"),
		old("StartLimitBurst", common, "StartLimitBurst"),
		old("StartLimitAction", common, "StartLimitAction"),
		old("FailureAction", common, "FailureAction"),
		old("RebootArgument", common, "RebootArgument"),
	}
	for i := range rows {
		now := "[Unit] " + rows[i].Now
		rows[i].Now, rows[i].Text = now, "The earlier place of "+now+"."
	}
	return rows
}
