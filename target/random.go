package target

import (
	"net/netip"
	"sort"
)

// reserved are the IPv4 networks that no public host has an address in
// (RFC 6890 and its updates; multicast, RFC 5771; the former class E).
var reserved = [...]string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4"}

// public enumerates the IPv4 addresses outside the reserved networks, in
// ascending order.
type public struct {
	gaps []block  // between reserved networks
	ends []uint64 // how many addresses there are up to each gap's end
}

func newPublic() *public {
	p := &public{}
	next, total := netip.AddrFrom4([4]byte{}), uint64(0)
	for _, text := range reserved {
		r := netip.MustParsePrefix(text)
		if next.Less(r.Addr()) {
			n := distance(next, r.Addr())
			total += n
			p.gaps = append(p.gaps, block{next, n})
			p.ends = append(p.ends, total)
		}
		net := network(r.Addr(), r.Bits())
		next = net.at(net.n)
	}
	return p
}

func (p *public) size() uint64 { return p.ends[len(p.ends)-1] }

func (p *public) at(i uint64) netip.Addr {
	k := sort.Search(len(p.ends), func(k int) bool { return i < p.ends[k] })
	return p.gaps[k].at(i - (p.ends[k] - p.gaps[k].n))
}

// distance is b-a for IPv4 addresses with a before b.
func distance(a, b netip.Addr) uint64 { return keyOf(b).low - keyOf(a).low }
