package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// LookupHost returns the addresses of a name, IPv4 before IPv6, each in the
// order of the servers. Numbers are read as inet_aton(3) does, so that "127.1"
// is an address; then come the hosts file and the name servers, with the
// search list of resolv.conf. The result has at least one address if the error
// is nil.
func (r *Resolver) LookupHost(ctx context.Context, name string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}, nil
	}
	if a, ok := parseNumeric(name); ok {
		return []netip.Addr{a}, nil
	}
	if !plausible(name) {
		return nil, errNotFound
	}
	key := strings.ToLower(strings.TrimSuffix(name, "."))
	if addrs := r.setup().hosts.addrs(key); len(addrs) > 0 {
		return addrs, nil
	}
	if key == "localhost" || strings.HasSuffix(key, ".localhost") { // RFC 6761, section 6.3
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	r.mu.Lock()
	addrs, known := r.addrs[name]
	r.mu.Unlock()
	if known {
		return slices.Clone(addrs), nil
	}
	addrs, err := r.forward(ctx, name)
	if err == nil {
		r.mu.Lock()
		if len(r.addrs) >= maxCached {
			clear(r.addrs)
		}
		r.addrs[name] = slices.Clone(addrs)
		r.mu.Unlock()
	}
	return addrs, err
}

// forward asks for the names that the search list makes of one.
func (r *Resolver) forward(ctx context.Context, name string) ([]netip.Addr, error) {
	if !r.Parallel() {
		return r.forwardSystem(ctx, name)
	}
	for _, full := range r.setup().conf.candidates(name) {
		addrs, err := r.both(ctx, full)
		switch {
		case err == nil:
			return addrs, nil
		case errors.Is(err, errUnusable):
			return r.forwardSystem(ctx, name)
		case !errors.Is(err, errNotFound):
			return nil, err
		}
	}
	return nil, errNotFound
}

// both asks for the addresses of both families at the same time. One family
// is enough of an answer.
func (r *Resolver) both(ctx context.Context, full string) ([]netip.Addr, error) {
	var (
		wg      sync.WaitGroup
		replies [2]reply
		errs    [2]error
	)
	for i, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		wg.Go(func() {
			q, err := question(full, kind)
			if err != nil {
				errs[i] = errNotFound
				return
			}
			replies[i], errs[i] = r.exchange(ctx, q)
		})
	}
	wg.Wait()
	if addrs := append(replies[0].addrs, replies[1].addrs...); len(addrs) > 0 {
		return addrs, nil
	}
	for _, err := range errs {
		if !errors.Is(err, errNotFound) {
			return nil, err
		}
	}
	return nil, errNotFound
}

func (r *Resolver) forwardSystem(ctx context.Context, name string) ([]netip.Addr, error) {
	addrs, err := r.system.LookupNetIP(ctx, "ip", name)
	var fault *net.DNSError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &fault) && fault.IsNotFound, err == nil && len(addrs) == 0:
		return nil, errNotFound
	case err != nil:
		return nil, errNoAnswer // the system's words are long, and say no more
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return addrs, nil
}

// plausible tells whether a name can be that of a host, so that nobody is
// bothered with what was meant as something else: "10.0.0.256", "1.2.3.4/".
// There is no top-level domain of digits (RFC 3696, section 2).
func plausible(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != ""
}
