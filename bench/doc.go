// Command bench measures Wakesock beside the other programs that start one
// process per connection, and prints how far it is from them.
//
// Absolute figures of a small, shared machine mean little: they change by half
// from one minute to the next. So every figure is taken in one run, in rounds,
// each round visiting all peers one after the other, in an order that rotates
// from round to round, while all the other peers sit idle. A figure is the
// median of its rounds; a ratio is the median of the ratios within each round,
// so what slowed the machine for a moment slowed both sides of the ratio.
//
// What is measured. A client written in C (c/client.c) keeps 1, 8 or 64
// connections in flight. Each sends one line, reads the answer to its end,
// compares it and closes. Latency is from connect to end of file. The service
// is a tiny static C program without a C library (echo-c), which shows what the
// server costs, or a Python script (python), which shows what a user notices.
// The same C program with glibc can be asked for (echo-libc); glibc's start
// alone can cost more than all the rest: c/upper.c says why.
//
// Server CPU per connection comes from /proc/PID/stat, in two figures:
//
//   - own: user and system time of the processes of the server that live
//     through the whole measurement: the manager, all acceptors. A vfork, which
//     stops its parent, costs the parent only what it does itself.
//   - all: own, and everything that happened below: the children between fork
//     and exec, the service, the kernel's work for both. Children that were
//     waited for are in cutime and cstime of their parent, those still alive
//     are found by walking the process tree. After each measurement the bench
//     waits until the server is quiet, so cleaning up counts too.
//
// "own" shows what a server's code costs, but a server that forks for each
// connection hides its work in the children (tcpserver), and one that does not
// reap them hides the rest; "all" is the honest one, and the one that is judged.
// The kernel counts in hundredths of a second: one measurement of a second is
// right to about 1 % for "all".
//
// The floor is a loop of accept4, vfork, execv and waitpid in C (c/floor.c), in
// one and in two processes. It has no limits, no log and no names.
//
// What ten thousand units cost is measured twice: through the whole program, and
// by Go benchmarks of what reads units and decides about them.
//
// Peers that are Debian packages are fetched with apt-get download and unpacked
// into a cache folder; nothing is installed and no daemon is started. A peer
// that cannot be had is skipped, with the reason. All traffic stays on
// 127.0.0.0/8. Running out of ports by TIME_WAIT cannot happen: c/client.c says
// why.
//
// It is a program, called by make bench and by CI; it owns all that it starts
// and ends it. Start reading at main.go for the order of events, peer.go for
// the table of peers, measure.go for one measurement, idle.go for memory,
// wake-ups, threads and reload, scale.go for ten thousand units.
package main
