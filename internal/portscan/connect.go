package portscan

import (
	"context"
	"net/netip"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/result"
)

func newConnect(ctx context.Context, s *Scan) (carrier, error) {
	c, err := s.config.Dialer.Connector(ctx)
	if err != nil {
		return nil, err
	}
	return dial.NewCarrier(c, s.target, s.judgeConnect, s.config.Trace), nil
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

// judgeConnect turns the outcome of an attempt into an answer.
func (s *Scan) judgeConnect(p *pace.Probe, f dial.Fault) pace.Answer {
	v, ok := connectVerdicts[f]
	if !ok {
		return pace.Answer{Lost: true}
	}
	s.record(p, v, netip.Addr{})
	return pace.Answer{Quiet: s.quiet(p, v.state, v.state == result.Filtered), Rank: pace.RankConnect}
}
