// Package manager decides what to do about units: it is the pure core. A
// [Manager] holds every unit's state; [Manager.Step] takes the time and one
// [Event] (something that happened at an edge) and returns the [Effect]s to
// carry out. It has no clock, does no I/O, starts no goroutine and holds no
// file descriptor: time is a number of microseconds, a process is a [Run]
// number, a connection a [Conn] number. The same events give the same effects.
//
// The loop in package daemon is its only caller and the owner of the Manager.
// Start reading at manager.go, then socket.go and service.go, which are the two
// lives that the main road goes through; event.go and effect.go list what
// crosses the border. How units start and stop together: depend.go is the graph
// of dependencies, transaction.go what a request comes to, job.go the queue,
// follow.go what a change of state leads to.
package manager
