package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// core is what 10,000 units with 30,000 dependencies cost where units are read and
// where it is decided about them, without the program around it: the figures of Go
// benchmarks, by "benchmark unit".
type core map[string]float64

// The benchmarks, and how their figures are called.
const (
	coreLoad  = "Load ms/load"
	coreGraph = "Graph ns/op"
	coreStart = "Transaction/start ms/transaction"
	coreStop  = "Transaction/stop ms/transaction"
	coreStep  = "Transaction/start µs/step-p99"
)

// measureCore runs the Go benchmarks of this tree.
func (b *bench) measureCore() {
	if !b.opts.wants(wakesockName) || b.ctx.Err() != nil {
		return
	}
	times := "5x"
	if b.opts.short {
		times = "1x"
	}
	b.say("%s, core: Go benchmarks of loading and of transactions", wakesockName)
	cmd := exec.CommandContext(b.ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark(Load|Graph|Transaction)$", "-benchtime", times,
		"./internal/unit", "./internal/manager")
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil && b.ctx.Err() == nil {
		b.result.broke(wakesockName+", core", fmt.Errorf("%w: %s", err, lastLine(out)))
	}
	b.result.Core = parseCore(string(out))
}

// parseCore reads what go test prints: BenchmarkNAME-CPUS, how often, and figures
// with their units.
func parseCore(text string) core {
	found := core{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		for i := 2; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				found[name+" "+f[i+1]] = v
			}
		}
	}
	return found
}

func writeCore(w io.Writer, c core) {
	if len(c) == 0 {
		return
	}
	t := table{{"core, 10,000 units", "read", "graph", "start all", "stop all", "a step, p99"}}
	t.add(wakesockName, fmt.Sprintf("%.0f ms", c[coreLoad]), fmt.Sprintf("%.0f ms", c[coreGraph]/1e6),
		fmt.Sprintf("%.0f ms", c[coreStart]), fmt.Sprintf("%.0f ms", c[coreStop]), fmt.Sprintf("%.0f µs", c[coreStep]))
	t.write(w)
	fmt.Fprintln(w)
}

// coreGoal: a figure of the Go benchmarks is at most limit.
func coreGoal(what, figure string, scale, limit float64, unit string) goal {
	return goal{
		what: what,
		value: func(r *result) (float64, bool) {
			v, ok := r.Core[figure]
			return v * scale, ok
		},
		limit: limit, unit: unit,
	}
}
