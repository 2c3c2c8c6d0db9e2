package service

import (
	"time"

	"sonde/match"
)

// connectWait bounds a TCP handshake; tunnel.Wait bounds TCP and TLS together.
const connectWait = 5 * time.Second

// enough is how many bytes of answer end a probe: signatures look at the
// beginning, and some servers never stop.
const enough = 4096

// readSize is how much is taken from a connection at a time.
const readSize = 64 << 10

// answerWait is how long the answer to a probe is waited for, from the moment
// the probe is sent.
func answerWait(p *match.Probe) time.Duration { return p.TotalWait }

// wrappedWait is the time within which a connection that closes without a
// word counts as wrapped at once.
func wrappedWait(p *match.Probe) time.Duration { return p.TCPWrapped }
