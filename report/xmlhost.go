package report

import "sonde/result"

// host writes one host element.
func (x *xml) host(h *result.Host) {
	x.text("<host")
	if !h.Start.IsZero() {
		x.attrInt("starttime", h.Start.Unix())
		x.attrInt("endtime", h.End.Unix())
		if h.TimedOut {
			x.attr("timedout", "true")
		}
	}
	x.text(">")
	x.identity(h)
	if h.Scanned && !h.TimedOut && len(h.Ports) > 0 {
		x.ports(h.Ports)
	}
	if len(h.Scripts) > 0 {
		x.text("<hostscript>")
		x.scripts(h.Scripts)
		x.text("</hostscript>")
	}
	if t := h.Times; t != nil {
		x.text("<times")
		x.attrInt("srtt", t.SRTT.Microseconds())
		x.attrInt("rttvar", t.RTTVar.Microseconds())
		x.attrInt("to", t.Timeout.Microseconds())
		x.text("/>\n")
	}
	x.text("</host>\n")
}

// identity writes a host's state, addresses and names.
func (x *xml) identity(h *result.Host) {
	x.text("<status")
	x.attr("state", h.State.String())
	x.attr("reason", h.Reason.String())
	x.attrInt("reason_ttl", int64(h.ReasonTTL))
	x.text("/>\n" + `<address addr="`)
	x.buf = h.Addr.AppendTo(x.buf)
	if h.Addr.Is4() {
		x.text(`" addrtype="ipv4"/>` + "\n")
	} else {
		x.text(`" addrtype="ipv6"/>` + "\n")
	}
	if h.MAC != "" {
		x.text("<address")
		x.attr("addr", h.MAC)
		x.attr("addrtype", "mac")
		x.attrKnown("vendor", h.Vendor)
		x.text("/>\n")
	}
	if h.State != result.HostUp && h.Name == "" && h.PTR == "" {
		return
	}
	x.text("<hostnames>\n")
	x.hostname(h.Name, "user")
	x.hostname(h.PTR, "PTR")
	x.text("</hostnames>\n")
}

func (x *xml) hostname(name, kind string) {
	if name == "" {
		return
	}
	x.text("<hostname")
	x.attr("name", name)
	x.attr("type", kind)
	x.text("/>\n")
}

// ports writes the summed up states, then every other port.
func (x *xml) ports(ports []result.Port) {
	x.text("<ports>")
	x.collapsed.of(ports, &x.opts)
	for _, s := range x.collapsed.states {
		x.text("<extraports")
		x.attr("state", s.String())
		x.attrInt("count", int64(x.collapsed.count[s]))
		x.text(">\n")
		x.extraReasons(s, ports)
		x.text("</extraports>\n")
	}
	for i := range ports {
		if p := &ports[i]; !x.collapsed.hides(p) {
			x.port(p)
			x.relieve()
		}
	}
	x.text("</ports>\n")
}

func (x *xml) extraReasons(s result.PortState, ports []result.Port) {
	for i := range x.collapsed.items {
		it := &x.collapsed.items[i]
		if it.state != s {
			continue
		}
		x.text("<extrareasons")
		x.attr("reason", it.reason.String())
		x.attrInt("count", int64(it.count))
		x.attr("proto", it.protocol.String()) // where Nmap 7.93 has "n/a" for "ip", against its own DTD
		x.text(` ports="`)
		x.buf = it.appendPorts(x.buf, ports)
		x.text(`"/>` + "\n")
	}
}

func (x *xml) port(p *result.Port) {
	x.text("<port")
	x.attr("protocol", p.Protocol.String())
	x.attrInt("portid", int64(p.Number))
	x.text("><state")
	x.attr("state", p.State.String())
	x.attr("reason", p.Reason.String())
	x.attrInt("reason_ttl", int64(p.ReasonTTL))
	if p.ReasonFrom.IsValid() {
		x.text(` reason_ip="`)
		x.buf = append(p.ReasonFrom.AppendTo(x.buf), '"')
	}
	x.text("/>")
	if s := p.Service; s != nil && (s.Name != "" || s.Fingerprint != "" || s.Tunnel != result.TunnelNone) {
		if p.Protocol == result.IP {
			x.protocolName(s)
		} else {
			x.service(s)
		}
	}
	x.scripts(x.opts.scriptsOf(p))
	x.text("</port>\n")
}

// protocolName writes the name of an IP protocol, in the form of its own that
// Nmap has for it.
func (x *xml) protocolName(s *result.Service) {
	x.text("\n<service")
	x.attr("name", s.Name)
	x.attrInt("conf", int64(s.Confidence))
	x.attr("method", s.Method.String())
	x.text("/>")
}

func (x *xml) service(s *result.Service) {
	name := s.Name
	if name == "" {
		name = "unknown"
	}
	x.text("<service")
	x.attr("name", name)
	x.attrKnown("product", s.Product)
	x.attrKnown("version", s.Version)
	x.attrKnown("extrainfo", s.Info)
	x.attrKnown("hostname", s.Hostname)
	x.attrKnown("ostype", s.OSType)
	x.attrKnown("devicetype", s.DeviceType)
	x.attrKnown("servicefp", s.Fingerprint)
	x.attrKnown("tunnel", s.Tunnel.String())
	x.attr("method", s.Method.String())
	x.attrInt("conf", int64(s.Confidence))
	if len(s.CPE) == 0 {
		x.text("/>")
		return
	}
	x.text(">")
	for _, name := range s.CPE {
		x.text("<cpe>")
		x.escape(name)
		x.text("</cpe>")
	}
	x.text("</service>")
}

func (x *xml) scripts(scripts []result.ScriptOutput) {
	for i := range scripts {
		if scripts[i].Text == "" && scripts[i].Data == nil {
			continue
		}
		x.text("<script")
		x.attr("id", scripts[i].ID)
		x.text(` output="`)
		x.plain(scripts[i].Text)
		if scripts[i].Data == nil {
			x.text(`"/>`)
			continue
		}
		x.text(`">`)
		x.items(scripts[i].Data)
		x.text("</script>")
	}
}

// items writes a structured script result.
func (x *xml) items(items []result.ScriptItem) {
	for i := range items {
		it := &items[i]
		if it.Table {
			x.text("<table")
			x.attrKnown("key", it.Key)
			x.text(">\n")
			x.items(it.Items)
			x.text("</table>\n")
			continue
		}
		x.text("<elem")
		x.attrKnown("key", it.Key)
		x.text(">")
		x.plain(it.Text)
		x.text("</elem>\n")
	}
}

// plain writes the text of a script: first made printable, then escaped.
func (x *xml) plain(text string) {
	x.scratch = appendPlain(x.scratch[:0], text)
	x.escape(string(x.scratch))
}
