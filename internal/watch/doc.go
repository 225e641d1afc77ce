// Package watch is the edge to the file system for path units, systemd.path(5):
// it tells when what they wait for exists, is there, or has changed.
//
// It is called by daemon: [New] once, [Watcher.Watch] each time a unit waits
// anew, [Watcher.Unwatch] when it no longer does. What becomes of the news is
// decided elsewhere. One inotify descriptor serves all units. A goroutine of the
// [Watcher]'s own looks at the file system, for a look may hang as long as a
// server of files does not answer; it owns all state, and ends with
// [Watcher.Close].
//
// What can be counted on:
//
//   - A request that begins a unit is answered when everything is watched.
//   - News come once, then the unit is deaf until Watch asks again. Changes that
//     come meanwhile are remembered, and told at once by the next Watch: nothing
//     is lost while the triggered service runs.
//   - Every folder that a path leads through is watched before it is looked into,
//     symbolic links included, so that a path may come, go, and lead elsewhere.
//   - What is mounted on the way makes no event; the table of mounts is watched too.
//   - When the kernel's queue has overflowed, everything counts as changed. Where
//     it grants no watch, the path is looked at every two seconds.
//
// Start reading at watcher_linux.go, then entry_linux.go (when a unit's news are
// told) and follow_linux.go (how a path is followed).
//
// Sources: inotify(7), systemd.path(5).
package watch
