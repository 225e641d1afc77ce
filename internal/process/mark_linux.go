package process

// The mark of a run. A daemon that makes itself a session and clears its
// environment has nothing left by which it could be told whose it was, once its
// parents have ended. But resource limits are inherited by everything below a
// process, and the one for real-time computing has a range that nobody can tell
// apart: 2^62 microseconds are 146,000 years. So its soft limit is 2^62 plus the
// beginning of the invocation ID, unless the unit sets LimitRTTIME= itself.

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"wakesock/internal/value"
)

const (
	markBit    = 1 << 62
	markDigits = 15 // hexadecimal, of the invocation ID
)

// mayMark says whether the limit is free for marks: a hard limit below them may
// have been set on the manager.
var mayMark = sync.OnceValue(func() bool {
	_, hard := ownLimit(unix.RLIMIT_RTTIME)
	return hard == value.LimitInfinity
})

// mark adds the step that marks the child with INVOCATION_ID= of its start.
func (p *Plan) mark(s *Start) {
	if p.unit.Exec.LimitRTTIME.Set || !mayMark() {
		return
	}
	for _, v := range s.Vars {
		id, ok := strings.CutPrefix(v, "INVOCATION_ID=")
		if !ok || len(id) < markDigits {
			continue
		}
		if n, err := strconv.ParseUint(id[:markDigits], 16, 64); err == nil {
			p.limit = [2]uint64{markBit | n, value.LimitInfinity}
			p.run.add(about{"prlimit64(0, RLIMIT_RTTIME, {mark of the invocation, infinity})", "mark the process", ""}, StatusLimits,
				unix.SYS_PRLIMIT64, 0, unix.RLIMIT_RTTIME, address(&p.limit[0]), 0).forgive = anyError
		}
		return
	}
}

// Mark returns the first digits of the INVOCATION_ID with which a process or one
// that it descends from was started, "" if it bears no mark. It reads a file of /proc.
func Mark(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits")
	if err != nil {
		return ""
	}
	_, line, ok := strings.Cut(string(b), "Max realtime timeout")
	if !ok {
		return ""
	}
	soft := strings.Fields(line)
	if len(soft) == 0 {
		return ""
	}
	n, err := strconv.ParseUint(soft[0], 10, 64)
	if err != nil || n&markBit == 0 || n>>63 != 0 {
		return ""
	}
	digits := strconv.FormatUint(n&^markBit, 16)
	return strings.Repeat("0", max(0, markDigits-len(digits))) + digits
}
