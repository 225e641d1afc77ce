package value

import "fmt"

// exitStatuses is the table of systemd.exec(5), "Process exit codes": the C
// library's, LSB's, BSD's sysexits.h and those that tell which step of starting
// a process failed.
var exitStatuses = [256]string{
	0: "SUCCESS", 1: "FAILURE",
	2: "INVALIDARGUMENT", 3: "NOTIMPLEMENTED", 4: "NOPERMISSION", 5: "NOTINSTALLED", 6: "NOTCONFIGURED", 7: "NOTRUNNING",
	64: "USAGE", 65: "DATAERR", 66: "NOINPUT", 67: "NOUSER", 68: "NOHOST", 69: "UNAVAILABLE", 70: "SOFTWARE", 71: "OSERR",
	72: "OSFILE", 73: "CANTCREAT", 74: "IOERR", 75: "TEMPFAIL", 76: "PROTOCOL", 77: "NOPERM", 78: "CONFIG",
	200: "CHDIR", 201: "NICE", 202: "FDS", 203: "EXEC", 204: "MEMORY", 205: "LIMITS", 206: "OOM_ADJUST",
	207: "SIGNAL_MASK", 208: "STDIN", 209: "STDOUT", 210: "CHROOT", 211: "IOPRIO", 212: "TIMERSLACK",
	213: "SECUREBITS", 214: "SETSCHEDULER", 215: "CPUAFFINITY", 216: "GROUP", 217: "USER", 218: "CAPABILITIES",
	219: "CGROUP", 220: "SETSID", 221: "CONFIRM", 222: "STDERR", 224: "PAM", 225: "NETWORK", 226: "NAMESPACE",
	227: "NO_NEW_PRIVILEGES", 228: "SECCOMP", 229: "SELINUX_CONTEXT", 230: "PERSONALITY", 231: "APPARMOR",
	232: "ADDRESS_FAMILIES", 233: "RUNTIME_DIRECTORY", 235: "CHOWN", 236: "SMACK_PROCESS_LABEL", 237: "KEYRING",
	238: "STATE_DIRECTORY", 239: "CACHE_DIRECTORY", 240: "LOGS_DIRECTORY", 241: "CONFIGURATION_DIRECTORY",
	242: "NUMA_POLICY", 243: "CREDENTIALS", 244: "BPF", 245: "KSM", 255: "EXCEPTION",
}

// ExitStatusName returns the symbolic name of a process's exit status, without
// EXIT_ ("EXEC" for 203), or "" if it has none.
func ExitStatusName(code int) string {
	if code < 0 || code >= len(exitStatuses) {
		return ""
	}
	return exitStatuses[code]
}

// ParseExitStatus reads an exit status: a symbolic name without EXIT_, in upper
// case, or a number from 0 to 255.
func ParseExitStatus(s string) (int, error) {
	for code, name := range exitStatuses {
		if name != "" && name == s {
			return code, nil
		}
	}
	n, err := ParseUint(s, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is not an exit status: expected a name such as TEMPFAIL or 0 to 255", s)
	}
	return int(n), nil
}
