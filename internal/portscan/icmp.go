package portscan

import (
	"net/netip"

	"sonde/internal/dial"
	"sonde/result"
)

// icmpKind is an ICMP error by family, type and code.
type icmpKind struct {
	v6         bool
	kind, code uint8
}

// icmpReasons are the errors that say something about a port (RFC 792, RFC
// 1812 section 5.2.7.1, RFC 4443 section 3). Time exceeded counts with any code.
var icmpReasons = map[icmpKind]result.Reason{
	{false, 3, 0}:  result.ReasonNetUnreach,
	{false, 3, 1}:  result.ReasonHostUnreach,
	{false, 3, 2}:  result.ReasonProtoUnreach,
	{false, 3, 3}:  result.ReasonPortUnreach,
	{false, 3, 9}:  result.ReasonNetProhibited,
	{false, 3, 10}: result.ReasonHostProhibited,
	{false, 3, 13}: result.ReasonAdminProhibited,

	{true, 1, 0}: result.ReasonNoRoute,
	{true, 1, 1}: result.ReasonAdminProhibited,
	{true, 1, 2}: result.ReasonBeyondScope,
	{true, 1, 3}: result.ReasonHostUnreach,
	{true, 1, 4}: result.ReasonPortUnreach,
	{true, 1, 5}: result.ReasonAdminProhibited,
	{true, 1, 6}: result.ReasonRejectRoute,
	{true, 4, 0}: result.ReasonParamProblem,
	{true, 4, 1}: result.ReasonParamProblem,
}

// icmpReason is what an ICMP error says, false if nothing about a port.
func icmpReason(e dial.ICMP) (result.Reason, bool) {
	if !e.V6 && e.Type == 11 {
		return result.ReasonTimeExceeded, true
	}
	r, ok := icmpReasons[icmpKind{e.V6, e.Type, e.Code}]
	return r, ok
}

// icmpVerdict is the verdict on a port whose probe brought an ICMP error. From
// is valid if the sender was not the target. False means no verdict.
func icmpVerdict(p result.Protocol, e dial.ICMP, ttl uint8, target netip.Addr) (v verdict, from netip.Addr, ok bool) {
	reason, ok := icmpReason(e)
	if !ok {
		return verdict{}, netip.Addr{}, false
	}
	byTarget := !e.From.IsValid() || e.From == target.Unmap().WithZone("")
	v = verdict{state: result.Filtered, reason: reason, ttl: ttl}
	switch {
	case p == result.UDP && reason == result.ReasonPortUnreach && byTarget:
		v.state = result.Closed
	case e.V6 && e.Type == 4 && e.Code == 0:
		v.state = result.Open // something read as far as the field it did not like
	}
	if !byTarget {
		from = e.From
	}
	return v, from, true
}
