// Package ctl holds the verbs of the command line, a file each: calendar.go,
// timespan.go and so on. A verb prints what the systemd tool of the same name
// prints, to the writer that it is given.
//
// It is called by cmd/wakesock, which parses the command line and turns the
// results into an exit status. It owns no state: a verb asks the manager through
// package control, or computes its answer from its arguments. Start reading at
// timespan.go, the smallest verb.
package ctl
