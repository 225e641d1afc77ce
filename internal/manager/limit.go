package manager

import "wakesock/internal/value"

// A limiter counts events in a window that starts with the first of them, as
// StartLimit*, TriggerLimit* and PollLimit* mean it. Interval or burst 0 means
// no limit.
type limiter struct {
	begin Time
	count uint32
}

// below counts one event and tells whether it is within the limit.
func (l *limiter) below(now Time, interval value.Span, burst uint32) bool {
	if interval <= 0 || burst == 0 {
		return true
	}
	if l.count == 0 || now-l.begin >= Time(interval) {
		l.begin, l.count = now, 0
	}
	if l.count >= burst {
		return false
	}
	l.count++
	return true
}

// full tells whether the next event would be over the limit.
func (l *limiter) full(now Time, interval value.Span, burst uint32) bool {
	if interval <= 0 || burst == 0 {
		return false
	}
	return l.count >= burst && now-l.begin < Time(interval)
}

// end is when the window that is full is over.
func (l *limiter) end(interval value.Span) Time { return l.begin.plus(interval) }

func (l *limiter) reset() { *l = limiter{} }
