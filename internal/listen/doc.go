// Package listen is the edge to sockets, FIFOs, special files and message
// queues: everything of systemd.socket(5) that concerns opening them, setting
// their options, accepting from them and emptying them.
//
// The daemon calls it: [Open] when a socket unit starts or is reloaded,
// [Accept] and [Set.Setup] for each connection, [Set.Flush] when its service
// has ended, [Set.Close] when it stops. What to do about a connection is
// decided elsewhere; nothing here waits, and nothing here keeps a goroutine.
//
// A [Set] belongs to whoever opened it and is not safe for concurrent use,
// except that Accept and Setup may run beside each other. The descriptors in it
// are plain numbers, non-blocking and closed on exec; they stay open until the
// set is closed or a later Open has taken them over.
//
// Start reading at [Open] in open_linux.go, which tells how a reload keeps what
// it can; option_linux.go is the table of the socket options.
package listen
