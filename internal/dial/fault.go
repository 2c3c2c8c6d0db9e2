package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// Fault is why a connection could not be made or broke: the same few causes
// on every system.
type Fault uint8

// The faults.
const (
	FaultNone           Fault = iota // no error
	Refused                          // the port is closed
	Reset                            // the peer broke the connection
	Aborted                          // the connection was given up on this side
	TimedOut                         // no answer in time
	HostUnreachable                  // the host cannot be reached
	NetUnreachable                   // the network cannot be reached
	Prohibited                       // administratively prohibited (EACCES)
	ProtocolUnreachable              // the host does not speak the protocol (ENOPROTOOPT)
	NoNet                            // the machine is not on that network (ENONET)
	NetDown                          // the local network is down
	NetReset                         // the local network dropped the connection
	HostDown                         // the host is known to be down
	BrokenPipe                       // written to a connection that the peer closed
	TooManyFiles                     // no descriptor left, in this process or the system
	NoAddress                        // no local address or port left
	NoBuffers                        // the system is short of memory for sockets
	Denied                           // the local system forbids it (EPERM)
	EOF                              // the peer ended the conversation in order
	Canceled                         // the context was cancelled or the connection closed on this side
	Other                            // anything else
)

var faultNames = [...]string{"none", "refused", "reset", "aborted", "timed out", "host unreachable", "network unreachable",
	"prohibited", "protocol unreachable", "no network", "network down", "network reset", "host down", "broken pipe",
	"too many files", "no address", "no buffers", "denied", "end of file", "canceled", "other"}

// String is the fault in a few words.
func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return "invalid"
}

// FaultOf finds the cause behind an error of this package, of a connection, or
// of a system call. A nil error gives FaultNone.
func FaultOf(err error) Fault { return faultOn(runtime.GOOS, runtime.GOARCH, err) }

// faultOn is FaultOf as it is on a given system.
func faultOn(system, arch string, err error) Fault {
	if err == nil {
		return FaultNone
	}
	if no, ok := err.(syscall.Errno); ok { // the usual case of a mass of attempts, without allocation
		return errnoFault(system, arch, false, no)
	}
	if errors.Is(err, context.Canceled) {
		return Canceled
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		return errnoFault(system, arch, overUDP(err), no)
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errSelfConnect):
		return Refused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return EOF
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return Canceled
	}
	return Other
}

// overUDP tells whether an error came from a UDP socket.
func overUDP(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && strings.HasPrefix(op.Net, "udp")
}
