package report

import (
	"slices"

	"sonde/result"
)

// host prints the report on one host.
func (n *normal) host(h *result.Host) {
	if !n.opts.shows(h) {
		return
	}
	n.heading(h)
	if h.State == result.HostDown || h.State == result.HostSkipped {
		return
	}
	if h.TimedOut {
		n.text("Skipping host " + title(h) + " due to host timeout\n")
		return
	}
	if h.Scanned && len(h.Ports) > 0 {
		n.ports(h)
		n.buf = appendFingerprints(n.buf, h.Ports)
	}
	n.mac(h)
	n.buf = appendServiceInfo(n.buf, h)
	n.hostScripts(h)
	n.finalTimes(h)
	if !n.opts.PingScan && !n.opts.ListScan {
		n.text("\n")
	}
}

// heading prints who the host is and whether it is up.
func (n *normal) heading(h *result.Host) {
	n.text("Nmap scan report for " + title(h))
	if h.State == result.HostDown || h.State == result.HostSkipped {
		n.text(" [host down")
		if n.opts.reasons() {
			n.text(", received " + h.Reason.String())
			n.buf = appendTTL(n.buf, h.ReasonTTL)
		}
		n.text("]\n")
		return
	}
	n.text("\n")
	if h.State == result.HostUp {
		n.up(h)
	}
	if len(h.Other) > 0 {
		n.text("Other addresses for " + clean(h.Name) + " (not scanned):")
		for _, a := range h.Other {
			n.buf = a.AppendTo(append(n.buf, ' '))
		}
		n.text("\n")
	}
	if h.Name != "" && h.PTR != "" && h.PTR != h.Name {
		n.text("rDNS record for " + h.Addr.String() + ": " + clean(h.PTR) + "\n")
	}
	if (n.opts.Verbose >= 2 || n.opts.Debug > 0) && !h.Start.IsZero() && !h.TimedOut {
		n.text("Scanned at ")
		n.buf = n.opts.local(h.Start).AppendFormat(n.buf, "2006-01-02 15:04:05 MST")
		n.text(" for ")
		n.number(h.End.Unix() - h.Start.Unix())
		n.text("s\n")
	}
}

func (n *normal) up(h *result.Host) {
	n.text("Host is up")
	if n.opts.reasons() {
		n.text(", received " + h.Reason.String())
		n.buf = appendTTL(n.buf, h.ReasonTTL)
	}
	if h.Times != nil {
		n.text(" (")
		n.buf = appendLatency(n.buf, h.Times.SRTT)
		n.text("s latency)")
	}
	n.text(".\n")
}

// ports prints what is summed up, then the table of the rest.
func (n *normal) ports(h *result.Host) {
	var collapsed notShown
	collapsed.of(h.Ports, &n.opts)
	hidden := collapsed.hidden()
	if hidden > 0 {
		if hidden == len(h.Ports) {
			n.text("All ")
			n.number(int64(hidden))
			n.text(" scanned ports on " + title(h) + " are in ignored states.\n")
		}
		n.text("Not shown: ")
		n.buf = collapsed.append(n.buf)
	}
	n.text("\n")
	if hidden < len(h.Ports) {
		if n.opts.OpenOnly && slices.ContainsFunc(h.Ports, filteredTCP) {
			n.text("Some closed ports may be reported as filtered due to --defeat-rst-ratelimit\n")
		}
		n.table(h.Ports, &collapsed)
	}
}

// filteredTCP tells a port that a scan with --open, which implies
// --defeat-rst-ratelimit, may be wrong about.
func filteredTCP(p result.Port) bool {
	return p.Protocol == result.TCP && p.State == result.Filtered
}

func (n *normal) table(ports []result.Port, collapsed *notShown) {
	byNumber := ports[0].Protocol == result.IP
	head := []string{"PORT", "STATE", "SERVICE"}
	if byNumber {
		head[0] = "PROTOCOL"
	}
	if n.opts.reasons() {
		head = append(head, "REASON")
	}
	if n.opts.VersionScan {
		head = append(head, "VERSION")
	}
	var t table
	var cell []byte
	t.add(head...)
	for i := range ports {
		p := &ports[i]
		if collapsed.hides(p) {
			continue
		}
		cell = appendInt(cell[:0], int64(p.Number))
		if !byNumber {
			cell = append(append(cell, '/'), p.Protocol.String()...)
		}
		row := append(make([]string, 0, len(head)), string(cell), p.State.String(), string(appendService(nil, p, &n.opts)))
		if n.opts.reasons() {
			row = append(row, string(appendReason(cell[:0], p)))
		}
		if n.opts.VersionScan {
			row = append(row, string(appendVersion(cell[:0], p.Service)))
		}
		t.add(row...)
		t.addBlock(string(appendScripts(nil, n.opts.scriptsOf(p))))
	}
	n.buf = t.append(n.buf)
}

func (n *normal) mac(h *result.Host) {
	if h.MAC == "" {
		return
	}
	vendor := h.Vendor
	if vendor == "" {
		vendor = "Unknown"
	}
	n.text("MAC Address: " + clean(h.MAC) + " (" + clean(vendor) + ")\n")
}

func (n *normal) hostScripts(h *result.Host) {
	if len(h.Scripts) > 0 {
		n.text("\nHost script results:\n")
		n.buf = appendScripts(n.buf, h.Scripts)
	}
}

// finalTimes prints the round-trip estimates in microseconds.
func (n *normal) finalTimes(h *result.Host) {
	if !n.interactive || n.opts.Debug == 0 || h.Times == nil {
		return
	}
	n.text("Final times for host: srtt: ")
	n.number(h.Times.SRTT.Microseconds())
	n.text(" rttvar: ")
	n.number(h.Times.RTTVar.Microseconds())
	n.text("  to: ")
	n.number(h.Times.Timeout.Microseconds())
	n.text("\n")
}

// title is how reports call a host: "name (address)" or "address", the name
// being the user's or else that of reverse DNS.
func title(h *result.Host) string {
	name := h.Name
	if name == "" {
		name = h.PTR
	}
	if name == "" {
		return h.Addr.String()
	}
	return clean(name) + " (" + h.Addr.String() + ")"
}

func clean(text string) string { return string(appendClean(nil, text)) }
