package ctl

import (
	"io/fs"
	"syscall"
)

// owner is the user that a file belongs to; -1 where the system does not say.
func owner(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
