// Package house holds the rules of the house as tests: which room may import
// which, how long a file may be, what every package says about itself, and that
// the commands in the README are the ones that are tested. It has no code of its
// own for the program.
//
// It is called by `go test` alone and owns no state; it reads the sources as
// they lie in the module. When a rule stops somebody, the tables at the top of
// each test file are the place to change it, with a reason in the commit. Start
// reading at arrows_test.go.
package house
