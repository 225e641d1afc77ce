// Package bus is the edge to a message bus: it tells whether somebody has a name on
// it, for services with Type=dbus. It is not how the manager itself can be reached.
//
// The loop in package daemon is its only caller. The connection belongs to a
// goroutine of the [Watcher], which begins with the first name that is watched and
// ends with [Watcher.Close]; news come from it.
//
// Start reading at watcher.go.
package bus
