// Package discover finds out which hosts are up, so that ports are scanned only where somebody answers.
package discover

import (
	"context"

	"sonde/internal/pace"
)

// TaskName is what reports call host discovery.
const TaskName = "Ping Scan"

// method is one way to ask whether a host is up.
type method struct {
	name    string
	items   func(*Config) int // probes for each host
	carrier func(context.Context, *Search) (carrier, error)
}

// carrier is what a method provides.
type carrier interface {
	pace.Carrier
	Close() error
}

// connecting is what remains of TCP pings without the right to send raw
// packets: SYN and ACK pings become connections.
var connecting = method{
	name:    "connect",
	items:   func(c *Config) int { return len(c.Ports) },
	carrier: newConnect,
}
