package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// Window is ACK with a closer look: some systems name a window in the reset
// of an open port and none in that of a closed one.
var Window = Technique{Option: "-sW", Name: "Window Scan", Type: "window", Protocol: result.TCP, Default: result.Filtered,
	keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.ACK, read: readWindow}

func readWindow(_, got wire.Flags, window uint16) (result.PortState, result.Reason, bool) {
	state := result.Closed
	if window != 0 {
		state = result.Open
	}
	return state, result.ReasonReset, got.Has(wire.RST)
}
