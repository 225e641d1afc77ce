package process

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

var nativeEndian = binary.NativeEndian

// defaultNOFILE is the soft limit of descriptors that a service gets unless its
// unit says otherwise: select(2) works only below it.
const defaultNOFILE = 1024

// limits are the Limit…= directives.
var limits = []struct {
	name     string
	resource int
	field    func(*unit.Exec) *value.Limit
}{
	{"CPU", unix.RLIMIT_CPU, func(x *unit.Exec) *value.Limit { return &x.LimitCPU }},
	{"FSIZE", unix.RLIMIT_FSIZE, func(x *unit.Exec) *value.Limit { return &x.LimitFSIZE }},
	{"DATA", unix.RLIMIT_DATA, func(x *unit.Exec) *value.Limit { return &x.LimitDATA }},
	{"STACK", unix.RLIMIT_STACK, func(x *unit.Exec) *value.Limit { return &x.LimitSTACK }},
	{"CORE", unix.RLIMIT_CORE, func(x *unit.Exec) *value.Limit { return &x.LimitCORE }},
	{"RSS", unix.RLIMIT_RSS, func(x *unit.Exec) *value.Limit { return &x.LimitRSS }},
	{"NOFILE", unix.RLIMIT_NOFILE, func(x *unit.Exec) *value.Limit { return &x.LimitNOFILE }},
	{"AS", unix.RLIMIT_AS, func(x *unit.Exec) *value.Limit { return &x.LimitAS }},
	{"NPROC", unix.RLIMIT_NPROC, func(x *unit.Exec) *value.Limit { return &x.LimitNPROC }},
	{"MEMLOCK", unix.RLIMIT_MEMLOCK, func(x *unit.Exec) *value.Limit { return &x.LimitMEMLOCK }},
	{"LOCKS", unix.RLIMIT_LOCKS, func(x *unit.Exec) *value.Limit { return &x.LimitLOCKS }},
	{"SIGPENDING", unix.RLIMIT_SIGPENDING, func(x *unit.Exec) *value.Limit { return &x.LimitSIGPENDING }},
	{"MSGQUEUE", unix.RLIMIT_MSGQUEUE, func(x *unit.Exec) *value.Limit { return &x.LimitMSGQUEUE }},
	{"NICE", unix.RLIMIT_NICE, func(x *unit.Exec) *value.Limit { return &x.LimitNICE }},
	{"RTPRIO", unix.RLIMIT_RTPRIO, func(x *unit.Exec) *value.Limit { return &x.LimitRTPRIO }},
	{"RTTIME", unix.RLIMIT_RTTIME, func(x *unit.Exec) *value.Limit { return &x.LimitRTTIME }},
}

// resourceLimits adds a step for each limit. As in systemd, a limit above what
// the manager may give becomes the highest that it may.
func (p *Plan) resourceLimits(x *unit.Exec) {
	for _, l := range limits {
		v := *l.field(x)
		directive := "Limit" + l.name + "="
		if !v.Set {
			if l.resource != unix.RLIMIT_NOFILE {
				continue
			}
			v, directive = inherited(l.resource), ""
		} else if _, hard := ownLimit(l.resource); v.Hard > hard && !mayRaise() {
			v.Hard = hard
		}
		if l.resource == unix.RLIMIT_NOFILE {
			v.Hard = min(v.Hard, mostFiles())
		}
		v.Soft = min(v.Soft, v.Hard)
		b := nativeEndian.AppendUint64(nativeEndian.AppendUint64(nil, v.Soft), v.Hard)
		p.after.add(about{
			fmt.Sprintf("prlimit64(0, RLIMIT_%s, {%s, %s})", l.name, limitText(v.Soft), limitText(v.Hard)),
			fmt.Sprintf("set limit %s to %s:%s", l.name, limitText(v.Soft), limitText(v.Hard)), directive,
		}, StatusLimits, unix.SYS_PRLIMIT64, 0, uintptr(l.resource), p.hold(b), 0)
	}
}

// InheritedLimits are the limits that a service has which sets none, by directive.
func InheritedLimits() map[string]value.Limit {
	all := make(map[string]value.Limit, len(limits))
	for _, l := range limits {
		all["Limit"+l.name] = inherited(l.resource)
	}
	return all
}

// inherited is a limit that a service has which does not set it: the manager's,
// but for the soft limit of descriptors.
func inherited(resource int) value.Limit {
	soft, hard := ownLimit(resource)
	if resource == unix.RLIMIT_NOFILE {
		soft = min(defaultNOFILE, hard)
	}
	return value.Limit{Set: true, Soft: soft, Hard: hard}
}

func limitText(n uint64) string {
	if n == value.LimitInfinity {
		return "infinity"
	}
	return strconv.FormatUint(n, 10)
}

// ownLimit is a limit of this process, as it is now.
func ownLimit(resource int) (soft, hard uint64) {
	var r unix.Rlimit
	if unix.Getrlimit(resource, &r) != nil {
		return value.LimitInfinity, value.LimitInfinity
	}
	return r.Cur, r.Max
}

// mayRaise says whether this process has CAP_SYS_RESOURCE.
var mayRaise = sync.OnceValue(func() bool {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, after, ok := strings.Cut(string(b), "CapEff:\t")
	if !ok {
		return false
	}
	line, _, _ := strings.Cut(after, "\n")
	caps, err := strconv.ParseUint(line, 16, 64)
	return err == nil && caps&(1<<unix.CAP_SYS_RESOURCE) != 0
})

// mostFiles is fs.nr_open, above which not even root may set RLIMIT_NOFILE.
var mostFiles = sync.OnceValue(func() uint64 {
	b, err := os.ReadFile("/proc/sys/fs/nr_open")
	if err != nil {
		return 1 << 20
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 1 << 20
	}
	return n
})
