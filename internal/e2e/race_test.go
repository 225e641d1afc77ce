//go:build race

package e2e

// raced tells that the tests run with the race detector; the program is then
// built with it too.
const raced = true
