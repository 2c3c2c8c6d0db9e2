package service

import (
	"fmt"
	"slices"
	"time"

	"sonde/match"
	"sonde/result"
)

// greeters are TCP ports whose usual protocol begins with a word of the
// server. Who speaks first there fails pregreet tests, is made to wait, or is
// shut out.
var greeters = []uint16{13, 17, 19, 21, 22, 23, 25, 37, 110, 119, 143, 465, 563, 587, 990, 992, 993, 995, 2525, 3306, 4190, 5900, 5901}

// pulse is what was measured of one service. Every wait of a race comes from it.
type pulse struct {
	level   int
	rtt     time.Duration // of the quickest connection
	slowest time.Duration // from a question to the first byte of its answer
	greeted time.Duration // from the connection to the greeting
}

// connected takes the time that a connection took. A slow one says that the
// host was busy, not that it is far.
func (p *pulse) connected(took time.Duration) {
	if p.rtt == 0 || took < p.rtt {
		p.rtt = max(took, time.Microsecond)
	}
}

func (p *pulse) answered(took time.Duration) { p.slowest = max(p.slowest, took) }

// grace is how long a service is given to greet before it is asked something.
func (p *pulse) grace(t Target) time.Duration {
	if t.Protocol == result.TCP && slices.Contains(greeters, t.Port) {
		return greeterGrace(p.level) + 2*p.rtt
	}
	return graceFloor + p.rtt + p.rtt/4
}

// active is how long a question is worth waiting for before others are asked.
func (p *pulse) active() time.Duration { return max(quietFloor, 4*p.rtt, 2*p.slowest) }

// rest is how long the remainder of an answer that began is waited for.
func (p *pulse) rest() time.Duration { return max(restFloor, 2*p.rtt) }

// patience is how long a silent connection is kept at least, from the moment
// it was asked something. Usual is within what time the services of the host
// answer, 0 if that is not known or there is no need to hurry.
func (p *pulse) patience(probe *match.Probe, usual time.Duration) time.Duration {
	total := owed(p.level)
	if usual > 0 {
		total = min(total, max(leastOwed, usual))
	}
	if probe != nil {
		total = min(total, answerWait(probe))
	}
	return max(total, p.active())
}

// String names the measurements.
func (p *pulse) String() string {
	return fmt.Sprintf("round trip %v, slowest answer %v", p.rtt.Round(10*time.Microsecond), p.slowest.Round(time.Millisecond))
}
