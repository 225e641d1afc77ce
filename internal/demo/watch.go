package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// look is how often the store is looked at. Looking is simpler than being told,
// and a demo has time.
const look = 300 * time.Millisecond

// watch says which files have appeared in the store, until ctx is done, and once
// more then. What was there before is not news.
func watch(ctx context.Context, store string, out io.Writer) {
	seen := map[string]bool{}
	appeared(store, seen, io.Discard)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			appeared(store, seen, out)
			return
		case <-tick.C:
			appeared(store, seen, out)
		}
	}
}

// appeared writes a line for each file that is in the store and not in seen.
func appeared(store string, seen map[string]bool, out io.Writer) {
	entries, err := os.ReadDir(store)
	if err != nil {
		return // it may be gone for a moment; the next look tells
	}
	for _, e := range entries {
		if seen[e.Name()] || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := e.Info(); err == nil {
			seen[e.Name()] = true
			fmt.Fprintf(out, "demo: stored %s, %d bytes\n", e.Name(), info.Size())
		}
	}
}
