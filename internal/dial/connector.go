package dial

import (
	"context"
	"net/netip"
	"time"
)

// noSlot is the slot of an attempt that ended at once.
const noSlot = -1

// A Connector makes many TCP connections at once and closes each as soon as it
// is known how it went: it asks which ports answer and says nothing. It is not
// safe for concurrent use.
type Connector interface {
	// Start begins to connect. An attempt that goes on has a slot, which Poll
	// and Cancel name; slots are small numbers that are used again. One that
	// ended at once has a negative slot, and the fault says how: FaultNone if
	// it succeeded, TooManyFiles if there is no room for it at present. An
	// error means that no attempt can succeed.
	Start(to netip.AddrPort) (slot int, f Fault, err error)
	// Poll reports the attempts that ended. If there are none it waits until
	// one has, until the given moment (for ever if zero, not at all if past),
	// or until the Connector's context is done, whose error it returns.
	Poll(until time.Time, got func(slot int, f Fault)) error
	// Cancel gives an attempt up; nothing is reported of it.
	Cancel(slot int)
	// Close gives up all attempts and waits for their end.
	Close() error
}

// Connector makes a Connector that lives until Close or until ctx is done.
// Its connections count against the dialer's budget.
func (d *Dialer) Connector(ctx context.Context) (Connector, error) { return newConnector(ctx, d) }
