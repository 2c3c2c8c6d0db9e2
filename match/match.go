// Package match recognises services: it holds a probe database ready for use and finds the first signature that a reply matches.
package match

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"sonde/internal/regex"
	"sonde/portspec"
	"sonde/probefile"
	"sonde/result"
)

// DB is a probe database ready for use. It does not change, so it may be
// shared between goroutines; what it computes on first use, patterns and their
// index, is not seen from outside.
type DB struct {
	exclude portspec.Ports
	null    *Probe
	probes  []*Probe // without null
	never   *regex.Regexp
	limits  limitLog
}

// Probe is a probe together with all that is needed to read its replies.
type Probe struct {
	*probefile.Probe
	// tables is the probes whose signatures are tried on a reply, in order.
	tables   []*Probe
	programs []atomic.Pointer[regex.Regexp] // per signature; nil until first needed
	index    func() *index                  // made on first use
	services func() map[string]bool         // made on first use
}

// New prepares a database. It compiles no pattern: that is done when a pattern
// is needed first, and [DB.Check] finds the faulty ones. The file must not be
// changed any more.
func New(f *probefile.File) (*DB, error) {
	never, err := regex.Compile("(?!)", 0)
	if err != nil {
		return nil, fmt.Errorf("compile the pattern that never matches: %w", err)
	}
	db := &DB{exclude: f.Exclude, never: never}
	all := make([]*Probe, 0, len(f.Probes))
	for _, p := range f.Probes {
		probe := newProbe(p)
		all = append(all, probe)
		if !p.IsNull() {
			db.probes = append(db.probes, probe)
			continue
		}
		if db.null != nil {
			return nil, &probefile.SyntaxError{Pos: p.Pos, Msg: "second probe with an empty payload"}
		}
		db.null = probe
	}
	for _, p := range all {
		if err := p.link(all, db.null); err != nil {
			return nil, err
		}
	}
	return db, nil
}

func newProbe(p *probefile.Probe) *Probe {
	return &Probe{
		Probe:    p,
		programs: make([]atomic.Pointer[regex.Regexp], len(p.Signatures)),
		index:    sync.OnceValue(func() *index { return newIndex(p.Signatures) }),
		services: sync.OnceValue(func() map[string]bool {
			names := make(map[string]bool)
			for _, s := range p.Signatures {
				names[s.Service] = true
			}
			return names
		}),
	}
}

// link computes the fallback list: the probe itself, what it names, and for
// TCP the NULL probe, because a service may greet before it answers. What a
// named probe names in turn does not count.
func (p *Probe) link(all []*Probe, null *Probe) error {
	p.tables = []*Probe{p}
	if p == null {
		return nil
	}
	add := func(table *Probe) {
		if !slices.Contains(p.tables, table) {
			p.tables = append(p.tables, table)
		}
	}
	for _, name := range p.Fallback {
		table := find(all, p.Protocol, name)
		if table == nil {
			return &probefile.SyntaxError{Pos: p.Pos, Msg: fmt.Sprintf("fallback to unknown probe %q", name)}
		}
		add(table)
	}
	if p.Protocol == result.TCP && null != nil {
		add(null)
	}
	return nil
}

// find looks for a name among the probes of a protocol first, then among all.
func find(all []*Probe, protocol result.Protocol, name string) *Probe {
	var other *Probe
	for _, p := range all {
		if p.Name == name {
			if p.Protocol == protocol {
				return p
			}
			if other == nil {
				other = p
			}
		}
	}
	return other
}

// Null returns the probe that sends nothing and waits for a greeting, or nil.
func (db *DB) Null() *Probe { return db.null }

// Probes returns all probes but the NULL probe, in the order of the file. The
// slice must not be changed.
func (db *DB) Probes() []*Probe { return db.probes }

// Probe returns a probe by protocol and name, or nil. The NULL probe is found, too.
func (db *DB) Probe(protocol result.Protocol, name string) *Probe {
	for p := range db.all() {
		if p.Protocol == protocol && p.Name == name {
			return p
		}
	}
	return nil
}

// all yields every probe, the NULL probe first.
func (db *DB) all() func(yield func(*Probe) bool) {
	return func(yield func(*Probe) bool) {
		if db.null != nil && !yield(db.null) {
			return
		}
		for _, p := range db.probes {
			if !yield(p) {
				return
			}
		}
	}
}

// Excluded tells whether version detection should leave a port alone.
func (db *DB) Excluded(protocol result.Protocol, port uint16) bool {
	return db.exclude.Of(protocol).Contains(port)
}

// Payloads returns what a UDP port scan may send to a port to draw an answer:
// the payloads of the UDP probes registered for it, in the order of the file.
func (db *DB) Payloads(port uint16) [][]byte {
	var payloads [][]byte
	for _, p := range db.probes {
		if p.Protocol == result.UDP && !p.NoPayload && p.Ports.Contains(port) {
			payloads = append(payloads, p.Payload)
		}
	}
	return payloads
}

// HasService tells whether a signature of this very probe, hard or soft, is
// named so. Signatures of its fallbacks don't count.
func (p *Probe) HasService(name string) bool { return p.services()[name] }

// Tables returns the probes whose signatures are tried on a reply, in order.
// The slice must not be changed.
func (p *Probe) Tables() []*Probe { return p.tables }

// program returns the compiled pattern of signature i. A faulty pattern is
// replaced by one that never matches; Check reports it.
func (p *Probe) program(i int, never *regex.Regexp) *regex.Regexp {
	if re := p.programs[i].Load(); re != nil {
		return re
	}
	s := p.Signatures[i]
	re, err := regex.Compile(s.Pattern, s.Flags)
	if err != nil {
		re = never
	}
	// Two goroutines may both come here; one result is kept, so that memory is not held twice.
	p.programs[i].CompareAndSwap(nil, re)
	return p.programs[i].Load()
}

// Check compiles every pattern that was not needed yet, and returns the first
// fault as a *probefile.SyntaxError. It keeps nothing of what it compiles.
// It returns ctx.Err() when ctx ends first.
func (db *DB) Check(ctx context.Context) error {
	for p := range db.all() {
		for i, s := range p.Signatures {
			if re := p.programs[i].Load(); re != nil && re != db.never {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := regex.Compile(s.Pattern, s.Flags); err != nil {
				return patternFault(s, err)
			}
		}
	}
	return nil
}

// patternFault says where in the file a pattern is wrong.
func patternFault(s *probefile.Signature, err error) *probefile.SyntaxError {
	pos, msg := s.Pos, err.Error()
	if fault := (*regex.SyntaxError)(nil); errors.As(err, &fault) {
		pos.Col, msg = s.PatternCol+fault.Offset, fault.Msg
	}
	return &probefile.SyntaxError{Pos: pos, Msg: "pattern: " + msg}
}

// limitLog counts the signatures that gave up on a reply.
type limitLog struct {
	mu   sync.Mutex
	hits map[*probefile.Signature]uint64
}

func (l *limitLog) add(s *probefile.Signature) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hits == nil {
		l.hits = make(map[*probefile.Signature]uint64)
	}
	l.hits[s]++
}

// LimitHits returns how often each signature ran into the step limit, which
// counts as no match. It is empty for a sane database.
func (db *DB) LimitHits() map[*probefile.Signature]uint64 {
	db.limits.mu.Lock()
	defer db.limits.mu.Unlock()
	return maps.Clone(db.limits.hits)
}
