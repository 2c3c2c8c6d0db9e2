package pace

import (
	"context"
	"time"
)

// Probe is one transmission of one item of a job.
type Probe struct {
	Job  *Job
	Item int  // number of the item, from 0; KnownItem for some pings
	Try  int  // 0 is the first transmission
	Ping bool // the item was answered before; this transmission only measures
	Sent time.Time
	// Handle is for the carrier to find its own record of the probe.
	Handle int

	list       *probeList // the list that holds the probe, nil if none
	prev, next *Probe
}

// Delivery says what became of a probe that was to be sent.
type Delivery uint8

// The deliveries.
const (
	Waiting  Delivery = iota // it is on its way
	Answered                 // the answer is there already
	Full                     // nothing can be sent now for want of descriptors
)

// Answer is what a carrier learned of a probe.
type Answer struct {
	Probe *Probe
	At    time.Time // when it was learned
	// Lost tells that the system gave the probe up: it counts as timed out.
	Lost bool
	// Quiet tells that the answer must not influence timing.
	Quiet bool
	// Stop ends the job: nothing more is to be learned of the host.
	Stop bool
	Rank Rank // of the item as a timing ping
}

// Carrier carries the probes of a phase. Its methods are called from one
// goroutine. Errors end the phase.
type Carrier interface {
	// Send sends p. The answer counts only with Answered.
	Send(p *Probe) (Delivery, Answer, error)
	// Receive hands over what has come. With nothing there it waits until the
	// given moment (for ever if zero, not at all if past) or until ctx is done.
	Receive(ctx context.Context, until time.Time, got func(Answer)) error
	// Cancel forgets p. It is called for every probe that was not answered,
	// those reported as lost among them.
	Cancel(p *Probe)
}

// probeList is a list of probes in the order they were sent.
type probeList struct {
	head, tail *Probe
	n          int
}

func (l *probeList) push(p *Probe) {
	p.list, p.prev, p.next = l, l.tail, nil
	if l.tail == nil {
		l.head = p
	} else {
		l.tail.next = p
	}
	l.tail = p
	l.n++
}

// unlink takes p off the list it is on, if any.
func (p *Probe) unlink() {
	l := p.list
	if l == nil {
		return
	}
	if p.prev == nil {
		l.head = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		l.tail = p.prev
	} else {
		p.next.prev = p.prev
	}
	p.list, p.prev, p.next = nil, nil, nil
	l.n--
}
