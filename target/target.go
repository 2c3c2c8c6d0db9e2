// Package target turns what users write about targets into a lazy sequence of addresses: a network of any size costs no memory, and its first address comes at once.
package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// Target is one address to scan.
type Target struct {
	Addr netip.Addr
	// Name is the host name that led here. Of "name/24" only the address the
	// name resolves to carries it.
	Name string
	// Other are the addresses of Name that the sequence does not scan.
	Other []netip.Addr
	// Port is set for targets such as "192.0.2.1:8080"; 0 if none was given.
	Port uint16
	// Index is the position in the sequence, for Options.Skip. Excluded
	// addresses have one, too; targets of one name share theirs.
	Index uint64
	Spec  string // the expression that led here, as the user wrote it; empty for random targets
}

// A Resolver finds the addresses of a host name, and of numeric forms that
// only getaddrinfo(3) knows, such as 127.1. It returns at least one or an error.
type Resolver interface {
	LookupHost(ctx context.Context, name string) ([]netip.Addr, error)
}

// Options say what a sequence consists of.
type Options struct {
	Specs []string
	// Lists are read after Specs, while the sequence is walked: expressions
	// separated by blanks, newlines or NUL; "#" begins a comment. With Shuffle
	// they are read to the end first.
	Lists []io.Reader
	// Exclude holds lists, separated by commas, of what is never yielded;
	// ExcludeLists is the same in the form of Lists. Names in them are resolved by New.
	Exclude      []string
	ExcludeLists []io.Reader
	// IPv4Only and IPv6Only restrict the sequence to a family. Without either
	// both are taken, and of a name its IPv4 addresses before the others.
	IPv4Only, IPv6Only bool
	ResolveAll         bool // yield all addresses of a name, not the first alone
	// Unique yields no address twice. It remembers addresses: a bit for each
	// of IPv4, about 60 bytes for each of IPv6; none if there is but one expression.
	Unique bool
	// Random is how many random public IPv4 addresses follow, each but once;
	// -1 for as many as there are. It bounds the targets from Specs and Lists, too.
	Random int
	// Shuffle yields Specs and Lists in an order that Seed determines. An IPv6
	// network counts with its first 2⁶⁴-1 addresses.
	Shuffle bool
	Seed    uint64 // of Random, too: the same seed gives the same addresses
	// Skip is the Index to begin at, so that a scan can be resumed.
	Skip     uint64
	Resolver Resolver // nil if there are no names
	// Warn takes a line of prose about an expression that is used although
	// something about it is odd. It may be nil; it is called where the sequence is walked.
	Warn func(text string)
}

// SpecError tells why an expression yields no target.
type SpecError struct {
	Spec   string // as the user wrote it
	Reason string // one line of prose
	// Invalid tells that the expression itself is wrong, rather than that its name does not resolve.
	Invalid bool
	err     error
}

func (e *SpecError) Error() string { return fmt.Sprintf("target %q: %s", e.Spec, e.Reason) }

// Unwrap returns the resolver's error, or nil.
func (e *SpecError) Unwrap() error { return e.err }

// A Sequence is the targets that some Options describe. It is immutable, but
// for its lists, which can be read only once.
type Sequence struct {
	opt      Options
	excluded exclusions
}

// New prepares a sequence; ctx bounds the look-up of excluded names. The error
// tells what is wrong with the exclusions: to scan what the user wanted to
// exclude would be worse than not to scan.
func New(ctx context.Context, opt Options) (*Sequence, error) {
	if opt.Random != 0 && opt.IPv6Only {
		return nil, errors.New("random targets are of IPv4 only")
	}
	s := &Sequence{opt: opt}
	if err := s.exclude(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Excluded tells whether the options exclude an address.
func (s *Sequence) Excluded(addr netip.Addr) bool { return s.excluded.contains(addr) }

func (s *Sequence) family() family {
	switch {
	case s.opt.IPv4Only:
		return family4
	case s.opt.IPv6Only:
		return family6
	}
	return familyBoth
}

// family says which addresses are wanted.
type family uint8

const (
	familyBoth family = iota
	family4
	family6
)

// split sorts the addresses of a name into those to choose from and the rest.
func (f family) split(addrs []netip.Addr) (wanted, rest []netip.Addr) {
	var v4, v6 []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() {
			v4 = append(v4, a)
		} else {
			v6 = append(v6, a)
		}
	}
	switch f {
	case family4:
		return v4, v6
	case family6:
		return v6, v4
	}
	return append(v4, v6...), nil
}
