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

// exchanger exchanges datagrams; it is a dial.Datagrams or a fake.
type exchanger interface {
	Send(to netip.AddrPort, lane int, payloads [][]byte) (slot int, f dial.Fault, err error)
	Poll(until time.Time, got func(slot int, r dial.Response) (over bool)) error
	Cancel(slot int)
	Close() error
}

// udpCarrier scans by exchanging datagrams.
type udpCarrier struct {
	exchanger
	scan     *Scan
	payloads func(uint16) [][]byte
	pending  []*pace.Probe // by the exchanger's slot
	answer   func(pace.Answer)
	report   func(slot int, r dial.Response) bool
	failed   error
}

func newUDP(ctx context.Context, s *Scan) (carrier, error) {
	u, err := s.config.Dialer.Datagrams(ctx)
	if err != nil {
		return nil, err
	}
	return carryDatagrams(u, s), nil
}

// emptyDatagram is what a port gets for which no payload is known.
var emptyDatagram = [][]byte{{}}

func carryDatagrams(u exchanger, s *Scan) *udpCarrier {
	c := &udpCarrier{exchanger: u, scan: s}
	c.report = c.came
	c.payloads = func(port uint16) [][]byte {
		if s.config.Payloads != nil {
			if p := s.config.Payloads(port); len(p) > 0 {
				return p
			}
		}
		return emptyDatagram
	}
	return c
}

// udpFaults are what an error says about a UDP port where the system does not
// tell more of it. Errors that are not here say nothing.
var udpFaults = map[dial.Fault]verdict{
	dial.Refused:             {state: result.Closed, reason: result.ReasonPortUnreach},
	dial.Prohibited:          {state: result.Filtered, reason: result.ReasonAdminProhibited},
	dial.ProtocolUnreachable: {state: result.Filtered, reason: result.ReasonProtoUnreach},
	dial.HostUnreachable:     {state: result.Filtered, reason: result.ReasonHostUnreach},
	dial.NetUnreachable:      {state: result.Filtered, reason: result.ReasonNetUnreach},
	dial.NoNet:               {state: result.Filtered, reason: result.ReasonDestUnreach},
}

// Send implements pace.Carrier. Each try, and the timing ping, has a lane of
// its own, so that an answer belongs to exactly one transmission.
func (c *udpCarrier) Send(p *pace.Probe) (pace.Delivery, pace.Answer, error) {
	to := c.scan.target(p)
	lane := 2 * p.Try
	if p.Ping {
		lane++
	}
	slot, f, err := c.exchanger.Send(to, lane, c.payloads(to.Port()))
	switch {
	case err != nil:
		return pace.Waiting, pace.Answer{}, err
	case slot >= 0:
		for slot >= len(c.pending) {
			c.pending = append(c.pending, nil)
		}
		p.Handle, c.pending[slot] = slot, p
		return pace.Waiting, pace.Answer{}, nil
	case f == dial.TooManyFiles || f == dial.NoBuffers:
		return pace.Full, pace.Answer{}, nil
	}
	p.Handle = -1
	a, _, err := c.judge(p, dial.Response{Fault: f})
	return pace.Answered, a, err
}

// judge turns what came back into an answer; false if it decides nothing.
func (c *udpCarrier) judge(p *pace.Probe, r dial.Response) (a pace.Answer, ok bool, err error) {
	to := c.scan.target(p)
	a = pace.Answer{Probe: p, At: time.Now()}
	var v verdict
	var from netip.Addr
	switch {
	case r.Fault == dial.FaultNone:
		v, ok = verdict{state: result.Open, reason: result.ReasonUDPResponse, ttl: r.TTL}, true
		c.scan.scanned[p.Job.Index].keepReply(to.Port(), r.Data)
	case r.ICMP != nil:
		if v, from, ok = icmpVerdict(result.UDP, *r.ICMP, r.TTL, to.Addr()); !ok {
			return a, false, nil // the probe keeps waiting
		}
	case r.Fault == dial.NetDown:
		return a, false, fmt.Errorf("send to %v: %v", to, r.Fault)
	default:
		if v, ok = udpFaults[r.Fault]; !ok {
			a.Lost = true
			return a, true, nil
		}
	}
	c.scan.record(p, v, from)
	a.Quiet = c.scan.quiet(p, v.state, v.state != result.Open)
	a.Rank = pace.RankUDP(len(c.payloads(to.Port())))
	return a, true, nil
}

// Receive implements pace.Carrier.
func (c *udpCarrier) Receive(_ context.Context, until time.Time, got func(pace.Answer)) error {
	c.answer = got
	if err := c.Poll(until, c.report); err != nil {
		return err
	}
	return c.failed
}

// came takes a response from the exchanger. It tells whether that settles the exchange.
func (c *udpCarrier) came(slot int, r dial.Response) bool {
	p := c.pending[slot]
	a, ok, err := c.judge(p, r)
	if err != nil {
		c.failed = err
	}
	if !ok {
		return false
	}
	c.forget(p)
	c.answer(a)
	return true
}

func (c *udpCarrier) forget(p *pace.Probe) {
	c.pending[p.Handle] = nil
	p.Handle = -1
}

// Cancel implements pace.Carrier.
func (c *udpCarrier) Cancel(p *pace.Probe) {
	if p.Handle < 0 {
		return
	}
	slot := p.Handle
	c.forget(p)
	c.exchanger.Cancel(slot)
}
