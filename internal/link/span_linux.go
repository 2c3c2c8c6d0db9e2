package link

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Span finds the way to an address, and a prefix around it to all of which the
// same way leads; so a sweep need not ask for each address. Of addresses on
// the link, which are their own next hops, it is the address alone. It reads
// the whole routing table at each call, and is right for as long as that stays
// as it is.
func (l *Link) Span(dst netip.Addr) (Path, netip.Prefix, error) {
	p, err := l.Path(dst)
	if err != nil {
		return p, netip.Prefix{}, err
	}
	dst = dst.Unmap()
	if p.Direct && p.Framed || p.Local {
		return p, host(dst), nil
	}
	selective, err := l.table.selective(dst.Is4())
	if err != nil || selective {
		return p, host(dst), err
	}
	entry, err := l.table.ask(dst, true)
	if err != nil {
		return p, host(dst), nil // a kernel that cannot tell
	}
	within, ok := prefixOf(entry.Dst)
	if !ok { // the default route
		within, _ = dst.WithZone("").Prefix(0)
	}
	others, err := l.table.prefixes(dst.Is4())
	return p, Span(dst, within, others), err
}

// selective tells whether routing goes by more than the destination: by rules
// beyond those every system has.
func (t *table) selective(four bool) (bool, error) {
	rules, err := steady(func() ([]netlink.Rule, error) { return t.handle.RuleList(family(four)) })
	if err != nil {
		return false, fmt.Errorf("list routing rules: %w", err)
	}
	for i := range rules {
		switch rules[i].Table {
		case unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT:
		default:
			return true, nil
		}
		if rules[i].Src != nil || rules[i].Dst != nil || rules[i].Mark != 0 || rules[i].IifName != "" || rules[i].OifName != "" {
			return true, nil
		}
	}
	return false, nil
}

// prefixes are the destinations of all routes of a family, in all tables.
func (t *table) prefixes(four bool) ([]netip.Prefix, error) {
	routes, err := steady(func() ([]netlink.Route, error) {
		return t.handle.RouteListFiltered(family(four), &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var out []netip.Prefix
	for i := range routes {
		if p, ok := prefixOf(routes[i].Dst); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

func family(four bool) int {
	if four {
		return netlink.FAMILY_V4
	}
	return netlink.FAMILY_V6
}
