package manager

// When a service is started again, and how soon.

import (
	"math"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// restarting decides by the table of Restart= in systemd.service(5).
func (s *service) restarting() bool {
	d := s.Def.Service
	if s.last.Code != CodeNone {
		if s.last.in(d.RestartPreventExitStatus) {
			return false
		}
		if s.last.in(d.RestartForceExitStatus) {
			return true
		}
	}
	if s.res == FailureCondition {
		return false
	}
	switch d.Restart {
	case unit.RestartNo:
		return false
	case unit.RestartAlways:
		return true
	case unit.RestartOnSuccess:
		return s.res == Success
	case unit.RestartOnFailure:
		return s.res != Success
	case unit.RestartOnAbnormal:
		return s.res != Success && s.res != FailureExitCode
	case unit.RestartOnAbort:
		return s.res == FailureSignal || s.res == FailureCoreDump
	case unit.RestartOnWatchdog:
		return s.res == FailureWatchdog
	}
	return false
}

// restartDelay is how long the next restart waits: RestartSec= at first, growing
// to RestartMaxDelaySec= in RestartSteps= equal ratios.
func (s *service) restartDelay() value.Span {
	d := s.Def.Service
	n := s.restarts + 1
	least, most := d.RestartSec, d.RestartMaxDelaySec
	switch {
	case n <= 1, d.RestartSteps == 0, least == 0, most == value.Infinity, least >= most:
		return least
	case n > int(d.RestartSteps):
		return most
	}
	return value.Span(math.Round(float64(least) * math.Pow(float64(most)/float64(least), float64(n-1)/float64(d.RestartSteps))))
}
