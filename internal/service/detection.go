package service

import (
	"context"
	"net"
	"net/netip"
	"time"

	"sonde/internal/tunnel"
	"sonde/match"
	"sonde/result"
)

// verdict is the final state of a detection.
type verdict uint8

const (
	undecided  verdict = iota
	hard               // a signature says what the service is
	soft               // a signature says which protocol it is
	noMatch            // nothing recognised
	wrapped            // connections are closed without a word
	incomplete         // the network, the tunnel or the clock ended it
	tunnelled          // TLS was found; what is inside is still to be seen
)

// detection is the state of one service. It belongs to one goroutine.
type detection struct {
	config *Config
	notes  *notes
	target Target
	start  time.Time

	// wrappable holds until the service has shown a sign of life: an answer,
	// or the patience to keep a silent connection.
	wrappable bool
	known     findings
	print     fingerprint

	tunnel  result.Tunnel
	tls     *tunnel.Client // makes the connections once tunnel is TLS
	inner   net.Conn       // the first of those, if a race made it already
	tlsInfo *result.TLS    // of the first handshake that told something

	window *window       // bounds the connections of a race
	rtt    time.Duration // of the quickest connection of a race

	result *match.Result // reused for every match
	buf    []byte        // reused for every read
}

// detect finds the service of a target. It ends early with the context.
func (w *worker) detect(ctx context.Context, t Target, host *window) Outcome {
	d := &detection{config: w.config, notes: w.notes, target: t, start: time.Now(), wrappable: true,
		window: host, result: &w.result, buf: w.buf}
	v := d.early()
	if v == undecided {
		v = d.search(ctx)
	}
	if v == tunnelled { // once at most: settle does not enter a tunnel in a tunnel
		outside := d.known
		d.enterTunnel()
		v = d.search(ctx)
		if v != hard && v != soft && outside.name != "" && outside.name != tlsName {
			v = d.comeBack(outside)
		}
	}
	return d.outcome(w.programs.refine(ctx, d, v))
}

// search looks for the service with the strategy that is asked for.
func (d *detection) search(ctx context.Context) verdict {
	if d.config.Conform {
		return d.sequential(ctx)
	}
	first := d.inner
	d.inner = nil
	return d.race(ctx, first)
}

// early tries the replies that the port scan drew: for each UDP probe whose
// payload it sends to this port, they may be answers.
func (d *detection) early() verdict {
	if !d.config.EarlyReplies || d.target.Protocol != result.UDP || len(d.target.EarlyReplies) == 0 {
		return undecided
	}
	for _, p := range d.config.DB.Probes() {
		if p.Protocol != result.UDP || p.NoPayload || !p.Ports.Contains(d.target.Port) {
			continue
		}
		for _, reply := range d.target.EarlyReplies {
			if d.judge(p, portScan, reply) {
				return d.settle()
			}
			if d.known.soft {
				return undecided
			}
		}
	}
	return undecided
}

// enterTunnel forgets what was learned outside and begins anew inside.
func (d *detection) enterTunnel() {
	d.tunnel = result.TunnelTLS
	if d.tls == nil {
		d.tls = d.newClient()
	}
	d.known = findings{}
	d.print = fingerprint{}
}

// comeBack takes the findings from outside of a tunnel whose inside stayed unknown.
func (d *detection) comeBack(outside findings) verdict {
	d.known = outside
	if outside.soft {
		return soft
	}
	return d.settle()
}

func (d *detection) newClient() *tunnel.Client {
	return tunnel.NewClient(tunnel.Config{ServerName: d.target.Name})
}

// proveOpen records that an answer showed the port to be open.
func (d *detection) proveOpen(r result.Reason) {
	if d.target.State == result.Open {
		return
	}
	d.notes.provedOpen(d.target)
	d.target.State, d.target.Reason = result.Open, r
}

func (d *detection) addr() netip.AddrPort { return netip.AddrPortFrom(d.target.Addr, d.target.Port) }
