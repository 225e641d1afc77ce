package unit

import "wakesock/internal/value"

// deviceTimeout is how long a job waits for a device unless its unit says
// otherwise: DefaultDeviceTimeoutSec= of systemd-system.conf(5).
const deviceTimeout = 90 * value.Second

// deviceCommon is the [Unit] section of devices in which nothing is set.
func deviceCommon(c *Common) *Common {
	own := *c
	own.JobRunningTimeoutSec = deviceTimeout
	return &own
}
