//go:build unix

package dial

import "syscall"

// fileLimit is how many descriptors this process may have. The runtime has
// raised the soft limit to the hard one before main began.
func fileLimit() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 256 // the least of the systems we know
	}
	return int(min(uint64(r.Cur), 1<<20))
}
