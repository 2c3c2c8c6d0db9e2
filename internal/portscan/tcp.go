package portscan

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"sonde/internal/dial"
	"sonde/internal/link"
	"sonde/internal/pace"
	"sonde/internal/wire"
	"sonde/result"
)

// tcpCarrier scans by TCP segments of our own making.
type tcpCarrier struct {
	scan   *Scan
	link   Link
	flags  wire.Flags
	secret uint32 // from which the numbers of all segments come

	hosts  map[netip.Addr]int // by address, without zone
	ways   []way              // by host
	flying map[flight]*pace.Probe
	batch  link.Batch
	answer func(pace.Answer)
	report func(*link.Received)
}

// way is how segments get to a host.
type way struct {
	path     *link.Path
	src      netip.Addr // without zone
	template *wire.Template
}

// flight is a segment on its way. Its lane is the distance of its source port
// from the first, and belongs to one try.
type flight struct {
	host int
	port uint16
	lane uint8
}

// SourcePorts is how many source ports a raw scan uses.
const SourcePorts = 256

// laneOf keeps tries apart, and timing pings from all of them.
func laneOf(p *pace.Probe) uint8 {
	lane := 2 * p.Try
	if p.Ping {
		lane++
	}
	return uint8(lane % SourcePorts)
}

func newTCP(ctx context.Context, s *Scan) (carrier, error) {
	if s.config.Link == nil {
		return nil, errors.New("raw packets need a link")
	}
	if err := s.route(ctx); err != nil {
		return nil, err
	}
	c := &tcpCarrier{scan: s, link: s.config.Link, flags: s.technique.flags, secret: rand.Uint32(),
		hosts: make(map[netip.Addr]int, len(s.hosts)), ways: make([]way, len(s.hosts)), flying: map[flight]*pace.Probe{}}
	if f := s.config.Flags; f != nil {
		c.flags = *f
	}
	c.report = c.came
	templates := map[netip.Addr]*wire.Template{}
	for i, h := range s.hosts {
		if !h.reachable() {
			continue
		}
		src := h.path.Src.WithZone("")
		if templates[src] == nil {
			t, err := segmentFrom(src, c.flags)
			if err != nil {
				return nil, err
			}
			templates[src] = t
		}
		c.ways[i] = way{&h.path, src, templates[src]}
		c.hosts[h.Addr.Unmap().WithZone("")] = i
	}
	return c, nil
}

// route finds the way to each host that has none yet. Those to which there is
// none keep silent.
func (s *Scan) route(ctx context.Context) error {
	var unready []*link.Path
	for _, h := range s.hosts {
		if h.routed {
			continue
		}
		h.routed = true
		path, err := s.config.Link.Path(h.Addr)
		if none := (*link.NoPathError)(nil); errors.As(err, &none) {
			s.notice(result.LevelWarning, "%v", err)
			continue
		} else if err != nil {
			return fmt.Errorf("find the way to %v: %w", h.Addr, err)
		}
		h.path = path
		if !path.Ready() {
			unready = append(unready, &h.path)
		}
	}
	return link.Resolve(ctx, s.config.Link, unready)
}

// What all segments have in common. A plain Ethernet takes segments of that size.
const (
	segmentWindow = 1024
	segmentMSS    = 1460
)

// segmentFrom is the template of the segments from an address.
func segmentFrom(src netip.Addr, flags wire.Flags) (*wire.Template, error) {
	d := wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: src, Dst: src}, TCP: wire.TCP{Flags: flags, Window: segmentWindow}}
	if flags.Has(wire.SYN) {
		d.TCP.Options = wire.AppendMSS(nil, segmentMSS)
	}
	return wire.NewTemplate(&d, wire.Sound)
}

// The TTL of a segment is drawn from this range.
const minTTL, maxTTL = 37, 59

// Send implements pace.Carrier. Segments go out together, with the next Receive.
func (c *tcpCarrier) Send(p *pace.Probe) (pace.Delivery, pace.Answer, error) {
	to := c.scan.target(p)
	w := &c.ways[p.Job.Index]
	lane := laneOf(p)
	noise := rand.Uint32()
	f := wire.Fields{Dst: to.Addr(), TTL: minTTL + uint8(noise>>16)%(maxTTL-minTTL+1), ID: uint16(noise),
		SrcPort: c.scan.config.SourcePort + uint16(lane), DstPort: to.Port()}
	f.Seq, f.Ack = c.numbers(lane)
	w.template.Fill(c.batch.Next(w.path, w.template.Len()), &f)
	c.flying[flight{p.Job.Index, to.Port(), lane}] = p
	return pace.Waiting, pace.Answer{}, nil
}

// numbers are sequence and acknowledgement number of the segments of a lane.
// The one that the receiver has to make sense of tells the lane.
func (c *tcpCarrier) numbers(lane uint8) (seq, ack uint32) {
	n := c.secret ^ uint32(lane)<<16
	if c.flags.Has(wire.ACK) {
		return 0, n
	}
	return n, 0
}

// Receive implements pace.Carrier.
func (c *tcpCarrier) Receive(ctx context.Context, until time.Time, got func(pace.Answer)) error {
	if c.batch.Len() > 0 {
		_, err := c.link.Send(&c.batch) // what does not leave is lost, as anywhere on the way
		c.batch.Reset()
		if err != nil {
			return err
		}
	}
	c.answer = got
	return c.link.Receive(ctx, until, c.report)
}

// came takes a packet.
func (c *tcpCarrier) came(r *link.Received) {
	switch {
	case r.Kind == wire.KindTCP:
		c.segment(r)
	case r.IsError() && r.Quote.Kind == wire.KindTCP:
		c.complaint(r)
	}
}

// find gives the probe that went from one address and port to others.
func (c *tcpCarrier) find(from, to netip.AddrPort) (flight, *pace.Probe) {
	host, ok := c.hosts[to.Addr()]
	lane := from.Port() - c.scan.config.SourcePort
	if !ok || lane >= SourcePorts || c.ways[host].src != from.Addr() {
		return flight{}, nil
	}
	f := flight{host, to.Port(), uint8(lane)}
	return f, c.flying[f]
}

// segment takes what a port answers.
func (c *tcpCarrier) segment(r *link.Received) {
	f, p := c.find(r.Dest(), r.Source())
	if p == nil || c.own(r, f.lane) {
		return
	}
	state, reason, ok := c.scan.technique.read(c.flags, r.TCP.Flags, r.TCP.Window)
	if !ok {
		return
	}
	c.settle(f, p, r.At, verdict{state: state, reason: reason, ttl: r.IP.TTL}, netip.Addr{})
}

// own tells whether a segment is a probe of ours that loopback brings back.
func (c *tcpCarrier) own(r *link.Received, lane uint8) bool {
	seq, ack := c.numbers(lane)
	return r.Source() == r.Dest() && r.TCP.Flags == c.flags && r.TCP.Seq == seq && r.TCP.Ack == ack
}

// complaint takes an ICMP error about a probe.
func (c *tcpCarrier) complaint(r *link.Received) {
	f, p := c.find(r.Quote.Source(), r.Quote.Dest())
	if p == nil {
		return
	}
	if seq, _ := c.numbers(f.lane); r.Quote.TCP.Seq != seq {
		return
	}
	e := dial.ICMP{V6: r.Kind == wire.KindICMPv6, Type: r.ICMP.Type, Code: r.ICMP.Code, From: r.IP.Src}
	v, from, ok := icmpVerdict(result.TCP, e, r.IP.TTL, c.scan.hosts[f.host].Addr)
	if !ok {
		return // the probe keeps waiting
	}
	c.settle(f, p, r.At, v, from)
}

// settle gives the answer to a probe.
func (c *tcpCarrier) settle(f flight, p *pace.Probe, at time.Time, v verdict, from netip.Addr) {
	delete(c.flying, f)
	c.scan.record(p, v, from)
	icmp := v.reason != result.ReasonReset && v.state != result.Open
	c.answer(pace.Answer{Probe: p, At: at, Quiet: c.scan.quiet(p, v.state, icmp), Rank: c.rank(f.port, v)})
}

// spoofed are ports for which firewalls and proxies often answer.
var spoofed = []uint16{25, 113, 135, 139, 445}

// rank is how well a port serves as timing ping.
func (c *tcpCarrier) rank(port uint16, v verdict) pace.Rank {
	switch {
	case v.state == result.Filtered || v.reason == result.ReasonParamProblem:
		return pace.RankOther
	case v.state == result.Open && c.flags.Has(wire.SYN):
		return pace.RankSYN
	case slices.Contains(spoofed, port):
		return pace.RankEcho
	}
	return pace.RankTCP
}

// Cancel implements pace.Carrier.
func (c *tcpCarrier) Cancel(p *pace.Probe) {
	f := flight{p.Job.Index, c.scan.target(p).Port(), laneOf(p)}
	if c.flying[f] == p { // a later ping may have taken its place
		delete(c.flying, f)
	}
}

// Close implements carrier. The link is not ours to close.
func (c *tcpCarrier) Close() error { return nil }
