//go:build linux && (amd64 || arm64)

package process

// spawn clones and lets the child walk the plan. It returns when the child has
// become the program or has failed, or at once if the clone did not ask for VFORK.
//
//go:noescape
func spawn(l *launch)
