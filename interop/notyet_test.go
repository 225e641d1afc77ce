package interop

// notYet lists the scenes that Wakesock does not play yet, and why: what is
// missing, or what it does instead. `go test ./interop -skipped` plays them.
var notYet = map[string]string{}
