package journal

import (
	"sync"
	"time"
)

// limits are the rate limits of the units that have streams, by unit name: both
// outputs of a unit count together, and a unit that is restarted finds its old
// count, or a crash loop would have no limit.
type limits struct {
	mu    sync.Mutex
	units map[string]*limit
	sweep int // look for forgotten ones at this many
}

// A limit lets burst lines through in each interval, which begins with the first
// line. At its end, or when the last stream closes, it reports how many it held
// back. A timer runs only while it holds lines back.
type limit struct {
	interval time.Duration
	burst    int
	report   func(suppressed int)

	mu         sync.Mutex
	users      int
	begin      time.Time
	count      int
	suppressed int
	timer      *time.Timer
}

// acquire returns the limit of a unit for one more stream.
func (l *limits) acquire(unit string, interval time.Duration, burst int, now time.Time, report func(int)) *limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.units == nil {
		l.units = make(map[string]*limit)
	}
	if len(l.units) >= l.sweep {
		for name, u := range l.units {
			if u.idle(now) {
				delete(l.units, name)
			}
		}
		l.sweep = 2*len(l.units) + 64
	}
	u := l.units[unit]
	if u == nil {
		u = &limit{}
		l.units[unit] = u
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.users++
	u.interval, u.burst, u.report = interval, burst, report // a reload may have changed them
	return u
}

// release ends what acquire began. The count is kept until its interval ends if it
// is of any weight; the thousands of instances that say a line each are forgotten.
func (l *limits) release(unit string, u *limit, now time.Time) {
	l.mu.Lock()
	u.mu.Lock()
	u.users--
	report, n := u.report, 0
	if u.users == 0 {
		n = u.settle()
		if u.over(now) || u.count < u.burst/16 {
			delete(l.units, unit)
		}
	}
	u.mu.Unlock()
	l.mu.Unlock()
	if n > 0 {
		report(n)
	}
}

// idle reports whether nothing is lost by forgetting the limit.
func (u *limit) idle(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.users == 0 && u.over(now)
}

// over reports whether the interval has ended. A clock that was set back ends it.
func (u *limit) over(now time.Time) bool {
	return u.count == 0 || now.Before(u.begin) || now.Sub(u.begin) >= u.interval
}

// allow counts a line and reports whether it may pass.
func (u *limit) allow(now time.Time) bool {
	u.mu.Lock()
	if u.over(now) {
		report, n := u.report, u.settle()
		u.begin, u.count = now, 1
		u.mu.Unlock()
		if n > 0 {
			report(n)
		}
		return true
	}
	defer u.mu.Unlock()
	if u.count < u.burst {
		u.count++
		return true
	}
	u.suppressed++
	if u.suppressed == 1 {
		u.timer = time.AfterFunc(u.begin.Add(u.interval).Sub(now), u.expire)
	}
	return false
}

// expire reports at the end of an interval after which no line came.
func (u *limit) expire() {
	u.mu.Lock()
	report, n := u.report, u.settle()
	if n > 0 {
		u.count = 0
	}
	u.mu.Unlock()
	if n > 0 {
		report(n)
	}
}

// settle returns the number of lines to report, and stops the timer.
func (u *limit) settle() int {
	n := u.suppressed
	u.suppressed = 0
	if u.timer != nil {
		u.timer.Stop()
		u.timer = nil
	}
	return n
}
