package target

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// exclusions is a set of addresses, as merged ranges. Products that would fall
// into very many ranges ("*.*.*.1") are kept as they are.
type exclusions struct {
	ranges   []keyRange
	products []*product
}

// maxRuns is the number of ranges that a product is split into at most.
const maxRuns = 4096

// key is an address as a number; an IPv4 address is that of its mapped IPv6
// address, and zones don't count.
type key struct{ high, low uint64 }

type keyRange struct{ lo, hi key }

func keyOf(a netip.Addr) key {
	b := a.As16()
	return key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.high, o.high), cmp.Compare(k.low, o.low))
}

// follows tells whether k is o+1.
func (k key) follows(o key) bool {
	if o.low == math.MaxUint64 {
		return k.low == 0 && k.high == o.high+1 && k.high != 0
	}
	return k.high == o.high && k.low == o.low+1
}

func (x *exclusions) contains(a netip.Addr) bool {
	k := keyOf(a)
	i := sort.Search(len(x.ranges), func(i int) bool { return x.ranges[i].hi.compare(k) >= 0 })
	if i < len(x.ranges) && x.ranges[i].lo.compare(k) <= 0 {
		return true
	}
	if a = a.Unmap(); !a.Is4() {
		return false
	}
	return slices.ContainsFunc(x.products, func(p *product) bool { return p.contains(a.As4()) })
}

// addNetwork excludes all that share the first n bits with addr.
func (x *exclusions) addNetwork(addr netip.Addr, n int) {
	prefix := netip.PrefixFrom(addr.WithZone(""), min(n, addr.BitLen())).Masked()
	lo := keyOf(prefix.Addr())
	hi := lo
	switch host := addr.BitLen() - prefix.Bits(); {
	case host >= 64:
		hi.high |= 1<<(host-64) - 1
		hi.low = math.MaxUint64
	default:
		hi.low |= 1<<host - 1
	}
	x.ranges = append(x.ranges, keyRange{lo, hi})
}

func (x *exclusions) addProduct(p *product, bits int) {
	if bits >= 0 {
		p.mask(min(bits, 32))
	}
	runs, ok := p.runs(maxRuns)
	if !ok {
		x.products = append(x.products, p)
		return
	}
	for _, r := range runs {
		x.ranges = append(x.ranges, keyRange{keyOf(r.first), keyOf(r.at(r.n - 1))})
	}
}

// merge sorts the ranges and joins those that touch.
func (x *exclusions) merge() {
	slices.SortFunc(x.ranges, func(a, b keyRange) int { return a.lo.compare(b.lo) })
	merged := x.ranges[:0]
	for _, r := range x.ranges {
		last := len(merged) - 1
		switch {
		case last < 0 || r.lo.compare(merged[last].hi) > 0 && !r.lo.follows(merged[last].hi):
			merged = append(merged, r)
		case r.hi.compare(merged[last].hi) > 0:
			merged[last].hi = r.hi
		}
	}
	x.ranges = slices.Clip(merged)
}

// exclude reads the exclusions of the options.
func (s *Sequence) exclude(ctx context.Context) error {
	for _, list := range s.opt.Exclude {
		if list == "" {
			continue
		}
		for text := range strings.SplitSeq(list, ",") {
			if err := s.excludeOne(ctx, text); err != nil {
				return err
			}
		}
	}
	for _, r := range s.opt.ExcludeLists {
		for text, err := range tokens(r) {
			if err == nil {
				err = s.excludeOne(ctx, text)
			}
			if err != nil {
				return fmt.Errorf("list of exclusions: %w", err)
			}
		}
	}
	s.excluded.merge()
	return nil
}

func (s *Sequence) excludeOne(ctx context.Context, text string) error {
	e, err := parse(text, familyBoth)
	switch {
	case err != nil:
		return fmt.Errorf("exclude %w", err)
	case e.port != 0:
		return fmt.Errorf("exclude target %q: a port cannot be excluded here", text)
	case e.name != "" || e.span == nil:
		return s.excludeName(ctx, e)
	}
	host, _, _ := cutLast(text, '/')
	if p, ok := parseProduct(host); ok {
		s.excluded.addProduct(p, e.bits)
		return nil
	}
	bits := e.bits
	if bits < 0 {
		bits = 128
	}
	s.excluded.addNetwork(e.span.at(0), bits)
	return nil
}

// excludeName excludes all addresses that a name has in the wanted families.
// Programs look for the words "Error resolving name".
func (s *Sequence) excludeName(ctx context.Context, e expr) error {
	addrs, err := s.lookup(ctx, e.name)
	if err != nil {
		return fmt.Errorf("exclude: Error resolving name %q: %w", e.name, err)
	}
	wanted, _ := s.family().split(addrs)
	if len(wanted) == 0 {
		return fmt.Errorf("exclude: Error resolving name %q: it has no address of the family scanned", e.name)
	}
	for _, a := range wanted {
		bits := a.BitLen()
		if e.bits >= 0 {
			bits = e.bits
		}
		s.excluded.addNetwork(a, bits)
	}
	return nil
}

var errNoResolver = errors.New("names are not resolved here")

// lookup returns the addresses of a name, at least one.
func (s *Sequence) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if s.opt.Resolver == nil {
		return nil, errNoResolver
	}
	if name == "" {
		return nil, errors.New("the name is empty")
	}
	addrs, err := s.opt.Resolver.LookupHost(ctx, name)
	if err == nil && len(addrs) == 0 {
		err = errors.New("the name has no address")
	}
	return addrs, err
}
