package process

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// searchPath is where programs without a '/' are looked for.
var searchPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// findProgram is the path of a program: as it is if it has a '/', else the first
// executable file of that name in dirs.
func findProgram(name string, dirs []string) (path string, ok bool) {
	if strings.Contains(name, "/") {
		return name, true
	}
	if len(dirs) == 0 {
		dirs = searchPath
	}
	for _, d := range dirs {
		p := d + "/" + name
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() && unix.Access(p, unix.X_OK) == nil {
			return p, true
		}
	}
	return "", false
}

// whyNoExec says more about a refused execve than the error alone.
func whyNoExec(path string, errno syscall.Errno) string {
	switch {
	case errno == syscall.ENOENT:
		if line := firstLine(path); strings.HasPrefix(line, "#!") {
			words := strings.Fields(line[2:])
			if len(words) > 0 && unix.Access(words[0], unix.F_OK) != nil {
				return fmt.Sprintf("its interpreter %q: %v", words[0], errno)
			}
		} else if line != "" {
			return "the program is there, but not its dynamic loader: " + errno.Error()
		}
	case errno == syscall.ENOEXEC:
		if line := firstLine(path); !strings.HasPrefix(line, "#!") && !strings.HasPrefix(line, "\x7fELF") {
			return errno.Error() + "; a script must begin with a line like #!/bin/sh"
		}
	case errno == syscall.EACCES:
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			return errno.Error() + "; it is a directory"
		} else if err == nil && st.Mode()&0o111 == 0 {
			return errno.Error() + "; it is not executable (chmod +x)"
		}
	}
	return errno.Error()
}

// firstLine is the beginning of a file's first line, "" if it cannot be read.
func firstLine(path string) string {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	return string(line)
}
