package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// pollEvery is how often a follower looks where it cannot be told: before the
// directory exists, and where inotify has no watch left.
const pollEvery = 250 * time.Millisecond

// Follow gives what Read gives and then the entries that come, until the context
// ends. With Lines negative it begins with what comes. No entry is given twice or
// left out, also when segments rotate, unless the bound on the journal's size
// removes a segment before it was opened: then a [GapError] stands in its place.
func Follow(ctx context.Context, dir string, f Filter) iter.Seq2[Entry, error] {
	f.Reverse = false
	return func(yield func(Entry, error) bool) {
		r, err := newReader(dir, f)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer r.close()
		w := watch(ctx, dir) // before the first look, so that nothing falls between
		defer w.close()
		goOn := r.history(yield)
		for goOn && ctx.Err() == nil {
			w.wait(ctx)
			if goOn = r.news(ctx, yield); goOn && r.replaced {
				// The watch is still on the old directory, which our open file
				// has kept alive.
				r.replaced = false
				w.close()
				w.arm(ctx)
				goOn = r.news(ctx, yield)
			}
		}
	}
}

// news gives what was written since the last look.
func (r *reader) news(ctx context.Context, yield func(Entry, error) bool) (goOn bool) {
	visit := r.only(func(e Entry, err error) bool { return ctx.Err() == nil && yield(e, err) })
	// First the list, then the reading: a segment that has a successor in the
	// list is complete.
	list, err := segments(r.dir)
	if err != nil {
		return visit(Entry{}, fmt.Errorf("read journal: %w", err))
	}
	if r.seen > 0 && (len(list) == 0 || list[len(list)-1].seq < r.seen) {
		// A writer never removes its newest segment: this is another journal in
		// the place of the one that was followed.
		r.close()
		r.last, r.seen, r.replaced = nil, 0, true
	}
	list = slices.DeleteFunc(list, func(g segment) bool { return g.seq <= r.seen })
	if r.last != nil {
		goOn, err := r.last.next(len(list) == 0, visit)
		if err != nil {
			goOn = visit(Entry{}, err)
		}
		if !goOn {
			return false
		}
	}
	if r.seen > 0 && len(list) > 0 {
		r.missed += list[0].seq - r.seen - 1
	}
	for i, g := range list {
		newest := i == len(list)-1
		if newest {
			r.close()
			r.last, r.seen = nil, g.seq
		}
		if !r.segment(g, newest, visit) {
			return false
		}
	}
	return true
}

// A watcher waits for writes to the journal by inotify, or else polls.
type watcher struct {
	dir     string
	inotify *os.File // nil: poll
	cancel  func() bool
}

func watch(ctx context.Context, dir string) *watcher {
	w := &watcher{dir: dir}
	w.arm(ctx)
	return w
}

func (w *watcher) arm(ctx context.Context) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return
	}
	if _, err := unix.InotifyAddWatch(fd, w.dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_DELETE|unix.IN_ONLYDIR); err != nil {
		unix.Close(fd)
		return
	}
	f := os.NewFile(uintptr(fd), "inotify")
	w.inotify = f
	w.cancel = context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
}

// wait returns when there may be news, or when the context ends.
func (w *watcher) wait(ctx context.Context) {
	if w.inotify != nil {
		var events [4096]byte
		if n, err := w.inotify.Read(events[:]); err == nil && !ignored(events[:n]) || ctx.Err() != nil {
			return
		}
		// The directory was removed: look for another one.
		w.close()
	}
	select {
	case <-ctx.Done():
	case <-time.After(pollEvery):
		w.arm(ctx)
	}
}

// ignored reports whether the kernel has ended the watch.
func ignored(events []byte) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		mask, length := binary.NativeEndian.Uint32(events[4:]), binary.NativeEndian.Uint32(events[12:])
		if mask&unix.IN_IGNORED != 0 {
			return true
		}
		events = events[min(len(events), unix.SizeofInotifyEvent+int(length)):]
	}
	return false
}

func (w *watcher) close() {
	if w.inotify != nil {
		w.cancel()
		w.inotify.Close()
		w.inotify = nil
	}
}
