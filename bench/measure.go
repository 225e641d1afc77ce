package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// running is a peer that was started for one service.
type running struct {
	peer
	*server
	port int
}

// measureRates measures all peers with all services.
func (b *bench) measureRates() {
	client, err := b.compile("client")
	if err != nil {
		b.say("%v", err)
		b.result.skip("connections/s, latency, CPU", err)
		return
	}
	all := b.services()
	share := time.Duration(b.opts.limit * float64(time.Second) / float64(max(1, len(all))))
	for _, s := range all {
		if b.ctx.Err() != nil {
			return
		}
		b.result.Services = append(b.result.Services, s.name)
		b.measureService(client, s, share)
	}
}

// measureService starts every peer, then goes round all of them again and again,
// as often as was asked for or, where all is slow, as share allows.
func (b *bench) measureService(client string, s service, share time.Duration) {
	first := time.Now()
	var started []running
	defer func() {
		for _, r := range started {
			r.stop()
		}
	}()
	for _, p := range peers {
		if !b.opts.wants(p.name) || b.ctx.Err() != nil {
			continue
		}
		r, err := b.startPeer(p, s)
		switch {
		case err == nil:
			started = append(started, r)
		case p.name == wakesockName && !isSkip(err):
			b.say("%s with %s: %v", p.name, s.name, err)
			b.result.broke(p.name+" with "+s.name, err)
		default:
			b.say("skipping %s: %v", p.name, err)
			b.result.skip(p.name, err)
		}
	}
	for round := range b.opts.rounds {
		begin := time.Since(first)
		if round > 0 && begin+begin/time.Duration(round) > share {
			b.say("%s: %d rounds took %.0f s, no time for more (-limit)", s.name, round, begin.Seconds())
			return
		}
		for _, clients := range b.opts.clients {
			b.say("%s, round %d of %d, %d at once, %d peers", s.name, round+1, b.opts.rounds, clients, len(started))
			for i := range started {
				if b.ctx.Err() != nil {
					return
				}
				// Another order in each round: no peer always follows the same one.
				r := started[(i+round)%len(started)]
				if why := r.died(); why != nil {
					b.gone(r.name+" with "+s.name, r.name, why)
				} else {
					b.record(client, s, r, clients, round)
				}
			}
		}
	}
}

// startPeer starts it and waits until it answers.
func (b *bench) startPeer(p peer, s service) (running, error) {
	port, err := freePort()
	if err != nil {
		return running{}, err
	}
	dir, err := b.dir(p.name)
	if err != nil {
		return running{}, err
	}
	srv, err := p.start(b, s, port, dir)
	if err != nil {
		return running{}, err
	}
	if err := srv.awaitReply(b, port, s.reply); err != nil {
		srv.stop()
		return running{}, fmt.Errorf("started, but does not answer: %w", err)
	}
	return running{p, srv, port}, nil
}

// gone notes, once, that a server ended although nobody stopped it.
func (b *bench) gone(about, name string, why error) {
	told := b.result.Skipped
	if name == wakesockName {
		told = b.result.Broken
	}
	if slices.ContainsFunc(told, func(n note) bool { return n.About == about }) {
		return
	}
	b.say("%s: %v", about, why)
	b.fault(about, name, why)
}

// fault notes what went wrong with a peer: a failure of the bench's own subject
// is what the exit status tells, one of another peer is a figure that is missing.
func (b *bench) fault(about, name string, why error) {
	if name == wakesockName {
		b.result.broke(about, why)
	} else {
		b.result.skip(about, why)
	}
}

// disturbed is how many CPUs the rest of the machine may use during a
// measurement before it is worth another try.
const disturbed = 0.25

// record makes one measurement and keeps it. While there is patience left, one
// that others disturbed is repeated; the calmest counts.
func (b *bench) record(client string, s service, r running, clients, round int) {
	got, err := b.measure(client, s, r, clients)
	for err == nil && got.Others > disturbed && b.patience > 0 && b.ctx.Err() == nil {
		begin := time.Now()
		again, failed := b.measure(client, s, r, clients)
		b.patience -= time.Since(begin)
		// A failure is never replaced by a better try.
		if failed != nil || again.Failures > got.Failures || got.Failures == 0 && again.Others < got.Others {
			got, err = again, failed
		}
	}
	got.Peer, got.Service, got.Clients, got.Round = r.name, s.name, clients, round
	about := fmt.Sprintf("%s with %s, %d at once", r.name, s.name, clients)
	if err == nil && got.Failures > 0 {
		err = fmt.Errorf("%d of %d connections failed, the first: %s", got.Failures, got.Failures+got.Connections, got.FirstFailure)
	}
	if err != nil && b.ctx.Err() == nil {
		b.say("%s: %v", about, err)
		b.fault(about, r.name, err)
	}
	if got.Connections+got.Failures > 0 {
		b.result.Samples = append(b.result.Samples, got)
	}
}

// measure lets the client run against one server that is quiet before and after.
func (b *bench) measure(client string, s service, r running, clients int) (sample, error) {
	before, err := settle(r.root, nil)
	if err != nil {
		return sample{}, r.lost(err)
	}
	busy, own := machineBusy(), selfCPU()
	begin := time.Now()
	limit := time.Duration((b.opts.seconds + 30) * float64(time.Second))
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, client,
		"-p", strconv.Itoa(r.port), "-c", strconv.Itoa(clients),
		"-s", strconv.FormatFloat(b.opts.seconds, 'f', 3, 64), "-n", strconv.Itoa(b.opts.most),
		"-q", request, "-e", s.reply)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("client: %w", err)
	}
	got, clientCPU, err := parseClient(string(out))
	if err != nil {
		return sample{}, err
	}
	after, err := settle(r.root, before)
	if err != nil {
		// Half a measurement is none.
		return sample{}, r.lost(err)
	}
	wall := time.Since(begin)
	mine, all := cost(before, after)
	if n := float64(got.Connections); n > 0 {
		got.Own, got.All = micros(mine)/n, micros(all)/n
		got.Client = micros(clientCPU) / n
	}
	others := machineBusy() - busy - all - clientCPU - (selfCPU() - own)
	got.Others = max(0, others.Seconds()/wall.Seconds())
	return got, nil
}

// lost is why a server could not be looked at: how it ended, if it did.
func (s *server) lost(err error) error {
	if died := s.died(); died != nil {
		return died
	}
	return err
}

// settle waits until a server does nothing: no CPU time passes, and nothing
// lives below it that was not there in calm (nil: whatever is there may be). It
// gives up waiting after three seconds, since some peers never rest.
func settle(root int, calm tree) (tree, error) {
	last, err := readTree(root)
	if err != nil {
		return nil, err
	}
	for begin := time.Now(); ; {
		time.Sleep(3 * tick)
		now, err := readTree(root)
		if err != nil {
			return nil, err
		}
		if _, used := cost(last, now); used == 0 && len(now) == len(last) && !now.grewSince(calm) {
			return now, nil
		}
		if time.Since(begin) > 3*time.Second {
			return now, nil
		}
		last = now
	}
}

// grewSince reports whether a process lives that was not there in calm.
// Zombies do not count: some servers reap the last ones with the next start.
func (t tree) grewSince(calm tree) bool {
	if calm == nil {
		return false
	}
	for pid, p := range t {
		if _, ok := calm[pid]; !ok && p.state != 'Z' {
			return true
		}
	}
	return false
}

// parseClient reads the line that the client prints.
func parseClient(line string) (sample, time.Duration, error) {
	line = strings.TrimSpace(line)
	fields, failure, ok := strings.Cut(line, " error=")
	if !ok {
		return sample{}, 0, fmt.Errorf("client said %q", line)
	}
	value := make(map[string]float64)
	for field := range strings.FieldsSeq(fields) {
		name, text, _ := strings.Cut(field, "=")
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return sample{}, 0, fmt.Errorf("client said %q: %w", line, err)
		}
		value[name] = n
	}
	got := sample{
		Connections: int(value["connections"]), Failures: int(value["failures"]), FirstFailure: failure,
		Seconds: value["elapsed"] / 1e6,
		P50:     value["p50"], P99: value["p99"], Max: value["max"],
	}
	if got.Seconds > 0 {
		got.Rate = float64(got.Connections) / got.Seconds
	}
	return got, time.Duration(value["cpu"]) * time.Microsecond, nil
}

// selfCPU is the CPU time of the bench itself.
func selfCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
