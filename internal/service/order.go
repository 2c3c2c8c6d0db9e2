package service

import (
	"sonde/match"
	"sonde/result"
)

// phase is a pass over the probes of the database.
type phase uint8

const (
	listening  phase = iota // the NULL probe
	registered              // probes registered for the port, whatever their rarity
	others                  // the remaining probes, up to the intensity
	exhausted
)

// order yields the probes for one service, in the order of the database.
// What it yields depends on what was learned meanwhile, so the soft match is
// asked for at each step.
type order struct {
	null      *match.Probe
	probes    []*match.Probe
	protocol  result.Protocol
	port      uint16
	tunnel    result.Tunnel
	intensity int

	phase phase
	pos   int // in probes, in the current phase
}

func newOrder(c *Config, t Target, through result.Tunnel) *order {
	return &order{null: c.DB.Null(), probes: c.DB.Probes(), protocol: t.Protocol, port: t.Port, tunnel: through, intensity: c.Intensity}
}

// next returns the next probe, or nil when there is none. Soft is the name of
// the soft match, empty if there is none yet.
func (o *order) next(soft string) *match.Probe {
	if o.phase == listening {
		o.phase = registered
		if o.null != nil && o.protocol == result.TCP {
			return o.null
		}
	}
	for o.phase < exhausted {
		for o.pos < len(o.probes) {
			p := o.probes[o.pos]
			o.pos++
			if p.Protocol == o.protocol && o.admits(p, soft) {
				return p
			}
		}
		o.phase, o.pos = o.phase+1, 0
	}
	return nil
}

// admits tells whether a probe of the right protocol is sent in this phase.
func (o *order) admits(p *match.Probe, soft string) bool {
	if o.registers(p) != (o.phase == registered) {
		return false
	}
	if soft != "" {
		// Only a probe that could confirm the protocol is worth sending,
		// and then its rarity does not matter.
		return o.intensity >= 9 || p.HasService(soft)
	}
	return o.phase == registered || p.Rarity <= o.intensity
}

// registers tells whether a probe names the port for the tunnel in use.
func (o *order) registers(p *match.Probe) bool {
	if o.tunnel == result.TunnelTLS {
		return p.SSLPorts.Contains(o.port)
	}
	return p.Ports.Contains(o.port)
}
