package linktest

import (
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/wire"
)

// Host is a scripted host. What it does to a port is said by the first of its
// rules that names the port, else by Default. The zero Host is a closed one:
// it answers to ARP, ND and pings, and all its ports are closed.
type Host struct {
	Addr    netip.Addr
	MAC     wire.MAC // made up if zero
	TTL     uint8    // of what it sends; 0 is 64
	Delay   time.Duration
	Loss    float64 // share of its answers that are lost, beside what the wire loses
	Absent  bool    // it does not even answer to ARP and ND
	NoPing  bool    // it does not answer to ICMP requests
	Rules   []Rule
	Default Deed
	// Protocols are those of IP it knows beside ICMP, TCP, UDP and SCTP; for
	// others it sends protocol unreachable.
	Protocols []uint8
	// ICMPRate limits the ICMP errors it sends, per second; 0 is no limit.
	// ICMPBurst of them may come at once (at least one).
	ICMPRate  float64
	ICMPBurst int
	// Script, if not nil, is asked first. With handled false the rest of the
	// host answers.
	Script func(p *wire.Packet, raw []byte) (answers []Answer, handled bool)

	tokens   float64
	refilled time.Time
}

// Answer is a packet that a host sends.
type Answer struct {
	Packet []byte // without link header
	Type   wire.EtherType
	After  time.Duration // since the question came
}

// Rule says what a host does to a range of ports of TCP, UDP or SCTP.
type Rule struct {
	Kind   wire.Kind
	Lo, Hi uint16
	Deed   Deed
}

// Deed is what is done to a probe.
type Deed struct {
	Act Act
	// Type and Code are of the ICMP error for Reject, sent by From, a router
	// on the way, or by the host if zero.
	Type, Code uint8
	From       netip.Addr
	Window     uint16 // of an RST for Close; not 0 tells open ports to a window scan
	Data       []byte // of the answer of an open UDP port; none means silence
}

// Act is one of the things that can be done to a probe.
type Act uint8

// The acts.
const (
	Close  Act = iota // RST, ABORT or port unreachable
	Open              // SYN and ACK, INIT ACK, Data; RST for segments that belong to no connection
	Drop              // silence
	Reject            // an ICMP error
)

func (h *Host) prepare(number int) {
	if h.MAC == (wire.MAC{}) {
		h.MAC = wire.MAC{2, 0, 0, 1, byte(number >> 8), byte(number)}
	}
	if h.TTL == 0 {
		h.TTL = 64
	}
	h.tokens = float64(max(1, h.ICMPBurst))
}

// deed finds what to do to a port.
func (h *Host) deed(k wire.Kind, port uint16) Deed {
	for _, r := range h.Rules {
		if r.Kind == k && r.Lo <= port && port <= r.Hi {
			return r.Deed
		}
	}
	return h.Default
}

// answer is what the host says to a packet.
func (h *Host) answer(p *wire.Packet, raw []byte, now time.Time) []Answer {
	if h.Script != nil {
		if a, handled := h.Script(p, raw); handled {
			return a
		}
	}
	switch {
	case h.Absent:
		return nil
	case p.Kind == wire.KindARP:
		return h.resolveARP(&p.ARP)
	case p.Kind == wire.KindICMPv6 && p.ICMP.Type == wire.ICMPv6Solicit:
		return h.advertise(&p.Datagram)
	}
	switch p.Kind {
	case wire.KindTCP, wire.KindUDP, wire.KindSCTP:
		return h.port(p, raw, now)
	case wire.KindICMP, wire.KindICMPv6:
		return h.ping(&p.Datagram)
	case wire.KindIP:
		for _, proto := range h.Protocols {
			if proto == p.IP.Protocol {
				return nil
			}
		}
		if p.IP.Src.Is4() {
			return h.reject(Deed{Type: wire.ICMPUnreachable, Code: 2}, &p.Datagram, raw, now)
		}
		return h.reject(Deed{Type: wire.ICMPv6Parameter, Code: 1}, &p.Datagram, raw, now)
	}
	return nil
}

func (h *Host) resolveARP(a *wire.ARP) []Answer {
	if a.Op != wire.ARPRequest || a.TargetIP != h.Addr {
		return nil
	}
	reply := wire.ARP{Op: wire.ARPReply, SenderMAC: h.MAC, SenderIP: h.Addr, TargetMAC: a.SenderMAC, TargetIP: a.SenderIP}
	b, err := reply.Append(nil)
	must(err)
	return []Answer{{Packet: b, Type: wire.TypeARP}}
}

func (h *Host) advertise(d *wire.Datagram) []Answer {
	n := wire.Neighbor{Target: h.Addr, LinkAddr: h.MAC, HasLinkAddr: true}
	a := wire.Datagram{Kind: wire.KindICMPv6, IP: wire.IP{Src: h.Addr, Dst: d.IP.Src, TTL: 255},
		ICMP:    wire.ICMP{Type: wire.ICMPv6Advert, Rest: wire.AdvertSolicited | wire.AdvertOverride},
		Payload: n.Append(nil, wire.ICMPv6Advert)}
	return sent(&a)
}

// port answers to a probe of TCP, UDP or SCTP.
func (h *Host) port(p *wire.Packet, raw []byte, now time.Time) []Answer {
	deed := h.deed(p.Kind, p.Dest().Port())
	switch deed.Act {
	case Drop:
		return nil
	case Reject:
		return h.reject(deed, &p.Datagram, raw, now)
	}
	switch p.Kind {
	case wire.KindTCP:
		return h.segment(deed, &p.Datagram)
	case wire.KindSCTP:
		return h.association(deed, &p.Datagram)
	}
	switch {
	case deed.Act == Close && p.IP.Src.Is4():
		return h.reject(Deed{Type: wire.ICMPUnreachable, Code: 3}, &p.Datagram, raw, now)
	case deed.Act == Close:
		return h.reject(Deed{Type: wire.ICMPv6Unreachable, Code: 4}, &p.Datagram, raw, now)
	case deed.Data == nil:
		return nil
	}
	a := h.back(&p.Datagram)
	a.UDP = wire.UDP{SrcPort: p.UDP.DstPort, DstPort: p.UDP.SrcPort}
	a.Payload = deed.Data
	return sent(&a)
}

// segment answers to a TCP segment that belongs to no connection
// (RFC 9293 §3.10.7.1 and §3.10.7.2).
func (h *Host) segment(deed Deed, d *wire.Datagram) []Answer {
	in := &d.TCP
	a := h.back(d)
	out := &a.TCP
	*out = wire.TCP{SrcPort: in.DstPort, DstPort: in.SrcPort}
	switch {
	case in.Flags.Has(wire.RST):
		return nil
	case deed.Act == Open && in.Flags&(wire.SYN|wire.ACK) == wire.SYN:
		out.Flags, out.Seq, out.Ack, out.Window = wire.SYN|wire.ACK, 0x5eed0000+uint32(in.DstPort), in.Seq+1, 64240
		out.Options = wire.AppendMSS(nil, 1460)
	case in.Flags.Has(wire.ACK):
		out.Flags, out.Seq, out.Window = wire.RST, in.Ack, deed.Window
	case deed.Act == Open:
		return nil
	default:
		out.Flags, out.Ack, out.Window = wire.RST|wire.ACK, in.Seq+segmentLen(d), deed.Window
	}
	return sent(&a)
}

// segmentLen is the length of a segment in sequence numbers.
func segmentLen(d *wire.Datagram) uint32 {
	n := uint32(len(d.Payload))
	for _, f := range []wire.Flags{wire.SYN, wire.FIN} {
		if d.TCP.Flags.Has(f) {
			n++
		}
	}
	return n
}

// association answers to an SCTP packet (RFC 9260 §8.4 and §5.1).
func (h *Host) association(deed Deed, d *wire.Datagram) []Answer {
	c, _, ok := wire.NextChunk(d.Payload)
	if !ok {
		return nil
	}
	a := h.back(d)
	a.SCTP = wire.SCTP{SrcPort: d.SCTP.DstPort, DstPort: d.SCTP.SrcPort, Tag: d.SCTP.Tag}
	switch c.Type {
	case wire.ChunkInit:
		in, err := wire.DecodeInit(c.Value)
		if err != nil {
			return nil
		}
		a.SCTP.Tag = in.Tag
		if deed.Act == Open {
			ack := wire.Init{Tag: 0x7a67, Window: 65536, Out: in.In, In: in.Out, TSN: 1}
			a.Payload = wire.AppendChunk(nil, wire.Chunk{Type: wire.ChunkInitAck, Value: ack.Append(nil)})
			return sent(&a)
		}
	case wire.ChunkCookieEcho:
		if deed.Act == Open {
			return nil // a cookie that is none of ours is discarded
		}
	}
	a.Payload = wire.AppendChunk(nil, wire.Chunk{Type: wire.ChunkAbort, Flags: 1})
	return sent(&a)
}

// ping answers to requests of ICMP.
func (h *Host) ping(d *wire.Datagram) []Answer {
	replies := map[wire.Kind]map[uint8]uint8{
		wire.KindICMP: {wire.ICMPEcho: wire.ICMPEchoReply, wire.ICMPTimestamp: wire.ICMPTimestampReply,
			wire.ICMPMask: wire.ICMPMaskReply},
		wire.KindICMPv6: {wire.ICMPv6Echo: wire.ICMPv6EchoReply},
	}
	reply, ok := replies[d.Kind][d.ICMP.Type]
	if !ok || h.NoPing {
		return nil
	}
	a := h.back(d)
	a.ICMP, a.Payload = wire.ICMP{Type: reply, Rest: d.ICMP.Rest}, d.Payload
	return sent(&a)
}

// quoteMost is how much of a packet an ICMP error quotes at most (RFC 1812
// §4.3.2.3, RFC 4443 §2.4).
const quoteMost = 548

// reject is an ICMP error, if the limit allows it.
func (h *Host) reject(deed Deed, d *wire.Datagram, raw []byte, now time.Time) []Answer {
	if !h.mayComplain(now) {
		return nil
	}
	a := h.back(d)
	a.Kind = wire.KindICMP
	if !d.IP.Src.Is4() {
		a.Kind = wire.KindICMPv6
	}
	if deed.From.IsValid() {
		a.IP.Src = deed.From
	}
	a.ICMP = wire.ICMP{Type: deed.Type, Code: deed.Code}
	a.Payload = append([]byte(nil), raw[:min(len(raw), quoteMost)]...)
	return sent(&a)
}

// mayComplain takes a token from the bucket of ICMP errors.
func (h *Host) mayComplain(now time.Time) bool {
	if h.ICMPRate <= 0 {
		return true
	}
	if h.refilled.IsZero() {
		h.refilled = now
	}
	if d := now.Sub(h.refilled); d > 0 { // packets that overtook each other come with older times
		h.tokens = min(float64(max(1, h.ICMPBurst)), h.tokens+d.Seconds()*h.ICMPRate)
		h.refilled = now
	}
	if h.tokens < 1 {
		return false
	}
	h.tokens--
	return true
}

// back is a packet to the sender of another, of the same kind.
func (h *Host) back(d *wire.Datagram) wire.Datagram {
	return wire.Datagram{Kind: d.Kind, IP: wire.IP{Src: h.Addr, Dst: d.IP.Src, TTL: h.TTL, DontFragment: d.IP.Src.Is4()}}
}

func sent(d *wire.Datagram) []Answer {
	b, err := d.Encode(nil)
	must(err)
	return []Answer{{Packet: b, Type: wire.TypeOf(d.IP.Src)}}
}

// must stops a test whose host is scripted wrongly.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("linktest: %v", err))
	}
}
