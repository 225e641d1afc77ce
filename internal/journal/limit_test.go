package journal

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limits
		var (
			mu      sync.Mutex // for the race detector: a sleep orders, but it does not know
			reports []int
		)
		acquire := func(unit string) *limit {
			return l.acquire(unit, 10*time.Second, 3, time.Now(), func(n int) {
				mu.Lock()
				defer mu.Unlock()
				reports = append(reports, n)
			})
		}
		say := func(u *limit, n int) (passed int) {
			for range n {
				if u.allow(time.Now()) {
					passed++
				}
			}
			return passed
		}
		expect := func(passed, want int, wantReports ...int) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if passed != want || !slices.Equal(reports, wantReports) {
				t.Errorf("%d passed, want %d; reports %v, want %v", passed, want, reports, wantReports)
			}
			reports = nil
		}
		u := acquire("a")
		expect(say(u, 5), 3)
		time.Sleep(9 * time.Second)
		expect(say(u, 1), 0)
		time.Sleep(time.Second) // the end of the interval, with nothing more said
		expect(0, 0, 3)
		expect(say(u, 2), 2)
		time.Sleep(11 * time.Second)
		expect(say(u, 4), 3)
		// The count is of all streams of the unit, and outlives them.
		v := acquire("a")
		expect(say(v, 1), 0)
		l.release("a", u, time.Now())
		expect(0, 0)
		l.release("a", v, time.Now())
		expect(0, 0, 2)
		u = acquire("a")
		expect(say(u, 1), 0)
		// A clock that is set back begins a new interval.
		if !u.allow(time.Now().Add(-time.Hour)) {
			t.Error("held back after the clock was set back")
		}
		expect(0, 0, 1)
		l.release("a", u, time.Now())
		expect(0, 0)
		// Units of the past are forgotten.
		for i := range 1000 {
			name := fmt.Sprint(i)
			u := acquire(name)
			say(u, 3)
			l.release(name, u, time.Now())
			time.Sleep(time.Second)
		}
		if len(l.units) > 100 {
			t.Errorf("%d units are remembered", len(l.units))
		}
	})
}
