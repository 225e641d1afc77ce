// Package builtin holds the units that exist on every machine: the targets that
// units everywhere order themselves after, and the slices, where nobody provides
// files of them.
//
// It is called by daemon, which loads them, and by ctl, for which they can be
// enabled and linked to like any others. It owns no state. Start reading at builtin.go.
package builtin
