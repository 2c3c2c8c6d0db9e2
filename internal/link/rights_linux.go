package link

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// RightsOf tries whether this process may open the sockets that raw packets
// need. The answer is that of the kernel: capabilities, sandboxes and
// containers included.
func RightsOf() Rights {
	for _, try := range []struct {
		what         string
		domain, kind int
		proto        int
	}{{"packet sockets", unix.AF_PACKET, unix.SOCK_RAW, 0}, {"raw IP sockets", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW}} {
		fd, err := unix.Socket(try.domain, try.kind|unix.SOCK_CLOEXEC, try.proto)
		if err != nil {
			return lacking(try.what, err)
		}
		_ = unix.Close(fd)
	}
	return Rights{Raw: true}
}

func lacking(what string, err error) Rights {
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return Rights{Reason: "this system has no " + what + ": " + err.Error()}
	}
	r := Rights{Reason: ErrRights.Error()}
	if program, err := os.Executable(); err == nil {
		r.Hint = setcap(program)
	}
	return r
}
