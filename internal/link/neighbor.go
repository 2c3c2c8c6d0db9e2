package link

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/pace"
	"sonde/internal/wire"
)

// Ask adds the question for the link address of a path's next hop: ARP for
// IPv4, a Neighbor Solicitation for IPv6. The path must be Framed.
func (b *Batch) Ask(p *Path) error {
	if p.NextHop.Is4() {
		return b.EncodeARP(p.frame(wire.TypeARP, wire.Broadcast),
			&wire.ARP{Op: wire.ARPRequest, SenderMAC: p.Interface.MAC, SenderIP: p.source(), TargetIP: p.NextHop})
	}
	group, mac := wire.SolicitedNode(p.NextHop)
	n := wire.Neighbor{Target: p.NextHop.WithZone(""), LinkAddr: p.Interface.MAC, HasLinkAddr: true}
	return b.Encode(p.frame(wire.TypeIPv6, mac), &wire.Datagram{
		Kind:    wire.KindICMPv6,
		IP:      wire.IP{Src: p.source(), Dst: group, TTL: 255}, // RFC 4861 §4.3 wants 255
		ICMP:    wire.ICMP{Type: wire.ICMPv6Solicit},
		Payload: n.Append(nil, wire.ICMPv6Solicit),
	})
}

// source is who asks: the path's source address if it is of the next hop's
// family. A gateway may be of the other one (RFC 5549).
func (p *Path) source() netip.Addr {
	if p.Src.Is4() == p.NextHop.Is4() {
		return p.Src.WithZone("")
	}
	return p.Interface.Addr(p.NextHop.Is4())
}

// Told reads an ARP reply or a Neighbor Advertisement: who has which link
// address. It is not ok for other packets, and for advertisements that may
// have come from beyond the link or do not name the address.
func Told(r *Received) (addr netip.Addr, mac wire.MAC, ok bool) {
	switch {
	case r.Kind == wire.KindARP && r.ARP.Op == wire.ARPReply:
		return r.ARP.SenderIP, r.ARP.SenderMAC, true
	case r.Kind == wire.KindICMPv6 && r.ICMP.Type == wire.ICMPv6Advert && r.ICMP.Code == 0 && r.IP.TTL == 255:
		switch {
		case r.Neighbor.HasLinkAddr:
			return r.Neighbor.Target, r.Neighbor.LinkAddr, true
		case r.HasFrom: // RFC 4861 §4.4: a solicited answer may leave the option out
			return r.Neighbor.Target, r.From, true
		}
	}
	return netip.Addr{}, wire.MAC{}, false
}

// How often, and for how long at first, Resolve waits for link addresses.
const (
	askTries = 3
	askWait  = 200 * time.Millisecond
)

// Resolve finds the link addresses of next hops, three times asking, for 1.4 s
// at most; paths whose next hop does not answer stay unready. Packets that
// come in meanwhile and are no answers are lost: it is for gateways, before a
// scan begins.
func Resolve(ctx context.Context, w Wire, paths []*Path) error {
	type hop struct {
		index int
		addr  netip.Addr
	}
	open := map[hop][]*Path{}
	for _, p := range paths {
		if !p.Ready() {
			h := hop{p.Interface.Index, p.NextHop.WithZone("")}
			open[h] = append(open[h], p)
		}
	}
	learn := func(r *Received) {
		addr, mac, ok := Told(r)
		h := hop{r.Interface, addr}
		if !ok {
			return
		}
		for _, p := range open[h] {
			p.MAC, p.HasMAC = mac, true
		}
		delete(open, h)
	}
	var b Batch
	for try := 0; try < askTries && len(open) > 0; try++ {
		b.Reset()
		for _, ps := range open {
			if err := b.Ask(ps[0]); err != nil {
				return fmt.Errorf("ask for the link address of %v: %w", ps[0].NextHop, err)
			}
		}
		if _, err := w.Send(&b); err != nil {
			return err
		}
		until := pace.Deadline(askWait << try)
		for len(open) > 0 && time.Now().Before(until) {
			if err := w.Receive(ctx, until, learn); err != nil {
				return err
			}
		}
	}
	return nil
}
