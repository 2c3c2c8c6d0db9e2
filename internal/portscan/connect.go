package portscan

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/result"
)

// connector makes many connections at once; it is a dial.Connector or a fake.
type connector interface {
	Start(to netip.AddrPort) (slot int, f dial.Fault, err error)
	Poll(until time.Time, got func(slot int, f dial.Fault)) error
	Cancel(slot int)
	Close() error
}

// connectCarrier scans by making connections.
type connectCarrier struct {
	connector
	scan    *Scan
	pending []*pace.Probe                // by the connector's slot
	open    int                          // how many of them there are
	report  func(slot int, f dial.Fault) // ended, made once
	got     func(pace.Answer)            // where it reports to
	failed  error
}

func newConnect(ctx context.Context, s *Scan) (carrier, error) {
	c, err := s.config.Dialer.Connector(ctx)
	if err != nil {
		return nil, err
	}
	return carryConnects(c, s), nil
}

func carryConnects(c connector, s *Scan) *connectCarrier {
	cc := &connectCarrier{connector: c, scan: s}
	cc.report = cc.ended
	return cc
}

// connectVerdicts are what the outcome of connect() says about the port.
// Outcomes that are not here say nothing.
var connectVerdicts = map[dial.Fault]verdict{
	dial.FaultNone:           {state: result.Open, reason: result.ReasonSynAck},
	dial.Refused:             {state: result.Closed, reason: result.ReasonConnRefused},
	dial.Prohibited:          {state: result.Filtered, reason: result.ReasonAdminProhibited},
	dial.ProtocolUnreachable: {state: result.Filtered, reason: result.ReasonProtoUnreach},
	dial.HostUnreachable:     {state: result.Filtered, reason: result.ReasonHostUnreach},
	dial.NetUnreachable:      {state: result.Filtered, reason: result.ReasonNetUnreach},
	dial.NoNet:               {state: result.Filtered, reason: result.ReasonDestUnreach},
}

// Send implements pace.Carrier.
func (c *connectCarrier) Send(p *pace.Probe) (pace.Delivery, pace.Answer, error) {
	slot, f, err := c.Start(c.scan.target(p))
	switch {
	case err != nil:
		return pace.Waiting, pace.Answer{}, err
	case slot >= 0:
		for slot >= len(c.pending) {
			c.pending = append(c.pending, nil)
		}
		p.Handle, c.pending[slot] = slot, p
		c.open++
		return pace.Waiting, pace.Answer{}, nil
	case f == dial.TooManyFiles, c.open > 0 && (f == dial.NoAddress || f == dial.NoBuffers):
		// Ours to give back, so it will pass.
		return pace.Full, pace.Answer{}, nil
	}
	p.Handle = -1
	a, err := c.judge(p, f)
	return pace.Answered, a, err
}

// judge turns the outcome of an attempt into an answer.
func (c *connectCarrier) judge(p *pace.Probe, f dial.Fault) (pace.Answer, error) {
	a := pace.Answer{Probe: p, At: time.Now()}
	switch f {
	case dial.NetDown, dial.NetReset, dial.Aborted:
		return a, fmt.Errorf("connect to %v: %v", c.scan.target(p), f)
	}
	v, ok := connectVerdicts[f]
	if !ok {
		a.Lost = true
		return a, nil
	}
	c.scan.record(p, v, netip.Addr{})
	a.Quiet = c.scan.quiet(p, v.state, v.state == result.Filtered)
	a.Rank = pace.RankConnect
	return a, nil
}

// Receive implements pace.Carrier.
func (c *connectCarrier) Receive(_ context.Context, until time.Time, got func(pace.Answer)) error {
	c.got = got
	if err := c.Poll(until, c.report); err != nil {
		return err
	}
	return c.failed
}

// ended takes the outcome of an attempt from the connector.
func (c *connectCarrier) ended(slot int, f dial.Fault) {
	p := c.pending[slot]
	c.forget(p)
	a, err := c.judge(p, f)
	if err != nil {
		c.failed = err
		a.Lost = true
	}
	c.got(a)
}

func (c *connectCarrier) forget(p *pace.Probe) {
	c.pending[p.Handle] = nil
	p.Handle = -1
	c.open--
}

// Cancel implements pace.Carrier.
func (c *connectCarrier) Cancel(p *pace.Probe) {
	if p.Handle < 0 {
		return
	}
	slot := p.Handle
	c.forget(p)
	c.connector.Cancel(slot)
}
