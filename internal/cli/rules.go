package cli

import "sonde"

// contradiction finds what cannot be asked for, mostly options that cannot
// stand together.
func contradiction(l *low) error {
	noPorts := l.listScan || l.pingScan
	switch {
	case l.ipv4 && l.ipv6:
		return meaningFault("-4 and -6 exclude each other; without either both families are scanned")
	case l.random != nil && l.ipv6:
		return meaningFault("-iR knows IPv4 only and cannot stand with -6")
	case l.icmpV4Ping && l.ipv6:
		return meaningFault("-PP and -PM are for IPv4 only and cannot stand with -6")
	case noPorts && (len(l.scans) > 0 || l.scanFlags != nil):
		return meaningFault("-sL and -sn scan no ports, so no scan type can stand with them")
	case noPorts && (l.ports != "" || l.fast):
		return meaningFault("-sL and -sn scan no ports, so -p and -F cannot stand with them")
	case l.ports != "" && l.fast:
		return meaningFault("-F cannot stand with -p; --top-ports and --port-ratio choose among the ports of -p")
	case l.tcpScans() > 1:
		return meaningFault("only one technique can scan the TCP ports; -sU may stand beside it")
	case l.scanFlags != nil && l.wants(sonde.ConnectScan):
		return meaningFault("--scanflags needs segments of our own making, and -sT lets the system make them")
	case l.privileged && l.unprivileged:
		return meaningFault("--privileged and --unprivileged exclude each other")
	case l.defeatICMPLimit && !l.wants(sonde.UDPScan):
		return meaningFault("--defeat-icmp-ratelimit is about UDP scans and needs -sU")
	}
	return rangeContradiction(l)
}

// rangeContradiction finds lower bounds above their upper bounds.
func rangeContradiction(l *low) error {
	switch {
	case above(l.minRate, l.maxRate):
		return meaningFault("--min-rate %v is above --max-rate %v", *l.minRate, *l.maxRate)
	case above(l.minParallelism, l.maxParallelism):
		return meaningFault("--min-parallelism %d is above --max-parallelism %d", *l.minParallelism, *l.maxParallelism)
	case above(l.minHostGroup, l.maxHostGroup):
		return meaningFault("--min-hostgroup %d is above --max-hostgroup %d", *l.minHostGroup, *l.maxHostGroup)
	}
	return nil
}

func above[N int | float64](lo, hi *N) bool { return lo != nil && hi != nil && *lo > *hi }
