package dial

import (
	"context"
	"net/netip"
	"time"
)

// Datagrams sends UDP datagrams to many ports at once and collects what comes
// back: answers, and errors that routers and hosts report. It is not safe for
// concurrent use.
type Datagrams interface {
	// Send sends payloads, one datagram each, back to back and from one port.
	// Exchanges with one address can be told apart only if their lanes, small
	// numbers, differ. The exchange has a slot, which Poll and Cancel name. A
	// negative slot tells that nothing was sent, and the fault why:
	// TooManyFiles if there is no room at present. An error means that no
	// exchange can succeed.
	Send(to netip.AddrPort, lane int, payloads [][]byte) (slot int, f Fault, err error)
	// Poll reports what came back, and waits as a Connector does. When got
	// returns true the exchange is over.
	Poll(until time.Time, got func(slot int, r Response) (over bool)) error
	// Cancel ends an exchange; nothing more is reported of it.
	Cancel(slot int)
	// Close ends all exchanges.
	Close() error
}

// Response is what came back to a datagram: an answer, or an error.
type Response struct {
	Fault Fault  // FaultNone for an answer
	Data  []byte // of an answer; valid until got returns
	TTL   uint8  // time to live or hop limit of what came; 0 if unknown
	ICMP  *ICMP  // the message behind an error, where the system tells
}

// ICMP is an error message of a host or router (RFC 792, RFC 4443).
type ICMP struct {
	V6         bool
	Type, Code uint8
	From       netip.Addr
}

// Datagrams makes a Datagrams that lives until Close or until ctx is done. Its
// sockets count against the dialer's budget.
func (d *Dialer) Datagrams(ctx context.Context) (Datagrams, error) { return newDatagrams(ctx, d) }
