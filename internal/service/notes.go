package service

import (
	"fmt"
	"sync"
	"time"

	"sonde/internal/dial"
	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// traceTopic is the topic of what --version-trace shows.
const traceTopic = "version"

// notes words what detections have to say and hands it on, one at a time.
type notes struct {
	mu    sync.Mutex
	out   func(level result.Level, topic, text string)
	trace bool
}

func (n *notes) say(level result.Level, topic, format string, args ...any) {
	if n.out == nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out(level, topic, text)
}

// sending traces a probe that goes out.
func (n *notes) sending(probe string, t Target) {
	if n.trace {
		n.say(result.LevelTrace, traceTopic, "Service scan sending probe %s to %s:%d (%v)", probe, t.Addr, t.Port, t.Protocol)
	}
}

// heard traces what a service has said to a probe so far, as a line of a
// transcript from which signatures can be drafted.
func (n *notes) heard(t Target, p *match.Probe, reply []byte) {
	if n.trace {
		n.say(result.LevelTrace, traceTopic, "Service scan heard %d bytes from %s:%d (%v) %s", len(reply), t.Addr, t.Port, t.Protocol,
			match.FormatAnswer(match.Answer{Protocol: p.Protocol, Probe: p.Name, Reply: reply}))
	}
}

// gaveUpMatching traces a signature whose pattern took too long on a reply.
func (n *notes) gaveUpMatching(t Target, s *probefile.Signature) {
	if n.trace {
		n.say(result.LevelTrace, traceTopic, "Service scan: the pattern at %v exceeds the step limit on the reply of %s:%d, which counts as no match", s.Pos, t.Addr, t.Port)
	}
}

// matched traces a match. The form is that of Nmap 7.93: the kind of match is
// named only where there is no version to show.
func (n *notes) matched(t Target, tunnel result.Tunnel, sent string, r *match.Result) {
	if !n.trace {
		return
	}
	kind, version := "", ""
	switch {
	case r.Product != "" || r.Version != "" || r.Info != "":
		version = fmt.Sprintf(".  Version: |%s|%s|%s|", r.Product, r.Version, r.Info)
	case r.Signature.Soft:
		kind = "soft "
	default:
		kind = "hard "
	}
	prefix := ""
	if tunnel == result.TunnelTLS {
		prefix = "SSL/"
	}
	table := r.Table.Name
	if sent == portScan {
		table = "udp payload"
	}
	n.say(result.LevelTrace, traceTopic, "Service scan %smatch (Probe %s matched with %s line %d): %s:%d is %s%s%s",
		kind, sent, table, r.Signature.Pos.Line, t.Addr, t.Port, prefix, r.Signature.Service, version)
}

// warn passes on what went wrong in the templates of a signature.
func (n *notes) warn(text string) { n.say(result.LevelWarning, traceTopic, "%s", text) }

// conflict tells that two soft matches disagree.
func (n *notes) conflict(t Target, first, second string) {
	n.say(result.LevelWarning, traceTopic, "Service %s:%d had already soft-matched %s, but now soft-matched %s; ignoring second value",
		t.Addr, t.Port, first, second)
}

// gaveUp tells that no connection came about, so that the detection ended early.
func (n *notes) gaveUp(t Target, err error) { n.ended(result.LevelDebug, t, err) }

// failed tells that a connection failed in a way that ended the detection. An
// error that nobody expected is everybody's business.
func (n *notes) failed(t Target, err error) {
	level := result.LevelDebug
	if dial.FaultOf(err) == dial.Other {
		level = result.LevelWarning
	}
	n.ended(level, t, err)
}

func (n *notes) ended(level result.Level, t Target, err error) {
	n.say(level, traceTopic, "giving up on the service at %s:%d (%v): %v", t.Addr, t.Port, t.Protocol, err)
}

// provedOpen tells that a port in doubt turned out to be open.
func (n *notes) provedOpen(t Target) {
	n.say(result.LevelInfo, traceTopic, "Discovered %v port %d/%v on %v is actually open", t.State, t.Port, t.Protocol, t.Addr)
}

// excluding tells that a port is left alone.
func (n *notes) excluding(t Target) {
	n.say(result.LevelDebug, traceTopic, "EXCLUDING %d/%v", t.Port, t.Protocol)
}

// overriding tells that ports are probed which the database would leave alone.
func (n *notes) overriding() {
	n.say(result.LevelInfo, traceTopic, "Overriding exclude ports option! Some undesirable ports may be version scanned!")
}

// waiting traces what a race waits for, how long at most, and the
// measurements behind that.
func (n *notes) waiting(t Target, what string, d time.Duration, p *pulse) {
	if n.trace {
		n.say(result.LevelTrace, traceTopic, "Service scan waits up to %v for %s of %s:%d (%v; %v)",
			d.Round(time.Millisecond), what, t.Addr, t.Port, t.Protocol, p)
	}
}

// single tells that a service is asked on one connection at a time.
func (n *notes) single(t Target, why string) {
	n.say(result.LevelDebug, traceTopic, "one connection at a time for the service at %s:%d (%v): %s", t.Addr, t.Port, t.Protocol, why)
}

// spent tells where the time of a race went.
func (n *notes) spent(t Target, took time.Duration, lanes int, p *pulse) {
	n.say(result.LevelDebug, traceTopic, "service at %s:%d (%v) took %v and %d connections (%v)",
		t.Addr, t.Port, t.Protocol, took.Round(time.Millisecond), lanes, p)
}
