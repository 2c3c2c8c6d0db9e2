package flow

import (
	"context"
	"fmt"
	"time"

	"sonde/internal/discover"
	"sonde/result"
)

// findHosts gives each host its state.
func (r *run) findHosts(ctx context.Context, hosts []*host) error {
	switch {
	case len(hosts) == 0:
		return nil
	case r.Depth == ListHosts:
		assume(hosts, result.HostUnknown)
		return nil
	case r.AssumeUp:
		assume(hosts, result.HostUp)
		return nil
	}
	found := make([]*discover.Host, len(hosts))
	byHost := make(map[*discover.Host]*host, len(hosts))
	for i, h := range hosts {
		found[i] = &discover.Host{Addr: h.Addr, Timing: h.scan.Timing}
		byHost[found[i]] = h
	}
	search := discover.New(discover.Config{
		Dialer: r.dialer, Timing: r.Timing, Ports: r.Ping, IgnoreReset: r.IgnoreReset, Alone: r.Alone,
		Group: &r.pingRTT, Trace: r.tracer, Notice: r.notice,
		Found: func(d *discover.Host) {
			h := byHost[d]
			h.take(d)
			if r.Depth == ScanPorts {
				r.emit(result.HostFound{Time: time.Now(), Host: h.found()})
			}
		},
	}, found)
	what := fmt.Sprintf("%d hosts [%s/host]", len(hosts), count(search.Probes(), "port"))
	if len(hosts) == 1 {
		what = fmt.Sprintf("%s [%s]", hosts[0].display(), count(search.Probes(), "port"))
	}
	end := r.board.start(discover.TaskName, what, len(hosts), func() float64 { return search.Progress().Fraction })
	err := search.Run(ctx)
	for _, d := range found {
		byHost[d].take(d)
	}
	end(fmt.Sprintf("%d total hosts", len(hosts)))
	return err
}

// take takes over what discovery found.
func (h *host) take(d *discover.Host) {
	h.State, h.Reason, h.ReasonTTL = d.State, d.Reason, d.TTL
	h.scan.PingPort = d.Port
	h.Times = h.scan.Times()
}

// assume gives hosts a state because the user says so.
func assume(hosts []*host, s result.HostState) {
	for _, h := range hosts {
		h.State, h.Reason = s, result.ReasonUserSet
	}
}
