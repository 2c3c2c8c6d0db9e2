package flow

import (
	"context"
	"fmt"
	"net/netip"
)

// DNSMode says which hosts are looked up in reverse DNS.
type DNSMode uint8

// The modes.
const (
	DNSUp     DNSMode = iota // hosts that are up, and all of a list
	DNSNever                 // none
	DNSAlways                // all
)

// nameHosts fills in the names that reverse DNS gives.
func (r *run) nameHosts(ctx context.Context, hosts []*host) {
	var ask []netip.Addr
	for _, h := range hosts {
		if r.DNS == DNSAlways || r.DNS == DNSUp && !h.down() {
			ask = append(ask, h.Addr)
		}
	}
	if len(ask) == 0 {
		return
	}
	kind := "System"
	if r.resolver.Parallel() {
		kind = "Parallel"
	}
	end := r.board.start(fmt.Sprintf("%s DNS resolution of %s.", kind, count(len(ask), "host")), "", len(ask), nil)
	names := r.resolver.Reverse(ctx, ask)
	for _, h := range hosts {
		h.PTR = names[h.Addr]
	}
	end("")
}
