package resolve

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// parseNumeric reads the forms of IPv4 addresses that inet_aton(3) knows: up
// to four numbers, decimal, octal (leading 0) or hexadecimal (leading 0x), of
// which the last fills all bytes that are left.
func parseNumeric(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint32
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 32 - 8*i
		}
		base := 10
		if digits, ok := cutHex(part); ok {
			part, base = digits, 16
		} else if part != "0" && strings.HasPrefix(part, "0") {
			part, base = part[1:], 8
		}
		n, err := strconv.ParseUint(part, base, bits)
		if err != nil {
			return netip.Addr{}, false
		}
		value |= uint32(n) << (32 - 8*i - bits)
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], value)
	return netip.AddrFrom4(b), true
}

func cutHex(s string) (string, bool) {
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		return digits, true
	}
	return strings.CutPrefix(s, "0X")
}
