package portscan

import (
	"sonde/internal/wire"
	"sonde/result"
)

// Maimon sends FIN and ACK. By RFC 9293 any port answers that with a reset;
// some systems of BSD's line drop it at open ports, as Uriel Maimon found.
var Maimon = Technique{Option: "-sM", Name: "Maimon Scan", Type: "maimon", Protocol: result.TCP, Default: result.OpenFiltered,
	silenceOpen: true, rateLimited: true, keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, flags: wire.FIN | wire.ACK, read: readClosed}
