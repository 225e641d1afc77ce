package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// many is how many sockets, units and instances the idle measurements use.
const many = 1000

// idle is what a manager costs while nothing, or little, happens.
type idle struct {
	Manager     string
	OneRSS      float64 // KiB with one listening socket
	ManyRSS     float64 // KiB with many
	CPU         float64 // percent of one CPU with many
	WakeUps     float64 // context switches of all its threads per second with many
	Reload      float64 // milliseconds of daemon-reload with many units, median
	OneThreads  int     // with one living instance
	ManyThreads int     // with many
}

// measureIdle looks at Wakesock and, unless -short, at systemd beside it.
func (b *bench) measureIdle() {
	for _, m := range []struct {
		name  string
		start startManager
	}{{wakesockName, runWakesock}, {systemdName, runOracle}} {
		if !b.opts.wants(m.name) || b.ctx.Err() != nil {
			continue
		}
		b.say("%s, idle: 1 and %d sockets, daemon-reload, %d instances", m.name, many, many)
		got := idle{Manager: m.name}
		err := b.idleOne(&got, m.start)
		if !isSkip(err) {
			err = errors.Join(err, b.idleMany(&got, m.start))
		}
		switch {
		case err == nil || b.ctx.Err() != nil:
		case m.name == wakesockName && !isSkip(err):
			b.say("%s, idle: %v", m.name, err)
			b.result.broke(m.name+", idle", err)
		default:
			b.say("skipping %s, idle: %v", m.name, err)
			b.result.skip(m.name+", idle", err)
		}
		if got.OneRSS > 0 {
			b.result.Idle = append(b.result.Idle, got)
		}
	}
}

// idleOne looks at a manager with one socket, first idle, then with instances.
// The service is cat: an instance lives until its client goes.
func (b *bench) idleOne(got *idle, start startManager) error {
	dir, err := b.dir("one")
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	if err := writeUnits(dir, "bench", address, []string{"/bin/cat"}); err != nil {
		return err
	}
	m, err := start(b, dir, []string{"bench.socket"}, nil)
	if err != nil {
		return err
	}
	defer m.stop()
	if err := awaitListening(m, address); err != nil {
		return err
	}
	if _, err := settle(m.root, nil); err != nil {
		return err
	}
	if got.OneRSS, err = residentKiB(m.root); err != nil {
		return err
	}
	var clients []net.Conn
	defer func() {
		for _, c := range clients {
			c.Close()
		}
	}()
	for n := 1; n <= many; n++ {
		if b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		c, err := hold(address)
		if err != nil {
			return fmt.Errorf("living instance %d: %w", n, err)
		}
		clients = append(clients, c)
		if n == 1 {
			got.OneThreads, err = threads(m.root)
		} else if n == many {
			got.ManyThreads, err = threads(m.root)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range clients {
		c.Close()
	}
	// What follows would share the machine with the end of these.
	_, err = settle(m.root, nil)
	return err
}

// hold makes a connection whose instance has answered and lives on.
func hold(address string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	var reply [2]byte
	if _, err = io.WriteString(c, "x\n"); err == nil {
		_, err = io.ReadFull(c, reply[:])
	}
	if err == nil && string(reply[:]) != "x\n" {
		err = fmt.Errorf("replied %q", reply)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// idleMany looks at a manager with many sockets, each with a template of its own.
func (b *bench) idleMany(got *idle, start startManager) error {
	dir, err := b.dir("many")
	if err != nil {
		return err
	}
	host, err := freeHost()
	if err != nil {
		return err
	}
	var names, addresses []string
	for i := range many {
		name := fmt.Sprintf("bench%03d", i)
		address := fmt.Sprintf("%s:%d", host, firstPort+i)
		if err := writeUnits(dir, name, address, []string{"/bin/cat"}); err != nil {
			return err
		}
		names, addresses = append(names, name+".socket"), append(addresses, address)
	}
	m, err := start(b, dir, names, nil)
	if err != nil {
		return err
	}
	defer m.stop()
	if err := awaitListening(m, addresses...); err != nil {
		return err
	}
	return errors.Join(b.idleTime(got, m), b.reloads(got, m, dir, host))
}

// idleTime watches a manager do nothing.
func (b *bench) idleTime(got *idle, m *manager) error {
	length := 5 * time.Second
	if b.opts.short {
		length = time.Second
	}
	if b.opts.short {
		time.Sleep(length)
	} else if err := b.quiet(m); err != nil {
		return err
	}
	before, err := settle(m.root, nil)
	if err != nil {
		return err
	}
	if got.ManyRSS, err = residentKiB(m.root); err != nil {
		return err
	}
	wall, wakeUps, err := b.wakeUps(m, length)
	if err != nil {
		return err
	}
	after, err := readTree(m.root)
	if err != nil {
		return err
	}
	used := after[m.root].own - before[m.root].own
	got.CPU = 100 * used.Seconds() / wall.Seconds()
	got.WakeUps = wakeUps
	return nil
}

// wakeUps watches a manager for a while: wall is how long that was, perSecond how often
// one of its threads got the processor.
func (b *bench) wakeUps(m *manager, length time.Duration) (wall time.Duration, perSecond float64, err error) {
	before, err := switches(m.root)
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	select {
	case <-b.ctx.Done():
		return 0, 0, b.ctx.Err()
	case <-time.After(length):
	}
	wall = time.Since(begin)
	after, err := switches(m.root)
	return wall, float64(after-before) / wall.Seconds(), err
}

// A manager is done with its start when it has done nothing at all for quietFor
// seconds: it returns memory, and syncs its log five seconds after the last entry.
// That is waited for up to quietPatience seconds.
const (
	quietFor      = 6
	quietPatience = 40
)

// quiet waits until a manager is done with its start.
func (b *bench) quiet(m *manager) error {
	woken, err := switches(m.root)
	quiet := 0 // seconds
	for range quietPatience {
		if err != nil || quiet == quietFor {
			return err
		}
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case <-time.After(time.Second):
		}
		before := woken
		if woken, err = switches(m.root); woken == before {
			quiet++
		} else {
			quiet = 0
		}
	}
	return err
}

// reloads measures daemon-reload; one unit file differs each time, so that
// seeing that nothing changed is not enough.
func (b *bench) reloads(got *idle, m *manager, dir, host string) error {
	var took []float64
	for i := range 5 {
		text := strings.Replace(socketUnit(fmt.Sprintf("%s:%d", host, firstPort)), "Bench", fmt.Sprintf("Bench %d", i), 1)
		if err := os.WriteFile(filepath.Join(dir, "bench000.socket"), []byte(text), 0o644); err != nil {
			return err
		}
		d, err := m.ctl("daemon-reload")
		if err != nil {
			return fmt.Errorf("daemon-reload: %w", err)
		}
		took = append(took, float64(d)/float64(time.Millisecond))
	}
	got.Reload, _ = median(took)
	return nil
}

func writeIdle(w io.Writer, all []idle) {
	if len(all) == 0 {
		return
	}
	t := table{{"idle", "RSS 1 socket", "RSS 1,000", "CPU", "wake-ups", "reload 1,000 units", "threads 1 instance", "1,000 instances"}}
	for _, i := range all {
		t.add(i.Manager,
			fmt.Sprintf("%.1f MiB", i.OneRSS/1024), fmt.Sprintf("%.1f MiB", i.ManyRSS/1024),
			fmt.Sprintf("%.2f %%", i.CPU), fmt.Sprintf("%.1f/s", i.WakeUps),
			fmt.Sprintf("%.0f ms", i.Reload), strconv.Itoa(i.OneThreads), strconv.Itoa(i.ManyThreads))
	}
	t.write(w)
	fmt.Fprintln(w)
}
