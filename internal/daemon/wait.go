package daemon

import (
	"context"

	"wakesock/internal/control"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// awaited are the units whose end somebody waits for.
type awaited map[unit.Name][]chan control.Ended

// Wait implements control.Manager.
func (d *Daemon) Wait(ctx context.Context, r control.NamesRequest) ([]control.Ended, error) {
	names, err := d.expand(r.Names, true)
	if err != nil {
		return nil, err
	}
	var waits []chan control.Ended
	if !d.ask(func() {
		for _, n := range names {
			c := make(chan control.Ended, 1)
			d.awaited[n] = append(d.awaited[n], c)
			waits = append(waits, c)
		}
		d.tellEnded()
	}) {
		return nil, stopping
	}
	all := make([]control.Ended, 0, len(waits))
	for _, c := range waits {
		select {
		case e := <-c:
			all = append(all, e)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-d.ended:
			return nil, stopping
		}
	}
	return all, nil
}

// tellEnded answers those who wait for units that are down. It runs in the loop,
// after every step while somebody waits.
func (d *Daemon) tellEnded() {
	for name, waits := range d.awaited {
		s, ok := d.manager.Snapshot(name)
		if ok && (s.Job != "" || s.Active != manager.Inactive && s.Active != manager.Failed) {
			continue
		}
		delete(d.awaited, name)
		e := control.Ended{
			Unit: string(name), Result: string(s.Result), ExitCode: string(s.Last.Code), ExitStatus: s.Last.Status, CPU: -1,
			Runtime: int64(s.InactiveEnter - s.InactiveExit),
		}
		if s.Last.Code != manager.CodeNone {
			e.ExitText = s.Last.Text()
		}
		for _, c := range waits {
			c <- e
		}
		d.closeStreams(name)
		d.step(manager.Pinned{Unit: name})
	}
}
