package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// SYN asks for a connection and never completes it: the kernel, which knows
// of no such connection, resets what answers.
var SYN = Technique{Option: "-sS", Name: "SYN Stealth Scan", Type: "syn", Protocol: result.TCP, Default: result.Filtered,
	keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.SYN, read: readSYN}

// readSYN knows the handshake of RFC 9293 section 3.5, and the split one, in
// which a SYN is answered with another.
func readSYN(sent, got wire.Flags, _ uint16) (result.PortState, result.Reason, bool) {
	switch {
	case got.Has(wire.RST):
		return result.Closed, result.ReasonReset, true
	case !sent.Has(wire.SYN) || !got.Has(wire.SYN):
		return 0, 0, false
	case got.Has(wire.ACK):
		return result.Open, result.ReasonSynAck, true
	}
	return result.Open, result.ReasonSplitHandshakeSyn, true
}
