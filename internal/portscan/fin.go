package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// FIN ends a connection that never was. A closed port answers that with a
// reset, an open one not at all (RFC 9293 section 3.10.7).
var FIN = Technique{Option: "-sF", Name: "FIN Scan", Type: "fin", Protocol: result.TCP, Default: result.OpenFiltered,
	silenceOpen: true, rateLimited: true, keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.FIN, read: readClosed}

// readClosed takes the reset of a closed port, the only answer there is to
// segments that belong to no connection and ask for none.
func readClosed(_, got wire.Flags, _ uint16) (result.PortState, result.Reason, bool) {
	return result.Closed, result.ReasonReset, got.Has(wire.RST)
}
