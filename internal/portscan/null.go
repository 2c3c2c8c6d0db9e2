package portscan

import "sonde/result"

// NULL sends segments without any flag, which a closed port answers as it does FIN.
var NULL = Technique{Option: "-sN", Name: "NULL Scan", Type: "null", Protocol: result.TCP, Default: result.OpenFiltered,
	silenceOpen: true, rateLimited: true, keepLate: true, maxDelay: maxDelayTCP, carrier: newTCP, read: readClosed}
