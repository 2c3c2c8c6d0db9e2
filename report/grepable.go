package report

import (
	"io"

	"sonde/result"
)

// grepable writes a line or two per host, its fields between tabs.
type grepable struct {
	sink
	tally
	opts  Options
	begun bool
}

// NewGrepable returns the writer of grepable output (-oG).
func NewGrepable(out io.Writer, o Options) Writer { return &grepable{sink: sink{out: out}, opts: o} }

// Write reports one event.
func (g *grepable) Write(ev result.Event) error {
	g.see(ev)
	switch ev := ev.(type) {
	case result.ScanStarted:
		g.begin(ev)
	case result.HostDone:
		if g.opts.shows(&ev.Host) {
			g.host(&ev.Host)
		}
	case result.ScanDone:
		if g.begun && ev.Err == "" {
			g.text("# Nmap done at ")
			g.buf = append(appendCtime(g.buf, g.opts.local(ev.Time)), " -- "...)
			g.buf = append(appendTotals(g.buf, ev), '\n')
		}
	}
	return g.flush()
}

// Close adds nothing: a scan that did not end has no last line.
func (g *grepable) Close() error { return g.flush() }

func (g *grepable) begin(ev result.ScanStarted) {
	g.begun = true
	name, version, _ := g.opts.tool()
	g.text("# " + name + " " + version + " scan initiated ")
	g.buf = appendCtime(g.buf, g.opts.local(g.opts.StartTime))
	g.text(" as: ")
	g.buf = append(appendClean(g.buf, commandLine(g.opts.Args)), '\n')
	if g.opts.Verbose > 0 {
		g.portsScanned(ev.Scans)
	}
}

// portsScanned lists the ports of each protocol: "TCP(2;22,80) UDP(0;) …".
func (g *grepable) portsScanned(scans []result.ScanInfo) {
	g.text("# Ports scanned:")
	for _, of := range [...]struct {
		name     string
		protocol result.Protocol
	}{{"TCP", result.TCP}, {"UDP", result.UDP}, {"SCTP", result.SCTP}, {"PROTOCOLS", result.IP}} {
		count, ports := 0, ""
		for i := range scans {
			if scans[i].Protocol == of.protocol {
				count, ports = scans[i].NumPorts, scans[i].Ports
			}
		}
		g.text(" " + of.name + "(")
		g.number(int64(count))
		g.text(";" + ports + ")")
	}
	g.text("\n")
}

func (g *grepable) host(h *result.Host) {
	switch h.State {
	case result.HostUp:
		g.status(h, "Up")
	case result.HostUnknown:
		g.status(h, "Unknown")
	default:
		g.status(h, "Down")
		return
	}
	switch {
	case h.TimedOut:
		g.status(h, "Timeout")
	case h.Scanned && len(h.Ports) > 0:
		g.ports(h)
	}
}

// name begins a line. Only reverse DNS is asked for the name.
func (g *grepable) name(h *result.Host) {
	g.text("Host: ")
	g.buf = h.Addr.AppendTo(g.buf)
	g.text(" (")
	g.buf = appendClean(g.buf, h.PTR)
	g.text(")\t")
}

func (g *grepable) status(h *result.Host, status string) {
	g.name(h)
	g.text("Status: " + status + "\n")
}

func (g *grepable) ports(h *result.Host) {
	var collapsed notShown
	collapsed.of(h.Ports, &g.opts)
	g.name(h)
	if h.Ports[0].Protocol == result.IP {
		g.text("Protocols: ")
	} else {
		g.text("Ports: ")
	}
	first := true
	for i := range h.Ports {
		if p := &h.Ports[i]; !collapsed.hides(p) {
			if !first {
				g.text(", ")
			}
			first = false
			g.port(p)
			g.relieve()
		}
	}
	if len(collapsed.states) == 1 {
		s := collapsed.states[0]
		g.text("\tIgnored State: " + s.String() + " (")
		g.number(int64(collapsed.count[s]))
		g.text(")")
	}
	g.text("\n")
}

// port adds "22/open/tcp//ssh//OpenSSH 9.2p1/": owner and RPC information,
// third and fifth from the end, are never known.
func (g *grepable) port(p *result.Port) {
	g.number(int64(p.Number))
	g.text("/" + p.State.String() + "/")
	if p.Protocol == result.IP {
		g.buf = append(appendService(g.buf, p, &g.opts), '/')
		return
	}
	g.text(p.Protocol.String() + "//")
	start := len(g.buf)
	if s := p.Service; s != nil && (s.Name != "" || s.Fingerprint != "" || s.Tunnel != result.TunnelNone) {
		g.buf = appendService(g.buf, p, &g.opts)
	}
	g.slashes(start)
	g.text("//")
	start = len(g.buf)
	g.buf = appendVersion(g.buf, p.Service)
	g.slashes(start)
	g.text("/")
}

// slashes turns the separators of fields into bars from start on.
func (g *grepable) slashes(start int) {
	for i := start; i < len(g.buf); i++ {
		if g.buf[i] == '/' {
			g.buf[i] = '|'
		}
	}
}
