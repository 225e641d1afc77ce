package daemon

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"wakesock/internal/condition"
	"wakesock/internal/manager"
	"wakesock/internal/unit"
)

// place tells where the manager runs. PID 1 is a container's unless nothing
// speaks for a container and the process has the right to halt the machine.
func place() manager.Place {
	if os.Getpid() != 1 {
		return manager.Anywhere
	}
	p := condition.Prober{Env: os.Environ(), Host: &unit.Host{}}
	if p.InContainer() || !p.Capable("CAP_SYS_BOOT") {
		return manager.Container
	}
	return manager.Machine
}

// machineEnds are what the kernel is asked for; ends that need more than that
// become a restart.
var machineEnds = map[string]int{
	"poweroff": unix.LINUX_REBOOT_CMD_POWER_OFF, "halt": unix.LINUX_REBOOT_CMD_HALT, "reboot": unix.LINUX_REBOOT_CMD_RESTART,
	"kexec": unix.LINUX_REBOOT_CMD_KEXEC, "soft-reboot": unix.LINUX_REBOOT_CMD_RESTART,
}

// halt ends the machine, if that was asked for.
func halt(how string) error {
	cmd, ok := machineEnds[how]
	if !ok {
		return nil
	}
	unix.Sync()
	if err := unix.Reboot(cmd); err != nil {
		return fmt.Errorf("%s: %w", how, err)
	}
	return nil
}
