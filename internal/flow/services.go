package flow

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"sonde/internal/service"
	"sonde/result"
)

// Program and ProgramRange are those of version detection.
type (
	Program      = service.Program
	ProgramRange = service.ProgramRange
)

// detectServices asks every open port of a group what runs there.
func (r *run) detectServices(ctx context.Context, group []*host) error {
	targets, ports := r.serviceTargets(group)
	if len(targets) == 0 {
		return nil
	}
	hosts := map[netip.Addr]*host{}
	for _, p := range ports {
		hosts[p.host.Addr] = p.host
	}
	var done atomic.Int64
	cfg := service.Config{
		DB: r.DB, Intensity: r.Services.Intensity, AllPorts: r.Services.AllPorts, EarlyReplies: r.Services.EarlyReplies,
		Race: r.Services.Race, Conform: r.Services.Conform,
		Programs: r.Services.Programs, ProgramRanges: r.Services.ProgramRanges,
		Timing: r.Timing, Dialer: r.dialer, Version: r.Services.Version, Platform: r.Services.Platform,
		Debug: r.Services.Debug, Trace: r.Services.Trace,
		Notice:     r.notice,
		Progress:   func(n, _ int) { done.Store(int64(n)) },
		HostBudget: func(a netip.Addr) time.Duration { return hosts[a].timeLeft(r.Timing.HostTimeout) },
	}
	what := fmt.Sprintf("%s on %s", count(len(targets), "service"), count(len(hosts), "host"))
	shown := what
	if len(hosts) == 1 {
		shown = fmt.Sprintf("%s on %s", count(len(targets), "service"), ports[0].host.display())
	}
	end := r.board.start("Service scan", shown, len(hosts), func() float64 { return float64(done.Load()) / float64(len(targets)) })
	err := service.Scan(ctx, cfg, targets, func(o service.Outcome) { r.serviceFound(ports[o.Index], o) })
	for _, h := range group {
		if h.TimedOut {
			h.Ports = nil
		}
	}
	end(what)
	return err
}

// serviceFound stores a verdict and tells of it.
func (r *run) serviceFound(at servicePort, o service.Outcome) {
	at.port.State, at.port.Reason, at.port.Service = o.State, o.Reason, &o.Service
	now := time.Now()
	at.host.End = now
	if o.TimedOut {
		at.host.TimedOut = true
	}
	r.emit(result.ServiceFound{Time: now, Addr: o.Addr, Protocol: o.Protocol, Number: o.Port, Service: o.Service})
}

// servicePort is a place where a verdict of version detection belongs.
type servicePort struct {
	host *host
	port *result.Port
}

// serviceTargets lists what version detection is to look at: host by host the
// open ports, then those that may be open.
func (r *run) serviceTargets(group []*host) (targets []service.Target, ports []servicePort) {
	for _, h := range group {
		for _, state := range []result.PortState{result.Open, result.OpenFiltered} {
			for i := range h.Ports {
				p := &h.Ports[i]
				if p.State != state || p.Protocol != result.TCP && p.Protocol != result.UDP {
					continue
				}
				ports = append(ports, servicePort{h, p})
				targets = append(targets, service.Target{
					Index: len(targets), Addr: h.Addr, Name: h.Name, Protocol: p.Protocol, Port: p.Number,
					State: p.State, Reason: p.Reason, TableName: r.Names.Name(p.Protocol, p.Number),
					EarlyReplies: earlyReplies(h, p),
				})
			}
		}
	}
	return targets, ports
}

// earlyReplies are the datagrams that the port scan drew from a port.
func earlyReplies(h *host, p *result.Port) [][]byte {
	if p.Protocol != result.UDP {
		return nil
	}
	if reply := h.scan.Reply(p.Number); reply != nil {
		return [][]byte{reply}
	}
	return nil
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
