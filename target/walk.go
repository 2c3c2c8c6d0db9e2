package target

import (
	"context"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"slices"
	"sort"
)

// All yields the targets in the order of the options, ascending within an
// expression. A *SpecError comes with a zero Target, and the sequence goes on;
// any other error is its last element: a list could not be read. The sequence
// ends early, without an error, when ctx is done.
func (s *Sequence) All(ctx context.Context) iter.Seq2[Target, error] {
	return func(yield func(Target, error) bool) {
		w := &walk{Sequence: s, ctx: ctx, yield: yield, left: math.MaxInt}
		if s.opt.Random > 0 {
			w.left = s.opt.Random
		}
		if s.opt.Unique && !s.single() {
			w.seen = &seen{}
		}
		// What comes later depends on what came before, so nothing can be jumped over.
		w.jump = w.seen == nil && s.opt.Random <= 0
		given := w.given
		if s.opt.Shuffle {
			given = w.shuffled
		}
		if given() && s.opt.Random != 0 {
			w.random()
		}
	}
}

// single tells whether there is but one expression and it is numeric: then no
// address can come twice.
func (s *Sequence) single() bool {
	if len(s.opt.Specs) != 1 || len(s.opt.Lists) > 0 || s.opt.Random != 0 {
		return false
	}
	e, err := parse(s.opt.Specs[0], s.family())
	return err == nil && e.span != nil
}

// texts yields the expressions of Specs and Lists.
func (s *Sequence) texts() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, text := range s.opt.Specs {
			if !yield(text, nil) {
				return
			}
		}
		for _, r := range s.opt.Lists {
			for text, err := range tokens(r) {
				if !yield(text, err) || err != nil {
					return
				}
			}
		}
	}
}

// walk is one pass through a sequence. Its methods return false when the pass
// is to end.
type walk struct {
	*Sequence
	ctx   context.Context
	yield func(Target, error) bool
	index uint64 // of the next position
	left  int    // targets that may still be yielded
	seen  *seen  // nil if addresses may come twice
	jump  bool   // positions before Skip need not be visited
}

// given walks Specs and Lists in their order.
func (w *walk) given() bool {
	for text, err := range w.texts() {
		if err != nil {
			w.yield(Target{}, err)
			return false
		}
		e, err := parse(text, w.family())
		if err != nil {
			if !w.fault(err) {
				return false
			}
			continue
		}
		w.warn(e.warning)
		if !w.expand(e) {
			return false
		}
	}
	return true
}

// expand visits the positions of one expression.
func (w *walk) expand(e expr) bool {
	if e.span == nil {
		ok := w.name(e)
		w.index++
		return ok
	}
	i, n := uint64(0), e.span.size()
	if w.jump && w.index < w.opt.Skip {
		i = min(n, w.opt.Skip-w.index)
		w.index += i
	}
	for ; i < n; i++ {
		if !w.visit(Target{Addr: e.span.at(i), Port: e.port, Spec: e.text}) {
			return false
		}
		w.index++
	}
	return true
}

// slot is an expression and the position behind its last.
type slot struct {
	text string
	end  uint64
}

// shuffled walks the positions of Specs and Lists in the order of the seed.
// Only the texts are kept; an expression is parsed again whenever it has a turn.
func (w *walk) shuffled() bool {
	slots, ok := w.slots()
	if !ok || len(slots) == 0 {
		return ok
	}
	order := newPermutation(slots[len(slots)-1].end, w.opt.Seed)
	if w.jump {
		w.index = min(w.opt.Skip, order.n)
	}
	last, e := -1, expr{}
	for ; w.index < order.n; w.index++ {
		at := order.at(w.index)
		k := sort.Search(len(slots), func(k int) bool { return at < slots[k].end })
		if k != last {
			last = k
			e, _ = parse(slots[k].text, w.family()) // it had no error before
		}
		if e.span == nil {
			if !w.name(e) {
				return false
			}
			continue
		}
		first := slots[k].end - e.span.size()
		if !w.visit(Target{Addr: e.span.at(at - first), Port: e.port, Spec: e.text}) {
			return false
		}
	}
	return true
}

// slots lays all expressions out side by side; a name takes one position.
func (w *walk) slots() ([]slot, bool) {
	var slots []slot
	end := uint64(0)
	for text, err := range w.texts() {
		if err != nil {
			w.yield(Target{}, err)
			return nil, false
		}
		e, err := parse(text, w.family())
		if err != nil {
			if !w.fault(err) {
				return nil, false
			}
			continue
		}
		w.warn(e.warning)
		n := uint64(1)
		if e.span != nil {
			n = e.span.size()
		}
		end += min(n, math.MaxUint64-end)
		slots = append(slots, slot{text, end})
	}
	return slots, true
}

// random visits random public addresses.
func (w *walk) random() bool {
	p := newPublic()
	order := newPermutation(p.size(), w.opt.Seed)
	i := uint64(0)
	if w.jump && w.index < w.opt.Skip {
		i = min(order.n, w.opt.Skip-w.index)
		w.index += i
	}
	for ; i < order.n; i++ {
		if !w.visit(Target{Addr: p.at(order.at(i))}) {
			return false
		}
		w.index++
	}
	return true
}

// name resolves a name and visits its addresses, or the networks around them.
// All of it is one position.
func (w *walk) name(e expr) bool {
	if w.jump && w.index < w.opt.Skip {
		return true
	}
	addrs, err := w.lookup(w.ctx, e.name)
	if w.ctx.Err() != nil {
		return false
	}
	if err != nil {
		return w.fault(&SpecError{Spec: e.text, Reason: fmt.Sprintf("cannot resolve %q: %v", e.name, err), err: err})
	}
	wanted, rest := w.family().split(unique(addrs))
	if len(wanted) == 0 {
		other, flag := "IPv6", "use -6"
		if w.opt.IPv6Only {
			other, flag = "IPv4", "leave -6 out"
		}
		return w.fault(&SpecError{Spec: e.text, Reason: fmt.Sprintf("cannot resolve %q: it has only %s addresses; %s", e.name, other, flag)})
	}
	if !w.opt.ResolveAll {
		rest = append(wanted[1:len(wanted):len(wanted)], rest...)
		wanted = wanted[:1]
		if len(rest) > 0 {
			w.warn(fmt.Sprintf("%s has %d addresses; %v is used", e.name, len(rest)+1, wanted[0]))
		}
	}
	for _, addr := range wanted {
		if !w.around(e, addr, rest) {
			return false
		}
	}
	return true
}

// around visits the network around an address of a name.
func (w *walk) around(e expr, addr netip.Addr, other []netip.Addr) bool {
	net := block{addr, 1}
	if e.bits >= 0 {
		net = network(addr, e.bits)
	}
	for i := range net.n {
		t := Target{Addr: net.at(i), Port: e.port, Spec: e.text}
		if t.Addr == addr {
			t.Name, t.Other = e.name, other
		}
		if !w.visit(t) {
			return false
		}
	}
	return true
}

// visit yields a target, unless it is excluded, came already, or lies before Skip.
func (w *walk) visit(t Target) bool {
	if w.ctx.Err() != nil {
		return false
	}
	if w.excluded.contains(t.Addr) || w.seen != nil && !w.seen.add(t.Addr) {
		return true
	}
	t.Index = w.index
	if w.index >= w.opt.Skip && !w.yield(t, nil) {
		return false
	}
	w.left--
	return w.left > 0
}

// fault yields what is wrong with an expression, unless it lies before Skip
// and was told before.
func (w *walk) fault(err error) bool {
	return w.index < w.opt.Skip || w.yield(Target{}, err)
}

func (w *walk) warn(text string) {
	if text != "" && w.opt.Warn != nil && w.index >= w.opt.Skip {
		w.opt.Warn(text)
	}
}

func unique(addrs []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range addrs {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}
