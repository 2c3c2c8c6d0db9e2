package lpeg

import (
	"sonde/internal/lua"
)

type kind uint8

const (
	kTrue kind = iota
	kFalse
	kString // text
	kSet
	kAny
	kRange // UTF-8 code points from lo to hi
	kSeq
	kChoice
	kRep // a, any number of times
	kNot
	kAnd
	kBehind
	kOpen    // a reference by name, not resolved
	kCall    // a reference to a rule
	kGrammar // rules; the first one is matched
	kCapture
	kRunTime
)

// A set is a set of bytes.
type set [4]uint64

func (s *set) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *set) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

func (s *set) union(o *set) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *set) disjoint(o *set) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return false
		}
	}
	return true
}

var fullSet = set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// A node is a pattern as a tree. Nodes are not changed once they are made,
// except for the calls of a grammar under construction.
type node struct {
	kind   kind
	cap    capKind
	text   string
	set    *set
	lo, hi int // of kRange; lo is the length of kBehind
	a, b   *node
	rules  []*rule
	rule   *rule
	key    lua.Value // name, capture argument, function
	n      int       // of Carg and numbered captures
	size   int       // nodes of the tree
	open   bool      // has kOpen in it
	caps   bool      // has captures in it
}

type rule struct {
	key  lua.Value
	node *node
	// Facts found when the grammar is made.
	nullable bool
}

// maxSize bounds the nodes of a pattern, and so its code and all recursion
// over the tree.
const maxSize = 100_000

func newNode(t *lua.Thread, n node) *node {
	n.size = 1
	for _, c := range [...]*node{n.a, n.b} {
		if c != nil {
			n.size += c.size
			n.open = n.open || c.open
			n.caps = n.caps || c.caps
		}
	}
	for _, r := range n.rules {
		n.size += r.node.size
		n.caps = n.caps || r.node.caps
	}
	n.open = n.open || n.kind == kOpen
	n.caps = n.caps || n.kind == kCapture || n.kind == kRunTime
	if n.size > maxSize {
		raise(t, "pattern too big")
	}
	t.Charge(200)
	return &n
}

// raise ends a native with a Lua error.
func raise(t *lua.Thread, format string, args ...any) {
	t.Raise(t.Errorf(format, args...))
}

func seq(t *lua.Thread, a, b *node) *node {
	switch {
	case a.kind == kTrue:
		return b
	case b.kind == kTrue:
		return a
	case a.kind == kFalse:
		return a
	case a.kind == kString && b.kind == kString:
		return newNode(t, node{kind: kString, text: a.text + b.text})
	}
	return newNode(t, node{kind: kSeq, a: a, b: b})
}

func choice(t *lua.Thread, a, b *node) *node {
	if sa, ok := a.asSet(); ok {
		if sb, ok := b.asSet(); ok {
			s := sa
			s.union(&sb)
			return newNode(t, node{kind: kSet, set: &s})
		}
	}
	if a.kind == kFalse || b.kind == kFalse {
		if a.kind == kFalse {
			return b
		}
		return a
	}
	if a.kind == kTrue {
		return a // what never fails needs no alternative
	}
	return newNode(t, node{kind: kChoice, a: a, b: b})
}

// asSet gives the set of a pattern that matches exactly one byte.
func (n *node) asSet() (set, bool) {
	switch {
	case n.kind == kSet:
		return *n.set, true
	case n.kind == kString && len(n.text) == 1:
		var s set
		s.add(n.text[0])
		return s, true
	case n.kind == kAny:
		return fullSet, true
	}
	return set{}, false
}

// nullable tells whether a pattern can match without consuming anything.
func (n *node) nullable() bool {
	switch n.kind {
	case kTrue, kRep, kNot, kAnd, kBehind, kOpen:
		return true
	case kFalse, kString, kSet, kAny, kRange:
		return n.kind == kString && n.text == ""
	case kSeq:
		return n.a.nullable() && n.b.nullable()
	case kChoice:
		return n.a.nullable() || n.b.nullable()
	case kCall:
		return n.rule.nullable
	case kGrammar:
		return n.rules[0].nullable
	}
	return n.a.nullable()
}

// first is the set of bytes a match can begin with; false if it may begin
// with nothing.
func (n *node) first() (set, bool) {
	switch n.kind {
	case kString:
		var s set
		if n.text != "" {
			s.add(n.text[0])
			return s, true
		}
	case kSet:
		return *n.set, true
	case kAny, kRange:
		return fullSet, true
	case kFalse:
		return set{}, true
	case kSeq:
		if s, ok := n.a.first(); ok {
			return s, true
		}
		if n.a.kind == kTrue || n.a.kind == kCapture && n.a.a.kind == kTrue {
			return n.b.first()
		}
	case kChoice:
		a, ok1 := n.a.first()
		b, ok2 := n.b.first()
		a.union(&b)
		return a, ok1 && ok2
	case kCapture:
		return n.a.first()
	}
	return fullSet, false
}

// length is the number of bytes every match has; -1 if it varies.
func (n *node) length(depth int) int {
	if depth > 200 {
		return -1
	}
	switch n.kind {
	case kString:
		return len(n.text)
	case kSet, kAny:
		return 1
	case kTrue, kFalse, kNot, kAnd, kBehind:
		return 0
	case kSeq:
		a, b := n.a.length(depth), n.b.length(depth)
		if a >= 0 && b >= 0 {
			return a + b
		}
	case kChoice:
		a, b := n.a.length(depth), n.b.length(depth)
		if a == b {
			return a
		}
	case kCapture:
		return n.a.length(depth)
	case kCall:
		return n.rule.node.length(depth + 20)
	case kGrammar:
		return n.rules[0].node.length(depth + 20)
	case kRange:
		if n.hi < 0x80 {
			return 1
		}
	}
	return -1
}

// trace visits the values a pattern holds.
func (n *node) trace(visit func(lua.Value)) {
	for n != nil {
		visit(n.key)
		for _, r := range n.rules {
			visit(r.key)
			r.node.trace(visit)
		}
		n.a.trace(visit)
		n = n.b
	}
}
