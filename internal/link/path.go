package link

import (
	"fmt"
	"net/netip"

	"sonde/internal/wire"
)

// Medium is what kind of link an interface is on.
type Medium uint8

// The media.
const (
	Foreign   Medium = iota // carries no IP: CAN, 802.11 in monitor mode and the like
	Ethernet                // Ethernet and what looks like it: VLANs, bridges, Wi-Fi
	Loopback                // this machine itself
	Tunnel                  // IP without addresses on the link: tun, PPP, IP in IP, WireGuard
	Addressed               // IP over a link with addresses other than Ethernet's: InfiniBand
)

var mediumNames = [...]string{"foreign", "ethernet", "loopback", "point2point", "other"}

// String is the medium in one word.
func (m Medium) String() string {
	if int(m) < len(mediumNames) {
		return mediumNames[m]
	}
	return fmt.Sprintf("medium %d", uint8(m))
}

// Interface is a network interface of this machine.
type Interface struct {
	Index  int
	Name   string
	Medium Medium
	Up     bool
	NoARP  bool     // neighbours cannot be asked for
	MAC    wire.MAC // of Ethernet
	MTU    int
	Addrs  []netip.Prefix // with the address itself, not masked
}

// Addr is the first address of a family, preferring those that are valid
// beyond the link; zero if there is none.
func (i *Interface) Addr(four bool) (a netip.Addr) {
	for _, p := range i.Addrs {
		if p.Addr().Is4() != four {
			continue
		}
		if !p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
		if !a.IsValid() {
			a = p.Addr()
		}
	}
	return a
}

// framed tells whether packets can go out as Ethernet frames.
func (i *Interface) framed() bool { return i.Medium == Ethernet && !i.NoARP }

// Route is an entry of the routing table.
type Route struct {
	Dst       netip.Prefix
	Interface string
	Gateway   netip.Addr // zero if the destination is on the link
	Metric    int
}

// Path is the way to an address: which interface, from which address, and who
// takes the packet on the link.
type Path struct {
	Interface *Interface
	Src       netip.Addr
	// NextHop gets the packet over the link: a gateway or the destination
	// itself. It has no meaning for loopback.
	NextHop netip.Addr
	Direct  bool // the destination is on the link
	Local   bool // the destination is this machine
	// Framed tells that packets go out as Ethernet frames to MAC, which must be
	// found first (HasMAC). Others go to a raw IP socket, and the kernel finds
	// the next hop.
	Framed bool
	MAC    wire.MAC
	HasMAC bool
	Type   wire.EtherType // of frames
}

// Ready tells whether packets can be sent along the path.
func (p *Path) Ready() bool { return !p.Framed || p.HasMAC }

// To is the path with the link address of its next hop.
func (p Path) To(mac wire.MAC) Path {
	p.MAC, p.HasMAC = mac, true
	return p
}

// frame is the path of a frame that is no packet to the destination, such as
// a question for its link address.
func (p *Path) frame(t wire.EtherType, to wire.MAC) *Path {
	q := p.To(to)
	q.Framed, q.Type = true, t
	return &q
}
