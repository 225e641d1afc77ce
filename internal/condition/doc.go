// Package condition finds out whether what a unit asks of the machine is the
// case: Condition…= and Assert…= of systemd.unit(5), and the mounts of
// RequiresMountsFor=. Package daemon calls [Prober.Hold] from a goroutine of its
// own for each start of a unit that has such settings, for a look at a file may
// take its time; nothing is kept between two calls.
//
// Start reading at condition.go: one table of probes, in the order of the manual.
package condition
