package service

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"sonde/internal/rpcgrind"
	"sonde/result"
)

// Program is an ONC RPC program and its name.
type Program = rpcgrind.Program

// ProgramRange is a range of program numbers in which some have no name.
type ProgramRange = rpcgrind.Range

// The names of a service that answers ONC RPC calls: that of portmappers,
// which signatures give to all of them, and one for programs without a name.
const (
	rpcName     = "rpcbind"
	unnamedName = "rpc"
)

// rpcInfo begins what is said of a program's number. A signature that says it
// has seen the number in the answer.
const rpcInfo = "RPC #"

// dumbWait is for a server that was kept waiting until now, on a network
// without delay.
const dumbWait = 300 * time.Millisecond

// programs finds out which program a port serves, and remembers what
// portmappers said of the other ports of their hosts.
type programs struct {
	config *Config
	table  func() *rpcgrind.Table // made when it is first needed

	mu    sync.Mutex
	lists map[netip.Addr][]result.RPCBinding
}

// newPrograms is nil if no program is to be looked for.
func newPrograms(c *Config) *programs {
	if len(c.Programs) == 0 {
		return nil
	}
	return &programs{config: c, lists: map[netip.Addr][]result.RPCBinding{},
		table: sync.OnceValue(func() *rpcgrind.Table { return rpcgrind.NewTable(c.Programs, c.ProgramRanges) })}
}

// refine replaces the findings of a port that speaks ONC RPC by those of the
// program behind it.
func (p *programs) refine(ctx context.Context, d *detection, v verdict) verdict {
	if p == nil || d.tunnel != result.TunnelNone || ctx.Err() != nil {
		return v
	}
	c := p.search(d)
	speaks := v == hard && d.known.name == rpcName
	switch number, numbered := strings.CutPrefix(d.known.info, rpcInfo); {
	case speaks && numbered:
		if number == fmt.Sprint(rpcgrind.Portmapper) {
			p.list(ctx, d, c, 0, 0)
		}
		return v
	case !speaks && (v != noMatch || !d.dumb() || !d.speaksRPC(ctx, c)):
		return v
	}
	// 1. Ask for every program, for those first that a portmapper names.
	r := rpcgrind.Search(ctx, c)
	d.notes.ground(d.target, &c, &r)
	if r.Ending != rpcgrind.Identified {
		return v
	}
	d.known = findings{name: r.Program.Name, version: r.Versions(), info: fmt.Sprint(rpcInfo, r.Program.Number), evidence: d.known.evidence}
	if d.known.name == "" {
		d.known.name = unnamedName
	}
	// 2. A portmapper tells of others.
	if r.Program.Number == rpcgrind.Portmapper {
		p.list(ctx, d, c, r.Low, r.High)
	}
	return hard
}

// dumb tells whether a TCP port took connections and never said a word.
func (d *detection) dumb() bool {
	return d.target.Protocol == result.TCP && !d.wrappable && d.print.b.Len() == 0
}

// speaksRPC asks a dumb port once more, after all connections are closed: some
// RPC servers serve one connection at a time, and a probe of another protocol
// keeps them waiting for the rest of a record for as long as its connection
// lasts.
func (d *detection) speaksRPC(ctx context.Context, c rpcgrind.Config) bool {
	c.Hints, c.HintsOnly = nil, true
	c.Patience = max(dumbWait, 4*d.rtt)
	switch rpcgrind.Search(ctx, c).Ending {
	case rpcgrind.Unlisted, rpcgrind.Indiscriminate, rpcgrind.Refused:
		d.known.name = rpcName
		return true
	}
	return false
}

// search says how the program of a port is looked for.
func (p *programs) search(d *detection) rpcgrind.Config {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rpcgrind.Config{
		Datagrams: d.target.Protocol == result.UDP, Table: p.table(), Timing: p.config.Timing,
		Hints: rpcgrind.Listed(p.lists[d.target.Addr], d.target.Protocol, d.target.Port),
		Dial: func(ctx context.Context) (net.Conn, error) {
			if d.target.Protocol == result.UDP {
				return p.config.Dialer.UDP(ctx, d.addr())
			}
			return p.config.Dialer.TCP(ctx, d.addr(), connectWait)
		},
	}
}

// list asks a portmapper for its list, which becomes part of the findings.
func (p *programs) list(ctx context.Context, d *detection, c rpcgrind.Config, low, high uint32) {
	list, err := rpcgrind.List(ctx, c, low, high)
	d.notes.listed(d.target, list, err)
	if len(list) == 0 {
		return
	}
	d.known.rpc = list
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists[d.target.Addr] = list
}

// ground traces the search for a program.
func (n *notes) ground(t Target, c *rpcgrind.Config, r *rpcgrind.Result) {
	if !n.trace {
		return
	}
	what := r.Ending.String()
	if r.Ending == rpcgrind.Identified {
		what = fmt.Sprintf("%s %s%d versions %s", r.Program.Name, rpcInfo, r.Program.Number, r.Versions())
	}
	n.say(result.LevelTrace, traceTopic, "RPC search at %s:%d (%v) among %d programs, %d of them named by the portmapper: %s (%d calls, %d answers, %d connections, %.3fs)",
		t.Addr, t.Port, t.Protocol, c.Table.Len(), len(c.Hints), strings.TrimSpace(what), r.Calls, r.Answers, r.Connections, r.Elapsed.Seconds())
}

// listed traces the list of a portmapper.
func (n *notes) listed(t Target, list []result.RPCBinding, err error) {
	if !n.trace {
		return
	}
	if err != nil {
		n.say(result.LevelTrace, traceTopic, "RPC list of %s:%d (%v): %v", t.Addr, t.Port, t.Protocol, err)
	}
	for _, b := range list {
		n.say(result.LevelTrace, traceTopic, "RPC list of %s:%d (%v): program %d (%s) version %d at %s port %d", t.Addr, t.Port, t.Protocol,
			b.Program, b.Name, b.Version, b.Network, b.Port)
	}
}
