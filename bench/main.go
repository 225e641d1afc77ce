package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options is what the command line says.
type options struct {
	seconds  float64  // length of one measurement
	rounds   int      // how often each is repeated
	peers    []string // names; empty means all
	clients  []int    // connections in flight
	only     string   // name of the one service to measure; empty means all
	wakesock string   // a built binary; empty means: build this tree
	cache    string   // folder for fetched packages
	json     string   // file for the raw figures; empty means none
	short    bool     // what CI runs
	idle     bool     // measure memory, wake-ups, threads and reload too
	most     int      // bound on the connections of one measurement
	patience float64  // seconds to spend on repeating what others disturbed
	limit    float64  // seconds that all rounds together should take
}

func main() {
	// Children ask to be killed when the thread that started them ends
	// (Pdeathsig); locked, that is the end of the bench itself.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without its process: it returns the exit status, which is
// 0 unless Wakesock was started and failed to answer properly (1), the command
// line is wrong (2), the bench itself cannot work (3) or it was interrupted (130).
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "bench: error: %v\n", err)
		return 2
	}
	b, err := newBench(ctx, o, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "bench: error: %v\n", err)
		return 3
	}
	defer b.close()

	begin := time.Now()
	b.measureRates()
	if o.idle {
		b.measureIdle()
		b.measureScale()
		b.measureCore()
	}
	b.result.Machine = machineFacts(time.Since(begin))
	if ctx.Err() != nil {
		b.say("interrupted; what follows is what was measured so far")
	}
	writeReport(stdout, &b.result)
	if o.json != "" {
		if err := writeJSON(o.json, &b.result); err != nil {
			fmt.Fprintf(stderr, "bench: error: %v\n", err)
			return 3
		}
	}
	switch {
	case len(b.result.Broken) > 0:
		return 1
	case ctx.Err() != nil:
		return 130
	default:
		return 0
	}
}

// shortPeers are the peers of -short: the floor, Wakesock, and the best of the others.
var shortPeers = []string{floorOne, floorTwo, wakesockName, tcpserverName}

// parseOptions reads the command line. -short changes the defaults of the other
// flags, which can still be given beside it.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var names, counts string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Float64Var(&o.seconds, "seconds", 0, "length of one measurement in `seconds` (default 0.8; 0.3 with -short)")
	f.IntVar(&o.rounds, "rounds", 0, "how `often` each measurement is repeated (default 5; 1 with -short)")
	f.StringVar(&names, "peers", "", "comma-separated `names` of peers (default all; see -list)")
	f.StringVar(&counts, "c", "1,8,64", "comma-separated `counts` of connections in flight")
	f.StringVar(&o.only, "only", "", "measure this `service` alone: "+strings.Join(serviceNames(), ", "))
	f.StringVar(&o.wakesock, "wakesock", "", "a built wakesock `binary` (default: build ./cmd/wakesock)")
	f.StringVar(&o.cache, "cache", "", "`folder` for fetched packages (default: wakesock-bench in the user's cache folder)")
	f.StringVar(&o.json, "json", "", "write every single figure to this `file`")
	f.BoolVar(&o.short, "short", false, "one short round of a few peers, for CI")
	f.BoolVar(&o.idle, "idle", true, "measure memory, wake-ups, threads and daemon-reload too")
	f.IntVar(&o.most, "n", 200000, "most `connections` of one measurement")
	f.Float64Var(&o.patience, "patience", -1, "`seconds` to spend in all on repeating measurements that other processes disturbed (default 40; 5 with -short)")
	f.Float64Var(&o.limit, "limit", 360, "`seconds` after which no further round of connections begins")
	list := f.Bool("list", false, "print the names of the peers and end")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if *list {
		for _, p := range peers {
			fmt.Fprintf(stderr, "%-24s %s\n", p.name, p.what)
		}
		return o, flag.ErrHelp
	}
	if names != "" {
		o.peers = strings.Split(names, ",")
	}
	seconds, rounds, patience := 0.8, 5, 40.0
	if o.short {
		seconds, rounds, patience = 0.3, 1, 5
		if o.peers == nil {
			o.peers = shortPeers
		}
	}
	if o.seconds == 0 {
		o.seconds = seconds
	}
	if o.rounds == 0 {
		o.rounds = rounds
	}
	if o.patience < 0 {
		o.patience = patience
	}
	for s := range strings.SplitSeq(counts, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 4096 {
			return o, fmt.Errorf("-c %q: want counts from 1 to 4096", counts)
		}
		o.clients = append(o.clients, n)
	}
	for _, name := range o.peers {
		if !slices.ContainsFunc(peers, func(p peer) bool { return p.name == name }) {
			return o, fmt.Errorf("-peers: no peer %q; -list prints the names", name)
		}
	}
	if o.only != "" && !slices.Contains(serviceNames(), o.only) {
		return o, fmt.Errorf("-only %q: want one of %s", o.only, strings.Join(serviceNames(), ", "))
	}
	if o.seconds < 0.05 || o.seconds > 600 || o.rounds < 1 || o.most < 1 {
		return o, errors.New("-seconds, -rounds or -n out of range")
	}
	return o, nil
}

// wants reports whether the peer of that name was asked for.
func (o *options) wants(name string) bool {
	return len(o.peers) == 0 || slices.Contains(o.peers, name)
}

// bench is one run: its options, its folders and what it found.
type bench struct {
	ctx      context.Context
	opts     options
	log      io.Writer
	root     string        // the module
	work     string        // scratch folder, removed at the end
	patience time.Duration // left of options.patience
	tools    tools
	built    map[string]func() (string, error) // what is built at most once, by name
	result   result
	servers  int // how many were started, for folder names
}

func newBench(ctx context.Context, o options, log io.Writer) (*bench, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "wakesock-bench-")
	if err != nil {
		return nil, err
	}
	// Services and servers that drop privileges still have to reach it.
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	cache := o.cache
	if cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(dir, "wakesock-bench")
		} else {
			// Not below /tmp under a fixed name: what is there is executed.
			cache = filepath.Join(work, "cache")
		}
	}
	b := &bench{ctx: ctx, opts: o, log: log, root: root, work: work}
	b.patience = time.Duration(o.patience * float64(time.Second))
	b.tools = tools{ctx: ctx, cache: cache, say: b.say}
	b.result.Seconds = o.seconds
	return b, nil
}

func (b *bench) close() {
	os.RemoveAll(b.work)
}

// say prints one line of progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, "bench: "+format+"\n", args...)
}

// dir makes a new folder below the scratch folder.
func (b *bench) dir(name string) (string, error) {
	b.servers++
	dir := filepath.Join(b.work, strconv.Itoa(b.servers)+"-"+name)
	return dir, os.Mkdir(dir, 0o755)
}

// moduleRoot is the folder of go.mod, searched upwards from here.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.mod in %q or above; run it inside the module", dir)
		}
	}
}
