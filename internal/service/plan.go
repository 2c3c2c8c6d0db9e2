package service

import (
	"cmp"
	"slices"

	"sonde/match"
	"sonde/result"
)

// step is one thing to try on a service, on a connection of its own.
type step struct {
	probe *match.Probe // nil for a TLS handshake
	hello bool         // the payload itself greets in TLS: a handshake says more
	asked bool         // done, or under way
	mute  bool         // met by silence
	tries int
}

// plan is what a race may try on a service, the likeliest first: what is
// registered for the port, what most unknown ports answer, TLS, and the rest
// in the order of the database.
type plan struct {
	steps     []*step
	port      uint16
	tunnel    result.Tunnel
	intensity int
	helloless bool // a handshake was met by silence, so those of probes would be, too
}

func newPlan(c *Config, t Target, through result.Tunnel) *plan {
	p := &plan{port: t.Port, tunnel: through, intensity: c.Intensity}
	for _, probe := range c.DB.Probes() {
		if probe.Protocol == t.Protocol {
			p.steps = append(p.steps, &step{probe: probe, hello: isHello(probe.Payload)})
		}
	}
	popular := p.popular()
	shake := p.shake(c.DB, t.Protocol)
	rank := func(s *step) int {
		switch {
		case s == shake && slices.ContainsFunc(p.steps, func(o *step) bool { return o.hello && p.registers(o) }):
			return 0 // before the greetings that it replaces
		case s != shake && p.registers(s):
			return 1
		case s == popular:
			return 2
		case s == shake:
			return 3
		}
		return 4
	}
	if shake != nil {
		p.steps = append(p.steps, shake)
	}
	slices.SortStableFunc(p.steps, func(a, b *step) int { return cmp.Compare(rank(a), rank(b)) })
	return p
}

// popular is the one question that most services answer in a way that is
// known: of the most common probes, the one with the most signatures.
func (p *plan) popular() *step {
	var best *step
	for _, s := range p.steps {
		if s.hello || s.probe.Rarity > p.intensity {
			continue
		}
		if best == nil || s.probe.Rarity < best.probe.Rarity ||
			s.probe.Rarity == best.probe.Rarity && len(s.probe.Signatures) > len(best.probe.Signatures) {
			best = s
		}
	}
	return best
}

// shake is the TLS handshake, for databases that know of TLS and where there is no tunnel yet.
func (p *plan) shake(db *match.DB, protocol result.Protocol) *step {
	if protocol != result.TCP || p.tunnel != result.TunnelNone {
		return nil
	}
	for _, s := range p.steps {
		if s.probe.HasService(tlsName) && (p.registers(s) || s.probe.Rarity <= p.intensity) {
			return &step{}
		}
	}
	if null := db.Null(); null != nil && null.HasService(tlsName) {
		return &step{}
	}
	return nil
}

// next is the next step, or nil when there is none. Soft is the name of the
// soft match, empty if there is none yet.
func (p *plan) next(soft string) *step {
	for _, s := range p.steps {
		if !s.asked && p.admits(s, soft) {
			return s
		}
	}
	return nil
}

// rank is the place of a step in the plan.
func (p *plan) rank(s *step) int { return slices.Index(p.steps, s) }

// handshake is the step that tries TLS, nil if it was tried or there is none.
func (p *plan) handshake() *step {
	for _, s := range p.steps {
		if s.probe == nil && !s.asked {
			return s
		}
	}
	return nil
}

// admits follows the rules of order: registered probes always, others up to
// the intensity, and after a soft match those that could confirm it.
func (p *plan) admits(s *step, soft string) bool {
	switch {
	case s.probe == nil:
		return soft == "" || soft == tlsName
	case s.hello && p.helloless:
		return false
	case soft != "":
		return p.intensity >= 9 || s.probe.HasService(soft)
	}
	return p.registers(s) || s.probe.Rarity <= p.intensity
}

// registers tells whether the probe of a step names the port for the tunnel in use.
func (p *plan) registers(s *step) bool {
	switch {
	case s.probe == nil:
		return false
	case p.tunnel == result.TunnelTLS:
		return s.probe.SSLPorts.Contains(p.port)
	}
	return s.probe.Ports.Contains(p.port)
}

// isHello tells whether a payload is a handshake record of SSL 3 or TLS, or
// the older greeting of SSL 2 (RFC 5246, appendix E.2).
func isHello(b []byte) bool {
	return len(b) > 5 && (b[0] == 0x16 && b[1] == 3 && b[5] == 1 || b[0]&0x80 != 0 && b[2] == 1 && b[3] <= 3 && int(b[1]) == len(b)-2)
}
