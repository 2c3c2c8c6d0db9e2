package flow

import (
	"cmp"
	"math"
	"time"

	"sonde/internal/pace"
	"sonde/internal/portscan"
	"sonde/result"
	"sonde/target"
)

// host is a target on its way through the stages.
type host struct {
	result.Host
	only uint16 // the only port to scan; 0: those of the plan
	scan portscan.Host
}

func newHost(t target.Target) *host {
	return &host{
		Host: result.Host{Addr: t.Addr, Name: t.Name, Other: t.Other},
		only: t.Port,
		scan: portscan.Host{Addr: t.Addr, Timing: new(pace.Host)},
	}
}

// timeLeft is how much of the host timeout is left. A limit of 0 is none.
func (h *host) timeLeft(limit time.Duration) time.Duration {
	if limit == 0 {
		return math.MaxInt64
	}
	return limit - h.scan.Timing.Clock.Spent(time.Now())
}

func (h *host) down() bool { return h.State == result.HostDown }

// found is what is known of a host once it was found up.
func (h *host) found() result.Host {
	return result.Host{Addr: h.Addr, Name: h.Name, PTR: h.PTR, State: h.State, Reason: h.Reason, ReasonTTL: h.ReasonTTL}
}

// harvest takes over what the port scans found.
func (h *host) harvest() {
	h.Scanned = true
	h.Start, h.End = h.scan.Timing.Clock.Bounds()
	h.Times = h.scan.Times()
	h.TimedOut = h.scan.TimedOut()
	if !h.TimedOut {
		h.Ports = h.scan.Results()
	}
}

// display is how prose names a host.
func (h *host) display() string {
	name := cmp.Or(h.Name, h.PTR)
	if name == "" {
		return h.Addr.String()
	}
	return name + " (" + h.Addr.String() + ")"
}

// nameServices gives each port the usual name of its number. Names are shared
// between hosts: a table has few, a large scan many ports.
func (r *run) nameServices(h *host) {
	for i := range h.Ports {
		p := &h.Ports[i]
		if p.Service == nil {
			p.Service = r.tableService(p.Protocol, p.Number)
		}
	}
}

func (r *run) tableService(p result.Protocol, number uint16) *result.Service {
	name := r.Names.Name(p, number)
	if name == "" {
		return nil
	}
	return &result.Service{Name: name, Method: result.MethodTable, Confidence: result.ConfidenceTable}
}
