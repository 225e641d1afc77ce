package main

import (
	"os"
	"runtime"

	"wakesock/internal/unit"
)

// host is what specifiers tell about this machine and this user.
func host(user bool) *unit.Host {
	return unit.HostFacts(os.DirFS("/"), user, unit.Host{
		Arch: unit.Architecture(runtime.GOARCH), UID: os.Getuid(), GID: os.Getgid(),
	}, os.Getenv)
}
