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

// twice that is kept: what came together with the first part.
const twice = 2 * enough

// readSize is how much is taken from a connection at a time.
const readSize = 64 << 10

// answerWait is how long the answer to a probe is waited for, from the moment
// the probe is sent.
func answerWait(p *match.Probe) time.Duration { return p.TotalWait }

// wrappedWait is the time within which a connection that closes without a
// word counts as wrapped at once.
func wrappedWait(p *match.Probe) time.Duration { return p.TCPWrapped }

// The waits of a race. They are floors and caps: what decides is the service's
// pulse, in grace.go.
const (
	// graceFloor is for a service to greet on a network without delay: that
	// of inetd, which starts a program first, takes 5 to 20 ms.
	graceFloor = 35 * time.Millisecond
	// quietFloor is for an answer on a network without delay.
	quietFloor = 300 * time.Millisecond
	// restFloor is for the remainder of an answer.
	restFloor = 100 * time.Millisecond
	// singlePause lets a server that serves one at a time notice that the
	// last connection is closed.
	singlePause = 20 * time.Millisecond
	// listenUntil is until when, from the start of a race, a connection is
	// worth opening only to listen: that takes the time of the NULL probe.
	listenUntil = 3 * time.Second
	// drainGap is between the ends of connections that had their time.
	drainGap = 30 * time.Millisecond
	// stuck is when a connection attempt beside an open connection is taken
	// for one that waits until the other closes. Two lost SYNs take 3 s to mend.
	stuck = 2500 * time.Millisecond
	// refusedPause lets a server that refused get ready; it doubles each time.
	refusedPause = 100 * time.Millisecond
	// leastOwed is what a silent connection has before it makes room for
	// others, at a host whose services answer quickly.
	leastOwed = time.Second
	// roomCheck is how often a service whose connections had their time looks
	// whether others need the room.
	roomCheck = 100 * time.Millisecond
	// lateClose is until when a connection that closes without a word may
	// count as wrapped after all; by then answers are overdue.
	lateClose = 5 * time.Second
	// atOnce is within what time a service closes that does so at once, and
	// how far apart it does so on connections that are alike.
	atOnce = 50 * time.Millisecond
)

// greeterGrace is for greetings where they are due. Servers that test for
// hasty clients take some seconds.
func greeterGrace(level int) time.Duration {
	switch {
	case level <= 2:
		return 6 * time.Second
	case level == 3:
		return 3 * time.Second
	case level == 4:
		return 2 * time.Second
	}
	return time.Second
}

// owed is how long a silent connection is kept although others are waiting:
// services that think for three seconds are not rare.
func owed(level int) time.Duration {
	switch {
	case level <= 2:
		return 7500 * time.Millisecond
	case level == 3:
		return 3100 * time.Millisecond
	case level == 4:
		return 2200 * time.Millisecond
	}
	return 1200 * time.Millisecond
}

// retryUntil is until when, from the start of a detection, questions are repeated.
func retryUntil(level int) time.Duration {
	switch {
	case level <= 2:
		return time.Minute
	case level == 3:
		return 8 * time.Second
	case level == 4:
		return 7500 * time.Millisecond
	}
	return 5 * time.Second
}
