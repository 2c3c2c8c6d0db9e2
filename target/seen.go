package target

import (
	"encoding/binary"
	"net/netip"
)

// seen remembers addresses: of IPv4 a bit each, in pages for 65536 of them.
type seen struct {
	v4 map[uint16]*[1 << 16 / 64]uint64
	v6 map[netip.Addr]struct{}
}

// add tells whether the address is new.
func (s *seen) add(a netip.Addr) bool {
	if !a.Is4() {
		if s.v6 == nil {
			s.v6 = map[netip.Addr]struct{}{}
		}
		_, had := s.v6[a]
		s.v6[a] = struct{}{}
		return !had
	}
	b := a.As4()
	high, low := binary.BigEndian.Uint16(b[:2]), binary.BigEndian.Uint16(b[2:])
	page := s.v4[high]
	if page == nil {
		if s.v4 == nil {
			s.v4 = map[uint16]*[1 << 16 / 64]uint64{}
		}
		page = new([1 << 16 / 64]uint64)
		s.v4[high] = page
	}
	bit := uint64(1) << (low % 64)
	had := page[low/64]&bit != 0
	page[low/64] |= bit
	return !had
}
