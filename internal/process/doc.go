// Package process starts programs, signals them and reaps them.
//
// A unit's execution context becomes a [Plan]: an ordered list of raw system
// calls whose arguments are laid out in memory before the child exists, each
// with the exit status that its failure means (200/CHDIR, 217/USER, 203/EXEC).
// The child shares the memory of the manager (CLONE_VM, and CLONE_VFORK unless the
// start runs ahead) and walks the list in assembly, with registers only: it runs no
// Go code and writes to no stack, so nothing in the Go runtime can be disturbed, and
// a start costs what the kernel costs, however large the manager's heap is.
//
// It is called by the accept edge and by daemon, which compile a plan once and
// start it many times. A Plan belongs to one goroutine at a time and owns its
// buffers; descriptors stay the caller's. Nothing here waits for a child: reaping
// is a sweep, [Reap], by whoever owns the loop.
//
// Descriptors cost time by their number, not by how many there are: the child
// copies the manager's table up to the highest descriptor that it needs. A manager
// keeps its own long-lived descriptors high (fcntl F_DUPFD) and /dev/null low, so
// that connections get low numbers.
//
// Start reading at process.go for the types, plan_linux.go for the order of the
// steps, launch_linux.go and spawn_linux_amd64.s for how they are carried out,
// birth_linux.go for what outlives a start that nobody waits for.
package process
