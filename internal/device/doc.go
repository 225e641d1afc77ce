// Package device knows which devices there are: it listens to the kernel's
// uevents, or to udev's where udev runs, scans /sys for what was there before,
// and says under which paths each device is known: that in /sys, its node in
// /dev, links to it, and SYSTEMD_ALIAS=. Where no udev runs, rules say which
// devices are of interest, in udev's own language as far as it is understood
// here.
//
// The loop in package daemon opens a [Monitor] when somebody has use for devices,
// and is told by a function of its own about each [Batch]. A monitor has one
// goroutine, which owns all of its state.
//
// Start reading at monitor.go; uevent.go and rule.go read what comes from
// outside, apply.go is what a rule does, tree.go whose name is whose.
package device
