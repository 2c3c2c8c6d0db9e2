package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// Xmas is FIN with more lights on, which passes by filters that look for a bare FIN.
var Xmas = Technique{Option: "-sX", Name: "XMAS Scan", Type: "xmas", Protocol: result.TCP, Default: result.OpenFiltered,
	silenceOpen: true, rateLimited: true, keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.FIN | wire.PSH | wire.URG, read: readClosed}
