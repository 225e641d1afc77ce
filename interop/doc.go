// Package interop runs the same unit files and the same clients under the real
// systemd and under Wakesock and compares what comes back, byte for byte. It has
// only tests.
//
// A scenario is a folder of testdata: unit files, the programs they start, a
// shell script `client` that talks to them, and `want`, what the script prints
// under systemd. `go test ./interop -update` asks systemd again and rewrites it.
// A scene is the same in one file, testdata/scenes/GROUP/NAME.txtar, for what needs
// only a few units and verbs: the scenes of a group share one manager and run at the
// same time, so there can be many; `-scene NAME` plays one. Scenes for what is not
// there yet stand in notyet_test.go.
//
// Where Wakesock means to differ, `want.wakesock` says how and differences.md
// says why. Both managers run in network and mount namespaces of their own, so
// ports are fixed and nothing of the machine is touched; that needs root.
//
// It is called by `go test` alone. The tests own both managers, which end with
// them. Start reading at interop_test.go; to add a case, copy a folder.
package interop
