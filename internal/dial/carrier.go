package dial

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/pace"
)

// Carrier carries the probes of a phase as connections.
type Carrier struct {
	connector Connector
	target    func(*pace.Probe) netip.AddrPort
	judge     func(*pace.Probe, Fault) pace.Answer
	tracer    *Tracer
	pending   []*pace.Probe // by the connector's slot
	open      int           // how many of them there are
	report    func(slot int, f Fault)
	got       func(pace.Answer)
	failed    error
}

// NewCarrier makes a Carrier over a Connector. Target says where a probe
// connects to, and judge what the outcome means. Attempts are told to the
// tracer, which may be nil.
func NewCarrier(c Connector, target func(*pace.Probe) netip.AddrPort, judge func(*pace.Probe, Fault) pace.Answer, t *Tracer) *Carrier {
	cc := &Carrier{connector: c, target: target, judge: judge, tracer: t}
	cc.report = cc.ended
	return cc
}

// Send implements pace.Carrier.
func (c *Carrier) Send(p *pace.Probe) (pace.Delivery, pace.Answer, error) {
	to := c.target(p)
	slot, f, err := c.connector.Start(to)
	p.Handle = slot
	switch {
	case err != nil:
		return pace.Waiting, pace.Answer{}, err
	case slot >= 0:
		for slot >= len(c.pending) {
			c.pending = append(c.pending, nil)
		}
		c.pending[slot] = p
		c.open++
		c.tracer.began(to)
		return pace.Waiting, pace.Answer{}, nil
	case f == TooManyFiles, c.open > 0 && (f == NoAddress || f == NoBuffers):
		// Attempts of ours hold what is missing, so it will come free.
		return pace.Full, pace.Answer{}, nil
	}
	a, err := c.outcome(p, f)
	return pace.Answered, a, err
}

// outcome judges how an attempt ended. Trouble of this machine's own network
// is no verdict on anybody: it ends the phase.
func (c *Carrier) outcome(p *pace.Probe, f Fault) (pace.Answer, error) {
	if c.tracer != nil {
		c.tracer.ended(c.target(p), f)
	}
	switch f {
	case NetDown, NetReset, Aborted:
		return pace.Answer{Probe: p, At: time.Now(), Lost: true}, fmt.Errorf("connect to %v: %v", c.target(p), f)
	}
	a := c.judge(p, f)
	a.Probe, a.At = p, time.Now()
	return a, nil
}

// Receive implements pace.Carrier.
func (c *Carrier) Receive(_ context.Context, until time.Time, got func(pace.Answer)) error {
	c.got = got
	if err := c.connector.Poll(until, c.report); err != nil {
		return err
	}
	return c.failed
}

// ended takes the outcome of an attempt from the connector.
func (c *Carrier) ended(slot int, f Fault) {
	p := c.pending[slot]
	c.forget(p)
	a, err := c.outcome(p, f)
	if err != nil {
		c.failed = err
	}
	c.got(a)
}

func (c *Carrier) forget(p *pace.Probe) {
	c.pending[p.Handle] = nil
	p.Handle = noSlot
	c.open--
}

// Cancel implements pace.Carrier.
func (c *Carrier) Cancel(p *pace.Probe) {
	if slot := p.Handle; slot >= 0 {
		c.forget(p)
		c.connector.Cancel(slot)
	}
}

// Close closes the connector.
func (c *Carrier) Close() error { return c.connector.Close() }
