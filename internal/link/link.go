// Package link carries raw packets between a scan and the network: it alone knows of raw sockets, capture rings, routes and neighbours.
//
// A Link finds the Path to an address, sends Batches of packets along paths,
// and hands over what comes back, decoded. It makes no change to the machine:
// all it has ends with the process. Scans use it through the interfaces Wire
// and Router, which package linktest implements in memory.
package link

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/wire"
)

// Wire sends and receives packets. One goroutine may send while another
// receives; neither may be done by two at once.
type Wire interface {
	// Send sends the packets of a batch in order, and tells how many left this
	// machine; the others are lost, as packets may be on any wire. An error
	// means that nothing more can be sent.
	Send(b *Batch) (int, error)
	// Receive hands over what has come. With nothing there it waits until the
	// given moment (for ever if zero, not at all if past) or until ctx is done,
	// in which case it returns ctx.Err().
	Receive(ctx context.Context, until time.Time, got func(*Received)) error
}

// Router knows the ways out of this machine. It may be asked by any goroutine.
type Router interface {
	// Path finds the way to an address. A *NoPathError says why there is none.
	Path(dst netip.Addr) (Path, error)
}

// Received is a packet that came in. It and all it points to is valid until
// the function it was given to returns.
type Received struct {
	wire.Packet           // decoded; Framed is never set
	Raw         []byte    // the packet without its link header
	At          time.Time // when the kernel got it
	Interface   int       // index of the interface it came in by
	From        wire.MAC  // who sent it over the link, if HasFrom
	HasFrom     bool
}

// Stats counts packets since a Link was opened.
type Stats struct {
	Sent     uint64
	Refused  uint64 // packets the system would not send
	Refusal  error  // why, of the last of them
	Received uint64 // packets the filter let through
	Dropped  uint64 // of them, those for which the ring had no room
	Broken   uint64 // packets that could not be decoded
}

// Framing says in which form packets are handed to the kernel.
type Framing uint8

// The framings.
const (
	Auto   Framing = iota // Ethernet frames where there is Ethernet
	Frames                // the same; interfaces without Ethernet are refused (--send-eth)
	Bare                  // IP packets on raw sockets (--send-ip)
)

// Config says how a Link is to be opened.
type Config struct {
	Filter  Filter
	Device  string     // the one interface to send and receive by; "" leaves it to routing
	Source  netip.Addr // the source address for targets of its family; zero leaves it to routing
	Framing Framing
	Ring    int           // size of the capture ring in bytes; 0 is DefaultRing
	Hold    time.Duration // how long the kernel may collect packets before it hands them over; 0 is DefaultHold
}

// What a Config means by zero.
const (
	DefaultRing = 16 << 20
	DefaultHold = time.Millisecond
)

// Faults of opening a Link.
var (
	// ErrUnsupported tells that this system has no raw packets for us.
	ErrUnsupported = errors.New("raw packets need Linux")
	// ErrRights tells that the process may not open raw sockets; see RightsOf.
	ErrRights = errors.New("raw packets need root or the capability CAP_NET_RAW")
)

// NoPathError tells why packets cannot be sent to an address.
type NoPathError struct {
	Dst    netip.Addr
	Reason string
}

// Error is the reason in one line.
func (e *NoPathError) Error() string { return fmt.Sprintf("no way to %v: %s", e.Dst, e.Reason) }
