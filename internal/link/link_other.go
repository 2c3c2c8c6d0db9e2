//go:build !linux

package link

import (
	"context"
	"net/netip"
	"runtime"
	"time"
)

// Link is the raw packets of this system, which has none for us.
type Link struct{}

// Open fails with ErrUnsupported.
func Open(Config) (*Link, error) { return nil, ErrUnsupported }

// RightsOf says that raw packets are not to be had here.
func RightsOf() Rights {
	return Rights{Reason: "raw packets need Linux; this is " + runtime.GOOS}
}

// Interfaces fails with ErrUnsupported.
func Interfaces() ([]Interface, error) { return nil, ErrUnsupported }

// Routes fails with ErrUnsupported.
func Routes() ([]Route, error) { return nil, ErrUnsupported }

// Sender sends nothing.
type Sender struct{}

// Sender fails with ErrUnsupported.
func (*Link) Sender() (*Sender, error) { return nil, ErrUnsupported }

// Send fails with ErrUnsupported.
func (*Sender) Send(*Batch) (int, error) { return 0, ErrUnsupported }

// Stats counts nothing.
func (*Sender) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Sender) Close() error { return nil }

// Send implements Wire.
func (*Link) Send(*Batch) (int, error) { return 0, ErrUnsupported }

// Receive implements Wire.
func (*Link) Receive(context.Context, time.Time, func(*Received)) error { return ErrUnsupported }

// Path implements Router.
func (*Link) Path(netip.Addr) (Path, error) { return Path{}, ErrUnsupported }

// Span fails with ErrUnsupported.
func (*Link) Span(netip.Addr) (Path, netip.Prefix, error) {
	return Path{}, netip.Prefix{}, ErrUnsupported
}

// Stats counts nothing.
func (*Link) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Link) Close() error { return nil }
