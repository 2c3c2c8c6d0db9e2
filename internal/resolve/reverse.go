package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sonde/internal/pace"
	"sonde/result"
)

// Reverse returns the names of those addresses that have one, as reverse DNS
// or the hosts file tells. Addresses without a name, or whose name nobody
// tells in time, are not in the result; when ctx is done, that is all the rest.
func (r *Resolver) Reverse(ctx context.Context, addrs []netip.Addr) map[netip.Addr]string {
	names := map[netip.Addr]string{}
	var ask []netip.Addr
	asked := map[netip.Addr]bool{}
	for _, a := range addrs {
		name, known := r.remembered(a)
		if !known {
			name, known = r.setup().hosts.name(a)
		}
		switch {
		case known && name != "":
			names[a] = name
		case !known && r.pointless(a):
		case !known && !asked[a]:
			asked[a] = true
			ask = append(ask, a)
		}
	}
	found := func(a netip.Addr, name string) {
		name = r.clean(name)
		r.remember(a, name)
		if name != "" {
			names[a] = name
		}
	}
	if r.Parallel() {
		ask = r.reverseParallel(ctx, ask, found)
	}
	r.reverseSystem(ctx, ask, found)
	return names
}

// pointless tells whether only this machine could name an address, and has
// not: questions about loopback addresses are not for the name servers of a
// network (RFC 6303, section 4.2). The user's own choice of servers is another matter.
func (r *Resolver) pointless(a netip.Addr) bool {
	return a.Unmap().IsLoopback() && len(r.config.Servers) == 0
}

// reverseParallel asks the name servers and returns the addresses that these
// gave no usable answer for. Silence is not such: who asks again waits again.
func (r *Resolver) reverseParallel(ctx context.Context, addrs []netip.Addr, found func(netip.Addr, string)) (rest []netip.Addr) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // guards rest and calls of found
		next = make(chan netip.Addr)
	)
	for range min(len(addrs), maxWindow*len(r.setup().servers)) {
		wg.Go(func() {
			for a := range next {
				name, err := r.pointer(ctx, a)
				mu.Lock()
				switch {
				case err == nil || errors.Is(err, errNotFound):
					found(a, name)
				case errors.Is(err, errUnusable):
					rest = append(rest, a)
				}
				mu.Unlock()
			}
		})
	}
	for _, a := range addrs {
		if ctx.Err() != nil {
			break
		}
		next <- a
	}
	close(next)
	wg.Wait()
	return rest
}

// pointer asks the name servers for the PTR record of an address.
func (r *Resolver) pointer(ctx context.Context, a netip.Addr) (string, error) {
	q, err := question(arpaName(a), dnsmessage.TypePTR)
	if err != nil {
		return "", err
	}
	reply, err := r.exchange(ctx, q)
	return reply.pointer, err
}

// The system's resolver is asked one question at a time. It is not asked on
// and on when it does not answer either.
const (
	systemWait  = 5 * time.Second
	systemFails = 3 // questions in a row without an answer
)

func (r *Resolver) reverseSystem(ctx context.Context, addrs []netip.Addr, found func(netip.Addr, string)) {
	fails := 0
	for _, a := range addrs {
		if ctx.Err() != nil || fails == systemFails {
			return
		}
		wait, cancel := pace.WithTimeout(ctx, systemWait)
		names, err := r.system.LookupAddr(wait, a.Unmap().WithZone("").String())
		cancel()
		var fault *net.DNSError
		switch {
		case err == nil && len(names) > 0:
			fails = 0
			found(a, strings.TrimSuffix(names[0], "."))
		case err == nil || errors.As(err, &fault) && fault.IsNotFound:
			fails = 0
			found(a, "")
		default:
			fails++
		}
	}
}

// arpaName is the name whose PTR record names an address (RFC 1035, section
// 3.5; RFC 3596, section 2.5).
func arpaName(a netip.Addr) string {
	if a = a.Unmap(); a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa.", b[3], b[2], b[1], b[0])
	}
	const hex = "0123456789abcdef"
	var name []byte
	b := a.As16()
	for _, v := range slices.Backward(b[:]) {
		name = append(name, hex[v&15], '.', hex[v>>4], '.')
	}
	return string(name) + "ip6.arpa."
}

// clean replaces what does not belong into a host name: the owner of an
// address block writes into its PTR records what he wants.
func (r *Resolver) clean(name string) string {
	good := strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(".-+=:_~*", c) {
			return c
		}
		return '*'
	}, name)
	if good != name {
		r.notice(result.LevelInfo, fmt.Sprintf("strange characters in the host name %q; it is shown as %s", name, good))
	}
	return good
}
