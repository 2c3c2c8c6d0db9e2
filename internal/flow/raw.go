package flow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"sonde/internal/link"
	"sonde/internal/portscan"
	"sonde/internal/wire"
	"sonde/result"
)

// rawLink is the raw packets of a run: all its scans share it, one after the other.
type rawLink struct {
	*link.Link
	first   uint16 // source port of the first block
	blocks  int    // handed out so far
	traffic result.Traffic
	got     func(*link.Received)
	count   func(*link.Received)
}

// Raw probes come from source ports above those of well-known services, a run's
// from a window of them that is drawn by lot, and each scan's from the next
// block of the window, so that late answers to one scan mean nothing to the next.
const (
	lowestSource = 33000
	blocksOfRun  = 16
	windowOfRun  = blocksOfRun * portscan.SourcePorts
)

// openRaw opens the link if any pass needs one.
func (r *run) openRaw() error {
	needed := false
	for _, p := range r.passes {
		needed = needed || p.technique.Raw()
	}
	if !needed {
		return nil
	}
	l := &rawLink{first: lowestSource + uint16(rand.IntN(1<<16-windowOfRun-lowestSource))}
	l.count = l.received
	var err error
	l.Link, err = link.Open(link.Config{Source: r.Source, Device: r.Device,
		Filter: link.Filter{LoPort: l.first, HiPort: l.first + windowOfRun - 1, ICMP: true, ARP: true}})
	if err != nil {
		return err
	}
	r.raw = l
	return nil
}

// sources gives out the next block of source ports.
func (l *rawLink) sources() uint16 {
	block := l.blocks % blocksOfRun
	l.blocks++
	return l.first + uint16(block*portscan.SourcePorts)
}

// Send counts what is sent.
func (l *rawLink) Send(b *link.Batch) (int, error) {
	n, err := l.Link.Send(b)
	for i := range b.Len() {
		if i < n { // refused packets are rare, and their place in the batch is not known
			_, packet := b.Packet(i)
			l.traffic.SentBytes += uint64(len(packet))
		}
	}
	l.traffic.Sent += uint64(n)
	return n, err
}

// Receive counts what is received.
func (l *rawLink) Receive(ctx context.Context, until time.Time, got func(*link.Received)) error {
	l.got = got
	return l.Link.Receive(ctx, until, l.count)
}

func (l *rawLink) received(r *link.Received) {
	l.traffic.Received++
	l.traffic.ReceivedBytes += uint64(len(r.Raw))
	l.got(r)
}

// watchDrops returns a function that tells if packets were lost meanwhile on
// their way from the kernel.
func (r *run) watchDrops() (end func()) {
	before := r.raw.Stats()
	return func() {
		after := r.raw.Stats()
		if n := after.Dropped - before.Dropped; n > 0 {
			r.notice(result.LevelWarning, "", fmt.Sprintf("the kernel dropped %s that came faster than they were read; --max-rate helps", count(int(n), "packet")))
		}
		if n := after.Refused - before.Refused; n > 0 {
			r.notice(result.LevelWarning, "", fmt.Sprintf("the system refused to send %s: %v", count(int(n), "packet"), after.Refusal))
		}
	}
}

// totals are the packets of the run; nil if it had no means to send any.
func (r *run) totals() *result.Traffic {
	if r.raw == nil {
		return nil
	}
	t := r.raw.traffic
	return &t
}

// flagNames names TCP flags as reports do.
func flagNames(f wire.Flags) (names string) {
	for i, name := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if f.Has(1 << i) {
			names += name
		}
	}
	return names
}
