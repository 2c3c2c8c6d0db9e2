package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"sonde/internal/wire"
)

// Interfaces lists the interfaces of this machine, by index.
func Interfaces() ([]Interface, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("ask for interfaces: %w", err)
	}
	defer h.Close()
	return interfaces(h)
}

func interfaces(h *netlink.Handle) ([]Interface, error) {
	links, err := steady(h.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	addrs, err := steady(func() ([]netlink.Addr, error) { return h.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	byIndex := map[int][]netip.Prefix{}
	for _, a := range addrs {
		if p, ok := prefixOf(a.IPNet); ok {
			byIndex[a.LinkIndex] = append(byIndex[a.LinkIndex], p)
		}
	}
	var all []Interface
	for _, l := range links {
		all = append(all, interfaceOf(l.Attrs(), byIndex[l.Attrs().Index]))
	}
	slices.SortFunc(all, func(a, b Interface) int { return a.Index - b.Index })
	return all, nil
}

// steady reads a list again when it changed meanwhile, a few times: on a busy
// host of containers it may never hold still.
func steady[T any](list func() ([]T, error)) (all []T, err error) {
	for range 4 {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return all, nil
}

func interfaceOf(a *netlink.LinkAttrs, addrs []netip.Prefix) Interface {
	i := Interface{Index: a.Index, Name: a.Name, MTU: a.MTU, Addrs: addrs, Medium: mediumOf(a.EncapType),
		Up: a.RawFlags&unix.IFF_UP != 0, NoARP: a.RawFlags&unix.IFF_NOARP != 0}
	if i.Medium == Ethernet && len(a.HardwareAddr) == len(i.MAC) {
		i.MAC = wire.MAC(a.HardwareAddr)
	}
	return i
}

// mediumOf knows the hardware types of ARP (if_arp.h) by the names that
// netlink gives them.
func mediumOf(encap string) Medium {
	const rawIP, gre6 = "unknown519", "unknown823" // which it has no names for
	switch encap {
	case "ether":
		return Ethernet
	case "loopback":
		return Loopback
	case "none", "ppp", "slip", "cslip", "slip6", "cslip6", "ipip", "tunnel6", "sit", "gre", gre6, "void", rawIP:
		return Tunnel
	case "infiniband", "ieee1394", "fddi", "hippi", "tr", "atm":
		return Addressed
	}
	return Foreign
}

// addrOf is an address in the form used here.
func addrOf(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip)
	return a.Unmap(), ok
}

func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	a, ok := addrOf(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a, ones), ok
}

// Routes lists the main routing table of both families, in the kernel's order.
func Routes() ([]Route, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("ask for routes: %w", err)
	}
	defer h.Close()
	all, err := interfaces(h)
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	for _, i := range all {
		names[i.Index] = i.Name
	}
	var out []Route
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := steady(func() ([]netlink.Route, error) { return h.RouteList(nil, family) })
		if err != nil {
			return nil, fmt.Errorf("list routes: %w", err)
		}
		for i := range routes {
			r := &routes[i]
			dst, ok := prefixOf(r.Dst)
			if !ok { // the default route
				dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
				if family == netlink.FAMILY_V6 {
					dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
				}
			}
			gw, _ := gateway(r)
			out = append(out, Route{Dst: dst, Interface: names[r.LinkIndex], Gateway: gw, Metric: r.Priority})
		}
	}
	return out, nil
}
