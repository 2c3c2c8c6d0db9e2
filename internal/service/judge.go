package service

import (
	"strings"
	"time"

	"sonde/match"
	"sonde/result"
)

// The names of services that mean a tunnel. A name that begins with
// tunnelPrefix is that of a service whose tunnel the signature saw through.
const (
	tlsName      = "ssl"
	tunnelPrefix = "ssl/"
)

// portScan stands for the probe in the evidence of an early reply.
const portScan = "port scan"

// findings are what signatures said of a service.
type findings struct {
	name     string
	soft     bool // a soft match, not yet a hard one
	product  string
	version  string
	info     string
	hostname string
	os       string
	device   string
	cpe      [3]string           // application, hardware, operating system
	rpc      []result.RPCBinding // what a portmapper lists
	evidence *result.Evidence
}

// softName is the name that a soft match gave, empty without one.
func (f *findings) softName() string {
	if f.soft {
		return f.name
	}
	return ""
}

// judge matches what was heard against the signatures of a probe and keeps
// what they say. It returns true for a hard match. Sent is the name of the
// probe for the records.
func (d *detection) judge(p *match.Probe, sent string, heard []byte) bool {
	r, found := d.match(p, heard)
	return found && d.keep(r, sent)
}

// judgeReply is judge for a reply without the banner in front of it. What it
// resembles is not allowed to contradict what the banner said.
func (d *detection) judgeReply(p *match.Probe, reply []byte) bool {
	r, found := d.match(p, reply)
	return found && (!d.known.soft || r.Signature.Service == d.known.name) && d.keep(r, p.Name)
}

func (d *detection) match(p *match.Probe, heard []byte) (*match.Result, bool) {
	d.notes.heard(d.target, p, heard)
	r := d.result
	found := d.config.DB.Match(p, heard, r)
	for _, sig := range r.GaveUp {
		d.notes.gaveUpMatching(d.target, sig)
	}
	for _, w := range r.Warnings {
		d.notes.warn(w)
	}
	return r, found
}

// keep takes over what a match says, and returns true for a hard one.
func (d *detection) keep(r *match.Result, sent string) bool {
	sig := r.Signature
	if sig.Soft && d.known.soft {
		if sig.Service != d.known.name {
			d.notes.conflict(d.target, d.known.name, sig.Service)
		}
		return false // the first soft match stands, with all it said
	}
	d.wrappable = false
	d.notes.matched(d.target, d.tunnel, sent, r)
	d.known.add(r)
	d.known.evidence = r.Service().Evidence
	d.known.evidence.Probe = sent
	d.known.evidence.Elapsed = time.Since(d.start)
	return !sig.Soft
}

// add takes over what a match says; what it is silent about stays, so that a
// hard match keeps the findings of a soft one.
func (f *findings) add(r *match.Result) {
	f.name, f.soft = r.Signature.Service, r.Signature.Soft
	for _, field := range []struct {
		have *string
		got  string
	}{
		{&f.product, r.Product}, {&f.version, r.Version}, {&f.info, r.Info}, {&f.hostname, r.Hostname},
		{&f.os, r.OS}, {&f.device, r.Device}, {&f.cpe[0], r.CPE[0]}, {&f.cpe[1], r.CPE[1]}, {&f.cpe[2], r.CPE[2]},
	} {
		if field.got != "" {
			*field.have = field.got
		}
	}
}

// settle is the verdict of a hard match: done, or TLS is found and its inside
// is next. A tunnel inside a tunnel is not entered.
func (d *detection) settle() verdict {
	if d.known.name == tlsName && d.tunnel == result.TunnelNone && d.target.Protocol == result.TCP {
		return tunnelled
	}
	if name, ok := strings.CutPrefix(d.known.name, tunnelPrefix); ok {
		d.known.name, d.tunnel = name, result.TunnelTLS
	}
	return hard
}
