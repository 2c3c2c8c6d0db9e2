package cli

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// Flags of a route in the files of Linux (linux/route.h).
const (
	routeUp     = 0x1
	routeReject = 0x200
)

// parseRoutes4 reads /proc/net/route. Its addresses are those of the network,
// printed as if they were numbers of the machine's own byte order.
func parseRoutes4(text string) (routes []route) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		flags, err := strconv.ParseUint(f[3], 16, 32)
		metric, err2 := strconv.ParseUint(f[6], 10, 32)
		to, ok := addr4(f[1])
		gateway, ok2 := addr4(f[2])
		mask, ok3 := addr4(f[7])
		if err != nil || err2 != nil || !ok || !ok2 || !ok3 || !usable(flags) {
			continue // the header, or a kernel's invention
		}
		m := mask.As4()
		ones := 0
		for _, b := range m {
			ones += bits.OnesCount8(b)
		}
		r := route{to: netip.PrefixFrom(to, ones), device: f[0], metric: uint32(metric)}
		if !gateway.IsUnspecified() {
			r.gateway = gateway
		}
		routes = append(routes, r)
	}
	return routes
}

func addr4(s string) (netip.Addr, bool) {
	n, err := strconv.ParseUint(s, 16, 32)
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b), err == nil && len(s) == 8
}

// parseRoutes6 reads /proc/net/ipv6_route: destination, its prefix length,
// source, its prefix length, gateway, metric, two counters, flags, device,
// the numbers hexadecimal and in the order of the network.
func parseRoutes6(text string) (routes []route) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		to, ok := addr6(f[0])
		gateway, ok2 := addr6(f[4])
		length, err := strconv.ParseUint(f[1], 16, 8)
		metric, err2 := strconv.ParseUint(f[5], 16, 32)
		flags, err3 := strconv.ParseUint(f[8], 16, 32)
		if !ok || !ok2 || err != nil || err2 != nil || err3 != nil || length > 128 || !usable(flags) {
			continue
		}
		r := route{to: netip.PrefixFrom(to, int(length)), device: f[9], metric: uint32(metric)}
		if !gateway.IsUnspecified() {
			r.gateway = gateway
		}
		routes = append(routes, r)
	}
	return routes
}

func addr6(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16([16]byte(b)), true
}

func usable(flags uint64) bool { return flags&routeUp != 0 && flags&routeReject == 0 }
