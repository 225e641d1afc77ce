package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// manyUnits is how many units the scale is measured with; each has three
// dependencies on others.
const manyUnits = 10_000

// scale is what ten thousand units cost a manager.
type scale struct {
	Manager string
	Units   int
	Start   float64 // milliseconds of the start of a target that wants them all, none of which was loaded
	RSS     float64 // KiB after it
	Reload  float64 // milliseconds of daemon-reload
	Stop    float64 // milliseconds until all are down again
	Timers  float64 // milliseconds of the start of as many timers
	WakeUps float64 // context switches of all threads per second while they wait
}

// measureScale looks at Wakesock alone. A short run has a tenth of the units.
func (b *bench) measureScale() {
	if !b.opts.wants(wakesockName) || b.ctx.Err() != nil {
		return
	}
	n := manyUnits
	if b.opts.short {
		n /= 10
	}
	b.say("%s, scale: %d units with %d dependencies, as many timers", wakesockName, n, 3*n)
	got := scale{Manager: wakesockName, Units: n}
	switch err := b.scaleOf(&got, runWakesock, n); {
	case err == nil:
		b.result.Scale = append(b.result.Scale, got)
	case b.ctx.Err() != nil:
	case isSkip(err):
		b.result.skip(wakesockName+", scale", err)
	default:
		b.say("%s, scale: %v", wakesockName, err)
		b.result.broke(wakesockName+", scale", err)
	}
}

func (b *bench) scaleOf(got *scale, start startManager, n int) error {
	dir, err := b.dir("scale")
	if err != nil {
		return err
	}
	if err := writeScaleUnits(dir, n); err != nil {
		return err
	}
	m, err := start(b, dir, []string{"bench-idle.target"}, nil)
	if err != nil {
		return err
	}
	defer m.stop()
	var took error
	timed := func(verb ...string) float64 {
		d, err := m.ctl(verb...)
		took = errors.Join(took, err)
		return float64(d) / float64(time.Millisecond)
	}
	for patience := time.Now().Add(10 * time.Second); ; {
		if _, err = m.ctl("daemon-reload"); err == nil { // it answers
			break
		}
		if time.Now().After(patience) || b.ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	got.Start = timed("start", "bench-all.target")
	if got.RSS, err = residentKiB(m.root); err != nil {
		return err
	}
	got.Reload = timed("daemon-reload")
	got.Stop = timed("stop", "bench-*.target")
	got.Timers = timed("start", "bench-timers.target")
	if took != nil {
		return took
	}
	if err := b.quiet(m); err != nil {
		return err
	}
	_, got.WakeUps, err = b.wakeUps(m, 5*time.Second)
	return err
}

// writeScaleUnits writes targets that depend on each other and timers that elapse on
// New Year's Eve.
func writeScaleUnits(dir string, n int) error {
	var all, timers []byte
	write := func(name, text string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
	}
	for i := range n {
		unit := fmt.Sprintf("bench-%d.target", i)
		all = append(all, " "+unit...)
		text := fmt.Sprintf("[Unit]\nDescription=Bench %d\n", i)
		if i > 0 {
			text += fmt.Sprintf("After=bench-%d.target\nRequires=bench-%d.target\nWants=bench-%d.target\n", i-1, i/2, (i*7+1)%i)
		}
		timer := fmt.Sprintf("bench-%d.timer", i)
		timers = append(timers, " "+timer...)
		elapse := fmt.Sprintf("[Timer]\nOnCalendar=*-12-31 23:%02d:%02d\nUnit=bench-idle.target\n", i/60%60, i%60)
		if err := errors.Join(write(unit, text), write(timer, elapse)); err != nil {
			return err
		}
	}
	return errors.Join(
		write("bench-idle.target", "[Unit]\nDescription=Nothing\n"),
		write("bench-all.target", "[Unit]\nWants="+string(all)+"\n"),
		write("bench-timers.target", "[Unit]\nWants="+string(timers)+"\n"))
}

func writeScale(w io.Writer, all []scale) {
	if len(all) == 0 {
		return
	}
	t := table{{"scale", "load, start", "RSS", "reload", "stop", "start timers", "wake-ups"}}
	ms := func(f float64) string { return fmt.Sprintf("%.0f ms", f) }
	for _, s := range all {
		t.add(s.Manager, ms(s.Start), fmt.Sprintf("%.1f MiB", s.RSS/1024), ms(s.Reload), ms(s.Stop), ms(s.Timers), fmt.Sprintf("%.1f/s", s.WakeUps))
	}
	t.write(w)
	fmt.Fprintln(w)
}
