package dial

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// extendedError is a struct sock_extended_err with the address of the sender.
func extendedError(origin, kind, code byte, errno uint32, sender []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, errno)
	b = append(b, origin, kind, code, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return append(b, sender...)
}

func TestICMPError(t *testing.T) {
	sender4 := append(binary.NativeEndian.AppendUint16(nil, unix.AF_INET), 0, 0, 10, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0, 0)
	sender6 := append(binary.NativeEndian.AppendUint16(nil, unix.AF_INET6), 0, 0, 0, 0, 0, 0, 0xfd, 0x77)
	sender6 = append(append(sender6, make([]byte, 13)...), 0xfe, 0, 0, 0, 0)
	for _, c := range []struct {
		name  string
		data  []byte
		fault Fault
		want  *ICMP
	}{
		{"port unreachable", extendedError(unix.SO_EE_ORIGIN_ICMP, 3, 3, 111, sender4), Refused, &ICMP{Type: 3, Code: 3, From: netip.MustParseAddr("10.0.0.254")}},
		{"no route, IPv6", extendedError(unix.SO_EE_ORIGIN_ICMP6, 1, 0, 101, sender6), NetUnreachable, &ICMP{V6: true, Type: 1, From: netip.MustParseAddr("fd77::fe")}},
		{"sender cut off", extendedError(unix.SO_EE_ORIGIN_ICMP, 3, 1, 113, sender4[:5]), HostUnreachable, &ICMP{Type: 3, Code: 1}},
		{"a local error", extendedError(unix.SO_EE_ORIGIN_LOCAL, 0, 0, 90, nil), Other, nil},
		{"cut off", make([]byte, 15), Other, nil},
		{"nothing", nil, Other, nil},
	} {
		f, e := icmpError(c.data)
		if f != c.fault || (e == nil) != (c.want == nil) || e != nil && *e != *c.want {
			t.Errorf("%s: %v, %+v; want %v, %+v", c.name, f, e, c.fault, c.want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte(nil), true)
	f.Add(append([]byte{0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, unix.IP_RECVERR, 0, 0, 0}, extendedError(unix.SO_EE_ORIGIN_ICMP, 3, 3, 111, nil)...), true)
	f.Add([]byte{0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, unix.IP_TTL, 0, 0, 0, 64, 0, 0, 0}, false)
	f.Fuzz(func(t *testing.T, oob []byte, isError bool) {
		if r, ok := response(oob, isError); ok && isError && r.ICMP == nil {
			t.Error("an error without its message")
		}
	})
}
