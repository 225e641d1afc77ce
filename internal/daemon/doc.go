// Package daemon is the loop that joins the pure manager to the edges: it
// receives what happened, lets manager.Step decide, and has the edges carry out
// the effects. It is called by cmd/wakesock for `wakesock run`.
//
// One goroutine, the loop, owns everything here: the manager, the poll set with
// its listeners and processes, the tables of runs and connections. It accepts,
// starts and reaps itself, which is what makes a connection cheap; what may
// block (a start that opens files, reading unit files) runs in a goroutine that
// posts its news back through the inbox. Other goroutines reach the state only
// by [Daemon.do]. Start reading at daemon.go, then loop.go and perform.go.
package daemon
