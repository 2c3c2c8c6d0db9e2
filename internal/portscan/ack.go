package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// ACK acknowledges what was never sent. Whoever gets that sends a reset, port
// open or not, so it tells only what a firewall lets through.
var ACK = Technique{Option: "-sA", Name: "ACK Scan", Type: "ack", Protocol: result.TCP, Default: result.Filtered,
	keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.ACK, read: readACK}

func readACK(_, got wire.Flags, _ uint16) (result.PortState, result.Reason, bool) {
	return result.Unfiltered, result.ReasonReset, got.Has(wire.RST)
}
