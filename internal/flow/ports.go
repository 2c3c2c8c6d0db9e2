package flow

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/portscan"
	"sonde/portspec"
	"sonde/result"
)

// scanPorts scans the ports of a group with one technique.
func (r *run) scanPorts(ctx context.Context, p pass, group []*host) error {
	hosts := make([]*portscan.Host, 0, len(group))
	total := 0
	for _, h := range group {
		ports := p.ports
		if h.only != 0 {
			ports = portspec.Of(h.only)
		}
		h.scan.Ports = h.scan.Ports.With(p.technique.Protocol, ports)
		hosts = append(hosts, &h.scan)
		total += ports.Len()
	}
	if total == 0 {
		return nil
	}
	cfg := portscan.Config{
		Dialer: r.dialer, Timing: r.Timing, Ascending: r.Ascending, Seed: r.Seed, Payloads: r.Payloads, Notice: r.notice,
		Alone: r.Alone, DefeatICMPRateLimit: r.DefeatICMPRateLimit, Trace: r.tracer,
		Found: func(addr netip.Addr, p result.Port) {
			r.emit(result.PortFound{Time: time.Now(), Addr: addr, Port: p})
		},
	}
	if p.technique.Raw() {
		cfg.Link, cfg.SourcePort, cfg.Flags = r.raw, r.raw.sources(), p.flags
		defer r.watchDrops()()
	}
	what := fmt.Sprintf("%d hosts [%s/host]", len(group), count(p.ports.Len(), "port"))
	if len(group) == 1 {
		what = fmt.Sprintf("%s [%s]", group[0].display(), count(total, "port"))
	}
	scan := portscan.New(cfg, p.technique, hosts)
	end := r.board.start(p.technique.Name, what, len(group), func() float64 { return scan.Progress().Fraction })
	err := scan.Run(ctx)
	extra := fmt.Sprintf("%d total ports", total)
	if n := timedOut(hosts); n > 0 {
		extra = count(n, "host") + " timed out"
	}
	end(extra)
	return err
}

func timedOut(hosts []*portscan.Host) (n int) {
	for _, h := range hosts {
		if h.TimedOut() {
			n++
		}
	}
	return n
}

// notice passes a line of prose on to those who watch.
func (r *run) notice(level result.Level, topic, text string) {
	r.emit(result.Notice{Time: time.Now(), Level: level, Topic: topic, Text: text})
}
