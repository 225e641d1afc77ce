// Package e2e tests the whole program from outside: the real binary, real unit
// files, real clients (Go's net, socat, nc) and the real kernel. It has only
// tests, and helper, the program that their services run.
//
// It is called by `go test` alone. Every test starts managers of its own, each
// with its own unit path, control socket and state folder, and ends them; what
// they leave behind fails the test. Ports are the kernel's choice (port 0), or
// fixed in a network namespace of the test's own.
//
// Start reading at manager_test.go, which has what a test can do with a manager.
// Then a file per noun: input_test.go and client_test.go are bad input,
// socket_test.go and its sisters what a socket does, and so on.
package e2e
