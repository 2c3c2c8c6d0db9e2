package discover

import (
	"context"
	"net/netip"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/result"
)

func newConnect(ctx context.Context, s *Search) (carrier, error) {
	c, err := s.config.Dialer.Connector(ctx)
	if err != nil {
		return nil, err
	}
	return dial.NewCarrier(c, s.target, s.judgeConnect, s.config.Trace), nil
}

// target is where a probe connects to.
func (s *Search) target(p *pace.Probe) netip.AddrPort {
	return netip.AddrPortFrom(s.hosts[p.Job.Index].Addr, s.config.Ports[p.Item])
}

// connectReasons are the outcomes of connect() that speak against a host being up.
var connectReasons = map[dial.Fault]result.Reason{
	dial.HostUnreachable:     result.ReasonHostUnreach,
	dial.NetUnreachable:      result.ReasonNetUnreach,
	dial.Prohibited:          result.ReasonAdminProhibited,
	dial.ProtocolUnreachable: result.ReasonProtoUnreach,
	dial.NoNet:               result.ReasonDestUnreach,
}

// judgeConnect turns the outcome of an attempt into a verdict on the host.
func (s *Search) judgeConnect(p *pace.Probe, f dial.Fault) pace.Answer {
	h := s.hosts[p.Job.Index]
	if h.State == result.HostUp {
		return pace.Answer{Quiet: true} // that is final; the outcome came in one go with the one that said so
	}
	port := s.config.Ports[p.Item]
	switch {
	case f == dial.FaultNone:
		s.up(h, result.ReasonSynAck, port)
		return pace.Answer{Stop: true, Rank: pace.RankConnect}
	case f == dial.Refused && !s.config.IgnoreReset:
		s.up(h, result.ReasonConnRefused, port)
		return pace.Answer{Stop: true, Rank: pace.RankConnect}
	case f == dial.Refused:
		return pace.Answer{} // answered, yet no verdict
	}
	reason, ok := connectReasons[f]
	if !ok {
		return pace.Answer{Lost: true}
	}
	s.down(h, reason)
	return pace.Answer{Quiet: p.Try > 0} // on a retransmission it tells of routers, not of the host
}
