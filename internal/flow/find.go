package flow

import (
	"context"

	"sonde/result"
)

// findHosts gives each host its state.
func (r *run) findHosts(ctx context.Context, hosts []*host) error {
	switch {
	case r.Depth == ListHosts:
		assume(hosts, result.HostUnknown)
	case r.AssumeUp:
		assume(hosts, result.HostUp)
	default:
		assume(hosts, result.HostUp)
	}
	return nil
}

// assume gives hosts a state because the user says so.
func assume(hosts []*host, s result.HostState) {
	for _, h := range hosts {
		h.State, h.Reason = s, result.ReasonUserSet
	}
}
